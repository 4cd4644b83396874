"""People: what they follow and are told of, their letters, looks, links, badges and preferences.

Modules, in import order: preferences, audiences, news, following, messages, avatars, badges, links,
second_factor.
"""

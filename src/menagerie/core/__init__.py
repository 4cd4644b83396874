"""What the library can do: use cases that take a transaction first, and the values they return.

Modules import only leftwards in this order: rights, visibility, accounts, tags, filters, labels,
votes, galleries, find, images, intake, moderation.
"""

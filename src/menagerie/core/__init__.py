"""What the library can do: use cases that take a transaction first, and the values they return.

Modules form no cycles; they import only leftwards in this order: rights, tokens, mail, visibility,
tags, vocabulary, filters, labels, votes, galleries, images, watching, credentials, sessions, keys,
passwords, own_data, accounts, find, intake, moderation.
"""

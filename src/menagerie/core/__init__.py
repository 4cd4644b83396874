"""What the library can do: use cases that take a transaction first, and the values they return.

Modules form no cycles; each imports only such as stand before it here: agreement, attempts,
carrying, dot, geometry, happenings, image_files, label_keys, lookalikes, mail, orders, rights,
saved_searches, short_ids, staff_log, tokens, visibility, voters, wordbook, credentials,
imported_shapes, judged_labels, keys, shapes, sessions, tags, votes, passwords, people, notices,
dnp, galleries, filters, labels, vocabulary, find, images, talk, animals, watching, word_drafts,
choosing, image_texts, own_data, picking, rendering, sweeping, word_files, accounts, frozen_lines,
screening, similar, recognition, intake, scaling, snapshots, words, crowd_statistics, freezing,
image_hunt, label_graph, suggestions, validations, activity, contributions, exports, labelling,
quality, annotations, checks, overview, upkeep, annotation_tasks, backups, dataset_import,
highlighting, redrawing, rows, moderation, reviewing, apps, pets, refinements, quizzes, reports,
staff.
"""

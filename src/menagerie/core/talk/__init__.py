"""What people say: comments on images, and forums with their topics, posts and polls.

Modules, in import order: pseudonyms, writing, texts, comments, forums, threads, polls, topics,
posts.
"""

"""Pictures and clips: what they are, what they look like, and their derived files.

Everything that decodes runs inside `pool.DecodePool`: the functions of `examine` and `render` are
meant to be handed to it. Only `fetch` and the distances of `hashes` run in the caller's process.
"""

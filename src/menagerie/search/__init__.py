"""Search: the query language, the in-memory catalogue and what evaluates one on the other."""

"""Pets: animals that somebody keeps, with their photographs, portraits and what was said of them.

A pet is its account's own. Its pictures are private images that came in like all others; what was
found out about it is kept until new photographs come.
"""

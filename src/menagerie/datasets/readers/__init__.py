"""Readers: what others wrote, or we did, as canonical records."""

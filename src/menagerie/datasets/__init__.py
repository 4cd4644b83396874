"""Datasets: the canonical record, the formats written from it, and their readers. Knows no SQL."""

"""Menagerie: a self-hosted image library that speaks three public image APIs over one store."""

__version__ = "0.1.0"

"""The ImageMonkey API: donated pictures, labels that a crowd judges, and exports of them."""

from menagerie.dialects.imagemonkey.doors import doors

__all__ = ["doors"]

"""The Philomena (booru) API: tagged pictures, searched in its own language."""

from menagerie.dialects.philomena.doors import doors

__all__ = ["doors"]

"""TheDogAPI: pictures of dogs and cats, their breeds, and what programs keep about them."""

from menagerie.dialects.dogapi.doors import doors

__all__ = ["doors"]

"""A property that is worked out once per object."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801  # used like `property`
    """Keep what a method returns as the attribute of its name.

    Before Python 3.12 `functools.cached_property` takes a lock each time, which in small answers
    added up to a tenth; go back to it when 3.12 is the oldest Python. Of two threads that ask at
    the same moment both may do the work.
    """

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Self | T:
        """Work it out; next time Python finds the attribute before it comes here."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._work(instance)
        return value

"""The closed tree of domain errors. No HTTP in it: each dialect maps them to its own answers.

MenagerieError
├── NotFound            does not exist, or not for you
├── Invalid             one or more fields are wrong
│   ├── Unsupported     the file is not a picture we take
│   └── Taken           one like it is already waiting or there
├── QueryError          a search query cannot be understood
├── Conflict            the same file is already here
├── Unauthenticated     nobody, or wrong credentials
│   └── SecondFactorNeeded  the password is right, and a code is missing or wrong
├── Forbidden           somebody, but may not
│   └── Banned          somebody who is shut out
├── TooLarge            more bytes than the limit
├── RateLimited         too often; try again later
└── Unavailable         a needed part is not configured or is down
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self


class MenagerieError(Exception):
    """The base of every error the core raises; `message` may be shown to anybody."""

    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[Any, ...], dict[str, Any]]:
        # Errors cross process borders (the decode pool). The default would call the constructor
        # with the message alone, which most subclasses read as something else.
        cls = type(self)
        return cls.__new__, (cls, *self.args), self.__dict__


class NotFound(MenagerieError):
    """The thing does not exist, or may not be known to this actor."""

    code = "not_found"

    def __init__(self, message: str = "Not found") -> None:
        super().__init__(message)


class Invalid(MenagerieError):
    """One or more fields of the input are wrong.

    `fields` maps a field name to its messages, in the order they should be shown.
    """

    code = "invalid"

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = {name: list(texts) for name, texts in fields.items()}
        super().__init__("; ".join(f"{n} {t}" for n, ts in self.fields.items() for t in ts))


class Unsupported(Invalid):
    """The file is not a picture the library takes; `media_type` is what it seems to be, if known.

    `also` are other fields that are wrong, so that a person is told everything at once.
    """

    code = "unsupported"

    def __init__(
        self,
        reason: str,
        *,
        media_type: str | None = None,
        also: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.reason = reason
        self.media_type = media_type
        super().__init__({"image": [reason], **(also or {})})


class Taken(Invalid):
    """One like it is already waiting or there, and there can be only one."""

    code = "taken"


class QueryError(MenagerieError):
    """A search query cannot be understood.

    `start` and `end` are character offsets into the query text; `hint` suggests a mend, if any.
    """

    code = "query"

    def __init__(self, message: str, *, start: int = 0, end: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.hint = hint


class Conflict(MenagerieError):
    """The same file is already here as image `existing_id`."""

    code = "conflict"

    def __init__(self, existing_id: int) -> None:
        super().__init__(f"already exists as image {existing_id}")
        self.existing_id = existing_id


class Unauthenticated(MenagerieError):
    """No credentials, or wrong ones, where some are needed."""

    code = "unauthenticated"

    def __init__(self, message: str = "You must log in to do that.") -> None:
        super().__init__(message)


class SecondFactorNeeded(Unauthenticated):
    """The password is right, but the account also asks for a code, which is missing or wrong."""

    code = "second_factor_needed"

    def __init__(self, message: str = "Give the code that your app shows, or a spare one.") -> None:
        super().__init__(message)


class Forbidden(MenagerieError):
    """The actor is known and may not do this."""

    code = "forbidden"

    def __init__(self, message: str = "You may not do that.") -> None:
        super().__init__(message)


class Banned(Forbidden):
    """The actor is shut out."""

    code = "banned"

    def __init__(self, message: str = "This account may not do that any more.") -> None:
        super().__init__(message)


class TooLarge(MenagerieError):
    """The body or file has more bytes than the limit."""

    code = "too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"larger than the limit of {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class RateLimited(MenagerieError):
    """Too many requests; try again after `retry_after_s` seconds."""

    code = "rate_limited"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many requests; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Unavailable(MenagerieError):
    """A part this needs is not configured or is down; the message says which setting to set."""

    code = "unavailable"

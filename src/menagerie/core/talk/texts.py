"""What `comments` and `posts` have in common, for callers that serve both alike."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from menagerie.core.talk.writing import Revision, Text
from menagerie.library import Tx

Found = TypeVar("Found", bound=Text)
Found_co = TypeVar("Found_co", bound=Text, covariant=True)


class Texts(Protocol[Found_co]):
    """A module of texts; each function as it says there."""

    def get(self, tx: Tx, text_id: int, /) -> Found_co:
        """Return a text that the actor may read."""

    def revisions(self, tx: Tx, text_id: int, /) -> Sequence[Revision]:
        """Return how a text stood before each change, the newest first."""

    def edit(self, tx: Tx, text_id: int, body: str, /, *, reason: str = "") -> Found_co:
        """Replace what a text says."""

    def hide(self, tx: Tx, text_id: int, reason: str = "", /) -> Found_co:
        """Take a text out of sight."""

    def unhide(self, tx: Tx, text_id: int, /) -> Found_co:
        """Put a text back into sight."""

    def approve(self, tx: Tx, text_id: int, /) -> Found_co:
        """Let everybody read a text that waits."""

    def destroy(self, tx: Tx, text_id: int, /) -> None:
        """Wipe a text for good."""

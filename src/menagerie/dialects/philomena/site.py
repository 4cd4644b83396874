"""What the handlers share: addresses, paging, the filter in force, and encoded images kept ready.

Encoding an image takes longer than everything else an answer needs, so its bytes are kept as long
as the catalogue says that nothing about it changed.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from menagerie.core import filters, find, images, votes
from menagerie.core.filters import Filter
from menagerie.core.images import Image
from menagerie.dialects.philomena import shapes
from menagerie.errors import Invalid, QueryError, Unauthenticated
from menagerie.http.answers import TEXT, Answer, encode_json
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, leading_integer, whole_number
from menagerie.http.routing import Outcome, Parameter
from menagerie.library import Library, Tx
from menagerie.settings import Settings

API = "/api/v1/json"
IMG = "/img"
DEFAULT_PER_PAGE = 25
MOST_PER_PAGE = 50
# Farther than this no page is looked for.
WINDOW = 10_000_000
MOST_KEPT = 8_000


def prefix_of(settings: Settings) -> str:
    """Return the path in front of the whole dialect, without a slash at its end."""
    prefix = settings.text("philomena_prefix").strip("/")
    return f"/{prefix}" if prefix else ""


def paths(library: Library, *tails: str) -> tuple[str, ...]:
    """Return the full paths of API routes."""
    return tuple(prefix_of(library.settings) + API + tail for tail in tails)


def site_of(call: Call) -> shapes.Site:
    """Return what shapes need to know of where this call's answer is shown."""
    return make_site(call.library.settings, call.base_url)


def make_site(settings: Settings, base_url: str) -> shapes.Site:
    """Return what shapes need to know when the library is reached at `base_url`."""
    provider = settings.text("philomena_provider")
    return shapes.Site(
        base_url=base_url,
        images_root=base_url + prefix_of(settings) + IMG,
        provider=provider,
        provider_url=settings.public_url.rstrip("/") or f"https://{provider.lower()}.org",
        has_all_fields=settings.text("philomena_fields") == "full",
        pseudonym=settings.text("philomena_pseudonym"),
    )


# Parameters.


def page_of(call: Call) -> int:
    """Return the page asked for: at least 1, whatever was sent."""
    number = leading_integer(call.text("page", "1"))
    return 1 if number is None else max(1, min(number, WINDOW))


def per_page_of(call: Call) -> int:
    """Return how many are asked for on a page: 1 to 50, whatever was sent."""
    if call.params.get("per_page") is None:
        return DEFAULT_PER_PAGE
    number = leading_integer(call.text("per_page"))
    return DEFAULT_PER_PAGE if number is None else max(1, min(number, MOST_PER_PAGE))


def window_of(call: Call) -> tuple[int, int]:
    """Return how many are asked for, and how many stand before them."""
    size = per_page_of(call)
    return size, (page_of(call) - 1) * size


def signed_in(call: Call) -> Call:
    """Return the call of an account. Raises Unauthenticated, before anything else is looked at."""
    if not call.actor.is_signed_in:
        raise Unauthenticated
    return call


_TRUE = {"true", "1", "on", "yes"}


def is_true(value: object) -> bool:
    """Tell whether a parameter, of whatever type, means yes."""
    return as_text(value).lower() in _TRUE


def ids_of(call: Call, name: str) -> list[int]:
    """Return the ids sent under `name`. Raises Invalid, named so, for what can be none."""
    found = [whole_number(text) for text in call.texts(name)]
    if None in found:
        raise Invalid({name: ["must be a list of ids"]})
    return [number for number in found if number is not None]


def query_of(call: Call) -> str:
    """Return the query, empty when there is none. Raises QueryError for a list or a map.

    Blanks at its ends stay: they are what makes the last word of `a AND ` an operator.
    """
    value = call.params.get("q")
    if isinstance(value, (list, dict)):
        raise QueryError("search query is not a string")
    query = as_text(value)
    return query if query.strip() else ""


def filter_of(tx: Tx, call: Call) -> Filter:
    """Return the filter in force: the one asked for if it may be seen, else the caller's own.

    Ids of other boards' system filters stand for ours, unless a filter here has that id.
    """
    wanted = whole_number(call.text("filter_id"))
    if wanted is None:
        return filters.effective(tx, None)
    found = filters.find(tx, wanted)
    if found is not None:
        return found
    aliases = filter_aliases(call.library.settings.text("philomena_filter_aliases"))
    return filters.effective(tx, aliases.get(wanted))


_aliases: dict[str, Mapping[int, int]] = {}


def filter_aliases(setting: str) -> Mapping[int, int]:
    """Return the filter ids of other boards and the ids they stand for here.

    >>> filter_aliases("56027:2, 3:2")
    {56027: 2, 3: 2}
    """
    if setting not in _aliases:
        pairs = (pair.partition(":") for pair in setting.split(",") if ":" in pair)
        _aliases[setting] = {int(theirs): int(ours) for theirs, _, ours in pairs}
    return _aliases[setting]


# Encoded images.


class _Kept:
    """The bytes of one image, plain and spoilered, in the pieces between our public addresses."""

    __slots__ = ("image", "pieces")

    def __init__(self, image: Image) -> None:
        self.image = image
        self.pieces: list[list[bytes] | None] = [None, None]


class Renderer:
    """Encodes images, and keeps the bytes of the ones used last."""

    def __init__(self, library: Library) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        public_url = library.settings.public_url.rstrip("/")
        # Without a public address of ours, the bytes are kept with a gap in its place, and nothing
        # depends on the Host header of whoever asked first. The gaps are found by a mark that
        # nobody can guess.
        self._mark = b"" if public_url else f"http://{secrets.token_hex(12)}.invalid".encode()
        self._site = make_site(library.settings, public_url or self._mark.decode())

    def _pieces(self, image: Image, *, is_spoilered: bool) -> list[bytes]:
        kept = self._kept.get(image.id)
        # The core gives the very same value as long as nothing about the image changed.
        if kept is None or kept.image is not image:
            kept = _Kept(image)
            with self._lock:
                self._kept[image.id] = kept
                if len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        pieces = kept.pieces[is_spoilered]
        if pieces is None:
            shape = shapes.image(image, site=self._site, is_spoilered=is_spoilered)
            encoded = encode_json(shape)
            pieces = encoded.split(self._mark) if self._mark else [encoded]
            kept.pieces[is_spoilered] = pieces
        return pieces

    def many(
        self, call: Call, tx: Tx, found: Sequence[Image], spoilered: Collection[int]
    ) -> list[bytes]:
        """Return the encoded images; those in `spoilered` say so."""
        if tx.has_changed:
            # What an open transaction made may yet be undone.
            site = site_of(call)
            shown = (shapes.image(i, site=site, is_spoilered=i.id in spoilered) for i in found)
            return [encode_json(shape) for shape in shown]
        base = call.base_url.encode() if self._mark else b""
        return [base.join(self._pieces(i, is_spoilered=i.id in spoilered)) for i in found]

    def envelope(self, call: Call, tx: Tx, image: Image) -> Answer:
        """Answer one image with what the caller did with it."""
        spoilered = find.spoilered(tx, filter_of(tx, call), [image.id])
        [encoded] = self.many(call, tx, [image], spoilered)
        interactions = _interactions(tx, [image.id])
        body = b'{"image":' + encoded + b',"interactions":' + interactions + b"}"
        return Answer(200, body)

    def page(
        self,
        call: Call,
        tx: Tx,
        ids: Sequence[int],
        *,
        total: int,
        filter_in_force: Filter,
        similarities: Sequence[shapes.SimilarityShape] | None = None,
    ) -> Answer:
        """Answer a list of images, with what the caller did with them and how many match."""
        found = images.find_many(tx, ids)
        spoilered = find.spoilered(tx, filter_in_force, ids) if ids else ()
        encoded = b",".join(self.many(call, tx, found, spoilered))
        interactions = _interactions(tx, ids)
        more = b"" if similarities is None else b',"similarities":' + encode_json(similarities)
        body = b'{"images":[%b],"interactions":%b,"total":%d%b}' % (
            encoded,
            interactions,
            total,
            more,
        )
        return Answer(200, body)


def _interactions(tx: Tx, ids: Sequence[int]) -> bytes:
    """Return the caller's hides, faves and votes of these images, encoded."""
    user_id = tx.actor.account_id
    if user_id is None or not ids:
        return b"[]"
    return encode_json(
        [
            shapes.InteractionShape(one.image_id, user_id, one.type, one.value)
            for one in votes.interactions(tx, ids)
        ]
    )


def empty_page(name: str) -> Answer:
    """Answer an empty list under `name`."""
    empty: dict[str, Any] = {name: []}
    if name == "images":
        empty["interactions"] = []
    return Answer(200, encode_json({**empty, "total": 0}))


# Documentation that many operations share.

KEY = Parameter("key", "API key; missing and unknown keys are anonymous.")
FILTER = Parameter("filter_id", "Filter to use for this call; one that may not be seen is ignored.")
PAGE = Parameter("page", "Page, from 1; text that is no number means 1.")
PER_PAGE = Parameter("per_page", "1 to 50, 25 when missing.")
Q = Parameter("q", "Query; nothing is found without one.", example="safe")
IMAGE_ID = Parameter("id", "Id of the image.", "path", "1")
FORBIDDEN = Outcome(403, "The key's account is closed.", media_type=TEXT)
UNAUTHENTICATED = Outcome(401, "Without a known key.", media_type=TEXT)
NOT_ALLOWED = Outcome(403, "The caller may not.", media_type=TEXT)
LIMITED = Outcome(429, "Too often.", media_type=TEXT)
NOT_FOUND = Outcome(404, "There is none.", shapes.ErrorShape)
BAD = Outcome(400, "The request cannot be read.", shapes.ErrorShape)
WRONG_QUERY = Outcome(400, "The query cannot be understood.", shapes.ErrorShape)
WRONG_FIELDS = Outcome(400, "Some fields are wrong.", (shapes.ErrorsShape, shapes.ErrorShape))
TOO_LARGE = Outcome(413, "The body is too large.", shapes.ErrorShape)
AWAY = Outcome(503, "A part of the library is down.", shapes.ErrorShape)
READS = (FORBIDDEN, BAD, AWAY)
WRITES = (UNAUTHENTICATED, NOT_ALLOWED, WRONG_FIELDS, NOT_FOUND, TOO_LARGE, LIMITED, AWAY)

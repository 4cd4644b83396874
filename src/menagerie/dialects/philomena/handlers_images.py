"""Images: one, the featured one, searching, uploading, reverse search, embedding, the feed."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from menagerie.core import find, images, intake, similar, visibility
from menagerie.core.filters import Filter
from menagerie.core.find import Found, Removed
from menagerie.core.intake import Upload
from menagerie.dialects.philomena import feed, shapes, site
from menagerie.dialects.philomena.site import Renderer
from menagerie.errors import Invalid, MenagerieError, NotFound, Unavailable
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, as_texts, identifier, leading_integer, whole_number
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx
from menagerie.media.hashes import Intensities
from menagerie.storage.blobs import MEDIA_TYPES

TAKEN_FORMATS = frozenset({"gif", "jpg", "png", "svg", "webm"})
"""What the board takes; the library takes more by other ways."""

TAKEN_TYPES = frozenset(MEDIA_TYPES[name] for name in TAKEN_FORMATS)
_TRUE = {"true", "1", "on", "yes"}
DEFAULT_DISTANCE = 0.25
DEFAULT_LIMIT = 10
DEFAULT_PERCEPTUAL_DISTANCE = 10


def operations(library: Library) -> list[Operation]:
    """Return the operations about images."""
    handlers = _Handlers(library)
    one = Outcome(200, "The image.", shapes.ImageEnvelope)
    page = Outcome(200, "The page.", shapes.ImagesEnvelope)
    alike = Outcome(200, "The images, the most alike first.", shapes.SimilarEnvelope)
    # Long because it is a table: what is mounted and documented stands here and nowhere else.
    return [
        Operation(
            "GET",
            site.paths(library, "/images/{id:str}"),
            handlers.show,
            Runs.INLINE,
            summary="One image; a stub when it was removed or merged.",
            parameters=(site.IMAGE_ID, site.KEY, site.FILTER),
            outcomes=(one, site.NOT_FOUND, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/images/featured"),
            handlers.featured,
            Runs.EXECUTOR,
            summary="The image featured last.",
            parameters=(site.KEY, site.FILTER),
            outcomes=(one, site.NOT_FOUND, *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/images"),
            handlers.create,
            Runs.EXECUTOR,
            takes_files=True,
            summary="Upload an image, by `url` or as a file.",
            parameters=(
                site.KEY,
                Parameter("url", "Direct address of the file.", "form"),
                Parameter("image[tag_input]", "Tags, with commas.", "form"),
                Parameter("image[description]", "Description.", "form"),
                Parameter("image[source_url]", "Where it is from.", "form"),
                Parameter("image[anonymous]", "true: do not show who uploaded.", "form"),
                Parameter("image[image]", "The file.", "file"),
            ),
            outcomes=(one, *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/search/images", "/search"),
            handlers.search,
            _where_to_search,
            summary="Search images.",
            parameters=_SEARCH_PARAMETERS,
            outcomes=(page, site.WRONG_QUERY, *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/search/reverse"),
            handlers.reverse,
            Runs.EXECUTOR,
            takes_files=True,
            summary="Find copies of a picture; nothing readable finds nothing.",
            parameters=_REVERSE_PARAMETERS,
            outcomes=(page, site.TOO_LARGE, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/images/{id:str}/similar"),
            handlers.alike,
            Runs.EXECUTOR,
            summary="Images that look like one; our extension.",
            parameters=(site.IMAGE_ID, site.KEY, site.FILTER, site.PER_PAGE),
            outcomes=(alike, site.NOT_FOUND, *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/search/similar"),
            handlers.alike_to_file,
            Runs.EXECUTOR,
            takes_files=True,
            summary="Images that look like a picture; our extension.",
            parameters=(
                site.KEY,
                site.FILTER,
                site.PER_PAGE,
                Parameter("image[image]", "The picture.", "file"),
            ),
            outcomes=(alike, site.TOO_LARGE, site.WRONG_FIELDS, site.FORBIDDEN, site.AWAY),
        ),
        Operation(
            "GET",
            site.paths(library, "/oembed"),
            handlers.oembed,
            Runs.EXECUTOR,
            summary="How to embed a picture, by the address of its page or file.",
            parameters=(Parameter("url", "Address.", example="http://localhost/images/1"),),
            outcomes=(
                Outcome(200, "The description.", shapes.OembedShape),
                site.NOT_FOUND,
                *site.READS,
            ),
        ),
        Operation(
            "GET",
            (site.prefix_of(library.settings) + "/api/v1/rss/watched",),
            handlers.watched,
            Runs.EXECUTOR,
            summary="Feed of what the account watches.",
            parameters=(site.KEY, site.FILTER),
            outcomes=(
                Outcome(200, "The feed.", media_type=feed.MEDIA_TYPE),
                Outcome(302, "Without a key: the page to log in.", media_type=answers.TEXT),
                *site.READS,
            ),
        ),
    ]


_SEARCH_PARAMETERS = (
    site.Q,
    site.KEY,
    site.FILTER,
    site.PAGE,
    site.PER_PAGE,
    Parameter("sf", "What to sort by; anything unknown sorts by first_seen_at.", example="score"),
    Parameter("sd", "asc or desc; anything else is desc."),
    Parameter("del", "1: removed images too, as stubs. Moderators: only, deleted."),
    Parameter("hidden", "1: also what the caller has hidden."),
)
_REVERSE_PARAMETERS = (
    site.KEY,
    Parameter("url", "Address of the picture.", "form"),
    Parameter("distance", "0 to 1, 0.25 when missing.", "form"),
    Parameter("limit", "1 to 50, 10 when missing.", "form"),
    Parameter("perceptual_distance", "0 to 64 bits: compare perceptual hashes instead.", "form"),
    Parameter("perceptual_hash", "The hash itself, 16 hex digits, instead of a picture.", "form"),
    Parameter("image[image]", "The picture.", "file"),
)
# Signs of a query that may take long: wildcards, fuzz, and words looked up in the database.
_SLOW = re.compile(
    r"[*?~]|(?:description|file_name|source_url|sha512_hash|deletion_reason|scratchpad)[.:]"
)


def _where_to_search(call: Call) -> Runs:
    """Answer tag algebra on the spot; what may take long must not hold up others."""
    query = as_text(call.params.get("q"))
    is_quick = query == "*" or not _SLOW.search(query)
    return Runs.INLINE if is_quick else Runs.EXECUTOR


class _Handlers:
    """The handlers, and the encoded images they share."""

    def __init__(self, library: Library) -> None:
        self._renderer = renderer_of(library)

    def show(self, call: Call) -> Answer:
        """GET /images/:id."""
        image_id = call.path_id()
        with call.reading() as tx:
            return self._renderer.envelope(call, tx, images.get(tx, image_id))

    def featured(self, call: Call) -> Answer:
        """GET /images/featured."""
        with call.reading() as tx:
            return self._renderer.envelope(call, tx, images.featured(tx))

    def create(self, call: Call) -> Answer:
        """POST /images."""
        actor = site.signed_in(call).actor
        prepared = intake.prepare(call.library, actor, upload_of(call))
        with call.writing() as tx:
            image_id = intake.admit(tx, prepared)
        with call.reading() as tx:
            return self._renderer.envelope(call, tx, images.get(tx, image_id))

    def search(self, call: Call) -> Answer:
        """GET /search/images."""
        query = site.query_of(call)
        if not query:
            return site.empty_page("images")
        with call.reading() as tx:
            in_force = site.filter_of(tx, call)
            found = find.images(
                tx,
                find.parse(tx, query),
                sort=find.parse_sort(call.text("sf"), call.text("sd"), tx),
                page=site.page_of(call),
                per_page=site.per_page_of(call),
                filter=in_force,
                removed=_removed(call),
                include_hidden=call.text("hidden") == "1",
            )
            return self._renderer.page(
                call, tx, found.ids, total=found.total, filter_in_force=in_force
            )

    def reverse(self, call: Call) -> Answer:
        """POST /search/reverse; whatever is wrong with the picture finds nothing."""
        bounds = _reverse_bounds(call)
        if bounds is None:
            return site.empty_page("images")
        distance, limit = bounds
        try:
            with call.reading() as tx:
                found = _find_similar(tx, call, distance=distance, limit=limit)
                in_force = site.filter_of(tx, call)
                return self._renderer.page(
                    call, tx, found.ids, total=found.total, filter_in_force=in_force
                )
        except Unavailable:
            raise
        except MenagerieError:
            return site.empty_page("images")

    def alike(self, call: Call) -> Answer:
        """GET /images/:id/similar."""
        with call.reading() as tx:
            in_force = site.filter_of(tx, call)
            limit = site.per_page_of(call)
            found = similar.similar(tx, call.path_id(), limit, filter=in_force)
            return self._similar(call, tx, found, in_force)

    def alike_to_file(self, call: Call) -> Answer:
        """POST /search/similar."""
        file = call.file("image[image]", "image", "file")
        if file is None:
            raise Invalid({"image": ["can't be blank"]})
        with call.reading() as tx:
            in_force = site.filter_of(tx, call)
        found = similar.similar_to(
            call.library, call.actor, file.path, site.per_page_of(call), filter=in_force
        )
        with call.reading() as tx:
            return self._similar(call, tx, found, in_force)

    def _similar(
        self, call: Call, tx: Tx, found: Sequence[similar.Similar], in_force: Filter
    ) -> Answer:
        ids = [one.image_id for one in found]
        likenesses = [shapes.SimilarityShape(*one) for one in found]
        return self._renderer.page(
            call, tx, ids, total=len(ids), filter_in_force=in_force, similarities=likenesses
        )

    def oembed(self, call: Call) -> Answer:
        """GET /oembed."""
        image_id = embedded_id(call.text("url"))
        with call.reading() as tx:
            image = images.get(tx, image_id)
        if visibility.state(image) in {visibility.State.REMOVED, visibility.State.MERGED}:
            raise NotFound
        return answers.json(shapes.oembed(image, site.site_of(call)))

    def watched(self, call: Call) -> Answer:
        """GET /api/v1/rss/watched."""
        if not call.actor.is_signed_in:
            return answers.redirect(call.base_url + "/login", 302)
        with call.reading() as tx:
            found = find.images(
                tx,
                find.parse(tx, "my:watched"),
                sort=find.parse_sort("", "", tx),
                page=1,
                per_page=site.MOST_PER_PAGE,
                filter=site.filter_of(tx, call),
            )
            shown = images.find_many(tx, found.ids)
        return feed.answer(shown, site.site_of(call))


def renderer_of(library: Library) -> Renderer:
    """Return the library's one store of encoded images."""
    renderer = library.caches.get("philomena images")
    if renderer is None:
        renderer = library.caches.setdefault("philomena images", Renderer(library))
    assert isinstance(renderer, Renderer)  # noqa: S101  # for the type checker
    return renderer


def _removed(call: Call) -> Removed:
    """Return what `del` asks for; only moderators see removed images alone."""
    wanted = call.text("del")
    if wanted == "1":
        return Removed.ALSO
    if call.actor.is_moderator and wanted in {"only", "deleted"}:
        return Removed.ONLY if wanted == "only" else Removed.ONLY_NOT_MERGED
    return Removed.NO


# Uploads.


def upload_of(call: Call) -> Upload:
    """Return what somebody sends, however they spell it."""
    sent = call.mapping("image")
    file = call.file("image[image]", "image")
    return Upload(
        path=file.path if file is not None else None,
        name=file.name if file is not None else "",
        url="" if file is not None else call.text("url"),
        tags=as_text(sent.get("tag_input")),
        sources=sources_of(sent),
        description=as_text(sent.get("description")),
        is_anonymous=as_text(sent.get("anonymous")).lower() in _TRUE,
        enforce_board_rules=True,
        accepts=TAKEN_FORMATS,
    )


def sources_of(sent: Mapping[str, object]) -> list[str]:
    """Return the sources: `source_url` first, then `sources` (map or list) and `source_urls`.

    Numbers are what a map goes by: encoders write them in any order, `10` before `9`.

    >>> sources_of({"source_url": "", "sources": {"10": {"source": "b"}, "9": {"source": "a"}}})
    ['a', 'b']
    """
    listed = sent.get("sources")
    items = listed
    if isinstance(listed, dict):
        items = [listed[key] for key in sorted(listed, key=lambda key: whole_number(key) or 0)]
    nested = [
        as_text(item.get("source") if isinstance(item, dict) else item)
        for item in (items if isinstance(items, list) else [items])
    ]
    found = [as_text(sent.get("source_url")), *nested, *as_texts(sent.get("source_urls"))]
    return [url for url in found if url.strip()]


# Reverse search.


def _reverse_bounds(call: Call) -> tuple[float, int] | None:
    """Return distance and limit, None when one of them is out of bounds."""
    distance = parse_distance(call.text("distance"))
    limit = whole_number(call.text("limit") or str(DEFAULT_LIMIT))
    if not 0 <= distance <= 1 or limit is None or not 1 <= limit <= site.MOST_PER_PAGE:
        return None
    return distance, limit


_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")


def parse_distance(text: str) -> float:
    """Return the distance that a client writes.

    Quirk: the text is read with a 0 in front, so `.5` is 0.5, and `abc` or `-1` is 0.
    Source: Philomena's reverse search form.

    >>> parse_distance(".5"), parse_distance("abc"), parse_distance("")
    (0.5, 0.0, 0.25)
    """
    if not text:
        return DEFAULT_DISTANCE
    match = _NUMBER.match("0" + text[:40])
    return float(match.group()) if match else 0.0


_NO_LUMA = Intensities(0, 0, 0, 0)


def _find_similar(tx: Tx, call: Call, *, distance: float, limit: int) -> Found:
    """Find by the quadrants' luma, or by perceptual hash when one or its distance is given."""
    given = call.text("perceptual_hash")
    bits_text = call.text("perceptual_distance")
    bits = leading_integer(bits_text) if bits_text else None
    bits = DEFAULT_PERCEPTUAL_DISTANCE if bits is None else max(0, min(64, bits))
    if given:
        if not re.fullmatch(r"[0-9a-fA-F]{16}", given):
            raise Invalid({"perceptual_hash": ["must be 16 hex digits"]})
        return find.reverse(
            tx,
            _NO_LUMA,
            1.0,
            distance=distance,
            limit=limit,
            perceptual_hash=_signed(int(given, 16)),
            perceptual_distance=bits,
        )
    file = call.file("image[image]", "image", "file")
    features = intake.query_features(call.library, file.path if file else call.text("url"))
    by_hash = bool(bits_text)
    return find.reverse(
        tx,
        features.intensities,
        features.aspect_ratio,
        distance=distance,
        limit=limit,
        perceptual_hash=features.perceptual_hash if by_hash else None,
        perceptual_distance=bits if by_hash else None,
    )


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


# Embedding.

_IN_FILES = re.compile(r"/img/(?:view/|download/)?\d{4}/\d{1,2}/\d{1,2}/(\d+)[./_-]")
_IN_PAGES = re.compile(r"/(\d+)")


def embedded_id(url: str) -> int:
    """Return the id of the image that an address of a page or a file is about.

    Raises NotFound when there is none in it. The host is not looked at. Source: Philomena.

    >>> embedded_id("https://x/img/view/2024/1/2/7__safe.png"), embedded_id("/8.json")
    (7, 8)
    """
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        raise NotFound from None
    match = _IN_FILES.search(path)
    if match is None and "/img/" not in path:
        match = _IN_PAGES.search(path)
    if match is None:
        raise NotFound
    return identifier(match.group(1))

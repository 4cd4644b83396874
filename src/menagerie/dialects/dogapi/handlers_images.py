"""Images: searching public ones, and reading, listing and deleting one's own."""

from menagerie.core import images, visibility
from menagerie.core.animals import book, finding
from menagerie.core.animals.finding import Found, Own, Wanted
from menagerie.core.images import Image
from menagerie.core.orders import Order
from menagerie.dialects.dogapi import rendering, shapes_images, site
from menagerie.dialects.dogapi.rendering import Look
from menagerie.dialects.dogapi.site import Paging, Unknown
from menagerie.errors import Forbidden, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import whole_number
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx
from menagerie.storage.blobs import MEDIA_TYPES
from menagerie.storage.schema import Species

LIMIT_DEFAULT, LIMIT_KEYED, LIMIT_ANONYMOUS = 1, 100, 10
OWN_LIMIT_DEFAULT = 10
_TYPES = MEDIA_TYPES | {"jpeg": "image/jpeg", "image/jpg": "image/jpeg"}
# Most searches say nothing of these, and need not look for each.
_LOOKS = frozenset({"size", "lang", "include_breeds", "include_categories"})
_CONDITIONS = frozenset({
    "breed_groups", "breed_id", "breed_ids", "category_ids", "exclude_breed_groups", "has_breeds",
    "mime_types", "species_id",
})  # fmt: skip
_SIZE = Parameter("size", "full, med, small or thumb: which file `url` names.")
_TAKEN = Parameter("mime_types", "Formats, with commas: jpg, png, gif, image/png and the like.")
_BREEDS = Parameter("breed_ids", "Ids of breeds, with commas, one of which is needed.")
_CATEGORIES = Parameter("category_ids", "Ids of categories, with commas, one of which is needed.")
_FORMAT = Parameter("format", "src: send the client on to the file of one image.")
_SRC = Outcome(302, "The file of one image is there.", media_type=answers.TEXT)


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations on images."""
    one = site.paths(library, "/images/{id:str}")
    return (
        Operation(
            "GET",
            site.paths(library, "/images/search"),
            _search,
            _where,
            summary="Find public images, by chance unless told otherwise.",
            parameters=(
                _SIZE,
                _TAKEN,
                _FORMAT,
                Parameter("has_breeds", "true: only images with a breed."),
                _BREEDS,
                Parameter("breed_id", "The same as breed_ids."),
                _CATEGORIES,
                Parameter("include_breeds", "false: without the breeds; they need a key."),
                Parameter("include_categories", "false: without the categories, likewise."),
                *site.PAGES,
                *site.FILTERS,
                site.SUB_ID,
            ),
            outcomes=(Outcome(200, "Images.", list[shapes_images.FoundShape]), _SRC, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/images"),
            _list,
            Runs.EXECUTOR,
            summary="List the images that your account put in.",
            parameters=(
                _SIZE,
                _TAKEN,
                _FORMAT,
                _BREEDS,
                _CATEGORIES,
                Parameter("original_filename", "Name of the file, exactly."),
                *site.PAGES,
                *site.FILTERS,
                site.SUB_ID,
            ),
            outcomes=(Outcome(200, "Images.", list[shapes_images.ImageShape]), _SRC, *site.READS),
            needs_key=True,
        ),
        Operation(
            "GET",
            one,
            _get,
            Runs.EXECUTOR,
            summary="Retrieve an image by id",
            parameters=(site.IMAGE_ID, _SIZE, site.LANG, site.SUB_ID),
            outcomes=(Outcome(200, "The image.", shapes_images.ImageShape), *site.READS),
        ),
        Operation(
            "DELETE",
            one,
            _delete,
            Runs.EXECUTOR,
            summary="Delete an uploaded image",
            parameters=(site.IMAGE_ID,),
            outcomes=(Outcome(204, "It is gone."), *site.WRITES),
            needs_key=True,
        ),
    )


# Searching.


def _where(call: Call) -> Runs:
    """Run where nothing is asked of the database on the event loop."""
    return Runs.EXECUTOR if call.params.get("sub_id") else Runs.INLINE


def _search(call: Call) -> Answer:
    """GET /images/search."""
    is_known = site.allow_all(call).is_signed_in
    most = LIMIT_KEYED if is_known else LIMIT_ANONYMOUS
    paging = site.page_of(call, limit_default=LIMIT_DEFAULT, limit_max=most)
    order = site.order_of(call, Order.RANDOM)
    with call.reading() as tx:
        wanted = _wanted(call, tx, home=True)
        found = Found([], 0)
        if wanted is not None:
            found = finding.public(tx, wanted, order, limit=paging.limit, offset=paging.offset)
        shown = images.find_many(tx, found.ids)
        if _is_src(call):
            return _source(call, shown)
        look = _look(call, is_known=is_known)
        parts = rendering.renderer(call.library).many(call, tx, shown, look)
        if "sub_id" in call.params:
            given = rendering.given(call, tx, found.ids)
            parts = [part + given.encoded(one.id) for part, one in zip(parts, shown, strict=True)]
    encoded = b"[" + b"},".join(parts) + b"}]" if parts else b"[]"
    return _hinted(call, site.paged_bytes(encoded, found.total, paging), is_known=is_known)


def _look(call: Call, *, is_known: bool) -> Look:
    """Return how images are shown: without a key they have four fields."""
    if _LOOKS.isdisjoint(call.params):
        return Look(with_breeds=is_known, with_categories=is_known)
    size = site.text_of(call, "size").lower()
    return Look(
        size if size in rendering.SIZES else "full",
        site.language_of(call),
        with_breeds=site.flag(call, "include_breeds", default=True) and is_known,
        with_categories=site.flag(call, "include_categories", default=True) and is_known,
    )


def _is_src(call: Call) -> bool:
    return site.text_of(call, "format").lower() == "src"


def _source(call: Call, shown: list[Image]) -> Answer:
    """Send the client to the file of the first image; raises NotFound without one."""
    if not shown:
        raise NotFound("No image matches.")
    box = rendering.SIZES.get(site.text_of(call, "size").lower())
    return answers.redirect(site.image_url(call.library, call.base_url, shown[0], box), 302)


def _hinted(call: Call, answer: Answer, *, is_known: bool) -> Answer:
    """Say in a header what was passed over, which people otherwise take for a fault."""
    hints = []
    if call.params.get("breeds") is not None:
        hints.append("breeds is no parameter; breed_ids is")
    limit = whole_number(site.text_of(call, "limit"))
    if not is_known and limit is not None and limit > LIMIT_ANONYMOUS:
        hints.append(f"without a key, limit is at most {LIMIT_ANONYMOUS}")
    return answer.add("x-hint", "; ".join(hints)) if hints else answer


# What is asked for.


def _wanted(call: Call, tx: Tx, *, home: bool) -> Wanted | None:
    """Return what is asked for; None when it names something that is not here.

    With `home`, and nothing that says of which species, it is about the home species.
    """
    if _CONDITIONS.isdisjoint(call.params):
        return Wanted(species=site.home(call.library) if home else None)
    species = site.species_of(call, spans_all=True)
    breed_ids, category_ids = _breed_ids(call, tx), _category_ids(call)
    if isinstance(species, Unknown):
        return None
    if species is None and home and breed_ids is None:
        species = _species_of_categories(tx, category_ids) or site.home(call.library)
    return Wanted(
        species=species,
        breed_ids=breed_ids,
        category_ids=category_ids,
        groups=site.list_of(call, "breed_groups"),
        without_groups=site.list_of(call, "exclude_breed_groups"),
        has_breeds=site.flag(call, "has_breeds", default=False),
        media_types=_media_types(call),
    )


def _breed_ids(call: Call, tx: Tx) -> list[int] | None:
    codes = site.list_of(call, "breed_ids") or site.list_of(call, "breed_id")
    if not codes:
        return None
    found = (book.book(tx).by_code(code) for code in codes)
    return [breed.id for breed in found if breed is not None]


def _category_ids(call: Call) -> list[int] | None:
    texts = site.list_of(call, "category_ids")
    numbers = (whole_number(text) for text in texts)
    return [number for number in numbers if number is not None] if texts else None


def _species_of_categories(tx: Tx, category_ids: list[int] | None) -> Species | None:
    """Return the species that categories are of, None for several."""
    found = (book.book(tx).category(category_id) for category_id in category_ids or ())
    species = {category.species for category in found if category is not None}
    return species.pop() if len(species) == 1 else None


def _media_types(call: Call) -> frozenset[str] | None:
    words = site.list_of(call, "mime_types")
    if not words:
        return None
    return frozenset(_TYPES.get(word.lower(), word.lower()) for word in words)


# One's own.


def _list(call: Call) -> Answer:
    """GET /images."""
    site.require_key(call)
    paging = site.page_of(call, limit_default=OWN_LIMIT_DEFAULT, limit_max=LIMIT_KEYED)
    order = site.order_of(call, Order.DESC)
    with call.reading() as tx:
        wanted = _wanted(call, tx, home=False)
        found = Found([], 0)
        if wanted is not None:
            found = _own(call, tx, wanted, order, paging)
        shown = images.find_many(tx, found.ids)
        if _is_src(call):
            return _source(call, shown)
        items = rendering.images(call, tx, shown)
    return site.paged(items, found.total, paging)


def _own(call: Call, tx: Tx, wanted: Wanted, order: Order, paging: Paging) -> Found:
    own = Own(on_behalf_of=site.behalf(call), name=call.text("original_filename") or None)
    return finding.own(tx, own, wanted, order, limit=paging.limit, offset=paging.offset)


def of_path(call: Call, tx: Tx) -> Image:
    """Return the image in the path if the caller may see it; raises NotFound that names it."""
    text = call.text("id")
    image = site.image_shown(tx, text)
    states = {visibility.State.VISIBLE, visibility.State.PENDING}
    if image is None or visibility.state(image) not in states:
        raise NotFound(f"NOT_FOUND Couldn't find an image matching the passed 'id' of {text}")
    return image


def own_of_path(call: Call, tx: Tx) -> Image:
    """Return the image in the path if it is the caller's; raises NotFound, Forbidden."""
    image = of_path(call, tx)
    if not visibility.is_own(tx.actor, image):
        raise Forbidden("This image is not your account's.")
    return image


def _get(call: Call) -> Answer:
    """GET /images/{id}."""
    site.allow_all(call)
    with call.reading() as tx:
        shape = rendering.image(call, tx, of_path(call, tx))
    return answers.json(shape)


def _delete(call: Call) -> Answer:
    """DELETE /images/{id}."""
    site.require_key(call)
    with call.writing() as tx:
        images.delete_own(tx, own_of_path(call, tx).id)
    return site.gone()

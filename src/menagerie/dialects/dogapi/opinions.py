"""What votes and favourites share: what a body says, which rows are asked for, their images."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pyroaring import BitMap

from menagerie.core import images, short_ids, visibility
from menagerie.core.animals import finding, pictures
from menagerie.core.apps.opinions import MOST_CHARACTERS, Choice, Opinion
from menagerie.core.images import Image
from menagerie.core.orders import Order
from menagerie.core.visibility import State
from menagerie.dialects.dogapi import site
from menagerie.dialects.dogapi.site import Paging, Unknown
from menagerie.errors import Invalid, NotFound
from menagerie.http.call import Call
from menagerie.http.parameters import Tree, as_text
from menagerie.http.routing import Parameter
from menagerie.library import Tx

LIMIT_DEFAULT, LIMIT_MOST = 10, 100
FORM = (
    Parameter("image_id", "Id of the image, which need not be here.", "form", "aB3dE6gH9"),
    Parameter("sub_id", "The caller's own label for whom it acts.", "form"),
    Parameter("country_code", "Where they are, as ISO 3166-1 says it.", "form"),
    Parameter("ip_address", "Their address, which is never shown.", "form"),
)


def opinion(call: Call, tx: Tx, sent: Tree) -> Opinion:
    """Return what the body `sent` says. Raises Invalid."""
    ref = as_text(sent.get("image_id")).strip()
    if not ref:
        raise Invalid({"image_id": ['INVALID_DATA "image_id" is required']})
    if isinstance(sent.get("sub_id"), dict | list):
        raise Invalid({"sub_id": ["INVALID_DATA sub_id must be a text"]})
    texts = {
        "image_id": ref,
        "sub_id": as_text(sent.get("sub_id")).strip() or site.text_of(call, "sub_id"),
        "country_code": as_text(sent.get("country_code")).strip(),
        "ip_address": _address(sent),
    }
    problems = {
        name: [f"must have at most {MOST_CHARACTERS} characters"]
        for name, text in texts.items()
        if len(text) > MOST_CHARACTERS
    }
    if problems:
        raise Invalid(problems)
    return Opinion(
        image_ref=ref,
        image_id=site.image_ref(tx, ref),
        on_behalf_of=texts["sub_id"] or None,
        country_code=texts["country_code"] or None,
        address=texts["ip_address"] or call.address or None,
    )


def _address(sent: Tree) -> str:
    named = (as_text(sent.get(name)).strip() for name in ("client_ip_address", "ip_address"))
    return next((text for text in named if text), "")


def choice(call: Call, tx: Tx, paging: Paging) -> Choice:
    """Return which rows the query asks for. Raises Invalid."""
    within, without = images_asked_for(call, tx)
    return Choice(
        on_behalf_of=site.behalf(call),
        within=within,
        without=without,
        order=site.order_of(call, Order.ASC),
        limit=paging.limit,
        offset=paging.offset,
    )


def images_asked_for(call: Call, tx: Tx) -> tuple[BitMap | None, BitMap | None]:
    """Return the images that rows must be about, and must not be; None is no condition."""
    within: BitMap | None = None
    species = site.species_of(call, spans_all=True)
    if isinstance(species, Unknown):
        within = BitMap()
    elif species is not None:
        within = pictures.of_species(tx, species)
    if groups := site.list_of(call, "breed_groups"):
        of_groups = finding.of_groups(tx, groups)
        within = of_groups if within is None else within & of_groups
    without = site.list_of(call, "exclude_breed_groups")
    return within, finding.of_groups(tx, without) if without else None


def images_of(tx: Tx, image_ids: Iterable[int | None]) -> dict[int, Image]:
    """Return the images that rows are about, as far as the caller may see them."""
    wanted = sorted({image_id for image_id in image_ids if image_id is not None})
    shown = (State.VISIBLE, State.PENDING)
    found = images.find_many(tx, wanted)
    # Of what was removed or merged there is nothing but a stub, which this API does not know.
    return {image.id: image for image in found if visibility.state(image) in shown}


def account_asked_for(call: Call) -> int | None:
    """Return the account that `account_id` names, None for none."""
    return short_ids.account_id(call.library, site.text_of(call, "account_id"))


@contextmanager
def named(missing: str) -> Iterator[None]:
    """Say `missing` where a row is not found, since clients look for the words in it."""
    try:
        yield
    except NotFound as error:
        raise NotFound(missing) from error

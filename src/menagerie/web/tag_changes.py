"""Changes of tags: who added and took away what, taking them back, and changing many pictures."""

from collections.abc import Callable, Mapping

from menagerie.core import accounts, rights, tags
from menagerie.core.labels import TagChange
from menagerie.core.staff import batch
from menagerie.core.staff.batch import Done, Skip
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.http.parameters import as_texts, leading_integer
from menagerie.library import Tx
from menagerie.search import words
from menagerie.web import bans, shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import MOST_PER_PAGE, Form, Visit, own_address

SKIPPED: Mapping[Skip, str] = {
    Skip.GONE: marked("is not there (any more)"),
    Skip.LOCKED: marked("its tags are locked"),
    Skip.RULES: marked("would break the rules about tags"),
    Skip.SINCE: marked("has been changed since by others"),
    Skip.ALIAS: marked("the tag is an alias now"),
}
"""Why a picture, or a change of one of its tags, was left alone."""
_ASKED = ("image", "account", "tag", "address")


def page(visit: Visit) -> Answer:
    """Show changes of tags, the newest first: of a picture, person, tag or address if asked."""
    number = visit.page_number()
    asked = {name: visit.call.text(name).strip() for name in _ASKED}
    start = (number - 1) * MOST_PER_PAGE
    with visit.reading() as tx:
        found = _find(tx, asked, start)
    return visit.page(
        "tag_changes.html",
        changes=found[:MOST_PER_PAGE],
        form=Form(asked, {}, _ASKED),
        may_revert=visit.actor.is_moderator,
        pages=shapes.pages(
            number,
            start + len(found),
            MOST_PER_PAGE,
            lambda n: url("/tag_changes", **asked, page=n if n > 1 else None),
        ),
    )


def _find(tx: Tx, asked: Mapping[str, str], start: int) -> list[TagChange]:
    """Return a page of changes and one more; what there is not has none."""
    image_id = account_id = tag_id = None
    if asked["image"]:
        image_id = leading_integer(asked["image"].removeprefix("#")) or 0
    if asked["account"]:
        account = accounts.find_by_name(tx, asked["account"])
        account_id = account.id if account is not None else 0
    if asked["tag"]:
        name = words.normalise_tag_name(asked["tag"])
        tag = tags.canonical(tx, [name]).get(name)
        tag_id = tag.id if tag is not None else 0
    return batch.changes(
        tx,
        image_id=image_id,
        account_id=account_id,
        tag_id=tag_id,
        address=asked["address"] or None,
        limit=MOST_PER_PAGE + 1,
        offset=start,
    )


def revert(visit: Visit) -> Answer:
    """Take back the changes that were ticked."""
    ticked = map(leading_integer, as_texts(visit.call.form.get("change")))
    ids = [change_id for change_id in ticked if change_id is not None]
    return _did(visit, lambda: batch.revert_changes(visit.library, visit.actor, ids))


def revert_all(visit: Visit) -> Answer:
    """Take back all changes by an account or an address since a day, once that is confirmed."""
    name, address = visit.form("account").strip(), visit.form("address").strip()

    def act() -> Done:
        with visit.reading() as tx:
            rights.require_moderator(tx)
            account_id = bans.account_id(tx, name)
        if visit.form("sure") != "1":
            raise Invalid({"sure": [marked("Tick the box to take all of it back.")]})
        return batch.revert_of(
            visit.library,
            visit.actor,
            account_id=account_id,
            address=address or None,
            since=bans.moment(visit.form("since").strip()),
        )

    return _did(visit, act)


def tag_many(visit: Visit) -> Answer:
    """Change the tags of the pictures that were ticked."""
    ticked = map(leading_integer, as_texts(visit.call.form.get("image")))
    ids = [image_id for image_id in ticked if image_id is not None]
    add, remove = ([visit.form(name)] if visit.form(name) else [] for name in ("add", "remove"))
    return _did(
        visit,
        lambda: batch.tag_images(visit.library, visit.actor, ids, add=add, remove=remove),
    )


def _did(visit: Visit, act: Callable[[], Done]) -> Answer:
    """Do it and show what was done and what was left alone, and why."""
    back = own_address(visit.form("then") or "/tag_changes")
    try:
        done = act()
    except Invalid as error:
        return visit.page(
            "batch_done.html", 422, done=None, form=visit.sent(error=error), back=back, skipped=[]
        )
    skipped = [(SKIPPED[Skip(why)], number) for why, number in done.skipped.items()]
    return visit.page("batch_done.html", done=done, form=Form(), back=back, skipped=skipped)

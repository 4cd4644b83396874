"""A board on which people talk, with every object of the community half in each of its states."""

from collections.abc import Iterator
from contextlib import contextmanager

import build
from booru_world import World
from menagerie.core import accounts, dnp, galleries, moderation, tags, vocabulary
from menagerie.core.people import avatars, badges, following, links, messages
from menagerie.core.staff import bans
from menagerie.core.talk import comments, forums, polls, posts, topics
from menagerie.library import SECOND, SYSTEM, Tx
from menagerie.storage.schema import DnpState, DnpType, ForumAccess, LinkState, PollMethod, Role

SETTINGS = {
    "comment_interval": 0,
    "topic_interval": 0,
    "message_interval": 0,
    "hold_links": True,
}
"""So that test data can be made at once, and some of it waits for approval."""

ROLES = ("anonymous", "user", "other", "assistant", "moderator", "admin", "banned")


class Talk(World):
    """A world, and the ids of what was said in it."""

    def __init__(self, world: World) -> None:
        self.__dict__ = world.__dict__
        self.ids: dict[str, int | str] = {}

    @contextmanager
    def by(self, role: str) -> Iterator[Tx]:
        """Write as somebody in a role."""
        with self.library.writing(self.actors[role]) as tx:
            yield tx


def talk(world: World) -> Talk:
    """Let people talk in a world that has accounts only."""
    board = Talk(world)
    for role, name in (("assistant", "Ass Istant"), ("banned", "Bert")):
        kind = Role.ASSISTANT if role == "assistant" else Role.USER
        board.actors[role] = build.account(board.library, name, kind)
        board.keys[role] = build.key(board.library, board.actors[role])
    for what, tags_of in (("plain", "safe, artist:bob ross, dog"), ("gone", "safe, dog, gone"),
                          ("other", "safe, cat, other")):  # fmt: skip
        board.images[what] = build.image(board.library, tags_of, actor=board.actors["user"])
    board.ids |= {f"image_{name}": image_id for name, image_id in board.images.items()}
    _decorate(board)
    _comment(board)
    _discuss(board)
    _collect(board)
    _write_letters(board)
    with board.by("moderator") as tx:
        moderation.remove(tx, board.images["gone"], "Rule #1")
        bans.ban(tx, account_id=board.actors["banned"].account_id, reason="no")
    return board


def _decorate(board: Talk) -> None:
    """Give Alice an avatar, a description, links, badges; list what an artist asks."""
    picture = avatars.keep(board.library, build.png((30, 30), (200, 10, 30)))
    alice = board.actors["user"]
    avatars.put(board.library, alice, build.png((40, 30), (10, 200, 30)))
    with board.by("user") as tx:
        accounts.edit(tx, description="Says *much*.")
        for url, is_public in (("https://alice.example/", True), ("https://hidden.example/", False),
                               ("https://waits.example/", True)):  # fmt: skip
            made = links.add(tx, url, "artist:bob ross", is_public=is_public)
            board.ids["link_" + url.split("//")[1].split(".")[0]] = made.id
    with board.by("moderator") as tx:
        for name in ("link_alice", "link_hidden"):
            links.decide(tx, board.ids[name], LinkState.VERIFIED)
        artist = tags.get_by_name(tx, "artist:bob ross")
        vocabulary.describe(tx, artist.id, spoiler_image=picture)
        badge = badges.create(tx, "Helper", description="Helps.")
        badges.award(tx, alice.account_id, badge.id, label="First", reason="Because")
        for conditions, hides_reason in (("Ask first", False), ("Never", True)):
            entry = dnp.request(
                tx,
                "artist:bob ross",
                DnpType.OTHER,
                conditions=conditions,
                reason="Mine",
                hides_reason=hides_reason,
            )
            dnp.decide(tx, entry.id, DnpState.LISTED)


def _comment(board: Talk) -> None:
    """Comment in every state; the newest last."""
    plain = board.images["plain"]

    def say(name: str, role: str, image: str, body: str, **more: bool) -> None:
        with board.by(role) as tx:
            board.ids[name] = comments.create(tx, board.images[image], body, **more).id

    say("comment", "user", "plain", "Hello *world*, ünicode")
    say("comment_anonymous", "other", "plain", "I am shy", is_anonymous=True)
    say("comment_edited", "other", "plain", "Before")
    say("comment_hidden", "other", "plain", "Rude")
    say("comment_destroyed", "other", "plain", "Very rude")
    say("comment_waiting", "other", "plain", "See https://elsewhere.example/")
    say("comment_gone", "user", "gone", "On a picture that goes")
    say("comment_cat", "user", "other", "Meow, @Bob")
    with board.by("other") as tx:
        comments.edit(tx, board.ids["comment_edited"], "After", reason="Spelling")
    with board.by("moderator") as tx:
        comments.hide(tx, board.ids["comment_hidden"], "Rule #2")
        comments.destroy(tx, board.ids["comment_destroyed"])
    assert plain


def _discuss(board: Talk) -> None:
    """Begin topics in three forums, and post in every state in one of them."""
    with board.library.writing(SYSTEM) as tx:
        forums.create(tx, "Staff", "staff", access=ForumAccess.STAFF)
    with board.by("user") as tx:
        ends = tx.now_s + 7 * 86_400 * SECOND
        draft = polls.Draft("Tea or milk?", ("Tea", "Milk"), PollMethod.SINGLE, ends)
        topic = topics.create(
            tx, "general", title="Hello, Wörld: a topic!", body="First", poll=draft
        )
        board.ids |= {"topic": topic.slug, "topic_id": topic.id}
    for role, body, more in (("other", "Second, shy", {"is_anonymous": True}),
                             ("other", "Third, rude", {}), ("other", "Fourth, very rude", {}),
                             ("user", "Fifth", {})):  # fmt: skip
        with board.by(role) as tx:
            made = posts.create(tx, topic.id, body, **more)
            board.ids["post_" + body.split(",")[0].lower()] = made.id
    with board.by("user") as tx:
        posts.edit(tx, board.ids["post_fifth"], "Fifth, edited", reason="More")
        locked = topics.create(tx, "general", title="Locked", body="Hush", is_anonymous=True)
        hidden = topics.create(tx, "general", title="Hidden", body="Not for you")
    with board.by("other") as tx:
        sticky = topics.create(tx, "meta", title="Rules", body="Be kind")
    with board.by("moderator") as tx:
        posts.hide(tx, board.ids["post_third"], "Rule #2")
        posts.destroy(tx, board.ids["post_fourth"])
        topics.lock(tx, locked.id, "Enough")
        topics.hide(tx, hidden.id, "No")
        topics.stick(tx, sticky.id)
        staff = topics.create(tx, "staff", title="Secret", body="Among us")
    board.ids |= {"topic_locked": locked.slug, "topic_hidden": hidden.slug, "sticky": sticky.slug}
    board.ids |= {"topic_staff": staff.slug}
    with board.library.reading(SYSTEM) as tx:
        first = posts.of_topic(tx, topics.get_by_id(tx, topic.id), page=1, per_page=1)[0]
        board.ids["post"] = first.id
        for name, of in (("post_of_hidden", hidden), ("post_of_staff", staff)):
            [only] = posts.of_topic(tx, topics.get_by_id(tx, of.id), page=1, per_page=1)
            board.ids[name] = only.id


def _collect(board: Talk) -> None:
    """Make a signed and an anonymous gallery."""
    with board.by("user") as tx:
        signed = galleries.create(tx, title="Pets", description="All", spoiler_warning="Fur")
        shy = galleries.create(tx, title="Mine", is_anonymous=True)
        for name in ("plain", "other"):
            galleries.add(tx, signed.id, board.images[name])
        board.ids |= {"gallery": signed.id, "gallery_anonymous": shy.id}
    with board.by("other") as tx:
        following.follow(tx, following.Followed.GALLERY, signed.id)


def _write_letters(board: Talk) -> None:
    """Let Alice write to Bob."""
    with board.by("user") as tx:
        board.ids["conversation"] = messages.start(tx, "Bob", "Pictures", "Nice ones").key


def dog(board: Talk) -> int:
    """Return the id of a tag."""
    with board.library.reading(SYSTEM) as tx:
        return tags.get_by_name(tx, "dog").id

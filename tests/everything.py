"""A small library in which anybody does anything: every act that changes what is counted or seen.

An act is a name, who acts and three numbers, which say upon what; so any list of acts can be played
again. What the core refuses is refused, and everything else must leave the library in order.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import select

import build
from menagerie.core import (
    accounts,
    annotations,
    dnp,
    filters,
    galleries,
    image_texts,
    images,
    labels,
    moderation,
    own_data,
    reports,
    reviewing,
    tags,
    validations,
    vocabulary,
    votes,
    watching,
)
from menagerie.core.apps import requests
from menagerie.core.people import badges, following, links, messages, news
from menagerie.core.people.following import Followed
from menagerie.core.staff import bans, batch, duplicates, queue, relations, undo
from menagerie.core.talk import comments, forums, polls, posts, topics
from menagerie.errors import MenagerieError
from menagerie.library import ANONYMOUS, SECOND, SYSTEM, Actor, Clock, Library, Tx
from menagerie.storage import schema
from menagerie.storage.schema import (
    Audience,
    DnpState,
    DnpType,
    ForumAccess,
    LinkState,
    PollMethod,
    QueueKind,
    SubjectKind,
)

SETTINGS: dict[str, object] = {
    "hold_links": True,
    "message_interval": 0,
    "guest_comments": True,
}
PEOPLE = ("alice", "bob", "carol")
MODERATORS = ("moderator", "admin")
STAFF = ("assistant", *MODERATORS)
EVERYBODY = ("guest", "banned", *PEOPLE, *STAFF)
TAGS = ("safe", "suggestive", "dog", "cat", "puppy", "solo", "artist:ann", "oc:rex")
TEXTS = (
    "Plain words.",
    "Look here, @Bob and @Carol",
    "See https://elsewhere.example/ now",
    "",
    'Said @"Alice" again',
)
HOUR = 3600


class Step(NamedTuple):
    """One act: what, by whom, and three numbers that say upon what."""

    act: str
    role: str
    a: int
    b: int
    c: int


class OwnTime(Clock):
    """A clock that goes on when somebody waits."""

    def __init__(self, now: int) -> None:
        self.time = now

    def now(self) -> int:
        return self.time


class World:
    """A library and who acts in it; `done` counts the acts that were not refused."""

    def __init__(self, library: Library, actors: dict[str, Actor]) -> None:
        self.library = library
        self.clock = library.clock = OwnTime(library.clock.now())
        self.actors = dict(actors)
        self.done: Counter[str] = Counter()

    def ids(self, table: Any, column: str = "id") -> list[Any]:
        """Return what a table holds now."""
        with self.library.reading(SYSTEM) as tx:
            return list(tx.execute(select(table.c[column]).order_by(table.c.id)).scalars())

    def pick(self, table: Any, number: int, column: str = "id") -> Any:
        """Return one of the rows of a table, or an id there is not."""
        found = self.ids(table, column)
        return found[number % len(found)] if found else 999

    def image(self, number: int) -> int:
        found: int = self.pick(schema.images, number)
        return found

    def person(self, number: int) -> Actor:
        """Return an account in force."""
        there = [actor for actor in self.actors.values() if actor.is_signed_in]
        return there[number % len(there)]

    def play(self, step: Step) -> None:
        """Let somebody do something; nothing happens if the core refuses it."""
        act = ACTS[step.act]
        actor = self.actors[step.role]
        with suppress(MenagerieError):
            if act.is_outside:
                act.work(self, actor, step.a, step.b, step.c)
            else:
                with self.library.writing(actor) as tx:
                    act.work(self, tx, step.a, step.b, step.c)
            self.done[step.act] += 1


class Act(NamedTuple):
    """What can be done: who mostly may, and the work, in a transaction unless it is outside."""

    roles: tuple[str, ...]
    work: Callable[..., object]
    is_outside: bool


ACTS: dict[str, Act] = {}
Work = Callable[..., object]


def act(*roles: str, is_outside: bool = False) -> Callable[[Work], Work]:
    def put(work: Work) -> Work:
        ACTS[work.__name__] = Act(roles, work, is_outside)
        return work

    return put


def people(library: Library) -> dict[str, Actor]:
    """Make the accounts and what there is at the beginning."""
    made = {"guest": Actor(address="192.0.2.7", fingerprint="f" * 8)}
    for name in (*PEOPLE, "assistant", "moderator", "admin", "banned"):
        role = name if name in STAFF else "user"
        made[name] = build.account(library, name.title(), role)
    world = World(library, made)
    with library.writing(SYSTEM) as tx:
        forums.create(tx, "Helpers", "helpers", access=ForumAccess.ASSISTANT)
        forums.create(tx, "Staff", "staff", access=ForumAccess.STAFF)
        bans.ban(tx, account_id=made["banned"].account_id, reason="no")
    for step in _BEGINNING:
        world.play(step)
        assert world.done[step.act], step
    return made


_BEGINNING = (
    *(Step("upload", "alice", 1, n, 0) for n in range(3)),
    Step("upload", "alice", 9, 6, 1),
    Step("upload", "bob", 3, 4, 2),
    Step("upload", "bob", 4, 7, 1),
    Step("topic", "alice", 0, 0, 1),
    Step("topic", "bob", 1, 1, 3),
    Step("topic", "moderator", 3, 2, 2),
    Step("comment", "bob", 0, 0, 1),
    Step("comment", "carol", 1, 1, 0),
    Step("comment", "alice", 1, 2, 1),
    Step("post", "bob", 0, 0, 1),
    Step("post", "carol", 1, 2, 1),
    Step("collect", "alice", 0, 0, 0),
    Step("collect", "bob", 0, 1, 0),
    Step("collect", "bob", 1, 1, 1),
    Step("write_letter", "alice", 1, 0, 0),
)


# Pictures.


def some_tags(number: int) -> str:
    """Return a few tags that the board takes, most of the time."""
    chosen = random.Random(number).sample(TAGS, 4)
    return ", ".join(chosen if number % 7 == 0 else ["safe", *(t for t in chosen if t != "safe")])


@act(*PEOPLE, "moderator", is_outside=True)
def upload(w: World, actor: Actor, a: int, b: int, c: int) -> None:
    build.image(
        w.library,
        some_tags(a).replace("suggestive", "solo"),
        actor=actor,
        # Few different files, so that the same one comes again.
        data=build.png((20 + b % 8, 16), (b % 8 * 30, 90, 9), b % 8),
        audience=Audience.PRIVATE if c % 3 == 1 else Audience.PUBLIC,
        is_anonymous=c % 4 == 2,
        description=TEXTS[a % 5],
        sources=("https://a.example/",) if a % 2 else (),
    )


@act(*PEOPLE)
def ask_to_publish(w: World, tx: Tx, a: int, _b: int, _c: int) -> None:
    row = schema.images.c
    own = (row.account_id == tx.actor.account_id, row.audience == Audience.PRIVATE)
    mine = list(tx.execute(select(row.id).where(*own).order_by(row.id)).scalars())
    requests.create(tx, mine[a % len(mine)] if mine else w.image(a), "Please")


@act(*PEOPLE)
def take_the_asking_back(w: World, tx: Tx, a: int, _b: int, _c: int) -> None:
    requests.cancel(tx, w.pick(schema.public_requests, a, "image_id"))


@act(*MODERATORS)
def decide_publishing(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    requests.decide(tx, str(w.pick(schema.public_requests, a, "key")), approve=bool(b % 4))


@act(*PEOPLE)
def delete_own(w: World, tx: Tx, a: int, _b: int, _c: int) -> None:
    images.delete_own(tx, w.image(a))


@act(*PEOPLE, *STAFF)
def judge_image(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    image_id = w.image(a)
    ways: tuple[Callable[[], object], ...] = (
        lambda: votes.vote(tx, image_id, 1),
        lambda: votes.vote(tx, image_id, -1),
        lambda: votes.unvote(tx, image_id),
        lambda: votes.fave(tx, image_id),
        lambda: votes.unfave(tx, image_id),
        lambda: votes.hide(tx, image_id),
        lambda: votes.unhide(tx, image_id),
    )
    ways[b % len(ways)]()


@act(*PEOPLE, *STAFF)
def edit_tags(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    add, remove = TAGS[b % len(TAGS)], TAGS[c % len(TAGS)]
    labels.edit(tx, w.image(a), add=[add], remove=[remove], enforce_board_rules=b % 3 == 0)


@act(*PEOPLE)
def edit_sources(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    urls = [f"https://{name}.example/" for name in "abc"[: b % 4]]
    images.edit_sources(tx, w.image(a), urls)


@act(*PEOPLE, "moderator")
def describe_image(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    images.edit_description(tx, w.image(a), TEXTS[b % 5])
    image_texts.add(tx, w.image(a), [(TEXTS[0], "en")])


@act(*PEOPLE, "guest")
def judge_label(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    row = schema.labels.c
    there = tx.all(select(row.image_id, row.tag_id).order_by(row.image_id, row.tag_id))
    label = there[(a * 7 + b) % len(there)]
    if c % 4 == 3:
        validations.mark_unfit(tx, *label)
    elif c % 4 == 2:
        validations.take_back(tx, *label)
    else:
        validations.judge(tx, *label, is_yes=c % 4 == 0)


@act(*PEOPLE)
def outline(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    shapes = [{"type": "rect", "left": 1, "top": 1, "width": 5, "height": 5}]
    annotations.put(tx, w.image(a), w.pick(schema.tags, b), shapes)


@act(*PEOPLE)
def judge_outline(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    annotations.judge(tx, str(w.pick(schema.annotations, a, "key")), is_yes=bool(b % 2))


@act("moderator")
def suggest_label(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    tx.actor = SYSTEM
    if c % 2:
        labels.suggest(tx, w.image(a), [(w.pick(schema.tags, b), 0.9)])
    else:
        labels.decline(tx, w.image(a), w.pick(schema.tags, b))


# Keeping order among pictures.


@act(*MODERATORS)
def moderate_image(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    image_id = w.image(a)
    ways: tuple[Callable[[], object], ...] = (
        lambda: moderation.remove(tx, image_id, "Rule"),
        lambda: moderation.restore(tx, image_id),
        lambda: moderation.restore(tx, image_id),
        lambda: reviewing.approve(tx, image_id),
        lambda: reviewing.approve(tx, image_id),
        lambda: reviewing.reject(tx, image_id, "Bad"),
        lambda: reviewing.quarantine(tx, image_id, "Worse"),
        lambda: moderation.feature(tx, image_id),
        lambda: moderation.unfeature(tx, image_id),
        lambda: moderation.lock(tx, image_id, ("comments", "tags")[c % 2]),
        lambda: moderation.unlock(tx, image_id, ("comments", "tags")[c % 2]),
        lambda: moderation.set_uploader(tx, image_id, w.person(c).account_id if c % 5 else None),
        lambda: moderation.anonymise(tx, image_id),
        lambda: moderation.annotate(tx, image_id, "A note"),
        lambda: moderation.repair(tx, image_id),
        lambda: moderation.destroy(tx, image_id, "Law") if c % 5 == 0 else None,
    )
    ways[b % len(ways)]()


@act(*MODERATORS)
def merge(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    moderation.merge(tx, w.image(a), w.image(b))


@act(*PEOPLE)
def suggest_duplicate(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    duplicates.suggest(tx, w.image(a), w.image(b), "Same")


@act(*MODERATORS)
def decide_duplicate(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    duplicates.decide(tx, w.pick(schema.duplicates, a), accept=bool(b % 3))


_SUBJECTS = {
    SubjectKind.IMAGE: schema.images,
    SubjectKind.COMMENT: schema.comments,
    SubjectKind.POST: schema.posts,
    SubjectKind.ACCOUNT: schema.accounts,
    SubjectKind.GALLERY: schema.galleries,
    SubjectKind.CONVERSATION: schema.conversations,
}


@act(*PEOPLE, "guest")
def report(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    kind = list(_SUBJECTS)[b % len(_SUBJECTS)]
    reports.report_subject(tx, kind, w.pick(_SUBJECTS[kind], a), "It is wrong")


@act(*MODERATORS)
def decide_report(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    action = ("none", "remove", "quarantine")[c % 3]
    reports.resolve_subject(tx, w.pick(schema.reports, a), accept=bool(b % 2), action=action)


@act(*MODERATORS)
def claim(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    kind = list(QueueKind)[b % len(QueueKind)]
    found, _ = queue.find(tx, kinds=[kind], limit=100)
    if found:
        item = found[a % len(found)]
        (queue.release if c % 3 == 0 else queue.claim)(tx, kind, item.id)


@act(*MODERATORS)
def take_back(w: World, tx: Tx, a: int, _b: int, _c: int) -> None:
    # Of late acts mostly, which nothing else depends on.
    newest = w.ids(schema.moderation_log)[::-1]
    undo.undo(tx, newest[a % min(len(newest), 6)] if newest else 1)


# The vocabulary.


@act(*STAFF, is_outside=True)
def tag_many(w: World, actor: Actor, a: int, b: int, c: int) -> None:
    some = {w.image(a), w.image(b), w.image(c)}
    batch.tag_images(w.library, actor, some, add=[TAGS[a % 8]], remove=[TAGS[b % 8]])


@act(*MODERATORS, is_outside=True)
def revert(w: World, actor: Actor, a: int, b: int, c: int) -> None:
    if c % 3 == 0:
        batch.revert_of(w.library, actor, account_id=w.person(a).account_id)
    else:
        some = {w.pick(schema.tag_changes, a), w.pick(schema.tag_changes, b)}
        batch.revert_changes(w.library, actor, some)


@act(*MODERATORS, is_outside=True)
def relate(w: World, actor: Actor, a: int, b: int, c: int) -> None:
    one, other = TAGS[2 + a % 6], TAGS[2 + b % 6]
    if c % 2:
        relations.imply(w.library, actor, one, other, apply_to_existing=c % 3 == 0)
        return
    with w.library.writing(actor) as tx:
        vocabulary.alias(tx, relations.named(tx, one).id, relations.named(tx, other).id)


@act(*MODERATORS)
def unrelate(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    one, other = relations.named(tx, TAGS[2 + a % 6]), relations.named(tx, TAGS[2 + b % 6])
    if c % 2:
        vocabulary.unimply(tx, one.id, other.id)
    else:
        relations.unalias(tx, one.id)


@act(*MODERATORS)
def describe_tag(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    vocabulary.describe(tx, w.pick(schema.tags, a), description=TEXTS[b % 5])
    vocabulary.set_category(tx, w.pick(schema.tags, a), (None, "character")[b % 2])


# Talk.


@act(*PEOPLE, "guest", *STAFF)
def comment(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    comments.create(tx, w.image(a), TEXTS[b % 5], is_anonymous=c % 3 == 0)


@act(*PEOPLE, "moderator")
def edit_comment(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    comments.edit(tx, w.pick(schema.comments, a), TEXTS[b % 5] + str(c % 3), reason="Spelling")


@act(*MODERATORS, "assistant")
def moderate_comment(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    ways = (comments.hide, comments.unhide, comments.approve, comments.destroy)
    ways[b % 4](tx, w.pick(schema.comments, a))


_FORUMS = ("general", "meta", "helpers", "staff")


@act(*PEOPLE, *STAFF)
def topic(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    ends = tx.now_s + HOUR * SECOND
    draft = polls.Draft("Which?", ("One", "Two"), list(PollMethod)[b % 2], ends) if c % 2 else None
    topics.create(
        tx,
        _FORUMS[a % 4],
        title=f"Topic {b % 3}",
        body=TEXTS[b % 5],
        is_anonymous=c % 5 == 0,
        poll=draft,
    )


@act(*PEOPLE, *STAFF)
def post(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    posts.create(tx, w.pick(schema.topics, a), TEXTS[b % 5], is_anonymous=c % 3 == 0)


@act(*PEOPLE, "moderator")
def edit_post(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    posts.edit(tx, w.pick(schema.posts, a), TEXTS[b % 5] + str(c % 3))


@act(*STAFF)
def moderate_post(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    (posts.hide, posts.unhide, posts.approve, posts.destroy)[b % 4](tx, w.pick(schema.posts, a))


@act(*STAFF)
def moderate_topic(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    topic_id = w.pick(schema.topics, a)
    ways: tuple[Callable[[], object], ...] = (
        lambda: topics.hide(tx, topic_id),
        lambda: topics.unhide(tx, topic_id),
        lambda: topics.move(tx, topic_id, _FORUMS[c % 4]),
        lambda: topics.lock(tx, topic_id),
        lambda: topics.unlock(tx, topic_id),
        lambda: topics.stick(tx, topic_id),
        lambda: topics.edit_title(tx, topic_id, f"Title {c % 3}"),
    )
    ways[b % len(ways)]()


@act("admin")
def change_forum(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    forums.edit(tx, _FORUMS[a % 4], access=list(ForumAccess)[b % 3])


@act(*PEOPLE, *STAFF)
def answer_poll(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    poll_id = w.pick(schema.polls, a)
    if c % 5 == 0:
        (polls.hide if b % 2 else polls.unhide)(tx, poll_id)
    else:
        polls.vote(tx, poll_id, {w.pick(schema.poll_options, b), w.pick(schema.poll_options, c)})


# People.


@act(*PEOPLE, "moderator")
def collect(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    gallery_id, image_id = w.pick(schema.galleries, a), w.image(b)
    ways: tuple[Callable[[], object], ...] = (
        lambda: galleries.create(
            tx, title=f"Set {b % 3}", description=TEXTS[b % 5], is_anonymous=b % 3 == 0
        ),
        lambda: galleries.add(tx, gallery_id, image_id),
        lambda: galleries.add(tx, gallery_id, image_id),
        lambda: galleries.add(tx, gallery_id, image_id),
        lambda: galleries.remove(tx, gallery_id, image_id),
        lambda: galleries.reorder(tx, gallery_id, galleries.image_ids(tx, gallery_id)[::-1]),
        lambda: galleries.edit(tx, gallery_id, is_anonymous=b % 2 == 0, thumbnail_id=image_id),
        lambda: galleries.delete(tx, gallery_id) if b % 3 == 0 else None,
    )
    ways[c % len(ways)]()


_FOLLOWED = {
    Followed.IMAGE: schema.images,
    Followed.GALLERY: schema.galleries,
    Followed.TOPIC: schema.topics,
    Followed.FORUM: schema.forums,
}


@act(*PEOPLE, *STAFF)
def follow(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    what = list(_FOLLOWED)[b % 4]
    change = following.unfollow if c % 4 == 0 else following.follow
    change(tx, what, w.pick(_FOLLOWED[what], a))


@act(*PEOPLE)
def write_letter(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    key = str(w.pick(schema.conversations, a, "key"))
    ways: tuple[Callable[[], object], ...] = (
        lambda: messages.start(tx, w.person(a).name, "Hello", TEXTS[b % 5]),
        lambda: messages.answer(tx, key, TEXTS[b % 5]),
        lambda: messages.read(tx, key),
        lambda: messages.unread(tx, key),
        lambda: messages.put_away(tx, key),
        lambda: messages.take_back(tx, key),
    )
    ways[c % len(ways)]()


@act(*PEOPLE)
def read_news(w: World, tx: Tx, a: int, b: int, _c: int) -> None:
    found, _ = news.find(tx)
    if b % 3 == 0:
        news.read_all(tx)
    elif found:
        one = found[a % len(found)]
        if b % 3 == 1:
            news.read(tx, one.kind, one.subject_id)
        else:
            news.forget(tx, one.id)


@act(*PEOPLE)
def say_whose(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    if c % 3 == 0:
        links.add(tx, "https://ann.example/", "artist:ann", is_public=bool(b % 2))
    elif c % 3 == 1:
        links.delete(tx, w.pick(schema.profile_links, a))
    else:
        dnp.request(tx, "artist:ann", list(DnpType)[b % 7], conditions="Ask", reason="Mine")


@act(*MODERATORS)
def decide_whose(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    if c % 2:
        links.decide(tx, w.pick(schema.profile_links, a), list(LinkState)[b % 5])
    else:
        dnp.decide(tx, w.pick(schema.dnp_entries, a), list(DnpState)[b % 6])


@act(*MODERATORS)
def honour(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    if c % 3 == 0:
        badges.create(tx, f"Badge {b % 5}")
    elif c % 3 == 1:
        badges.award(tx, w.person(a).account_id or 0, w.pick(schema.badges, b))
    else:
        badges.take_back(tx, w.pick(schema.awards, a))


@act(*PEOPLE)
def choose(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    ways: tuple[Callable[[], object], ...] = (
        lambda: filters.create(
            tx, name=f"Mine {b % 3}", hidden_tags=[TAGS[b % 8]], is_public=bool(a % 2)
        ),
        lambda: filters.choose(tx, w.pick(schema.filters, a)),
        lambda: filters.delete(tx, w.pick(schema.filters, a)),
        lambda: watching.change(tx, add=[TAGS[a % 8]], remove=[TAGS[b % 8]]),
    )
    ways[c % len(ways)]()


@act(*MODERATORS)
def shut_out(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    if c % 2:
        bans.unban(tx, w.pick(schema.bans, a))
    elif b % 3 == 0:
        bans.ban(tx, network="192.0.2.0/24", until_at=tx.now + HOUR * SECOND)
    elif b % 3 == 1:
        bans.ban(tx, account_id=w.person(a).account_id, until_at=tx.now + HOUR * SECOND // 6)


@act("admin")
def change_account(w: World, tx: Tx, a: int, b: int, c: int) -> None:
    account_id = w.person(a).account_id or 0
    if b % 3 == 0:
        accounts.rename(tx, account_id, f"Person {c % 4}")
    elif b % 3 == 1:
        accounts.set_verified(tx, account_id, is_verified=bool(c % 2))
    else:
        accounts.set_title(tx, account_id, "Old hand")


@act("carol", "bob", is_outside=True)
def leave(w: World, actor: Actor, a: int, b: int, _c: int) -> None:
    if a % 4:
        return
    own_data.delete_account(w.library, actor, build.PASSWORD, with_uploads=bool(b % 2))
    w.actors = {r: ANONYMOUS if one is actor else one for r, one in w.actors.items()}


@act("guest", is_outside=True)
def wait(w: World, _actor: Actor, a: int, _b: int, _c: int) -> None:
    w.clock.time += (1 + a) * SECOND


def any_steps(seed: int, count: int) -> Sequence[Step]:
    """Return acts by chance, mostly by those who may."""
    chance = random.Random(seed)
    return [
        Step(
            name := chance.choice(list(ACTS)),
            chance.choice(ACTS[name].roles if chance.random() < 0.9 else EVERYBODY),
            *(chance.randrange(1000) for _ in range(3)),
        )
        for _ in range(count)
    ]


def tag_id(library: Library, name: str) -> int:
    """Return the id of a tag."""
    with library.reading(SYSTEM) as tx:
        return tags.get_by_name(tx, name).id

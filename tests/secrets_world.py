"""Everything that not everybody may see, each with a word in it that is found nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

import build
import everything
from everything import World
from menagerie.core import (
    accounts,
    dnp,
    filters,
    galleries,
    image_texts,
    images,
    moderation,
    reports,
    reviewing,
    saved_searches,
    sessions,
    watching,
)
from menagerie.core.apps import requests
from menagerie.core.people import badges, links, messages
from menagerie.core.staff import bans, duplicates
from menagerie.core.talk import comments, forums, polls, posts, topics
from menagerie.library import SECOND, Actor, Library, Tx
from menagerie.storage.schema import Audience, DnpType, ForumAccess, LinkState, PollMethod

_BEFORE = ("upload", "judge_image", "edit_tags", "judge_label", "outline", "comment", "topic",
           "post", "follow", "answer_poll", "collect", "tag_many", "relate")  # fmt: skip
_DAY = 86_400 * SECOND
NOBODY, MODERATORS, STAFF = frozenset[str](), frozenset({"moderator"}), frozenset({"moderator"})
READERS = ("guest", "carol", "moderator")


class Secrets:
    """A world with secrets: the word of each and which of `READERS` may come across it.

    `ids` has what is not there for the others, by kind; `shy` is the account of whoever does
    everything anonymously.
    """

    def __init__(self, library: Library, actors: dict[str, Actor]) -> None:
        self.world = World(library, actors)
        self.library = library
        self.words: dict[str, frozenset[str]] = {}
        self.ids: dict[str, list[int | str]] = {}
        self.gone_comments: list[int | str] = []
        for step in everything.any_steps(5, 120):
            if step.act in _BEFORE:
                self.world.play(step)
        self.shy = build.account(library, self.word("shyperson", MODERATORS))
        self.sessions: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        for role in READERS[1:]:
            with self.by(role) as tx:
                self.sessions[role] = sessions.start(tx, tx.actor.account_id or 0)[0]
            self.keys[role] = build.key(library, actors[role])
        self._pictures()
        self._talk()
        self._rooms()
        self._people()
        self._shy()

    def word(self, name: str, who: frozenset[str] = NOBODY) -> str:
        """Make the word of a secret up."""
        made = f"zq{name}xv"
        self.words[made] = who
        return made

    def kept_from(self, reader: str) -> list[str]:
        """Return the words that a reader may not come across."""
        return [word for word, who in self.words.items() if reader not in who]

    def note(self, kind: str, *ids: int | str) -> None:
        """Note what does not exist for a guest."""
        self.ids.setdefault(kind, []).extend(ids)

    @contextmanager
    def by(self, role: str) -> Iterator[Tx]:
        """Write as somebody in a role."""
        with self.library.writing(self.world.actors[role]) as tx:
            yield tx

    def _pictures(self) -> None:
        """Make pictures that are not for everybody, with what is said of them."""
        for state, who in (
            ("private", NOBODY),
            ("quarantined", MODERATORS),
            ("rejected", MODERATORS),
            ("removed", MODERATORS),
            ("deleted", MODERATORS),
        ):
            alice = self.world.actors["alice"]
            is_gone = state in {"removed", "deleted"}
            image_id = build.image(
                self.library,
                f"safe, dog, {'solo' if is_gone else self.word(state + 'tag', who)}",
                actor=alice,
                audience=Audience.PRIVATE if state == "private" else Audience.PUBLIC,
                description=self.word(f"{state}description", who),
                name=self.word(f"{state}name", who) + ".png",
                sources=(f"https://{self.word(f'{state}source', who)}.example/",),
            )
            with self.by("alice") as tx:
                key, sha512 = images.key_of(tx, image_id), images.get(tx, image_id).sha512
                if not is_gone:
                    self.words[key] = self.words[sha512] = who
                image_texts.add(tx, image_id, [(self.word(f"{state}text", who), "en")])
                body = self.word(f"{state}comment", who)
                self.note("comments", comments.create(tx, image_id, body).id)
                if is_gone:
                    self.gone_comments.append(self.ids["comments"][-1])
            with self.by("moderator") as tx:
                if state == "quarantined":
                    reviewing.quarantine(tx, image_id, self.word("quarantinereason", who))
                elif state == "rejected":
                    reviewing.reject(tx, image_id, self.word("rejectreason", who))
                elif state == "removed":
                    moderation.annotate(tx, image_id, self.word("scratchpad", who))
                    moderation.remove(tx, image_id, "Rule")
            if state == "private":
                with self.by("alice") as tx:
                    saved = galleries.create(tx, title="Mine")
                    galleries.add(tx, saved.id, image_id)
                    requests.create(tx, image_id, self.word("publicrequest", MODERATORS))
                    self.words[key] = self.words[sha512] = MODERATORS
                    for name in ("tag", "description", "name", "source", "text"):
                        # Whoever asks for an image to be public shows it to moderators.
                        self.words[f"zqprivate{name}xv"] = MODERATORS
            if state == "deleted":
                with self.by("alice") as tx:
                    images.delete_own(tx, image_id)
            if not is_gone:
                self.note("images", image_id, key)

    def _talk(self) -> None:
        """Say what is then hidden, destroyed, or waits."""
        with self.by("bob") as tx:
            said = [
                comments.create(tx, 1, self.word(f"{state}comment", who)).id
                for state, who in (("hidden", STAFF), ("destroyed", NOBODY))
            ]
            link = self.word("waitingcomment", MODERATORS)
            waiting = comments.create(tx, 1, f"https://{link}.example/").id
            topic = topics.create(tx, "general", title="Open", body="First")
            written = [
                posts.create(tx, topic.id, self.word(f"{state}post", who)).id
                for state, who in (("hidden", STAFF), ("destroyed", NOBODY))
            ]
            comments.edit(
                tx, said[0], self.word("latercomment", STAFF), reason=self.word("editreason", STAFF)
            )
            link = self.word("waitingpost", MODERATORS)
            late = posts.create(tx, topic.id, f"https://{link}.example/").id
        with self.by("moderator") as tx:
            comments.hide(tx, said[0], "Rule")
            comments.destroy(tx, said[1])
            posts.hide(tx, written[0], "Rule")
            posts.destroy(tx, written[1])
        self.note("comments", said[1], waiting)
        self.note("posts", written[1], late)

    def _rooms(self) -> None:
        """Hide a topic and a poll; talk where not everybody may read."""
        name = self.word("forumname", MODERATORS)
        with self.by("admin") as tx:
            text = self.word("forumdescription", MODERATORS)
            forums.create(tx, name, "hush", description=text, access=ForumAccess.STAFF)
        self.note("forums", "hush", "staff", "helpers")
        with self.by("moderator") as tx:
            made = topics.create(
                tx,
                "hush",
                title=self.word("stafftitle", MODERATORS),
                body=self.word("staffpost", MODERATORS),
            )
            self.note("topics", made.slug)
            self.note("posts", made.last_post_id or 0)
        with self.by("bob") as tx:
            titles = [self.word(name, MODERATORS) for name in ("polltitle", "polloption")]
            ends = tx.now_s + _DAY
            draft = polls.Draft(titles[0], (titles[1], "No"), PollMethod.SINGLE, ends)
            made = topics.create(tx, "general", title="With poll", body="Hm", poll=draft)
            gone = topics.create(
                tx,
                "general",
                title=self.word("hiddentitle", MODERATORS),
                body=self.word("hiddentopicpost", MODERATORS),
            )
        with self.by("moderator") as tx:
            polls.hide(tx, made.poll_id or 0)
            topics.hide(tx, gone.id, "Rule")
        self.note("topics", gone.slug)
        self.note("posts", gone.last_post_id or 0)

    def _people(self) -> None:
        """Keep what is between people and the library, or among two of them."""
        with self.by("alice") as tx:
            key = messages.start(tx, "Bob", self.word("lettertitle"), self.word("letter")).key
            self.note("conversations", key)
            accounts.edit(tx, email=f"{self.word('email')}@a.example")
            links.add(tx, f"https://{self.word('newlink', MODERATORS)}.example/", "artist:ann")
            own = links.add(
                tx, f"https://{self.word('ownlink', MODERATORS)}.example/", is_public=False
            )
            private = filters.create(
                tx,
                name=self.word("filtername", MODERATORS),
                description=self.word("filtertext", MODERATORS),
                hidden_query=self.word("filterquery", MODERATORS),
            )
            self.note("filters", private.id)
            saved_searches.save(tx, self.word("searchname"), self.word("searchquery"))
            watching.change(tx, query=self.word("watched"))
            duplicates.suggest(tx, 1, 2, self.word("duplicate", MODERATORS))
            reports.report(tx, 1, self.word("reportreason", MODERATORS))
        with self.by("moderator") as tx:
            links.decide(tx, own.id, LinkState.VERIFIED)
            badge = badges.create(tx, "Helper")
            bob = self.world.actors["bob"].account_id or 0
            badges.award(tx, bob, badge.id, reason=self.word("awardreason", MODERATORS))
            bans.ban(tx, fingerprint="none", reason=self.word("banreason", MODERATORS))
            bans.ban(tx, fingerprint=self.word("banned", MODERATORS))
            dnp.request(
                tx,
                "artist:ann",
                DnpType.OTHER,
                conditions=self.word("dnpconditions", MODERATORS),
                reason=self.word("dnpreason", MODERATORS),
                feedback=self.word("dnpfeedback", MODERATORS),
            )

    def _shy(self) -> None:
        """Do everything anonymously, from an address and with a browser that is nobody's else."""
        address = "203.0.113.77"
        self.words[address] = MODERATORS
        mark = self.word("fingerprint", MODERATORS)
        shy = Actor(self.shy.role, self.shy.account_id, self.shy.name, address=address,
                    fingerprint=mark)  # fmt: skip
        image_id = build.image(self.library, actor=shy, is_anonymous=True)
        with self.library.writing(shy) as tx:
            comments.create(tx, image_id, "Quietly", is_anonymous=True)
            made = topics.create(tx, "general", title="Shy", body="Hush", is_anonymous=True)
            posts.create(tx, made.id, "Hush again", is_anonymous=True)
            shown = galleries.create(tx, title="Quiet", is_anonymous=True)
            galleries.add(tx, shown.id, image_id)

    def is_unknown_comment(self, comment_id: int | str) -> bool:
        """Tell whether a comment is no comment to a visitor, rather than one on a gone image."""
        return comment_id not in self.gone_comments

"""Random comments and posts beside a board's images, mirrored in plain dicts; and their oracle."""

import ipaddress

from sqlalchemy import insert, select, update

from menagerie.search import booru, texts, words
from menagerie.search.nodes import (
    All,
    And,
    Custom,
    Flag,
    Network,
    Not,
    Nothing,
    Or,
    Phrase,
    Range,
    Wildcard,
)
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, Role
from search import oracle
from search.board import T0, S

WORDS = ["the", "running", "foxes", "of", "sky", "jumped", "quickly", "dogs", "fox", "naïve"]
REASONS = ["rude words", "off topic", ""]
FORUMS = {"general": "normal", "arts": "normal", "helpers": "assistant", "office": "staff"}


class Chatter:
    """The texts of a board, `comments` and `posts` by id, and what they are in."""

    def __init__(self, board):
        self.board, self.random = board, board.random
        self.comments, self.posts, self.topics, self.forums = {}, {}, {}, {}
        with board.in_one_go():
            for name, access in FORUMS.items():
                self.add_forum(name, access)
            for _ in range(8):
                self.add_topic()
            for _ in range(60):
                self.add_comment()
                self.add_post()

    def insert(self, table, row):
        made = self.board.open.execute(insert(table).values(row))
        return made.inserted_primary_key[0]

    def add_forum(self, name, access):
        there = self.board.open.scalar(
            select(schema.forums.c.id).where(schema.forums.c.short_name == name)
        )
        row = {"name": name, "short_name": name, "access": access, "created_at": 0}
        forum_id = there or self.insert(schema.forums, row)
        self.forums[forum_id] = {"forum": name, "access": access}
        self.board.open.changed(ChangeKind.FORUM, forum_id)

    def add_topic(self):
        title = " ".join(self.random.choices(WORDS, k=3))
        row = {"forum_id": self.random.choice(list(self.forums)), "title": title}
        row |= {"slug": f"t{len(self.topics)}", "pseudonym": "0000", "last_replied_at": 0}
        topic_id = self.insert(schema.topics, row | {"created_at": 0, "updated_at": 0})
        self.topics[topic_id] = {**row, "hidden": False}
        texts.index(self.board.open.connection, "topic.title", topic_id, title)
        self.board.open.changed(ChangeKind.TOPIC, topic_id)

    def text(self):
        rng = self.random
        row = {
            "account_id": rng.choice([None, *self.board.accounts]),
            "is_anonymous": rng.random() < 0.3,
            "pseudonym": "0000",
            "fingerprint": rng.choice([None, "Mark1", "mark2"]),
            "address": rng.choice([None, "192.0.2.7", "2001:db8::1"]),
            "created_at": T0 + rng.randint(0, 30) * S,
            "updated_at": T0 + rng.randint(0, 30) * S,
            "body": " ".join(rng.choices(WORDS, k=rng.randint(1, 5))),
            "is_approved": rng.random() < 0.9,
        }
        return row | self.hiding() | {"destroyed_at": 1 if rng.random() < 0.05 else None}

    def hiding(self):
        rng = self.random
        if rng.random() < 0.8:
            return {"hidden_at": None, "hidden_by_id": None, "hide_reason": ""}
        by = rng.choice([None, *self.board.accounts])
        return {"hidden_at": 1, "hidden_by_id": by, "hide_reason": rng.choice(REASONS)}

    def put(self, table, mirror, row, kind):
        text_id = self.insert(table, row)
        mirror[text_id] = {"id": text_id, **row}
        texts.index(self.board.open.connection, f"{kind}.body", text_id, row["body"])
        self.board.open.changed(ChangeKind(kind), text_id)

    def add_comment(self):
        row = {"image_id": self.random.choice(list(self.board.images)), **self.text()}
        self.put(schema.comments, self.comments, row, "comment")

    def add_post(self):
        topic_id = self.random.choice(list(self.topics))
        position = sum(post["topic_id"] == topic_id for post in self.posts.values())
        row = {"topic_id": topic_id, "position": position, **self.text()}
        self.put(schema.posts, self.posts, row, "post")

    # What happens.

    def step(self):
        rng, board = self.random, self.board
        which = rng.randrange(8)
        if which == 0:
            board.step()
        elif which == 1:
            self.rename()
        elif which == 2:
            self.change_topic()
        elif which == 3:
            self.add_comment()
        elif which == 4:
            self.add_post()
        elif which == 5:
            forum_id = rng.choice(list(self.forums))
            self.forums[forum_id]["access"] = access = rng.choice(list(FORUMS.values()))
            changed = update(schema.forums).where(schema.forums.c.id == forum_id)
            board.open.execute(changed.values(access=access))
            board.open.changed(ChangeKind.FORUM, forum_id)
        else:
            kind = rng.choice(["comment", "post"])
            self.change_text(kind)

    def change_text(self, kind):
        table = schema.comments if kind == "comment" else schema.posts
        mirror = self.comments if kind == "comment" else self.posts
        text = self.random.choice(list(mirror.values()))
        new = self.random.choice(
            [
                {"body": " ".join(self.random.choices(WORDS, k=4))},
                {"body": "", "destroyed_at": 1},
                self.hiding(),
                {"is_approved": self.random.random() < 0.5},
                {"is_anonymous": self.random.random() < 0.5},
                {"updated_at": T0 + self.random.randint(0, 30) * S},
            ]
        )
        if kind == "comment" and self.random.random() < 0.3:
            new = {"image_id": self.random.choice(list(self.board.images))}
        text |= new
        self.board.open.execute(update(table).where(table.c.id == text["id"]).values(new))
        if "body" in new:
            connection = self.board.open.connection
            texts.index(connection, f"{kind}.body", text["id"], new["body"])
        self.board.open.changed(ChangeKind(kind), text["id"])

    def change_topic(self):
        topic_id = self.random.choice(list(self.topics))
        is_hidden, forum_id = self.random.random() < 0.5, self.random.choice(list(self.forums))
        title = " ".join(self.random.choices(WORDS, k=3))
        self.topics[topic_id] |= {"hidden": is_hidden, "forum_id": forum_id, "title": title}
        new = {"hidden_at": 1 if is_hidden else None, "forum_id": forum_id, "title": title}
        which = schema.topics.c.id == topic_id
        self.board.open.execute(update(schema.topics).where(which).values(new))
        texts.index(self.board.open.connection, "topic.title", topic_id, title)
        self.board.open.changed(ChangeKind.TOPIC, topic_id)

    def rename(self):
        account_id = self.random.choice(list(self.board.accounts))
        name = f"{self.random.choice('ABC')}nn{self.random.randint(0, 9)}{account_id}"
        self.board.accounts[account_id] = name
        changed = update(schema.accounts).where(schema.accounts.c.id == account_id)
        self.board.open.execute(changed.values(name=name, name_key=name.lower()))
        self.board.open.changed(ChangeKind.ACCOUNT, account_id)

    # The oracle.

    def find_comments(self, query, viewer, filter_id=None):
        """Every comment that is found, the newest first."""
        found = []
        for comment in self.comments.values():
            image = self.board.images[comment["image_id"]]
            is_on_shown = self.board.may_find(image, viewer)
            if viewer.is_moderator:
                own = image["account_id"] == viewer.account_id
                is_public = image["audience"] == "public" and image["review"] == "approved"
                is_on_shown = is_public or (own and is_on_shown)
            is_caught = filter_id is not None and self.board.hides(filter_id, image)
            if is_on_shown and not is_caught and is_shown(comment, is_staff=viewer.is_assistant):
                found.append(comment)
        return self.matching(found, query, viewer)

    def find_posts(self, query, viewer, *, everywhere=False):
        accesses = {"normal"}
        if everywhere and viewer.is_assistant:
            accesses.add("assistant")
        if everywhere and viewer.is_moderator:
            accesses.add("staff")
        is_staff = everywhere and viewer.is_assistant
        found = []
        for post in self.posts.values():
            topic = self.topics[post["topic_id"]]
            is_open = self.forums[topic["forum_id"]]["access"] in accesses
            if is_open and (is_staff or not topic["hidden"]) and is_shown(post, is_staff=is_staff):
                found.append(post)
        return self.matching(found, query, viewer)

    def matching(self, found, query, viewer):
        return sorted(
            (text["id"] for text in found if self.matches(query, text, viewer)), reverse=True
        )

    def matches(self, node, text, viewer):
        def ask(child):
            return self.matches(child, text, viewer)

        match node:
            case All():
                return True
            case Nothing():
                return False
            case And():
                return all(map(ask, node.children))
            case Or():
                return any(map(ask, node.children))
            case Not():
                return not ask(node.child)
            case Custom():
                return text["account_id"] == viewer.account_id
            case Flag():
                return self.flag(text, node.field) == node.value
            case Phrase():
                return any(
                    oracle.holds_phrase(one, node.value) for one in self.values(text, node.field)
                )
            case Network():
                address = text["address"]
                return address is not None and ipaddress.ip_address(address) in node.network
            case Wildcard(field="body" | "subject" | "deletion_reason"):
                stems = [
                    stem for one in self.values(text, node.field) for stem, _ in words.stems(one)
                ]
                return any(oracle.fits(stem, node) for stem in stems)
            case Range():
                return any(oracle.is_in(number, node) for number in self.values(text, node.field))
        return any(oracle.fits(one, node) for one in self.values(text, node.field))

    def flag(self, text, field):
        image = self.board.images.get(text.get("image_id"))
        return {
            "anonymous": lambda: text["is_anonymous"],
            "deleted": lambda: text["hidden_at"] is not None,
            "approved": lambda: text["is_approved"],
            "destroyed_content": lambda: text["destroyed_at"] is not None,
            "image.deleted": lambda: bool(image["removed"] or image["merged"]),
            "image.approved": lambda: image["review"] == "approved",
        }[field]()

    def values(self, text, field):
        accounts = self.board.accounts
        author = None if text["is_anonymous"] else text["account_id"]
        topic = self.topics.get(text.get("topic_id"))
        values = {
            "author_id": author,
            "author": author and accounts[author].lower(),
            "true_author_id": text["account_id"],
            "true_author": text["account_id"] and accounts[text["account_id"]].lower(),
            "deleted_by_user_id": text["hidden_by_id"],
            "deleted_by_user": text["hidden_by_id"] and accounts[text["hidden_by_id"]].lower(),
            "deletion_reason": text["hide_reason"] if text["hidden_at"] else None,
            "fingerprint": text["fingerprint"] and text["fingerprint"].lower(),
        }
        if field == "image.tags":
            return self.board.values(self.board.images[text["image_id"]], "tags")
        if topic is not None:
            values["topic_position"] = text["position"]
            values["subject"], values["forum_id"] = topic["title"], topic["forum_id"]
            values["forum"] = self.forums[topic["forum_id"]]["forum"]
        value = values[field] if field in values else text[field]
        return [] if value is None else [value]


def is_shown(text, *, is_staff):
    if not text["is_approved"]:
        return False
    return is_staff or (text["hidden_at"] is None and text["destroyed_at"] is None)


# Random queries.

PHRASES = ["fox", "foxes running", "the fox", "quickly dogs fox", "naïve", "the", "fox fox", "sun"]
COMMON = (
    *PHRASES, "fo*", "*o*", "?og", "body:*", "body:f*x", "*", "author:ann", "author:bob*",
    "author:ann1~1", "author_id:2", "user_id.gte:3", "id.lte:20", "id:7~3",
    "created_at.gte:2023-11-14T22:13:30Z", "created_at:2023-11-14T22:13:35Z",
    "updated_at.lt:2023-11-14T22:13:40Z",
)  # fmt: skip
STAFF = (
    "true_author:ann", "true_author_id.lt:3", "fingerprint:mark1", "fingerprint:MARK*",
    "ip:192.0.2.7", "ip:192.0.2.0/24", "deleted:true", "deleted:false", "anonymous:true",
    "approved:true",
    "deletion_reason:rude", "deletion_reason:top*", "deleted_by_user:bob", "deleted_by_user:*n*",
    "deleted_by_user_id.gte:2",
)  # fmt: skip
OF_COMMENTS = (
    "image_id.lte:30", "image_id:7", "image.tags:fox", "image.tags:*sk?*", "image.tags:wolg~1",
    "image.tags:red fox",
)  # fmt: skip
OF_COMMENTS_STAFF = ("image.deleted:true", "image.approved:false")
OF_POSTS = (
    "topic_id:2", "topic_id.gt:4", "topic_position:0", "topic_position.gte:3", "forum:arts",
    "forum:*e*", "forum_id.gte:2", "subject:fox", "subject:running dogs", "subject:s*",
)  # fmt: skip
OF_POSTS_STAFF = ("destroyed_content:true", "forum:office")


def any_text(rng, kind, viewer, depth=3):
    choices = [*COMMON, *COMMON, *(OF_COMMENTS if kind == "comment" else OF_POSTS)]
    if viewer.account_id is not None:
        choices.append(f"my:{kind}s")
    if viewer.is_moderator:
        choices += STAFF + (OF_COMMENTS_STAFF if kind == "comment" else OF_POSTS_STAFF)
    shape = rng.choice(["leaf", "and", "or", "not"]) if depth else "leaf"
    if shape == "leaf":
        return rng.choice(choices)
    children = [any_text(rng, kind, viewer, depth - 1) for _ in range(rng.randint(2, 3))]
    joined = {"and": ", ", "or": " OR "}.get(shape)
    return f"-({children[0]})" if joined is None else f"({joined.join(children)})"


def parsed(text, index, viewer, now):
    return booru.parse(
        text, index, now=now, moderator=viewer.is_moderator, signed_in=viewer.is_signed_in
    )


def as_role(viewer, rng):
    """The same viewer, or an assistant where there was a user."""
    if viewer.role is Role.USER and rng.random() < 0.3:
        return type(viewer)(Role.ASSISTANT, viewer.account_id, viewer.name)
    return viewer

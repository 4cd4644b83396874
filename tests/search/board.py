"""A board of random images, written straight into the tables and mirrored in plain dicts."""

import random
import uuid
from contextlib import contextmanager
from fractions import Fraction

from sqlalchemy import delete, insert, update

from menagerie.library import ANONYMOUS, SYSTEM, Actor, Library
from menagerie.search import columns, texts, words
from menagerie.search.vocabulary import COUNTED_CATEGORIES
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

S = 1_000_000
T0 = 1_700_000_000 * S
STEMS = ["fox", "wolf", "fluttershy", "red fox", "artist:foo", "sky", "skies", "sun", "sunset"]
WORDS = ["the", "running", "foxes", "of", "sky", "jumped", "quickly", "dogs"]
ACCESSORS = ["color='red'", "color='Blue'", "dog.size='big'"]
NAMES = ["Ann", "Bob", "Bobby", "Cyd"]
LABELS = ("label", "positive", "negative", "undecided", "unvalidated", "annotated")
RELATIONS = {
    "faves": (schema.faves, {}),
    "upvotes": (schema.votes, {"value": 1}),
    "downvotes": (schema.votes, {"value": -1}),
    "hidden": (schema.hides, {}),
    "subs": (schema.image_subscriptions, None),
}
BY = {
    "faved_by": "faves",
    "upvoted_by": "upvotes",
    "downvoted_by": "downvotes",
    "hidden_by": "hidden",
}

AS_THEY_ARE = (
    "account_id",
    "audience",
    "review",
    "width",
    "height",
    "upvotes",
    "downvotes",
    "score",
    "comment_count",
    "created_at",
    "updated_at",
    "first_seen_at",
    "description",
    "licence",
    "annotation_count",
    "coverage",
    "key",
)


class Board:
    def __init__(self, library: Library, seed: int, size: int = 60) -> None:
        self.library = library
        self.random = random.Random(seed)
        self.images, self.tags, self.accounts, self.galleries = {}, {}, {}, {}
        self.words, self.properties, self.said, self.labels = {}, {}, {}, set()
        self.annotations, self.refined, self.suggested = {}, [], set()
        self.filters, self.related = {}, {name: set() for name in RELATIONS}
        self.open = None
        with self.in_one_go():
            self.clear_words()
            for name in NAMES:
                self.add_account(name)
            for stem in STEMS:
                self.add_tag(stem)
            for accessor in ACCESSORS:
                self.add_property(accessor)
            for _ in range(5):
                self.change_word()
            for _ in range(3):
                self.add_filter()
            for _ in range(2):
                self.add_gallery()
            for _ in range(size):
                self.add_image()

    @contextmanager
    def in_one_go(self):
        """Everything in the block is one transaction."""
        with self.library.writing(SYSTEM) as self.open:
            yield
        self.open = None

    @contextmanager
    def writing(self):
        """A transaction of its own, or the one that is open."""
        if self.open is not None:
            yield self.open
            return
        with self.in_one_go():
            yield self.open

    # What the oracle asks.

    def values(self, image, field):
        """All values of a field, for terms and ranges."""
        if field == "tags":
            names = [tag for tag in self.tags.items() if (tag[1]["to"] or tag[0]) in image["tags"]]
            return [tag["name"] for _, tag in names]
        if field == "suggested":
            wanted = {tag_id for image_id, tag_id in self.suggested if image_id == image["id"]}
            return [t["name"] for i, t in self.tags.items() if (t["to"] or i) in wanted]
        if field in LABELS:
            wanted = {i for i in image["tags"] & set(self.words) if self.is_so(field, image, i)}
            return [t["name"] for i, t in self.tags.items() if (t["to"] or i) in wanted]
        if field in ("probability", "probability_lower", "truth"):
            return self.shares(image, field)
        if field == "label_count":
            return [len(image["tags"] & set(self.words))]
        if field == "annotation_task_count":
            wanted = [i for i in image["tags"] if self.words.get(i) == "normal"]
            return [sum(self.is_so("task", image, i) for i in wanted)]
        if field == "refined":
            said = [w for i, t, auto, w in self.refined if i == image["id"]]
            return [self.properties[word_id].lower() for word_id in said]
        if field == "licence":
            return [image["licence"].lower()]
        if field in BY or field.removesuffix("_id") in BY:
            pairs = self.related[BY[field.removesuffix("_id")]]
            ids = [account for account, image_id in pairs if image_id == image["id"]]
            return ids if field.endswith("_id") else [self.accounts[i].lower() for i in ids]
        if field == "uploader" and not image["anonymous"] and image["account_id"]:
            return [self.accounts[image["account_id"]].lower()]
        if field == "true_uploader" and image["account_id"]:
            return [self.accounts[image["account_id"]].lower()]
        if field == "uploader_id" and not image["anonymous"] and image["account_id"]:
            return [image["account_id"]]
        if field == "true_uploader_id" and image["account_id"]:
            return [image["account_id"]]
        if field == "duplicate_id":
            return [image["merged"]] if image["merged"] else []
        if field == "source_url":
            return [url.lower() for url in image["sources"]]
        if field == "description":
            return [stem for stem, _ in words.stems(image["description"])]
        return [image[field]] if field in image else []

    def is_so(self, field, image, tag_id):
        yes, no, _, unfit = self.said.get((image["id"], tag_id), (0, 0, None, 0))
        total, share = yes + no, Fraction(yes, yes + no or 1)
        positive = total > 0 and share >= Fraction(4, 5)
        negative = total > 0 and share <= Fraction(1, 5)
        annotated = (image["id"], tag_id, False) in self.annotations
        return {
            "label": True,
            "positive": positive,
            "negative": negative,
            "undecided": total > 0 and not positive and not negative,
            "unvalidated": total == 0,
            "annotated": annotated,
            "task": positive and not annotated and unfit < 3,
        }[field]

    def shares(self, image, field):
        said = [self.said.get((image["id"], i)) for i in image["tags"] & set(self.words)]
        if field == "truth":
            return [s[2] for s in said if s and s[2] is not None]
        pairs = [s[:2] for s in said if s and s[0] + s[1]]
        return [share(*pair) if field == "probability" else wilson95(*pair) for pair in pairs]

    def may_find(self, image, viewer):
        own = viewer.account_id is not None and image["account_id"] == viewer.account_id
        shown = image["review"] == "approved" and not image["removed"] and not image["merged"]
        return shown and (image["audience"] == "public" or own)

    def is_my(self, value, image, viewer):
        if value == "uploads":
            return image["account_id"] == viewer.account_id
        return (viewer.account_id, image["id"]) in self.related[value]

    def hides(self, filter_id, image):
        return bool(set(self.filters[filter_id]["tags"]) & image["tags"])

    # What happens.

    def step(self):
        steps = [
            (self.add_image, 2),
            (self.vote, 6),
            (self.label, 8),
            (self.moderate, 5),
            (self.relate, 6),
            (self.alias, 1),
            (self.rename, 1),
            (self.recategorise, 1),
            (self.reorder, 2),
            (self.edit_filter, 1),
            (self.approve_again, 2),
            (self.judge, 10),
            (self.change_word, 2),
            (self.annotate, 3),
            (self.withhold, 1),
        ]
        self.random.choices([s for s, _ in steps], [w for _, w in steps])[0]()

    def pick(self):
        return self.random.choice(list(self.images.values()))

    def viewer(self):
        account_id = self.random.choice([None, *self.accounts])
        if account_id is None:
            return ANONYMOUS
        role = self.random.choice(["user", "moderator"])
        return Actor(schema.Role(role), account_id, self.accounts[account_id])

    def clear_words(self):
        """Take away the words and breeds that a new library has, and their tags."""
        tags, is_other = schema.tags, schema.tags.c.category.is_distinct_from("rating")
        with self.writing() as tx:
            animals = (schema.law_breeds, schema.animal_texts, schema.breeds, schema.categories)
            for table in (schema.words, *animals):
                tx.execute(delete(table))
            tx.execute(delete(tags).where(is_other, tags.c.aliased_to_id.is_not(None)))
            tx.execute(delete(tags).where(is_other))
            tx.changed(ChangeKind.VOCABULARY, 0)

    def add_account(self, name):
        with self.writing() as tx:
            made = tx.execute(
                insert(schema.accounts).values(name=name, name_key=name.lower(), created_at=tx.now)
            )
            self.accounts[made.inserted_primary_key[0]] = name
            tx.changed(ChangeKind.ACCOUNT, made.inserted_primary_key[0])

    def add_tag(self, name):
        category = self.random.choice([None, "rating", "oc", "body-type", "odd"])
        with self.writing() as tx:
            made = tx.execute(
                insert(schema.tags).values(
                    name=name,
                    slug=name.replace(" ", "+"),
                    name_in_namespace=name.split(":")[-1],
                    category=category,
                    created_at=tx.now,
                )
            )
            tag_id = made.inserted_primary_key[0]
            self.tags[tag_id] = {"name": name, "category": category, "to": None}
            tx.changed(ChangeKind.TAG, tag_id)

    def add_property(self, accessor):
        with self.writing() as tx:
            word_id = self.insert_word(tx, accessor, "refinement", None)
        self.properties[word_id] = accessor

    def insert_word(self, tx, accessor, kind, tag_id):
        row = {"name": accessor, "accessor": accessor, "kind": kind, "tag_id": tag_id}
        row |= {"key": str(uuid.uuid4()), "created_at": tx.now}
        word_id = tx.execute(insert(schema.words).values(row)).inserted_primary_key[0]
        tx.changed(ChangeKind.WORD, word_id)
        return word_id

    def change_word(self):
        """Make a tag a label, or an ordinary tag again."""
        tag_id = self.random.choice(list(self.tags))
        with self.writing() as tx:
            if self.words.pop(tag_id, None):
                tx.execute(delete(schema.words).where(schema.words.c.tag_id == tag_id))
                tx.changed(ChangeKind.WORD, tag_id)
            else:
                self.words[tag_id] = self.random.choice(["normal", "normal", "meta"])
                self.insert_word(tx, uuid.uuid4().hex, self.words[tag_id], tag_id)

    def judge(self):
        """Set what was said of a label, asserted or not."""
        image = self.pick()
        rows = [pair for pair in self.labels if pair[0] == image["id"]]
        if not rows:
            return
        pair, rng = self.random.choice(sorted(rows)), self.random
        said = rng.choice([(0, 0), (1, 0), (4, 1), (1, 4), (2, 2), (rng.randint(0, 9), 3)])
        self.say(image, pair, (*said, rng.choice([None, 0.25, 0.95]), rng.choice([0, 0, 3])))

    def say(self, image, pair, said):
        rows = schema.labels.c
        with self.writing() as tx:
            names = ("yes_weight", "no_weight", "truth", "unfit_count")
            tx.execute(
                update(schema.labels)
                .where(rows.image_id == pair[0], rows.tag_id == pair[1])
                .values(dict(zip(names, said, strict=True)))
            )
            tx.changed(ChangeKind.LABEL, *pair)
            self.said[pair] = said
            self.recount_verdicts(image)
            self.set(image, verdict_count=image["validations"])

    def recount_verdicts(self, image):
        own = [sum(said[:2]) for pair, said in self.said.items() if pair[0] == image["id"]]
        image["validations"], image["validated"] = sum(own), sum(own) > 0

    def annotate(self):
        """Outline a label anew, and say something of the shape; old revisions do not count."""
        image, rng = self.pick(), self.random
        tag_id, is_auto = rng.choice(list(self.tags)), rng.random() < 0.3
        pair = (image["id"], tag_id, is_auto)
        with self.writing() as tx:
            if pair in self.annotations:
                annotation_id, revision = self.annotations[pair]
                revision += 1
                which = schema.annotations.c.id == annotation_id
                tx.execute(update(schema.annotations).where(which).values(revision=revision))
                self.refined = [r for r in self.refined if r[:3] != pair]
            else:
                revision = 1
                row = dict(zip(("image_id", "tag_id", "is_auto"), pair, strict=True))
                row |= {"key": str(uuid.uuid4()), "revision": 1, "created_at": 0, "updated_at": 0}
                made = tx.execute(insert(schema.annotations).values(row))
                annotation_id = made.inserted_primary_key[0]
            self.annotations[pair] = annotation_id, revision
            row = {"key": str(uuid.uuid4()), "annotation_id": annotation_id, "revision": revision}
            row |= {"position": 0, "kind": "rect", "data": "{}"}
            shape_id = tx.execute(insert(schema.shapes).values(row)).inserted_primary_key[0]
            word_id = rng.choice(list(self.properties))
            row = {"shape_id": shape_id, "word_id": word_id, "created_at": 0}
            tx.execute(insert(schema.refinements).values(row))
            self.refined.append((*pair, word_id))
            tx.changed(ChangeKind.LABEL, image["id"], tag_id)

    def withhold(self):
        self.set(self.pick(), is_withheld=self.random.random() < 0.5)

    def add_filter(self):
        with self.writing() as tx:
            made = tx.execute(
                insert(schema.filters).values(
                    name=uuid.uuid4().hex, is_public=True, created_at=tx.now, updated_at=tx.now
                )
            )
            self.filters[made.inserted_primary_key[0]] = {"tags": []}
            tx.changed(ChangeKind.FILTER, made.inserted_primary_key[0])
        self.edit_filter()

    def edit_filter(self):
        filter_id = self.random.choice(list(self.filters))
        chosen = self.random.sample(self.canonical(), 2)
        with self.writing() as tx:
            rows = schema.filter_tags
            tx.execute(delete(rows).where(rows.c.filter_id == filter_id))
            for tag_id in chosen:
                tx.execute(insert(rows).values(filter_id=filter_id, tag_id=tag_id, effect="hide"))
            tx.changed(ChangeKind.FILTER, filter_id)
        self.filters[filter_id]["tags"] = chosen

    def add_gallery(self):
        with self.writing() as tx:
            made = tx.execute(
                insert(schema.galleries).values(
                    account_id=next(iter(self.accounts)),
                    title="g",
                    created_at=tx.now,
                    updated_at=tx.now,
                )
            )
            self.galleries[made.inserted_primary_key[0]] = []

    def reorder(self):
        gallery_id = self.random.choice(list(self.galleries))
        chosen = self.random.sample(list(self.images), min(len(self.images), 12))
        with self.writing() as tx:
            rows = schema.gallery_images
            tx.execute(delete(rows).where(rows.c.gallery_id == gallery_id))
            for position, image_id in enumerate(chosen):
                tx.execute(
                    insert(rows).values(gallery_id=gallery_id, image_id=image_id, position=position)
                )
            tx.changed(ChangeKind.GALLERY, gallery_id)
        self.galleries[gallery_id] = chosen

    def canonical(self):
        return [tag_id for tag_id, tag in self.tags.items() if tag["to"] is None]

    def add_image(self):
        rng = self.random
        up, down = rng.choice([0, 0, 1, 5, 100]), rng.choice([0, 0, 2])
        time = T0 + len(self.images) // 3 * S
        seen = time if rng.random() < 0.8 else time + rng.randint(-40, 40) * S
        values = {
            "account_id": rng.choice([None, *self.accounts]),
            "is_anonymous": rng.random() < 0.3,
            "audience": rng.choice(["public"] * 8 + ["private"]),
            "review": rng.choice(["approved"] * 8 + ["pending"]),
            "removed_at": time if rng.random() < 0.1 else None,
            "name": rng.choice(["A.png", "a.png", "[b]*.gif"]),
            "format": rng.choice(["png", "gif", "webm"]),
            "width": rng.choice([1, 100, 640]),
            "height": rng.choice([1, 33, 480]),
            "original_size_bytes": rng.choice([5, 6_000_000_000]),
            "size_bytes": rng.choice([5, 6_000_000_000]),
            "duration_s": rng.choice([0.04, 2.5]),
            "is_animated": rng.random() < 0.5,
            "has_representations": rng.random() < 0.5,
            "is_optimised": rng.random() < 0.5,
            "upvotes": up,
            "downvotes": down,
            "score": up - down,
            "comment_count": rng.randint(0, 2),
            "created_at": time,
            "updated_at": time,
            "first_seen_at": seen,
            "licence": rng.choice(["", "CC0-1.0", "cc-by-4.0"]),
            "consented_at": rng.choice([None, 5]),
            "annotation_count": rng.randint(0, 3),
            "coverage": rng.choice([0.0, 12.5, 100.0]),
            "key": str(uuid.uuid4()),
            "description": " ".join(rng.choices(WORDS, k=rng.randint(0, 8))),
        }
        chosen = rng.sample(self.canonical(), rng.randint(0, 5))
        sources = rng.sample(["https://A.example/x", "http://b.example"], rng.randint(0, 2))
        image_id = self.insert(values, chosen, sources)
        self.images[image_id] = mirror(image_id, values, chosen, sources)
        self.recount_verdicts(self.images[image_id])
        self.recount(self.images[image_id])

    def insert(self, values, tag_ids, sources):
        sha512 = uuid.uuid4().hex
        fixed = {
            "sha512": sha512,
            "full_sha512": sha512,
            "claims_hash": False,
            "media_type": f"image/{values['format']}",
            "frame_count": 1,
            "has_alpha": False,
            "average_color": "#000000",
            "source_count": len(sources),
            "tag_count": len(tag_ids),
        }
        with self.writing() as tx:
            tx.execute(
                insert(schema.blobs).values(
                    sha512=sha512, size_bytes=1, format="png", touched_at=tx.now
                )
            )
            made = tx.execute(insert(schema.images).values(**values, **fixed))
            image_id = made.inserted_primary_key[0]
            for tag_id in tag_ids:
                self.put_label(tx, image_id, tag_id, "asserted")
                if self.random.random() < 0.2:  # as a trusted import may bring along
                    which = (schema.labels.c.image_id == image_id) & (
                        schema.labels.c.tag_id == tag_id
                    )
                    tx.execute(update(schema.labels).where(which).values(yes_weight=1))
                    self.said[image_id, tag_id] = (1, 0, None, 0)
                    count = schema.images.c.verdict_count + 1
                    which = schema.images.c.id == image_id
                    tx.execute(update(schema.images).where(which).values(verdict_count=count))
            for position, url in enumerate(sources):
                tx.execute(
                    insert(schema.image_sources).values(
                        image_id=image_id, position=position, url=url, url_key=url.lower()
                    )
                )
            texts.index(tx.connection, "image.description", image_id, values["description"])
            tx.changed(ChangeKind.IMAGE, image_id)
        return image_id

    def put_label(self, tx, image_id, tag_id, state):
        rows = schema.labels
        which = (rows.c.image_id == image_id) & (rows.c.tag_id == tag_id)
        self.labels.add((image_id, tag_id))
        self.suggested.discard((image_id, tag_id))
        confidence = self.random.choice([None, 0.25, 0.5, 1.0]) if state == "suggested" else None
        if confidence and confidence >= 0.5:
            self.suggested.add((image_id, tag_id))
        values = {"state": state, "confidence": confidence}
        if tx.execute(update(rows).where(which).values(values)).rowcount == 0:
            tx.execute(
                insert(rows).values(
                    image_id=image_id,
                    tag_id=tag_id,
                    **values,
                    origin="person",
                    created_at=tx.now,
                )
            )

    def set(self, image, **values):
        with self.writing() as tx:
            which = schema.images.c.id == image["id"]
            tx.execute(update(schema.images).where(which).values(**values))
            tx.changed(ChangeKind.IMAGE, image["id"])

    def vote(self):
        image, up = self.pick(), self.random.randint(0, 9)
        self.set(image, upvotes=up, score=up - image["downvotes"])
        image["upvotes"], image["score"] = up, up - image["downvotes"]
        self.recount(image)

    def label(self):
        image, tag_id = self.pick(), self.random.choice(self.canonical())
        state = self.random.choice(["asserted", "suggested", "removed"])
        with self.writing() as tx:
            self.put_label(tx, image["id"], tag_id, state)
            image["tags"].discard(tag_id)
            if state == "asserted":
                image["tags"].add(tag_id)
            self.recount(image)
            which = schema.images.c.id == image["id"]
            tx.execute(update(schema.images).where(which).values(tag_count=len(image["tags"])))
            tx.changed(ChangeKind.LABEL, image["id"], tag_id)
            tx.changed(ChangeKind.IMAGE, image["id"])

    def moderate(self):
        image = self.pick()
        what = self.random.choice(["removed", "merged", "review", "audience"])
        if what == "removed":
            image["removed"] = not image["removed"]
            self.set(image, removed_at=T0 if image["removed"] else None)
        elif what == "merged":
            image["merged"] = None if image["merged"] else self.pick()["id"]
            self.set(image, merged_into_id=image["merged"])
        elif what == "review":
            image["review"] = self.random.choice(["approved", "pending", "rejected"])
            self.set(image, review=image["review"])
        else:
            image["audience"] = self.random.choice(["public", "private"])
            self.set(image, audience=image["audience"])

    def approve_again(self):
        image = self.pick()
        image["first_seen_at"] = T0 + self.random.randint(-5, 60) * S
        self.set(image, first_seen_at=image["first_seen_at"])

    def relate(self):
        kind = self.random.choice(list(RELATIONS))
        account_id, image = self.random.choice(list(self.accounts)), self.pick()
        if {"upvotes": "downvotes", "downvotes": "upvotes"}.get(kind) and (
            (account_id, image["id"]) in self.related["upvotes"] | self.related["downvotes"]
        ):
            return
        table, values = RELATIONS[kind]
        pair = {"account_id": account_id, "image_id": image["id"]}
        with self.writing() as tx:
            if (account_id, image["id"]) in self.related[kind]:
                which = (table.c.account_id == account_id) & (table.c.image_id == image["id"])
                tx.execute(delete(table).where(which))
                self.related[kind].discard((account_id, image["id"]))
            else:
                more = {} if values is None else {**values, "created_at": tx.now}
                tx.execute(insert(table).values(**pair, **more))
                self.related[kind].add((account_id, image["id"]))
            tx.changed(ChangeKind.INTERACTION, account_id, image["id"])

    def alias(self):
        if len(self.canonical()) < 5:
            return
        source, target = self.random.sample(self.canonical(), 2)
        if any(tag["to"] == source for tag in self.tags.values()):
            return
        with self.writing() as tx:
            for image in self.images.values():
                if source in image["tags"]:
                    self.put_label(tx, image["id"], source, "removed")
                    self.put_label(tx, image["id"], target, "asserted")
                    image["tags"] = image["tags"] - {source} | {target}
                    self.tags[source]["to"] = target
                    self.recount(image)
                    which = schema.images.c.id == image["id"]
                    count = len(image["tags"])
                    tx.execute(update(schema.images).where(which).values(tag_count=count))
                    tx.changed(ChangeKind.IMAGE, image["id"])
            which = schema.tags.c.id == source
            tx.execute(update(schema.tags).where(which).values(aliased_to_id=target))
            for tag_id in (source, target):
                tx.changed(ChangeKind.TAG, tag_id)
                tx.changed(ChangeKind.POSTING, tag_id)
        self.tags[source]["to"] = target

    def rename(self):
        tag_id = self.random.choice(list(self.tags))
        name = f"{self.random.choice(STEMS)} {uuid.uuid4().hex[:3]}"
        with self.writing() as tx:
            which = schema.tags.c.id == tag_id
            tx.execute(update(schema.tags).where(which).values(name=name, slug=name))
            tx.changed(ChangeKind.TAG, tag_id)
        self.tags[tag_id]["name"] = name

    def recategorise(self):
        tag_id = self.random.choice(self.canonical())
        category = self.random.choice([None, "rating", "oc", "species"])
        with self.writing() as tx:
            which = schema.tags.c.id == tag_id
            tx.execute(update(schema.tags).where(which).values(category=category))
            tx.changed(ChangeKind.TAG, tag_id)
            tx.changed(ChangeKind.POSTING, tag_id)
        self.tags[tag_id]["category"] = category
        for image in self.images.values():
            self.recount(image)

    def recount(self, image):
        categories = [self.tags[tag_id]["category"] for tag_id in image["tags"]]
        for name in COUNTED_CATEGORIES:
            image[f"{name.replace('-', '_')}_tag_count"] = categories.count(name)
        image["tag_count"] = len(image["tags"])
        image["wilson_score"] = columns.wilson(image["upvotes"], image["downvotes"]).item()


def share(yes, no):
    return yes / (yes + no)


def wilson95(yes, no):
    """Wilson's lower bound, solved from where it comes: |p - x| = z sqrt(x (1 - x) / n)."""
    n, z2 = yes + no, 1.959963984540054**2
    low, high = 0.0, yes / n
    for _ in range(200):
        middle = (low + high) / 2
        if (yes / n - middle) ** 2 > z2 * middle * (1 - middle) / n:
            low = middle
        else:
            high = middle
    return low


def mirror(image_id, values, tag_ids, sources):
    return {
        "id": image_id,
        "tags": set(tag_ids),
        "sources": sources,
        "source_count": len(sources),
        "pixels": values["width"] * values["height"],
        "aspect_ratio": values["width"] / values["height"],
        "size": values["size_bytes"],
        "orig_size": values["original_size_bytes"],
        "duration": values["duration_s"] if values["is_animated"] else 0.0,
        "animated": values["is_animated"],
        "processed": values["is_optimised"],
        "thumbnails_generated": values["has_representations"],
        "anonymous": values["is_anonymous"],
        "removed": values["removed_at"] is not None,
        "merged": None,
        "original_format": values["format"],
        "mime_type": f"image/{values['format']}",
        "file_name": values["name"],
        "faves": 0,
        "hides": 0,
        "donated": values["consented_at"] is not None,
        "validations": 0,
        "validated": False,
        **{name: values[name] for name in AS_THEY_ARE},
    }


def count_up(library, image_id):
    """Add one to the score of an image, with nothing read before."""
    images = schema.images
    with library.writing(SYSTEM) as tx:
        which = images.c.id == image_id
        tx.execute(update(images).where(which).values(score=images.c.score + 1))
        tx.changed(ChangeKind.IMAGE, image_id)


def count_up_at_random(settings, image_ids, rounds, seed):
    """What a process of its own does to be a nuisance to others."""
    library, rng = Library(settings), random.Random(seed)
    for _ in range(rounds):
        count_up(library, rng.choice(image_ids))
    library.close()

"""Put what is shipped about animals into the library, and keep what an operator changed.

Loading again changes only what differs. What an administrator edited or removed stays so when the
shipped files are loaded; a folder of the operator's own is an edit in bulk: it wins over what is
there, counts as edited from then on, and takes nothing away.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import and_, bindparam, delete, insert, select, update

from menagerie.core import rights
from menagerie.core.animals import files, forms
from menagerie.core.animals.files import Files
from menagerie.core.animals.forms import Values
from menagerie.core.animals.merging import Counts, make_aliases, make_tags, merge
from menagerie.data.animals import LawEntry
from menagerie.errors import Invalid
from menagerie.library import SYSTEM, Library, Tx
from menagerie.search.words import normalise_tag_name
from menagerie.storage import schema, sql
from menagerie.storage.schema import AnimalTextKind, ChangeKind, Species

DIGEST = "animals_digest"
"""The fact that says which shipped files the library has loaded."""


class Loaded(msgspec.Struct, frozen=True):
    """What loading did, by kind."""

    breeds: Counts
    facts: Counts
    health_tips: Counts
    laws: Counts
    categories: Counts
    translations: Counts

    @property
    def is_nothing(self) -> bool:
        """Whether everything was there already."""
        return all(
            (counts.added, counts.changed, counts.removed) == (0, 0, 0)
            for counts in msgspec.structs.astuple(self)
        )


def refresh(library: Library) -> Loaded | None:
    """Load the shipped files unless the library has loaded these very ones; None if it has."""
    now = files.digest()
    with library.reading(SYSTEM) as tx:
        if _digest(tx) == now:
            return None
    with library.writing(SYSTEM) as tx:
        if _digest(tx) == now:
            return None  # another process was quicker
        return load(tx)


def _digest(tx: Tx) -> object:
    return tx.scalar(select(schema.facts.c.value).where(schema.facts.c.name == DIGEST))


def load(tx: Tx, folder: Path | None = None) -> Loaded:
    """Load a folder of files, the shipped ones by default, and tell what that changed.

    Raises Unauthenticated, Forbidden, and Invalid for files that are not of the form or name breeds
    that there are not.
    """
    rights.require_admin(tx)
    if folder is None:
        loaded = Loader(tx, is_own=False).load(files.read())
        sql.upsert(tx.connection, schema.facts, [{"name": DIGEST, "value": files.digest()}])
        return loaded
    return Loader(tx, is_own=True).load(files.read(folder))


class Loader:
    """Writes entries, comparing them with what is there; `is_own` marks them as edited."""

    def __init__(self, tx: Tx, *, is_own: bool) -> None:
        self._tx = tx
        self._is_own = is_own
        self._breeds: dict[tuple[str, str], int] = {}  # ids by species and name
        self._codes: dict[tuple[str, str], str] = {}  # of texts, by kind and title in the files

    def load(self, found: Files) -> Loaded:
        """Write everything, breeds first, since the others name them."""
        breeds = self.breeds(found)
        facts = self.texts(AnimalTextKind.FACT, found.facts)
        tips = self.texts(AnimalTextKind.HEALTH_TIP, found.health_tips)
        laws = self.laws(found)
        categories = self.categories(found)
        loaded = Loaded(breeds, facts, tips, laws, categories, self.translations(found))
        if not loaded.is_nothing:
            self._tx.changed(ChangeKind.BREED, 0)
        return loaded

    # Breeds and categories.

    def breeds(self, found: Files) -> Counts:
        """Write breeds and give each its tag."""
        wanted = {
            entry.id: {**forms.breed_values(entry), "species": species}
            for species, entries in found.breeds.items()
            for entry in entries
        }
        scope = schema.breeds.c.species.in_(list(found.breeds))
        counts = merge(self._tx, schema.breeds, wanted, scope=scope, is_own=self._is_own)
        words = {e.id: e.tag for entries in found.breeds.values() for e in entries if e.tag}
        self.tag_breeds(words)
        # What is renamed here is still called by its old name in the files.
        self._breeds = self._read_breeds(
            {e.id: e.name for entries in found.breeds.values() for e in entries}
        )
        return counts

    def tag_breeds(self, words: Mapping[str, str]) -> None:
        """Give every breed that has no tag one: the word of its public id, or `breed:name`.

        That name is made an alias of a word's tag, so both spellings find the same images.
        """
        tx, row = self._tx, schema.breeds.c
        untagged = tx.all(
            select(row.id, row.code, row.species, row.name)
            .where(row.tag_id.is_(None), row.removed_at.is_(None))
            .order_by(row.id)
        )
        if not untagged:
            return
        taken = set(tx.execute(select(row.tag_id).where(row.tag_id.is_not(None))).scalars())
        own = {each.id: forms.breed_tag(each.name) for each in untagged}
        plain = {e.id: normalise_tag_name(words[e.code]) for e in untagged if e.code in words}
        ids = make_tags(tx, [plain.get(each.id, own[each.id]) for each in untagged])
        chosen, aliases = [], dict[str, int]()
        for each in untagged:
            name = plain.get(each.id, own[each.id])
            if ids[name] in taken:  # a dog and a cat of one name, say
                name = f"{own[each.id]} ({each.species})"
                ids |= make_tags(tx, [name])
            taken.add(ids[name])
            chosen.append({"of_id": each.id, "tag": ids[name]})
            if name != own[each.id]:
                aliases.setdefault(own[each.id], ids[name])
        tx.execute(
            update(schema.breeds)
            .where(row.id == bindparam("of_id"))
            .values(tag_id=bindparam("tag")),
            chosen,
        )
        make_aliases(tx, {name: tag_id for name, tag_id in aliases.items() if name not in ids})

    def categories(self, found: Files) -> Counts:
        """Make the categories that are not there; those that are stay as they are."""
        tx, row = self._tx, schema.categories.c
        there = set(tx.execute(select(row.id)).scalars())
        named = {(each.species, each.name) for each in tx.all(select(row.species, row.name))}
        new = [
            entry
            for entry in found.categories
            if entry.id not in there and (entry.species, entry.name) not in named
        ]
        if not new:
            return Counts()
        ids = make_tags(tx, [forms.category_tag(entry.name) for entry in new])
        tx.execute(
            insert(schema.categories),
            [
                {
                    "id": entry.id,
                    "species": Species(entry.species.value),
                    "name": entry.name,
                    "tag_id": ids[forms.category_tag(entry.name)],
                    "created_at": tx.now_s,
                }
                for entry in new
            ],
        )
        sql.skip_ids(
            tx.connection, schema.categories, last=max(there | {entry.id for entry in new})
        )
        return Counts(added=len(new))

    # Texts, laws and translations.

    def texts(
        self, kind: AnimalTextKind, found: Mapping[Species, Sequence[forms.TextEntry]]
    ) -> Counts:
        """Write facts or health tips."""
        names = self._text_names(kind)
        wanted: dict[str, Values] = {}
        for species, entries in found.items():
            slugs = forms.slugs(entries)
            for entry in entries:
                values = self._text(kind, species, entry, slugs[entry.title], names)
                wanted[values["code"]] = values
                self._codes[kind, f"{species}/{entry.title}"] = values["code"]
        row = schema.animal_texts.c
        scope = and_(row.kind == kind, row.species.in_(list(found)))
        return merge(self._tx, schema.animal_texts, wanted, scope=scope, is_own=self._is_own)

    def _text(
        self,
        kind: AnimalTextKind,
        species: Species,
        entry: forms.TextEntry,
        slug: str,
        names: dict[tuple[Species, str], str],
    ) -> Values:
        """Return the columns of a text; `names` are the codes of those that are there, by slug."""
        code = forms.code_of(kind, species, slug)
        if self._is_own:
            code = names.get((species, slug), code)
        elif names.get((species, slug), code) != code:
            slug = f"{slug}-{code}"  # somebody added one of their own with this title
        return forms.text_values(entry) | {
            "code": code,
            "kind": kind,
            "species": species,
            "breed_id": self.breed_id(species, entry.breed),
            "slug": slug,
        }

    def _text_names(self, kind: AnimalTextKind) -> dict[tuple[Species, str], str]:
        row = schema.animal_texts.c
        rows = self._tx.all(select(row.species, row.slug, row.code).where(row.kind == kind))
        return {(Species(each.species), each.slug): each.code for each in rows}

    def breed_id(self, species: Species, name: str | None) -> int | None:
        """Return the breed of a name; raises Invalid (`breed`) if there is none.

        A shipped file that names a breed we do not ship loses the name only: `problems` finds it.
        """
        if name is None:
            return None
        if not self._breeds:
            self._breeds = self._read_breeds({})
        if (species.value, name) not in self._breeds and self._is_own:
            raise Invalid({"breed": [f"there is no breed {name!r} of {species}s"]})
        return self._breeds.get((species.value, name))

    def _read_breeds(self, said: Mapping[str, str]) -> dict[tuple[str, str], int]:
        """Return the ids of breeds by species and name, also by the names `said` of their codes."""
        row = schema.breeds.c
        # Living ones last, so that they win over removed ones of the same name.
        rows = self._tx.all(
            select(row.species, row.name, row.code, row.id).order_by(
                row.removed_at.is_(None), row.id
            )
        )
        found = {(each.species, each.name): each.id for each in rows}
        return found | {(e.species, said[e.code]): e.id for e in rows if e.code in said}

    def laws(self, found: Files) -> Counts:
        """Write laws with the breeds that they name."""
        wanted, named = dict[str, Values](), dict[str, list[tuple[object, ...]]]()
        for country in found.laws:
            for entry in country.laws:
                wanted[entry.code] = forms.law_values(entry) | {
                    "country_code": country.iso_code,
                    "country_name": country.name,
                }
                named[entry.code] = self.named_by(entry)
        everywhere = schema.laws.c.id > 0 if found.laws else schema.laws.c.id < 0
        counts = merge(self._tx, schema.laws, wanted, scope=everywhere, is_own=self._is_own)
        others = put_law_breeds(self._tx, named, is_own=self._is_own)
        # A law may differ in nothing but the breeds it names.
        changed = max(counts.changed, others - counts.added)
        return msgspec.structs.replace(counts, changed=changed)

    def named_by(self, entry: LawEntry) -> list[tuple[object, ...]]:
        """Return what a law says of breeds, as `put_law_breeds` takes it."""
        species = Species(entry.species.value)
        return [
            (self.breed_id(species, b.breed), b.name, b.ban_type.value, b.includes_mixes)
            for b in entry.breeds
        ]

    def translations(self, found: Files) -> Counts:
        """Write what is said in other languages."""
        wanted: dict[tuple[str, str, str], str] = {}
        codes = self._codes_of_titles() | self._codes
        for language, words in found.translations.items():
            for group, text in words.breed_group.items():
                wanted[f"group:{group}", "name", language] = text
            for code, fields in words.breed.items():
                for field, text in fields.items():
                    wanted[f"breed:{code}", field, language] = text
            for category, text in words.category.items():
                wanted[f"tip_category:{category}", "name", language] = text
            texts = [
                (AnimalTextKind.FACT, key, entry.title, entry.fact)
                for key, entry in words.fact.items()
            ] + [
                (AnimalTextKind.HEALTH_TIP, key, entry.title, entry.description)
                for key, entry in words.health_tip.items()
            ]
            for kind, key, title, text in texts:
                if (kind, key) in codes:
                    subject = f"text:{codes[kind, key]}"
                    wanted[subject, "title", language] = title
                    wanted[subject, "text", language] = text
        return self._put_translations(wanted, set(found.translations))

    def _codes_of_titles(self) -> dict[tuple[str, str], str]:
        row = schema.animal_texts.c
        rows = self._tx.all(select(row.kind, row.species, row.title, row.code))
        return {(each.kind, f"{each.species}/{each.title}"): each.code for each in rows}

    def _put_translations(
        self, wanted: Mapping[tuple[str, str, str], str], languages: set[str]
    ) -> Counts:
        tx, row = self._tx, schema.translations.c
        counts = Counter[str]()
        there = {
            (each.subject, each.field, each.language): each
            for each in tx.all(select(schema.translations))
        }
        new, changed = [], []
        for key, text in wanted.items():
            before = there.get(key)
            subject, field, language = key
            if before is None:
                named = {"subject": subject, "field": field, "language": language}
                new.append({**named, "text": text})
            elif before.is_edited and not self._is_own:
                counts["kept"] += 1
            elif before.text != text:
                changed.append({"s": subject, "f": field, "l": language, "t": text})
        gone = [
            {"s": key[0], "f": key[1], "l": key[2]}
            for key, each in there.items()
            if key not in wanted and key[2] in languages and not each.is_edited and not self._is_own
        ]
        marks = {"is_edited": self._is_own, "updated_at": tx.now_s}
        this = and_(
            row.subject == bindparam("s"),
            row.field == bindparam("f"),
            row.language == bindparam("l"),
        )
        if new:
            tx.execute(insert(schema.translations), [each | marks for each in new])
        if changed:
            tx.execute(
                update(schema.translations).where(this).values(text=bindparam("t"), **marks),
                changed,
            )
        if gone:
            tx.execute(delete(schema.translations).where(this), gone)
        return Counts(len(new), len(changed), len(gone), counts["kept"])


def put_law_breeds(tx: Tx, wanted: Mapping[str, list[tuple[object, ...]]], *, is_own: bool) -> int:
    """Make laws, by code, name these breeds; return how many named others before.

    Of each its id, its name in the law, the type of ban, and whether mixes are meant. Laws that
    were edited stay as they are unless `is_own`.
    """
    law, row = schema.laws.c, schema.law_breeds.c
    columns = ("breed_id", "name", "ban_type", "includes_mixes")
    there: dict[int, list[tuple[object, ...]]] = {}
    for each in tx.all(
        select(row.law_id, *(row[name] for name in columns)).order_by(row.law_id, row.position)
    ):
        there.setdefault(each[0], []).append(tuple(each[1:]))
    changed = {
        law_id: wanted[code]
        for law_id, code, is_edited in tx.all(select(law.id, law.code, law.is_edited))
        if code in wanted
        and not (is_edited and not is_own)
        and there.get(law_id, []) != wanted[code]
    }
    if changed:
        tx.execute(delete(schema.law_breeds).where(row.law_id.in_(changed)))
    rows = [
        {"law_id": law_id, "position": place} | dict(zip(columns, values, strict=True))
        for law_id, named in changed.items()
        for place, values in enumerate(named)
    ]
    if rows:
        tx.execute(insert(schema.law_breeds), rows)
    return len(changed)

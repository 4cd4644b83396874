"""Finding: sorts, pages, visibility, filters, `my:`, likeness, tags and filters."""

import msgspec
import pytest
from sqlalchemy import insert, select, update

import build
import rows
from menagerie.core import filters, find, galleries
from menagerie.core.find import Removed, Sort
from menagerie.errors import QueryError
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.media.hashes import Intensities
from menagerie.search import texts
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, Review, Role

HOUR = 3_600_000_000


def ids(library, text, actor=ANONYMOUS, **options):
    """Every image a text finds, in order."""
    with library.reading(actor) as tx:
        found = find.images(tx, find.parse(tx, text), per_page=50, **options)
        assert len(found.ids) == found.total
        assert set(found.ids) == set(find.bitmap(tx, find.parse(tx, text), **without_sort(options)))
        return found.ids


def without_sort(options):
    return {name: value for name, value in options.items() if name != "sort"}


def sort_of(library, sf, sd="desc"):
    with library.reading(ANONYMOUS) as tx:
        return find.parse_sort(sf, sd, tx)


def change(library, image_id, **values):
    with library.writing(SYSTEM) as tx:
        which = schema.images.c.id == image_id
        tx.execute(update(schema.images).where(which).values(**values))
        tx.changed(ChangeKind.IMAGE, image_id)


def relate(library, table, actor, image_id, **values):
    with library.writing(actor) as tx:
        pair = {"account_id": actor.account_id, "image_id": image_id}
        tx.execute(insert(table).values(**pair, **values))
        tx.changed(ChangeKind.INTERACTION, actor.account_id, image_id)


def make_filter(library, actor=None, *, hide=(), spoiler=(), **values):
    with library.writing(SYSTEM) as tx:
        owner = actor.account_id if actor else None
        fixed = {"created_at": tx.now, "updated_at": tx.now, "account_id": owner, "name": "f"}
        made = tx.execute(insert(schema.filters).values(**fixed | values))
        filter_id = made.inserted_primary_key[0]
        for effect, tag_ids in (("hide", hide), ("spoiler", spoiler)):
            for tag_id in tag_ids:
                tx.execute(
                    insert(schema.filter_tags).values(
                        filter_id=filter_id, tag_id=tag_id, effect=effect
                    )
                )
        tx.changed(ChangeKind.FILTER, filter_id)
    return filter_id


def get_filter(library, filter_id, actor=SYSTEM):
    with library.reading(actor) as tx:
        return filters.get(tx, filter_id)


@pytest.mark.parametrize(
    ("sf", "sort"),
    [
        ("", Sort("first_seen_at")),
        ("created_at", Sort("first_seen_at")),
        ("comments", Sort("first_seen_at")),
        ("score", Sort("score")),
        ("_score", Sort("_score")),
        ("random:12abc", Sort("random", seed=12)),
        ("random:-1", Sort("random", seed=2**64 - 1)),
        ("gallery_id:7", Sort("gallery", gallery_id=7)),
        ("gallery_id:x", Sort("first_seen_at")),
        ("gallery_id:7x", Sort("first_seen_at")),
    ],
)
def test_a_sort_is_read_leniently(library, sf, sort):
    assert sort_of(library, sf, "odd") == sort
    assert sort_of(library, sf, "asc") == msgspec.structs.replace(sort, ascending=True)


def test_random_without_a_good_seed_is_another_order_each_time(library):
    seeds = {sort_of(library, sf).seed for sf in ("random", "random:x", "random:")}
    assert len(seeds) == 3


def test_a_random_order_with_a_seed_is_the_same_on_all_pages_and_another_with_another(library):
    made = [rows.image(library) for _ in range(12)]
    with library.reading(ANONYMOUS) as tx:
        everything = find.parse(tx, "*")

        def listing(seed, per_page):
            sort = Sort("random", seed=seed)
            pages = range(1, 12 // per_page + 1)
            return [
                image_id
                for page in pages
                for image_id in find.images(
                    tx, everything, sort=sort, page=page, per_page=per_page
                ).ids
            ]

        assert listing(5, 3) == listing(5, 12)
        assert sorted(listing(5, 12)) == made
        assert len({tuple(listing(seed, 12)) for seed in (5, 6, 7 << 32)}) == 3


def test_pages_past_the_end_are_empty_and_keep_the_total(library):
    rows.image(library)
    with library.reading(ANONYMOUS) as tx:
        found = find.images(tx, find.parse(tx, "*"), page=10**15)
        assert (found.ids, found.total) == ([], 1)
        assert find.images(tx, find.parse(tx, " "), page=1).total == 0


def test_images_seen_out_of_turn_are_listed_in_their_place(library, clock):
    made = []
    for _ in range(6):
        made.append(rows.image(library))
        clock.advance(3600)
    first_seen = library.catalogue.current().columns["first_seen_at"].get
    change(library, made[0], first_seen_at=first_seen(made[3]) + 1)
    change(library, made[4], first_seen_at=first_seen(made[1]))
    a, b, c, d, e, f = made
    assert ids(library, "*") == [f, a, d, c, e, b]
    assert ids(library, "*", sort=Sort(ascending=True)) == [b, e, c, d, a, f]


def test_private_pending_and_removed_images_are_found_by_whom_they_concern(library):
    owner, other = rows.account(library, "Ann"), rows.account(library, "Bob", Role.ADMIN)
    public = rows.image(library, owner=owner)
    private = rows.image(library, owner=owner, audience=Audience.PRIVATE)
    rows.image(library, owner=owner, review=Review.PENDING)
    gone = rows.image(library, owner=owner)
    rows.remove(library, gone)
    merged = rows.image(library)
    change(library, merged, merged_into_id=public)
    gone_private = rows.image(library, owner=owner, audience=Audience.PRIVATE)
    change(library, gone_private, removed_at=5)
    assert ids(library, "*") == [public]
    assert ids(library, "*", owner) == [private, public]
    assert ids(library, "my:uploads", owner) == [private, public]
    assert ids(library, "*", other) == [public]
    assert ids(library, "*", removed=Removed.ALSO) == [merged, gone, public]
    assert ids(library, "*", other, removed=Removed.ALSO) == [merged, gone, public]
    assert ids(library, "*", other, removed=Removed.ONLY) == [merged, gone]
    assert ids(library, "*", other, removed=Removed.ONLY_NOT_MERGED) == [gone]
    assert ids(library, "*", owner, removed=Removed.ONLY) == [private, public]
    assert ids(library, "deleted:true", other, removed=Removed.ALSO) == [merged, gone]
    assert ids(library, f"duplicate_id:{public}", removed=Removed.ALSO) == [merged]


def test_what_somebody_hides_is_left_out_of_their_own_searches_only(library):
    ann, bob = rows.account(library, "Ann"), rows.account(library, "Bob")
    one, other = rows.image(library), rows.image(library)
    relate(library, schema.hides, ann, one, created_at=1)
    assert ids(library, "*", ann) == [other]
    assert ids(library, "*", bob) == [other, one]
    assert ids(library, "my:hidden", ann) == []
    assert ids(library, "my:hidden", ann, include_hidden=True) == [one]


def test_my_finds_what_the_actor_did_and_refuses_strangers(library):
    ann = rows.account(library, "Ann")
    one, two, three = (rows.image(library) for _ in range(3))
    relate(library, schema.faves, ann, one, created_at=1)
    relate(library, schema.votes, ann, two, value=1, created_at=1)
    relate(library, schema.votes, ann, three, value=-1, created_at=1)
    relate(library, schema.image_subscriptions, ann, three)
    assert ids(library, "my:faves", ann) == [one]
    assert ids(library, "my:upvotes", ann) == [two]
    assert ids(library, "my:downvotes", ann) == [three]
    assert ids(library, "my:subs", ann) == [three]
    assert ids(library, "faved_by:ANN") == [one]
    assert ids(library, f"faved_by_id:{ann.account_id}") == [one]
    assert ids(library, "-my:faves, -my:subs", ann) == [two]
    with pytest.raises(QueryError, match="You must be logged in to use `my' queries"):
        ids(library, "my:faves")


def test_watching_is_tags_or_query_less_what_is_excluded(library):
    ann = rows.account(library, "Ann")
    dog = rows.image(library, "safe, dog, solo")
    cat = rows.image(library, "safe, cat, solo")
    fox = rows.image(library, "safe, fox, night")
    wolf = rows.image(library, "safe, fox, wolf")
    (dog_tag, solo) = rows.tag_ids(library, "dog", "solo")
    assert ids(library, "my:watched", ann) == []
    values = {"watched_query": "fox, night\nwolf", "watched_exclude_query": "wolf"}
    with library.writing(ann) as tx:
        tx.execute(insert(schema.watched_tags).values(account_id=ann.account_id, tag_id=dog_tag))
        which = schema.accounts.c.id == ann.account_id
        tx.execute(update(schema.accounts).where(which).values(**values))
        tx.changed(ChangeKind.ACCOUNT, ann.account_id)
    assert ids(library, "my:watched", ann) == [fox, dog]
    spoilers = get_filter(library, make_filter(library, spoiler=[solo]))
    assert ids(library, "my:watched", ann, filter=spoilers) == [fox, dog]
    with library.writing(ann) as tx:
        tx.execute(update(schema.accounts).where(which).values(watched_without_spoilered=True))
        tx.changed(ChangeKind.ACCOUNT, ann.account_id)
    assert ids(library, "my:watched", ann, filter=spoilers) == [fox]
    assert ids(library, "*", ann) == [wolf, fox, cat, dog]


def test_a_filter_hides_by_tags_and_lines_and_a_broken_line_hides_all(library):
    dog = rows.image(library, "safe, dog, solo")
    cat = rows.image(library, "safe, cat, solo")
    fox = rows.image(library, "safe, fox, night")
    (dog_tag,) = rows.tag_ids(library, "dog")
    by_tag = get_filter(library, make_filter(library, hide=[dog_tag], name="a"))
    by_line = make_filter(library, hidden_query="fox, night\n\ndog, -solo", name="b")
    broken = get_filter(library, make_filter(library, hidden_query="fox,", name="c"))
    by_line = get_filter(library, by_line)
    assert ids(library, "*", filter=by_tag) == [fox, cat]
    assert ids(library, "*", filter=by_line) == [cat, dog]
    assert ids(library, "*", filter=broken) == []
    with library.reading(ANONYMOUS) as tx:
        assert find.spoilered(tx, by_line, [dog, cat, fox, 999]) == {fox}
        assert find.spoilered(tx, by_tag, []) == set()


def test_a_filter_id_keeps_what_that_filter_would_not_hide_if_the_viewer_may_read_it(library):
    ann = rows.account(library, "Ann")
    dog = rows.image(library, "safe, dog, solo")
    cat = rows.image(library, "safe, cat, solo")
    (cat_tag,) = rows.tag_ids(library, "cat")
    own = make_filter(library, ann, hide=[cat_tag])
    assert ids(library, f"filter_id:{own}", ann) == [dog]
    assert ids(library, f"-filter_id:{own}", ann) == [cat]
    for actor, number in ((ANONYMOUS, own), (ann, 999)):
        with pytest.raises(QueryError, match=f"Invalid filter `{number}`") as raised:
            ids(library, f"cat, filter_id:{number}", actor)
        assert raised.value.start == 5


def test_a_gallery_is_searched_and_sorted_by_its_order(library):
    ann = rows.account(library, "Ann")
    made = [rows.image(library) for _ in range(4)]
    with library.writing(ann) as tx:
        gallery = tx.execute(
            insert(schema.galleries).values(
                account_id=ann.account_id, title="g", created_at=0, updated_at=0
            )
        ).inserted_primary_key[0]
        for position, place in enumerate((2, 0, 3)):
            tx.execute(
                insert(schema.gallery_images).values(
                    gallery_id=gallery, image_id=made[place], position=position
                )
            )
        tx.changed(ChangeKind.GALLERY, gallery)
    by_gallery = sort_of(library, f"gallery_id:{gallery}", "asc")
    assert ids(library, f"gallery_id:{gallery}", sort=by_gallery) == [made[2], made[0], made[3]]
    by_gallery = sort_of(library, f"gallery_id:{gallery}")
    assert ids(library, "*", sort=by_gallery) == [made[3], made[0], made[2], made[1]]


def test_relevance_adds_up_the_boosts_of_the_terms_that_match(library):
    both = rows.image(library, "safe, dog, solo")
    dog = rows.image(library, "safe, dog, cat")
    neither = rows.image(library, "safe, cat, fox")
    by_score = Sort("_score")
    assert ids(library, "dog^2 || solo^3 || cat^4", sort=by_score) == [dog, both, neither]
    assert ids(library, "(dog, solo)^5 || cat", sort=by_score) == [both, neither, dog]


def test_neighbours_are_those_of_the_listing(library):
    a, b, c = (rows.image(library) for _ in range(3))
    d = rows.image(library, "safe, cat, other")
    with library.reading(ANONYMOUS) as tx:

        def around(image_id, text="dog", sort=Sort()):  # noqa: B008  # a frozen value
            query = find.parse(tx, text)
            return find.neighbours(tx, query, sort=sort, filter=None, image_id=image_id)

        assert around(b) == (c, a)
        assert around(c) == (None, b)
        assert around(a, sort=Sort("score", ascending=True)) == (None, b)
        assert around(d) == (None, None)
        assert around(d, "*", sort=Sort("random", seed=3)) != (None, None)


def test_neighbours_by_time_are_those_of_the_listing_where_times_do_not_follow_numbers(library):
    made = [rows.image(library) for _ in range(9)]
    for image_id, seconds in ((2, 900), (3, -50), (6, 1), (7, 900), (9, -900)):
        change(library, made[image_id - 1], first_seen_at=1_700_000_000_000_000 + seconds * 10**6)
    with library.reading(ANONYMOUS) as tx:
        query = find.parse(tx, "*")
        for sort in (Sort(), Sort(ascending=True)):
            listing = [None, *find.images(tx, query, sort=sort).ids, None]
            for before, image_id, after in zip(listing, listing[1:-1], listing[2:], strict=False):
                found = find.neighbours(tx, query, sort=sort, filter=None, image_id=image_id)
                assert found == (before, after), image_id


def test_reverse_search_goes_by_intensities_and_aspect_ratio(library):
    look = {"nw": 100.0, "ne": 50.0, "sw": 20.0, "se": 10.0, "width": 200, "height": 100}
    made = [rows.image(library) for _ in range(5)]
    change(library, made[0], **look)
    change(library, made[1], **look | {"nw": 100.75}, removed_at=5)
    change(library, made[2], **look | {"nw": 100.76})
    change(library, made[3], **look, review="pending")
    with library.reading(ANONYMOUS) as tx:

        def alike(ratio=2.0, distance=0.25, limit=10):
            four = Intensities(100.0, 50.0, 20.0, 10.0)
            return find.reverse(tx, four, ratio, distance=distance, limit=limit)

        assert alike().ids == made[:2]
        assert (alike(limit=1).ids, alike(limit=1).total) == (made[:1], 2)
        assert alike(distance=0.3).ids == made[:3]
        assert alike(ratio=2.26).ids == []


def test_reverse_search_by_hash_counts_the_bits_that_differ(library):
    made = [rows.image(library) for _ in range(4)]
    for image_id, value in zip(made, (-1, -2, 0), strict=False):
        change(library, image_id, perceptual_hash=value)
    with library.reading(ANONYMOUS) as tx:

        def alike(value, bits):
            return find.reverse(
                tx,
                Intensities(0.0, 0.0, 0.0, 0.0),
                1.0,
                distance=0.25,
                limit=10,
                perceptual_hash=value,
                perceptual_distance=bits,
            ).ids

        assert alike(2**64 - 1, 0) == [made[0]]
        assert alike(2**64 - 2, 1) == [made[1], made[0]]
        assert alike(0, 0) == [made[2]]


def test_fields_that_the_database_answers(library):
    ann = rows.account(library, "Ann")
    moderator = rows.account(library, "Mod", Role.MODERATOR)
    one, two = rows.image(library, owner=ann), rows.image(library, owner=ann)
    rows.image(library)
    with library.writing(SYSTEM) as tx:
        blob = {"sha512": "ab12", "size_bytes": 1, "format": "png", "touched_at": 0}
        tx.execute(insert(schema.blobs).values(blob))
    change(library, one, sha512="ab12", full_sha512="cd34", name="My_Dog?.png")
    change(library, two, is_anonymous=True, shows_hash=False, address="10.1.2.3")
    change(library, two, fingerprint="Fp")
    with library.writing(SYSTEM) as tx:
        tx.execute(
            insert(schema.image_sources).values(
                image_id=one, position=0, url="http://X.example/A", url_key="http://x.example/a"
            )
        )
        texts.index(tx.connection, "image.description", one, "Two dogs were running quickly")
        texts.index(tx.connection, "image.scratchpad", two, "Seen before")
    assert ids(library, "orig_sha512_hash:AB12") == [one]
    assert ids(library, "sha512_hash:cd*") == [one]
    assert ids(library, r"file_name:My_Dog\?.png") == [one]
    assert ids(library, "file_name:my_*") == []
    assert ids(library, "source_url:http://X.example/?") == [one]
    assert ids(library, "source_url:http://y.example/a~1") == [one]
    assert ids(library, "description:dog running") == []
    assert ids(library, "description:dog were run") == [one]
    assert ids(library, "description:quick*") == [one]
    assert ids(library, "uploader:ann") == [one]
    assert ids(library, "true_uploader:ann") == []
    assert ids(library, "true_uploader:a?n", moderator) == [two, one]
    assert ids(library, "ip:10.1.0.0/16", moderator) == [two]
    assert ids(library, "ip:10.1.2.3", moderator) == [two]
    assert ids(library, "fingerprint:fp, scratchpad:seen", moderator) == [two]


def tag_names(library, q, **options):
    with library.reading(options.pop("actor", ANONYMOUS)) as tx:
        found = find.tags(tx, q, page=1, per_page=50)
        assert found.total == len(found.ids)
        t = schema.tags.c
        names = dict(tuple(row) for row in tx.all(select(t.id, t.name)))
        return [names[tag_id] for tag_id in found.ids]


def test_tags_are_found_by_every_field_with_the_most_used_first(library):
    for _ in range(2):
        rows.image(library, "safe, artist:foo wing, two wings")
    rows.image(library, "safe, swinging, old name")
    dog, old, wings = rows.tag_ids(library, "dog", "old name", "two wings")
    with library.writing(SYSTEM) as tx:
        which = schema.tags.c.id == old
        tx.execute(update(schema.tags).where(which).values(aliased_to_id=dog, image_count=0))
        tx.execute(insert(schema.tag_implications).values(tag_id=dog, implied_tag_id=wings))
        texts.index(tx.connection, "tag.description", dog, "A loyal friend")
    assert tag_names(library, "images.gte:1")[0] == "safe"
    assert tag_names(library, "") == []
    assert tag_names(library, "name:dog || name:two wings") == ["two wings", "dog"]
    assert tag_names(library, "artist:f*") == ["artist:foo wing"]
    assert tag_names(library, "namespace:?*") == ["artist:foo wing"]
    assert tag_names(library, "slug:two+wings") == ["two wings"]
    assert tag_names(library, "two wigns~1") == ["two wings"]
    assert tag_names(library, "analyzed_name:wing, images.gte:1") == ["artist:foo wing"]
    assert tag_names(library, "images.gte:2, -category:rating") == ["artist:foo wing", "two wings"]
    assert tag_names(library, "implies:two wings") == ["dog"]
    assert tag_names(library, "implied_by:dog") == ["two wings"]
    assert tag_names(library, "aliases:old*") == ["dog"]
    assert tag_names(library, "alias_of:dog") == ["old name"]
    assert tag_names(library, "aliased:true, -breed:*") == ["old name"]
    assert tag_names(library, "description:friends") == ["dog"]
    assert tag_names(library, "description:loyal friend") == ["dog"]
    with library.reading(ANONYMOUS) as tx:
        page = find.tags(tx, "category:rating", page=2, per_page=3)
        assert (len(page.ids), page.total) == (3, 7)
        with pytest.raises(QueryError):
            find.tags(tx, "a,", page=1, per_page=5)


def test_filters_are_found_by_whoever_may_read_them_in_the_order_of_names(library):
    ann, bob = rows.account(library, "Ann"), rows.account(library, "Bob")
    (dog,) = rows.tag_ids(library, "dog")
    own = make_filter(library, ann, name="apple", hide=[dog])
    public = make_filter(library, ann, name="Bear", is_public=True)

    def found(q, actor=ANONYMOUS):
        with library.reading(actor) as tx:
            return find.filters(tx, q, page=1, per_page=25).ids

    assert found("*") == [public, 1, 2]
    assert found("*", ann) == [own, public, 1, 2]
    assert found("*", bob) == [public, 1, 2]
    assert found("my:filters", ann) == [own, public]
    assert found("creator:ann") == [public]
    assert found(f"user_id:{ann.account_id}", ann) == [own, public]
    assert found("system:true") == [1, 2]
    assert found("public:true, -system:true") == [public]
    assert found("hidden_count:1", ann) == [own]
    assert found("default") == [1]
    assert found("my:filters") == []


def test_label_queries_find_what_the_booru_language_finds(library):
    owner = rows.account(library, "Owner")
    dog_word, _ = build.word(library, "dog"), build.word(library, "cat")
    build.word(library, "mouth", parent=dog_word)
    both = rows.image(library, "dog, cat", owner=owner)
    dog = rows.image(library, "dog, mouth/dog", owner=owner)
    other = rows.image(library, "no such word", owner=owner)
    with library.writing(owner) as tx:
        gallery = galleries.create(tx, title="My pets")
        galleries.add(tx, gallery.id, both)

    def found(text, actor=ANONYMOUS):
        with library.reading(actor) as tx:
            return set(find.bitmap(tx, find.parse_expression(tx, text)))

    assert found("dog & ~cat") == {dog}
    assert found("Dog.has = 'mouth' | cat") == {both, dog}
    assert found("no such word") == set()
    assert found("image.unlabeled='true'") == {other}
    assert found("image.num_labels=2") == {both, dog}
    assert found("image.width>0px & ~dog") == {other}
    assert found("image.collection='My pets'", owner) == {both}
    with pytest.raises(QueryError, match="no collection"):
        found("image.collection='My pets'")
    with pytest.raises(QueryError, match="cannot be used here"), library.reading(owner) as tx:
        find.parse_expression(tx, "image.width>5", kinds=())
    with library.reading(owner) as tx:
        node, sort = find.parse_ordered_expression(tx, "dog ! order by validation asc")
        assert sort == Sort("validations", ascending=True)
        assert find.parse_ordered_expression(tx, "dog") == (node, find.DEFAULT_SORT)

import socketserver
import threading

import msgspec
import pytest
from sqlalchemy import event, insert, select, update

import build
import rows
from menagerie import jobs
from menagerie.core import (
    accounts,
    attempts,
    checks,
    credentials,
    filters,
    labels,
    own_data,
    passwords,
    tags,
    votes,
)
from menagerie.errors import (
    Banned,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Role

NEW = "another good password"


@pytest.fixture
def alice(library):
    return build.account(library, "Alice")


def by_key(library, key):
    with library.reading(ANONYMOUS) as tx:
        return accounts.actor_for_key(tx, key)


def by_session(library, token):
    with library.reading(ANONYMOUS) as tx:
        return accounts.actor_for_session(tx, token)


def log_in(library, name="Alice", password=build.PASSWORD, **more):
    return accounts.log_in(library, name, password, **more)


def sign_up(library, name="Bob", password=NEW, **more):
    return accounts.sign_up(library, ANONYMOUS, name=name, password=password, **more)


# Registering.


def test_a_visitor_registers_and_logs_in(library):
    made, code = sign_up(library, "  Bob   B ")
    assert (made.name, made.role, len(code)) == ("Bob B", Role.USER, 20)
    begun = log_in(library, "bob b", NEW, address="192.0.2.1", user_agent="test")
    assert (begun.actor.account_id, begun.actor.address) == (made.id, "192.0.2.1")
    assert by_session(library, begun.token).name == "Bob B"
    assert ("account", made.id, None) in rows.changes(library)


@pytest.mark.parametrize(
    ("name", "password", "fields"),
    [
        ("alice", NEW, {"name"}),
        ("ALICE", NEW, {"name"}),
        ("", NEW, {"name"}),
        ("x" * 51, NEW, {"name"}),
        ("a\0b", NEW, {"name"}),
        ("a\u200bb", NEW, {"name"}),
        ("Background Pony #12AB", NEW, {"name"}),
        ("Bob", "short", {"password"}),
        ("Bob", "aaaaaaaaaaaaaaaa", {"password"}),
        ("Bobby the Great", "bobby the great", {"password"}),
        ("Bob", "x" * 500 + "é" * 500 + "abc", {"password"}),
        ("alice", "short", {"name", "password"}),
    ],
)
def test_refused_names_and_passwords(library, alice, name, password, fields):
    with pytest.raises(Invalid) as caught:
        sign_up(library, name, password)
    assert set(caught.value.fields) == fields


def test_an_odd_mail_address_is_refused(library):
    with pytest.raises(Invalid) as caught:
        sign_up(library, email="not an address")
    assert list(caught.value.fields) == ["email"]
    assert sign_up(library, email=" bob@example.org ")[0].email == "bob@example.org"


def test_a_banned_address_cannot_register(library):
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(network="192.0.2.0/24", created_at=0))
    near, far = Actor(address="192.0.2.5"), Actor(address="198.51.100.5")
    with pytest.raises(Banned):
        accounts.sign_up(library, near, name="Bob", password=NEW)
    accounts.sign_up(library, far, name="Bob", password=NEW)


class TestByInvitation:
    @pytest.fixture
    def settings(self, settings):
        return msgspec.structs.replace(settings, registration="invitation")

    def test_a_code_lets_one_person_in(self, library, alice, clock):
        with library.writing(SYSTEM) as tx:
            code, late = accounts.invite(tx), accounts.invite(tx)
        with pytest.raises(Forbidden), library.writing(alice) as tx:
            accounts.invite(tx)
        with pytest.raises(Invalid) as caught:
            sign_up(library, invitation="wrong")
        assert list(caught.value.fields) == ["invitation"]
        sign_up(library, "Bob", invitation=code)
        with pytest.raises(Invalid):
            sign_up(library, "Carol", invitation=code)
        clock.advance(accounts.INVITATION_LIFETIME_S + 1)
        with pytest.raises(Invalid):
            sign_up(library, "Carol", invitation=late)


class TestClosed:
    @pytest.fixture
    def settings(self, settings):
        return msgspec.structs.replace(settings, registration="closed")

    def test_nobody_registers_but_administrators_make_accounts(self, library):
        with pytest.raises(Forbidden):
            sign_up(library)
        with library.writing(SYSTEM) as tx:
            made = accounts.create(tx, "Bob")
        assert by_key(library, made.key).name == "Bob"
        assert log_in(library, "Bob", made.password).actor.name == "Bob"


def test_only_administrators_make_accounts(library, alice):
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        accounts.create(tx, "Bob")


def test_the_first_administrator_is_made_once(library, alice):
    with library.writing(SYSTEM) as tx:
        accounts.create(tx, "admin")
        made = accounts.ensure_admin(tx)
        assert accounts.ensure_admin(tx) is None
        found = accounts.find_by_name(tx, "ADMIN2")
    assert (made.account.name, made.account.role) == ("admin2", Role.ADMIN)
    assert found == made.account
    assert by_key(library, made.key).is_admin


# Getting in.


def test_a_wrong_name_and_a_wrong_password_look_the_same(library, alice):
    texts = set()
    for name, password in (("Alice", "wrong"), ("Nobody", build.PASSWORD), ("\0", "\0")):
        with pytest.raises(Unauthenticated) as caught:
            log_in(library, name, password)
        texts.add(caught.value.message)
    assert len(texts) == 1


def test_too_many_wrong_passwords_cost_a_pause(library, alice, clock):
    for _ in range(attempts.MAX_FAILURES):
        with pytest.raises(Unauthenticated):
            log_in(library, password="wrong", address="192.0.2.1")
    with pytest.raises(RateLimited) as caught:
        log_in(library, address="192.0.2.1")
    assert 0 < caught.value.retry_after_s <= attempts.PAUSE_S
    log_in(library, address="192.0.2.2")
    clock.advance(attempts.PAUSE_S + 1)
    log_in(library, address="192.0.2.1")


def test_sessions_are_listed_and_ended(library, alice):
    one, two = log_in(library, user_agent="one"), log_in(library, user_agent="two")
    bob = build.account(library, "Bob")
    with library.reading(one.actor) as tx:
        listed = accounts.find_sessions(tx)
    assert {(s.user_agent, s.is_current) for s in listed} == {("one", True), ("two", False)}
    with pytest.raises(NotFound), library.writing(bob) as tx:
        accounts.end_session(tx, two.actor.session_id)
    with library.writing(one.actor) as tx:
        accounts.end_session(tx, two.actor.session_id)
    assert by_session(library, two.token) is None
    assert by_session(library, one.token) is not None
    with library.writing(one.actor) as tx:
        accounts.log_out(tx)
        accounts.log_out(tx)
    assert by_session(library, one.token) is None


def test_a_session_lasts_while_it_is_used(library, alice, clock):
    begun = log_in(library)
    days = credentials.SESSION_LIFETIME // 2 / 1_000_000
    for _ in range(3):
        clock.advance(days)
        assert by_session(library, begun.token) is not None
        assert accounts.flush_last_used(library) == 1
    clock.advance(2 * days + 60)
    assert by_session(library, begun.token) is None


def test_keys_are_named_listed_and_revoked(library, alice, clock):
    with library.writing(alice) as tx:
        key, other = accounts.add_key(tx, "phone"), accounts.add_key(tx, "laptop")
        for wrong in (" ", "x" * 101, "a\0"):
            with pytest.raises(Invalid):
                accounts.add_key(tx, wrong)
    assert len(key) == 20
    assert by_key(library, key).account_id == alice.account_id
    clock.advance(90)
    by_key(library, key)
    assert accounts.flush_last_used(library) == 1
    assert accounts.flush_last_used(library) == 0
    with library.reading(alice) as tx:
        listed = {k.name: k for k in accounts.find_keys(tx)}
        stored = tx.execute(select(schema.api_keys.c.hash)).scalars().all()
    assert listed["phone"].last_used_at == clock.now() // credentials.MINUTE * credentials.MINUTE
    assert listed["laptop"].last_used_at is None
    assert key not in stored
    bob = build.account(library, "Bob")
    with pytest.raises(NotFound), library.writing(bob) as tx:
        accounts.revoke_key(tx, listed["phone"].id)
    with library.writing(alice) as tx:
        accounts.revoke_key(tx, listed["phone"].id)
    assert by_key(library, key) is None
    assert by_key(library, other) is not None


@pytest.mark.parametrize("key", ["", "nonsense", "\0", "\ud800", "x" * 100_000])
def test_a_key_nobody_has_is_nobody(library, alice, key):
    assert by_key(library, key) is None
    assert by_session(library, key) is None


def test_a_known_key_costs_no_statement_until_an_account_changes(library, alice):
    with library.writing(alice) as tx:
        key = accounts.add_key(tx, "k")
    by_key(library, key)
    statements = []
    engine = library.database._reader
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert by_key(library, key).filter_id is None
    assert not any("FROM accounts" in statement for statement in statements)
    with library.writing(alice) as tx:
        filters.choose(tx, 2)
    assert by_key(library, key).filter_id == 2
    assert any("FROM accounts" in statement for statement in statements)


# Passwords.


def test_changing_the_password_ends_the_other_sessions(library, alice):
    here, there = log_in(library), log_in(library)
    with pytest.raises(Invalid) as caught:
        accounts.change_password(library, here.actor, "wrong", NEW)
    assert list(caught.value.fields) == ["old_password"]
    with pytest.raises(Invalid) as caught:
        accounts.change_password(library, here.actor, build.PASSWORD, "short")
    assert list(caught.value.fields) == ["password"]
    accounts.change_password(library, here.actor, build.PASSWORD, NEW)
    assert by_session(library, here.token) is not None
    assert by_session(library, there.token) is None
    log_in(library, password=NEW)
    with pytest.raises(Unauthenticated):
        log_in(library)


def test_a_recovery_code_works_once_and_gives_the_next(library):
    _, code = sign_up(library)
    with pytest.raises(Unauthenticated):
        accounts.reset_by_code(library, "Bob", "wrong", build.PASSWORD)
    following = accounts.reset_by_code(library, "bob", f" {code} ", build.PASSWORD)
    with pytest.raises(Unauthenticated):
        accounts.reset_by_code(library, "Bob", code, NEW)
    log_in(library, "Bob")
    accounts.reset_by_code(library, "Bob", following, NEW)
    log_in(library, "Bob", NEW)


def test_an_administrator_resets_a_password(library, alice):
    begun = log_in(library)
    with library.writing(SYSTEM) as tx:
        password = accounts.admin_reset(tx, alice.account_id)
        with pytest.raises(NotFound):
            accounts.admin_reset(tx, 999)
    assert by_session(library, begun.token) is None
    log_in(library, password=password)
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        accounts.admin_reset(tx, alice.account_id)


def test_without_a_mail_server_the_request_says_what_to_set(library):
    with pytest.raises(Unavailable, match="mail_url"), library.writing(ANONYMOUS) as tx:
        accounts.request_reset(tx, "bob@example.org")


class _MailServer(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to receive one mail."""

    def handle(self):
        self.wfile.write(b"220 test\r\n")
        for line in self.rfile:
            word = line.split()[0].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(lines).decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


class TestByMail:
    @pytest.fixture
    def mails(self):
        with socketserver.TCPServer(("127.0.0.1", 0), _MailServer) as server:
            server.mails = []
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            yield server
            server.shutdown()
            thread.join()

    @pytest.fixture
    def settings(self, settings, mails):
        return msgspec.structs.replace(
            settings,
            mail_url=f"smtp://127.0.0.1:{mails.server_address[1]}",
            public_url="https://pictures.example.org",
        )

    def ask(self, library, whom):
        with library.writing(ANONYMOUS) as tx:
            accounts.request_reset(tx, whom)
        handlers = {passwords.RESET_JOB: accounts.send_reset}
        return jobs.Worker(library, handlers, threads=0).run_pending()

    def token(self, mails):
        text = mails.mails[-1].replace("=\n", "").replace("=\r\n", "").replace("=3D", "=")
        return text.split("/reset?token=")[1].split()[0]

    def test_a_mailed_link_sets_a_password_once(self, library, mails, clock):
        sign_up(library, email="bob@example.org")
        assert self.ask(library, "nobody@example.org") == 0
        assert self.ask(library, "BOB") == 1
        assert "bob@example.org" in mails.mails[0]
        token = self.token(mails)
        for wrong in ("wrong", ""):
            with pytest.raises(Unauthenticated):
                accounts.complete_reset(library, wrong, build.PASSWORD)
        accounts.complete_reset(library, token, build.PASSWORD)
        with pytest.raises(Unauthenticated):
            accounts.complete_reset(library, token, NEW)
        log_in(library, "Bob")
        self.ask(library, "bob@example.org")
        clock.advance(passwords.RESET_LIFETIME_S + 1)
        with pytest.raises(Unauthenticated):
            accounts.complete_reset(library, self.token(mails), NEW)


# Roles and states.


def test_roles_are_given_by_administrators_and_one_always_stays(library, alice):
    key = build.key(library, alice)
    admin = build.account(library, "Root", Role.ADMIN)
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        accounts.set_role(tx, alice.account_id, Role.ADMIN)
    with library.writing(admin) as tx:
        accounts.set_role(tx, alice.account_id, Role.MODERATOR)
        for act in (
            lambda: accounts.set_role(tx, admin.account_id, Role.USER),
            lambda: accounts.suspend(tx, admin.account_id),
            lambda: accounts.set_role(tx, alice.account_id, Role.ANONYMOUS),
        ):
            with pytest.raises(Invalid):
                act()
        with pytest.raises(NotFound):
            accounts.set_role(tx, 999, Role.USER)
    assert by_key(library, key).is_moderator


def test_a_suspended_account_is_refused_everywhere_until_reinstated(library, alice):
    key, begun = build.key(library, alice), log_in(library)
    with library.writing(SYSTEM) as tx:
        accounts.suspend(tx, alice.account_id)
    with pytest.raises(Forbidden):
        by_key(library, key)
    assert by_session(library, begun.token) is None
    with pytest.raises(Unauthenticated):
        log_in(library)
    with pytest.raises(NotFound), library.reading(ANONYMOUS) as tx:
        accounts.profile(tx, alice.account_id)
    with library.writing(SYSTEM) as tx:
        accounts.reinstate(tx, alice.account_id)
    assert by_key(library, key).name == "Alice"


def test_a_profile_shows_what_everybody_may_see(library, alice):
    carol = build.account(library, "J. Carol", Role.MODERATOR)
    with library.writing(carol) as tx:
        accounts.edit(tx, description="hello", email="c@example.org", is_role_hidden=True)
        for wrong in ({"description": "x" * 10_001}, {"email": "x"}):
            with pytest.raises(Invalid):
                accounts.edit(tx, **wrong)
    with library.reading(alice) as tx:
        shown = accounts.profile(tx, carol.account_id)
        assert accounts.profile_by_slug(tx, "J-dot-+Carol") == shown
        for missing in (999, -1, 2**70):
            with pytest.raises(NotFound):
                accounts.profile(tx, missing)
        with pytest.raises(NotFound):
            accounts.profile_by_slug(tx, "\0")
        with pytest.raises(NotFound):
            accounts.get(tx, carol.account_id)
        assert accounts.get(tx, alice.account_id).name == "Alice"
        with pytest.raises(Forbidden):
            accounts.find_all(tx)
    assert (shown.role, shown.slug, shown.description) == (Role.USER, "J-dot-+Carol", "hello")


def test_bans_name_accounts_addresses_and_fingerprints(library, alice, clock):
    def banned(**values):
        actor = Actor(**{"role": Role.USER, "account_id": alice.account_id} | values)
        with library.reading(actor) as tx:
            return accounts.is_banned(tx)

    assert not banned()
    with library.writing(SYSTEM) as tx:
        for ban in (
            {"network": "2001:db8::/32"},
            {"network": "nonsense"},
            {"fingerprint": "f1"},
            {"account_id": alice.account_id, "until_at": tx.now + 1_000_000},
        ):
            tx.execute(insert(schema.bans).values(created_at=0, **ban))
    assert banned()
    clock.advance(2)
    assert not banned()
    assert banned(address="2001:db8::7")
    assert not banned(address="2001:db9::7")
    assert banned(fingerprint="f1")
    assert not banned(fingerprint="f2")


# Watching.


def test_a_watch_list_takes_tags_and_queries(library, alice):
    dog, cat = rows.tag_ids(library, "dog", "cat")
    with library.writing(alice) as tx:
        found = accounts.watch(tx, add=["Dog", "cat", "nowhere"], query="dog\nscore.gte:5")
        assert (found.tags, set(found.tag_ids)) == (("cat", "dog"), {dog, cat})
        accounts.watch(tx, remove=["cat"], exclude_query="explicit", is_without_spoilered=True)
    with library.reading(alice) as tx:
        found = accounts.watched(tx)
    assert (found.tags, found.query, found.exclude_query) == (
        ("dog",),
        "dog\nscore.gte:5",
        "explicit",
    )
    assert found.is_without_spoilered
    for wrong in ("my:watched", "(dog", "x" * 70_000):
        with pytest.raises(Invalid) as caught, library.writing(alice) as tx:
            accounts.watch(tx, query=wrong)
        assert list(caught.value.fields) == ["query"]
    with pytest.raises(Unauthenticated), library.reading(ANONYMOUS) as tx:
        accounts.watched(tx)


# One's own data.


def furnish(library, alice):
    """Give an account some of everything; return its public and its private image."""
    public = rows.image(library, owner=alice)
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    foreign = rows.image(library)
    with library.writing(SYSTEM) as tx:
        tx.execute(
            update(schema.accounts)
            .where(schema.accounts.c.id == alice.account_id)
            .values(upload_count=1, uploaded_bytes=2)
        )
    with library.writing(alice) as tx:
        votes.fave(tx, foreign)
        votes.hide(tx, foreign)
        votes.vote(tx, public, -1)
        votes.subscribe(tx, public)
        labels.edit(tx, foreign, add=["brown"])
        made = filters.create(tx, name="mine", is_public=True, hidden_tags=["brown"])
        filters.choose(tx, made.id)
        gallery = own_data.galleries.create(tx, title="Best")
        own_data.galleries.add(tx, gallery.id, foreign)
        accounts.watch(tx, add=["brown"])
        accounts.add_key(tx, "k")
    return public, private, foreign


def test_one_takes_everything_along(library, alice):
    public, private, foreign = furnish(library, alice)
    with library.reading(alice) as tx:
        data = accounts.export_own(tx)
    assert data["account"]["name"] == "Alice"
    assert data["account"]["created_at"] == "2026-01-01T12:00:00Z"
    assert [i["id"] for i in data["uploads"]] == [public, private]
    assert {(v["image_id"], v["value"]) for v in data["votes"]} == {(foreign, 1), (public, -1)}
    assert [f["image_id"] for f in data["faves"]] == [foreign]
    assert data["tag_changes"][0]["tag_name"] == "brown"
    assert data["galleries"][0]["image_ids"] == [foreign]
    assert data["watching"]["tags"] == ("brown",)
    assert data["filters"][0]["name"] == "mine"
    assert {k["name"] for k in data["keys"]} == {"first key", "k"}
    text = msgspec.json.encode(data).decode()
    assert "argon2" not in text


@pytest.mark.parametrize("with_uploads", [False, True])
def test_one_leaves_without_a_name_behind(library, alice, with_uploads):
    public, _, foreign = furnish(library, alice)
    key, begun = build.key(library, alice), log_in(library)
    with pytest.raises(Unauthenticated):
        accounts.deactivate(library, alice, "wrong")
    accounts.deactivate(library, alice, build.PASSWORD, with_uploads=with_uploads)
    assert by_key(library, key) is None
    assert by_session(library, begun.token) is None
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []
        image = schema.images.c
        left = tx.all(select(image.id).where(~image.is_deleted_by_owner).order_by(image.id))
        found = accounts.get(tx, alice.account_id)
        assert own_data.galleries.of_image(tx, foreign) == []
        assert [c.account_name for c in labels.history(tx, foreign)] == [found.name]
    kept = [foreign] if with_uploads else [public, foreign]
    assert [image_id for (image_id,) in left] == kept
    assert (found.name, found.email, found.filter_id) == (f"deleted-{found.id}", None, None)
    again = build.account(library, "Alice")
    assert again.account_id != alice.account_id


def test_the_last_administrator_stays(library):
    admin = build.account(library, "Root", Role.ADMIN)
    with pytest.raises(Invalid):
        accounts.deactivate(library, admin, build.PASSWORD)


def test_a_moderator_renames_and_gives_titles(library, alice):
    mary = build.account(library, "Mary", Role.MODERATOR)
    root = build.account(library, "Root", Role.ADMIN)
    with library.writing(alice) as tx:
        for act in (accounts.rename, accounts.set_title):
            with pytest.raises(Forbidden):
                act(tx, alice.account_id, "Queen")
    with library.writing(mary) as tx:
        assert accounts.rename(tx, alice.account_id, "ALICE").name == "ALICE"
        assert accounts.rename(tx, alice.account_id, " Ann-Dash  Lee ").name == "Ann-Dash Lee"
        found = accounts.profile_by_slug(tx, tags.slug_of("ann-dash lee"))
        for wrong in ("mary", "", "a\0", "\u200b", "Background Pony #1", "x" * 51):
            with pytest.raises(Invalid):
                accounts.rename(tx, alice.account_id, wrong)
        with pytest.raises(NotFound):
            accounts.profile_by_slug(tx, "Alice")
        with pytest.raises(Forbidden):
            accounts.rename(tx, root.account_id, "Stem")
        with pytest.raises(NotFound):
            accounts.rename(tx, 999, "Stem")
        with pytest.raises(Invalid):
            accounts.set_title(tx, alice.account_id, "x" * 101)
        accounts.set_title(tx, alice.account_id, " Queen of  hearts ")
        found = accounts.profile(tx, alice.account_id)
        accounts.rename(tx, mary.account_id, "Alice")
    assert (found.id, found.title, found.avatar) == (alice.account_id, "Queen of hearts", None)
    assert (found.comment_count, found.post_count, found.topic_count) == (0, 0, 0)

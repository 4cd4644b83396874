"""Forums: what is discussed where, one topic with its posts and poll, and what may be done."""

from collections.abc import Callable
from typing import Any

from menagerie.core import find, rights
from menagerie.core.people import following
from menagerie.core.people.following import Followed
from menagerie.core.talk import forums, polls, posts, topics
from menagerie.core.talk.topics import Topic
from menagerie.errors import Invalid, QueryError
from menagerie.http.answers import Answer
from menagerie.http.parameters import as_texts, identifier, leading_integer
from menagerie.library import SECOND, Tx
from menagerie.storage.schema import ForumAccess, NewsKind, PollMethod
from menagerie.web import news, shapes, talk
from menagerie.web.render import segment, url
from menagerie.web.texts import FORUM_ACCESS, marked
from menagerie.web.visit import Form, Visit, read_lines
from menagerie.web.wordings import Wordings

PER_PAGE = 25
_DAY = 24 * 3600 * SECOND
_POLL_DAYS = "7"


# Forums.


def index(visit: Visit) -> Answer:
    """Show the forums and what was discussed last."""
    return _index(visit, Form(shown=("name", "short_name", "description")), 200)


def _index(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        found = forums.find_all(tx)
        recent = topics.recent(tx, limit=10)
    return visit.page(
        "forums.html",
        status,
        forums=found,
        recent=[_listed(visit, topic) for topic in recent],
        form=form,
        access=FORUM_ACCESS,
    )


def create_forum(visit: Visit) -> Answer:
    """Make a forum; for administrators."""
    try:
        with visit.writing() as tx:
            made = forums.create(
                tx,
                visit.form("name"),
                visit.form("short_name"),
                description=visit.form("description"),
                access=visit.form("access") or ForumAccess.NORMAL,
            )
    except Invalid as error:
        shown = ["name", "short_name", "description", "access"]
        return _index(visit, visit.sent(shown=shown, error=error), 422)
    return visit.go(f"/forums/{segment(made.short_name)}", "saved")


def edit_forum(visit: Visit) -> Answer:
    """Change what a forum is called and who reads it, or delete an empty one."""
    short_name = visit.call.text("forum")
    if visit.form("action") == "delete":
        with visit.writing() as tx:
            forums.delete(tx, short_name)
        return visit.go("/forums", "deleted")
    with visit.writing() as tx:
        changed = forums.edit(
            tx,
            short_name,
            name=visit.form("name"),
            description=visit.form("description"),
            access=visit.form("access"),
        )
    return visit.go(f"/forums/{segment(changed.short_name)}", "saved")


def forum(visit: Visit) -> Answer:
    """Show the topics of a forum, the sticky ones first."""
    number = visit.page_number()
    with visit.reading() as tx:
        found = forums.get(tx, visit.call.text("forum"))
        listed, total = topics.of_forum(
            tx,
            found,
            limit=PER_PAGE,
            offset=(number - 1) * PER_PAGE,
            with_hidden=visit.actor.is_assistant,
        )
        follows = visit.actor.is_signed_in and following.follows(tx, Followed.FORUM, found.id)
    news.seen(visit, found.id, NewsKind.TOPIC)
    here = f"/forums/{segment(found.short_name)}"
    values = {"name": found.name, "description": found.description, "access": found.access}
    return visit.page(
        "forum.html",
        forum=found,
        here=here,
        topics=[_listed(visit, topic) for topic in listed],
        pages=shapes.pages(number, total, PER_PAGE, lambda n: url(here, page=n if n > 1 else None)),
        follows=follows,
        access=FORUM_ACCESS,
        form=Form(values),
    )


def _listed(visit: Visit, topic: Topic) -> dict[str, Any]:
    """Return what a list shows of a topic."""
    return {
        "topic": topic,
        "href": _href(topic),
        "author": talk.author(topic, visit.actor, visit.library.settings),
        "replies": max(0, topic.post_count - 1),
        "last": f"{_href(topic)}?post={topic.last_post_id}#post-{topic.last_post_id}",
    }


def _href(topic: Topic) -> str:
    return f"/forums/{segment(topic.forum_short_name)}/topics/{segment(topic.slug)}"


# One topic.


def topic(visit: Visit) -> Answer:
    """Show one page of a topic."""
    return _topic(visit, Form(shown=("body",)), 200)


def _topic(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        found = topics.get(tx, visit.call.text("forum"), visit.call.text("slug"))
        number = _page_asked(visit, tx)
        listed = posts.of_topic(tx, found, page=number, per_page=PER_PAGE)
        is_locked = found.locked_at is not None
        context = {
            "topic": found,
            "here": _href(found),
            "forum_href": f"/forums/{segment(found.forum_short_name)}",
            "author": talk.author(found, visit.actor, visit.library.settings),
            "said": talk.said(tx, listed, is_locked=is_locked),
            "poll": polls.of_topic(tx, found.id) if found.poll_id is not None else None,
            "follows": visit.actor.is_signed_in and following.follows(tx, Followed.TOPIC, found.id),
            "forums": forums.find_all(tx) if visit.actor.is_moderator else [],
            "is_locked": is_locked,
            "may_answer": visit.actor.is_signed_in and (not is_locked or visit.actor.is_moderator),
            "form": form,
        }
    if status == 200:
        topics.viewed(visit.library, found.id)
        news.seen(visit, found.id, NewsKind.POST, NewsKind.POST_MENTION)
    here = _href(found)
    pages = shapes.pages(
        number, found.post_count, PER_PAGE, lambda n: url(here, page=n if n > 1 else None)
    )
    return visit.page("topic.html", status, pages=pages, **context)


def _page_asked(visit: Visit, tx: Tx) -> int:
    """Return the page asked for, or the one on which the post asked for stands."""
    wanted = leading_integer(visit.call.text("post"))
    found = posts.find_many(tx, [wanted]) if wanted else []
    return found[0].position // PER_PAGE + 1 if found else visit.page_number()


def new_topic(visit: Visit) -> Answer:
    """Show the form for a topic."""
    with visit.reading() as tx:
        rights.require_account(tx)
    values = {"poll_days": _POLL_DAYS, "poll_method": PollMethod.SINGLE.value}
    return _new_topic(visit, Form(values, {}, _TOPIC_FIELDS), 200)


_TOPIC_FIELDS = ("title", "body", "poll_title", "poll_options", "poll_days", "poll_method")


def _new_topic(visit: Visit, form: Form, status: int) -> Answer:
    with visit.reading() as tx:
        found = forums.get(tx, visit.call.text("forum"))
    here = f"/forums/{segment(found.short_name)}"
    return visit.page("topic_new.html", status, forum=found, here=here, form=form)


def create_topic(visit: Visit) -> Answer:
    """Begin a topic, with a poll if one was asked for."""
    try:
        with visit.writing() as tx:
            made = topics.create(
                tx,
                visit.call.text("forum"),
                title=visit.form("title"),
                body=visit.form("body"),
                is_anonymous=visit.form("anonymous") == "1",
                poll=_draft(visit, tx),
            )
    except Invalid as error:
        fields = {_POLL_FIELDS.get(name, name): found for name, found in error.fields.items()}
        return _new_topic(visit, visit.sent(shown=_TOPIC_FIELDS, error=Invalid(fields)), 422)
    return visit.go(_href(made))


_POLL_FIELDS = {
    "poll": "poll_options",
    "options": "poll_options",
    "method": "poll_method",
    "until_at": "poll_days",
    "poll_until_at": "poll_days",
}


def _draft(visit: Visit, tx: Tx) -> polls.Draft | None:
    options = read_lines(visit.form("poll_options"))
    if not options and not visit.form("poll_title").strip():
        return None
    days = leading_integer(visit.form("poll_days"))
    if days is None or not 0 < days <= 3650:
        raise Invalid({"poll_days": [marked("must be a number of days, from 1 on")]})
    return polls.Draft(
        title=visit.form("poll_title"),
        options=tuple(options),
        method=visit.form("poll_method") or PollMethod.SINGLE,
        until_at=tx.now_s + days * _DAY,
    )


def answer(visit: Visit) -> Answer:
    """Say something in a topic."""
    try:
        with visit.writing() as tx:
            found = topics.get(tx, visit.call.text("forum"), visit.call.text("slug"))
            made = posts.create(
                tx, found.id, visit.form("body"), is_anonymous=visit.form("anonymous") == "1"
            )
    except Invalid as error:
        return _topic(visit, visit.sent(shown=["body"], error=error), 422)
    notice = "" if made.is_approved else "post-waits"
    return visit.go(f"{_href(found)}?post={made.id}#post-{made.id}", notice)


def vote(visit: Visit) -> Answer:
    """Answer the poll of a topic."""
    chosen = [identifier(text) for text in as_texts(visit.call.form.get("option"))]
    with visit.writing() as tx:
        found = topics.get(tx, visit.call.text("forum"), visit.call.text("slug"))
        if found.poll_id is None:
            raise Invalid({"poll": [marked("there is none")]})
        polls.vote(tx, found.poll_id, chosen)
    return visit.go(f"{_href(found)}#poll")


def follow_forum(visit: Visit) -> Answer:
    """Be told of new topics in a forum, or no longer."""
    with visit.writing() as tx:
        found = forums.get(tx, visit.call.text("forum"))
        _follow(visit, tx, Followed.FORUM, found.id)
    return visit.go(f"/forums/{segment(found.short_name)}")


def follow_topic(visit: Visit) -> Answer:
    """Be told of new posts in a topic, or no longer."""
    with visit.writing() as tx:
        found = topics.get(tx, visit.call.text("forum"), visit.call.text("slug"))
        _follow(visit, tx, Followed.TOPIC, found.id)
    return visit.go(_href(found))


def _follow(visit: Visit, tx: Tx, what: Followed, subject_id: int) -> None:
    change = following.follow if visit.form("value") == "1" else following.unfollow
    change(tx, what, subject_id)


_ACTS: dict[str, Callable[[Tx, int], Topic]] = {
    "unlock": topics.unlock,
    "stick": topics.stick,
    "unstick": topics.unstick,
    "unhide": topics.unhide,
}


def moderate_topic(visit: Visit) -> Answer:
    """Lock, stick, hide, rename or move a topic, or take that back."""
    action = visit.form("action")
    with visit.writing() as tx:
        found = topics.get(tx, visit.call.text("forum"), visit.call.text("slug"))
        if action in _ACTS:
            changed = _ACTS[action](tx, found.id)
        elif action == "lock":
            changed = topics.lock(tx, found.id, visit.form("reason"))
        elif action == "hide":
            changed = topics.hide(tx, found.id, visit.form("reason"))
        elif action == "rename":
            changed = topics.edit_title(tx, found.id, visit.form("title"))
        elif action == "move":
            changed = topics.move(tx, found.id, visit.form("forum"))
        elif action in {"hide_poll", "unhide_poll"} and found.poll_id is not None:
            (polls.hide if action == "hide_poll" else polls.unhide)(tx, found.poll_id)
            changed = found
        else:
            raise Invalid({"action": [marked("is not one of the actions")]})
    return visit.go(_href(changed), "saved")


# Posts.


def every(visit: Visit) -> Answer:
    """Show the posts that a query finds, the newest first; without one, all of them."""
    number, query, wrong = visit.page_number(), visit.query.strip(), None
    with visit.reading() as tx:
        try:
            found = find.posts(tx, query or "*", page=number, per_page=PER_PAGE)
        except QueryError as error:
            found, wrong = find.Found([], 0, 0), shapes.wrong(error, query)
        listed = posts.find_many(tx, found.ids)
        rows = list(zip(listed, talk.said(tx, listed), strict=True))
    return visit.page(
        "posts.html",
        422 if wrong else 200,
        rows=rows,
        found=found,
        wrong=wrong,
        pages=shapes.pages(
            number,
            found.total,
            PER_PAGE,
            lambda n: url("/posts", q=query, page=n if n > 1 else None),
        ),
    )


def post(visit: Visit) -> Answer:
    """Send the visitor to a post, on whichever page of its topic it stands."""
    with visit.reading() as tx:
        found = posts.get(tx, visit.call.path_id())
        within = topics.get_by_id(tx, found.topic_id)
    return visit.go(f"{_href(within)}?post={found.id}#post-{found.id}")


def _home(tx: Tx, post: posts.Post) -> str:
    return _href(topics.get_by_id(tx, post.topic_id))


wordings = Wordings(posts, "post", _home)

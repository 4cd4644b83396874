"""Which status each role gets on each route about people, their talk and keeping order.

Statuses stand for: anonymous, user (Alice, whose most things are), other (Bob), assistant,
moderator, admin, and somebody who is banned. Names in braces are ids of `booru_talk.Talk`.
"""

from typing import Any, NamedTuple

OK = (200,) * 7
NONE = (404,) * 7
SIGNED = (401, 200, 200, 200, 200, 200, 403)
"""Whoever has an account and is not shut out."""

OWN = (401, 200, 200, 200, 200, 200, 200)
"""What is between an account and the library alone; a ban does not matter."""

ASSISTANT = (401, 403, 403, 200, 200, 200, 403)
MODERATOR = (401, 403, 403, 403, 200, 200, 403)
MINE = (401, 200, 403, 403, 200, 200, 403)
"""Its owner, and moderators."""

READS: dict[str, tuple[int, ...]] = {
    "/comments/{comment}": OK,
    "/comments/{comment_hidden}": OK,
    "/comments/{comment_destroyed}": NONE,
    "/comments/{comment_waiting}": (404, 404, 200, 404, 200, 200, 404),
    "/comments/{comment_gone}": (403, 403, 403, 403, 403, 403, 403),
    "/comments/{comment_edited}/history": OK,
    "/comments/{comment_hidden}/history": (404, 404, 404, 200, 200, 200, 404),
    "/search/comments?q=*": OK,
    "/posts/{post}": OK,
    "/posts/{post_third}": OK,
    "/posts/{post_fourth}": NONE,
    "/posts/{post_of_hidden}": NONE,
    "/posts/{post_of_staff}": NONE,
    "/posts/{post_fifth}/history": OK,
    "/search/posts?q=*": OK,
    "/search/galleries?q=*": OK,
    "/galleries/{gallery}": OK,
    "/forums": OK,
    "/forums/general": OK,
    "/forums/staff": NONE,
    "/forums/general/topics": OK,
    "/forums/staff/topics": OK,
    "/forums/general/topics/{topic}": OK,
    "/forums/meta/topics/{topic}": NONE,
    "/forums/general/topics/{topic_hidden}": NONE,
    "/forums/staff/topics/{topic_staff}": NONE,
    "/forums/general/topics/{topic}/posts": OK,
    "/forums/general/topics/{topic_hidden}/posts": NONE,
    "/forums/general/topics/{topic}/posts/{post}": OK,
    "/forums/meta/topics/{sticky}/posts/{post}": NONE,
    "/forums/general/topics/{topic}/poll": OK,
    "/profiles/1": OK,
    "/notifications": OWN,
    "/conversations": OWN,
    "/conversations/{conversation}": (401, 200, 200, 404, 404, 404, 404),
    "/moderation/queue": MODERATOR,
    "/moderation/log": MODERATOR,
    "/duplicates": MODERATOR,
}


class Write(NamedTuple):
    """A call that changes something, made by one role after the other."""

    method: str
    path: str
    statuses: tuple[int, ...]
    body: Any = None
    late: tuple[int, ...] = (200,)
    """Who gets these comes after the others, in this order."""


_SUBSCRIBED = ("/images/{image_plain}", "/galleries/{gallery}", "/forums/general",
               "/forums/general/topics/{topic}")  # fmt: skip
_REPORTED = ("/images/{image_plain}", "/comments/{comment}", "/posts/{post}", "/profiles/1",
             "/galleries/{gallery}")  # fmt: skip
_TOPIC = "/forums/general/topics/{topic}"
_LETTER = (401, 200, 200, 404, 404, 404, 404)
WRITES: tuple[Write, ...] = (
    Write("POST", "/images/{image_plain}/comments", SIGNED, {"comment": {"body": "New"}}),
    Write("POST", "/images/{image_plain}/comments", (401, 400, 400, 400, 400, 400, 403)),
    Write("PATCH", "/comments/{comment_cat}", MINE, {"comment": {"body": "Purr"}}),
    Write("DELETE", "/comments/{comment_cat}", ASSISTANT, {"reason": "no"}),
    Write("POST", "/comments/{comment_cat}/restore", ASSISTANT),
    Write("POST", "/forums/general/topics", SIGNED,
          {"topic": {"title": "New one", "body": "Words", "anonymous": True}}),
    Write("POST", "/forums/staff/topics", (401, 404, 404, 404, 200, 200, 404),
          {"topic": {"title": "New one", "body": "Words"}}),
    Write("POST", _TOPIC + "/posts", SIGNED, {"post": {"body": "New"}}),
    Write("PATCH", _TOPIC, MINE, {"topic": {"title": "A title"}}),
    Write("POST", _TOPIC + "/poll/votes", (401, 200, 200, 200, 200, 200, 403),
          {"option_ids": [1]}),
    Write("POST", _TOPIC + "/lock", ASSISTANT, {"reason": "no"}),
    Write("DELETE", _TOPIC + "/lock", ASSISTANT),
    Write("POST", _TOPIC + "/stick", ASSISTANT),
    Write("DELETE", _TOPIC + "/stick", ASSISTANT),
    Write("DELETE", _TOPIC, ASSISTANT, {"reason": "no"}),
    Write("POST", _TOPIC + "/restore", (401, 404, 404, 200, 200, 200, 404)),
    Write("PATCH", "/posts/{post_fifth}", MINE, {"post": {"body": "Changed", "reason": "x"}}),
    Write("DELETE", "/posts/{post_fifth}", ASSISTANT, {"reason": "no"}),
    Write("POST", "/posts/{post_fifth}/restore", ASSISTANT),
    *(Write("POST", path + "/subscription", OWN) for path in _SUBSCRIBED),
    *(Write("DELETE", path + "/subscription", OWN) for path in _SUBSCRIBED),
    *(Write("POST", path + "/reports", (200, 200, 200, 200, 200, 200, 403),
            {"report": {"reason": "Spam"}}) for path in _REPORTED),
    Write("POST", "/notifications/read", OWN),
    Write("POST", "/notifications/read", (401, 400, 400, 400, 400, 400, 400), {"kind": "x"}),
    Write("DELETE", "/notifications/999", (401, 404, 404, 404, 404, 404, 404)),
    Write("POST", "/conversations", (401, 200, 200, 200, 200, 200, 403),
          {"conversation": {"to": "Bert", "title": "Hello", "body": "Words"}}),
    Write("POST", "/conversations/{conversation}/messages", (401, 200, 200, 404, 404, 404, 403),
          {"message": {"body": "Yes"}}),
    *(Write(method, "/conversations/{conversation}" + tail, _LETTER)
      for tail in ("/read", "/hide") for method in ("POST", "DELETE")),
    Write("POST", "/galleries", SIGNED, {"gallery": {"title": "New", "anonymous": True}}),
    Write("PATCH", "/galleries/{gallery}", MINE, {"gallery": {"description": "Better"}}),
    Write("PUT", "/galleries/{gallery}/order", MINE,
          {"image_ids": ["{image_other}", "{image_plain}"]}),
    Write("DELETE", "/galleries/{gallery}/images/{image_other}", MINE),
    Write("POST", "/galleries/{gallery}/images/{image_other}", MINE),
    Write("POST", "/images/{image_other}/duplicates", (401, 200, 400, 400, 400, 400, 403),
          {"duplicate": {"of_id": "{image_plain}", "reason": "Same"}}, (200, 400)),
    Write("POST", "/moderation/queue/duplicate/1", (401, 403, 403, 403, 200, 400, 403),
          {"action": "claim"}, (200, 400)),
    Write("POST", "/moderation/queue/nothing/1", (401, 403, 403, 403, 404, 404, 403),
          {"action": "claim"}),
    Write("POST", "/moderation/log/999999/undo", (401, 403, 403, 403, 404, 404, 403)),
    Write("PUT", "/moderation/tags", ASSISTANT,
          {"image_ids": ["{image_plain}"], "add": "brown", "remove": ""}),
    Write("DELETE", "/galleries/{gallery_anonymous}", (401, 200, 403, 403, 404, 404, 403),
          None, (200, 404)),
)  # fmt: skip

"""Questions to a vision-language model over an OpenAI-compatible endpoint.

What is asked, and the form of the answer, are files in `prompts/`. The endpoint is the operator's
choice (Ollama, vLLM, llama.cpp, a hosted one), so it is trusted with pictures but not with time or
memory: answers are bounded, redirects refused, and nothing it says but a valid answer gets out.
"""

import base64
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, Self, TypeVar

import httpx
import msgspec
from msgspec import Meta

from menagerie.errors import Unavailable
from menagerie.settings import Settings

T = TypeVar("T")

ATTEMPTS = 3
MOST_PICTURES = 6
"""Photographs that go with one question."""
PICTURE_PX = 768
"""The longer side of a photograph that goes with a question."""
_PROMPTS = Path(__file__).parent / "prompts"
_ANSWER_BYTES = 1 << 20
_PICTURE_BYTES = 32 << 20
_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_PORTRAIT_SIZE = "1024x1024"
# What endpoints answer that have no way to edit pictures.
_NOT_OFFERED = frozenset({400, 404, 405, 501})
_FENCED = re.compile(rb"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)

Text = Annotated[str, Meta(min_length=1, max_length=5000)]
Months = Annotated[int, Meta(ge=0, le=480)]


class BodyCondition(msgspec.Struct, frozen=True):
    """A body condition score, 1 (emaciated) to 9 (obese)."""

    score: Annotated[int, Meta(ge=1, le=9)]
    reasons: Text


class Age(msgspec.Struct, frozen=True):
    """An age in months, and the bounds that are still believed."""

    age_months: Months
    youngest_months: Months
    oldest_months: Months
    reasons: Text


class Muscle(msgspec.Struct, frozen=True):
    """Whether there are signs of lost muscle."""

    wasting_risk_flag: bool
    reasons: Text


class Weight(msgspec.Struct, frozen=True):
    """A weight in kilograms."""

    weight_kg: Annotated[float, Meta(gt=0, le=150)]
    reasons: Text


class Descriptions(msgspec.Struct, frozen=True):
    """Four texts about a pet."""

    fun_description: Text
    fun_caption: Text
    happy_sentence: Text
    breed_fact: Text


class Question(msgspec.Struct, Generic[T], frozen=True):
    """What can be asked: the name of its files in `prompts/`, and the form of the answer."""

    name: str
    answer: type[T]

    @property
    def prompt(self) -> str:
        """What the model is told."""
        return prompt_text(self.name)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the answer."""
        found: dict[str, Any] = msgspec.json.decode((_PROMPTS / f"{self.name}.json").read_bytes())
        return found


BODY_CONDITION = Question("body_condition", BodyCondition)
AGE = Question("age", Age)
MUSCLE = Question("muscle", Muscle)
WEIGHT = Question("weight", Weight)
DESCRIPTIONS = Question("descriptions", Descriptions)


@cache
def prompt_text(name: str) -> str:
    """Return a text of `prompts/`."""
    return (_PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


@cache
def portrait_prompts() -> dict[str, str]:
    """Return what to ask for, by style."""
    found: dict[str, str] = msgspec.json.decode((_PROMPTS / "portraits.json").read_bytes())
    return found


class Failure(StrEnum):
    """Why an attempt gave nothing."""

    AWAY = "cannot be reached"
    SLOW = "took too long to answer"
    BUSY = "has too much to do"
    BROKEN = "failed"
    REFUSED = "refused the question; see analyst_key and analyst_model"
    ELSEWHERE = "sends us elsewhere; analyst_url must be the final address"
    LARGE = "sent too long an answer"
    WRONG = "gave no answer of the asked form"


_WORTH_REPEATING = frozenset({Failure.AWAY, Failure.BUSY, Failure.BROKEN, Failure.WRONG})


class FailedAttemptError(Exception):
    """The private cause of an `Unavailable`: never holds what the endpoint said, nor the key."""

    def __init__(self, failure: Failure, *, status: int = 0, pause_s: float | None = None) -> None:
        super().__init__(f"{failure} (status {status})" if status else str(failure))
        self.failure = failure
        self.status = status
        self.pause_s = pause_s


class Analyst:
    """The endpoint that the settings name. Raises Unavailable if they name none."""

    def __init__(self, settings: Settings) -> None:
        if not settings.analyst_url:
            raise Unavailable(
                "This needs a vision-language model: set analyst_url (and analyst_model) to an"
                " OpenAI-compatible endpoint."
            )
        self._url = settings.analyst_url.rstrip("/")
        self._key = settings.analyst_key
        self._model = settings.analyst_model
        self._images_model = settings.analyst_images_model
        self._timeout_s = float(settings.analyst_timeout)

    @property
    def name(self) -> str:
        """The model that looks at pictures."""
        return self._model or "analyst"

    def ask(
        self, question: Question[T], pictures: Sequence[bytes], facts: Mapping[str, object]
    ) -> T:
        """Ask about JPEGs, given what is known as plain values; retries what may pass.

        Takes at most the setting `analyst_timeout` in all. Raises Unavailable.
        """
        body = {
            "model": self._model,
            "messages": _messages(question.prompt, pictures, facts),
            "temperature": 0.2,
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": question.name,
                    "strict": True,
                    "schema": question.schema,
                },
            },
        }
        if not self._model:
            del body["model"]  # a server with one model needs no name, and refuses an empty one

        def once(line: "_Line") -> T:
            data = self._post(line, "/chat/completions", json=body)
            return _read_answer(data, question.answer)

        return self._tried(once)

    def portray(self, style: str, picture: bytes, facts: str) -> bytes:
        """Return a portrait of who is in a JPEG, in a style, as the endpoint encodes it.

        One that cannot edit pictures is asked for a new one, by words alone. Raises Unavailable.
        """
        asked = portrait_prompts()
        wish = {
            "model": self._images_model,
            "prompt": f"{asked['about']} {asked[style]} {facts}",
            "size": _PORTRAIT_SIZE,
            "n": 1,
            "response_format": "b64_json",
        }

        def once(line: "_Line") -> bytes:
            fields = {name: str(value) for name, value in wish.items()}
            files = {"image": ("photo.jpg", picture, "image/jpeg")}
            limit = {"limit": _PICTURE_BYTES}
            try:
                data = self._post(line, "/images/edits", data=fields, files=files, **limit)
            except FailedAttemptError as error:
                if error.status not in _NOT_OFFERED:
                    raise
                data = self._post(line, "/images/generations", json=wish, **limit)
            return _read_picture(data)

        return self._tried(once)

    def _tried(self, once: "Callable[[_Line], T]") -> T:
        """Do something until it succeeds, in bounded time."""
        with _Line(self._key, time.monotonic() + self._timeout_s) as line:
            for attempt in range(ATTEMPTS):
                try:
                    return once(line)
                except FailedAttemptError as error:
                    pause_s = _pause_s(error, attempt)
                    is_last = attempt == ATTEMPTS - 1 or time.monotonic() + pause_s > line.deadline
                    if is_last or error.failure not in _WORTH_REPEATING:
                        text = f"The vision-language model behind analyst_url {error.failure}."
                        raise Unavailable(text) from error
                time.sleep(pause_s)
        raise AssertionError("the last attempt raises")

    def _post(
        self, line: "_Line", path: str, *, limit: int = _ANSWER_BYTES, **content: Any
    ) -> bytes:
        """Return the body of a good answer; raises FailedAttemptError."""
        left_s = line.deadline - time.monotonic()
        if left_s <= 0:
            raise FailedAttemptError(Failure.SLOW)
        content |= {"timeout": left_s, "extensions": {"trace": line.notice}}
        try:
            with line.client.stream("POST", self._url + path, **content) as answer:
                _require_good(answer)
                return _bounded(answer, line.deadline, limit)
        except httpx.TimeoutException:
            raise FailedAttemptError(Failure.SLOW) from None
        except httpx.HTTPError:
            # Its text may hold the address, and with it a key.
            is_late = time.monotonic() >= line.deadline
            raise FailedAttemptError(Failure.SLOW if is_late else Failure.AWAY) from None


class _Line:
    """A client that is cut off at `deadline`, as time.monotonic() counts.

    A timeout of the client is between two bytes: headers that come one by one would last for days.
    """

    def __init__(self, key: str, deadline: float) -> None:
        # What is packed may unpack to gigabytes.
        headers = {"accept-encoding": "identity"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        # Proxies of the environment are nobody's setting here.
        self.client = httpx.Client(headers=headers, follow_redirects=False, trust_env=False)
        self.deadline = deadline
        self._sockets: list[socket.socket] = []
        self._guard = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut)
        self._guard.daemon = True

    def __enter__(self) -> Self:
        self._guard.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._guard.cancel()
        self.client.close()

    def notice(self, event: str, facts: Mapping[str, Any]) -> None:
        """Remember a connection that the client makes; it calls this for whatever happens."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._sockets.append(facts["return_value"].get_extra_info("socket"))

    def _cut(self) -> None:
        for connected in self._sockets:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def _messages(
    prompt: str, pictures: Sequence[bytes], facts: Mapping[str, object]
) -> list[dict[str, Any]]:
    known = msgspec.json.encode(facts).decode()
    text = f"{prompt}\n\nWhat is known about the pet, as JSON:\n{known}"
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]
    for picture in pictures[:MOST_PICTURES]:
        url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
        content.append({"type": "image_url", "image_url": {"url": url}})
    return [
        {"role": "system", "content": prompt_text("about")},
        {"role": "user", "content": content},
    ]


def _require_good(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == httpx.codes.OK:
        return
    if status == httpx.codes.TOO_MANY_REQUESTS:
        asked = answer.headers.get("retry-after", "")
        pause_s = float(asked) if asked.isascii() and asked.isdigit() else None
        raise FailedAttemptError(Failure.BUSY, status=status, pause_s=pause_s)
    if 300 <= status < 400:
        raise FailedAttemptError(Failure.ELSEWHERE, status=status)
    failure = Failure.BROKEN if status >= 500 else Failure.REFUSED
    raise FailedAttemptError(failure, status=status)


def _bounded(answer: httpx.Response, deadline: float, limit: int) -> bytes:
    """Read an answer that may be endless or come a byte at a time."""
    received = bytearray()
    for piece in answer.iter_raw():
        received += piece
        if len(received) > limit:
            raise FailedAttemptError(Failure.LARGE)
        if time.monotonic() > deadline:
            raise FailedAttemptError(Failure.SLOW)
    return bytes(received)


def _pause_s(error: FailedAttemptError, attempt: int) -> float:
    if error.pause_s is not None:
        return min(error.pause_s, _LONGEST_PAUSE_S)
    return float(_PAUSE_S * 2**attempt * random.uniform(0.8, 1.2))  # noqa: S311  # no secret


class _Message(msgspec.Struct):
    content: str


class _Choice(msgspec.Struct):
    message: _Message


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], Meta(min_length=1)]


class _Drawn(msgspec.Struct):
    b64_json: str


class _Drawings(msgspec.Struct):
    data: Annotated[list[_Drawn], Meta(min_length=1)]


def _read_answer(data: bytes, form: type[T]) -> T:
    try:
        said = msgspec.json.decode(data, type=_Completion).choices[0].message.content.encode()
        fenced = _FENCED.match(said)  # some models dress their JSON up whatever they are told
        return msgspec.json.decode(fenced[1] if fenced else said, type=form)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise FailedAttemptError(Failure.WRONG) from None


def _read_picture(data: bytes) -> bytes:
    try:
        encoded = msgspec.json.decode(data, type=_Drawings).data[0].b64_json
        return base64.b64decode(encoded, validate=True)
    except (msgspec.DecodeError, UnicodeError, ValueError):
        raise FailedAttemptError(Failure.WRONG) from None

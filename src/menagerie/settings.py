"""Every setting, in one table; the only reader of the environment.

Last wins: the default, `menagerie.toml` in the data folder, `MENAGERIE_NAME`, for secrets also
`MENAGERIE_NAME_FILE` (a file that holds the value), a flag of the command line.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from menagerie.errors import Invalid

CONFIG_FILE = "menagerie.toml"
PREFIX = "MENAGERIE_"
MIB = 1024 * 1024


class ReviewMode(StrEnum):
    """Who decides whether a new image is shown."""

    OPEN = "open"
    MODEL = "model"
    PERSON = "person"


class Registration(StrEnum):
    """Who may make an account."""

    OPEN = "open"
    INVITATION = "invitation"
    CLOSED = "closed"


class Lookalikes(StrEnum):
    """What becomes of a donation that looks like an image already here."""

    REFUSE = "refuse"
    ACCEPT = "accept"


class Option(NamedTuple):
    """One setting: its name, type, default, unit and one line of help."""

    name: str
    type: type
    default: object
    help: str
    unit: str = ""
    is_secret: bool = False
    choices: tuple[str, ...] = ()
    check: Callable[[Any], str | None] | None = None


def _at_least(least: float) -> Callable[[Any], str | None]:
    return lambda value: None if value >= least else f"must be at least {least}"


def _absolute_url(value: str) -> str | None:
    if not value or value.startswith(("http://", "https://")):
        return None
    return "must begin with http:// or https://"


_OPTIONS: tuple[Option, ...] = (
    Option("data", str, "menagerie-data", "Folder of the database, the files and menagerie.toml."),
    Option("host", str, "127.0.0.1", "Address to listen on; 0.0.0.0 for every one."),
    Option("port", int, 8000, "Port to listen on.", check=_at_least(0)),
    Option("workers", int, 1, "Server processes.", check=_at_least(1)),
    Option(
        "worker_threads",
        int,
        8,
        "Threads per process for work that writes or may take long.",
        check=_at_least(1),
    ),
    Option(
        "job_threads",
        int,
        2,
        "Threads that run jobs inside serve; 0 leaves them to `work`.",
        check=_at_least(0),
    ),
    Option(
        "decode_workers",
        int,
        0,
        "Child processes that decode pictures; 0 is one per core.",
        check=_at_least(0),
    ),
    Option(
        "decode_timeout", int, 120, "Longest decode or render of one file.", "s", check=_at_least(1)
    ),
    Option(
        "decode_memory",
        int,
        2048 * MIB,
        "Most memory of one decoding process.",
        "bytes",
        check=_at_least(256 * MIB),
    ),
    Option(
        "public_url",
        str,
        "",
        "Where the library is reached, such as https://pictures.example.org;"
        " empty: the address of each request.",
        check=_absolute_url,
    ),
    Option(
        "trusted_proxies",
        str,
        "127.0.0.1,::1",
        "Addresses or ranges whose X-Forwarded-* headers are believed, with commas.",
    ),
    Option("site_name", str, "Menagerie", "Name shown to people."),
    Option(
        "database_url",
        str,
        "",
        "SQLAlchemy URL; empty is SQLite in the data folder.",
        is_secret=True,
    ),
    Option(
        "files_url",
        str,
        "",
        "Object store, such as s3://bucket/prefix; empty is a folder in the data folder.",
    ),
    Option("files_key", str, "", "Access key of the object store.", is_secret=True),
    Option("files_secret", str, "", "Secret key of the object store.", is_secret=True),
    Option("files_endpoint", str, "", "Address of an S3-compatible server.", check=_absolute_url),
    Option("files_region", str, "us-east-1", "Region of the object store."),
    Option(
        "files_redirect", bool, False, "Send clients to presigned addresses of the object store."
    ),
    Option(
        "review",
        str,
        "model",
        "Who approves new images: open, nobody has to; model, the safety model, or else a person.",
        choices=tuple(ReviewMode),
    ),
    Option(
        "recognition",
        bool,
        True,
        "Look at new pictures with the models that come along; off: nothing is recognised,"
        " and `review` cannot be left to a model.",
    ),
    Option(
        "model_threads",
        int,
        1,
        "Processor threads of one model in one process.",
        check=_at_least(1),
    ),
    Option(
        "suggestion_threshold",
        int,
        50,
        "How sure a model must be before its suggestion is shown as a breed.",
        "%",
        check=_at_least(1),
    ),
    Option(
        "unsafe_threshold",
        int,
        80,
        "How sure the safety model must be before a picture waits for a person.",
        "%",
        check=_at_least(1),
    ),
    Option(
        "analyst_url",
        str,
        "",
        "OpenAI-compatible endpoint of a vision-language model, such as"
        " http://127.0.0.1:11434/v1; empty: there is none.",
        check=_absolute_url,
    ),
    Option("analyst_key", str, "", "Key of that endpoint.", is_secret=True),
    Option("analyst_model", str, "", "Name of the model there that looks at pictures."),
    Option(
        "analyst_images_model",
        str,
        "",
        "Name of the model there that makes portraits; empty: the library draws them itself.",
    ),
    Option(
        "analyst_timeout", int, 60, "Longest wait for one answer of it.", "s", check=_at_least(1)
    ),
    Option(
        "analyst_limit",
        int,
        0,
        "Requests to it per account and month; 0 is no limit.",
        check=_at_least(0),
    ),
    Option(
        "monthly_quota",
        int,
        0,
        "Uploads by programs per account and month; 0 is no limit.",
        check=_at_least(0),
    ),
    Option("registration", str, "open", "Who may make an account.", choices=tuple(Registration)),
    Option("upload_limit", int, 131_072_000, "Largest file.", "bytes", check=_at_least(1)),
    Option(
        "upload_quota",
        int,
        0,
        "Bytes an account may keep; 0 is no limit.",
        "bytes",
        check=_at_least(0),
    ),
    Option(
        "upload_rate", int, 0, "Uploads per account and minute; 0 is no limit.", check=_at_least(0)
    ),
    Option(
        "login_rate",
        int,
        10,
        "Log-in attempts per address and minute; 0 is no limit.",
        check=_at_least(0),
    ),
    Option(
        "pixel_limit", int, 400_000_000, "Most pixels of one picture.", "px", check=_at_least(1)
    ),
    Option("frame_limit", int, 5000, "Most frames of one animation.", check=_at_least(1)),
    Option(
        "optimise",
        bool,
        False,
        "Replace published PNGs by smaller lossless ones; off: a download"
        " is byte for byte what was put in, unless something had to be stripped.",
    ),
    Option("fetch_private", bool, False, "Let uploads by address fetch from private addresses."),
    Option(
        "fetch_timeout",
        int,
        30,
        "Longest download of an upload by address.",
        "s",
        check=_at_least(1),
    ),
    Option(
        "lookalikes",
        str,
        "refuse",
        "What becomes of a donation that looks like an image already here.",
        choices=tuple(Lookalikes),
    ),
    Option("licence", str, "CC0-1.0", "Licence that donors agree to, as SPDX names it."),
    Option("terms", str, "1", "Version of the terms that donors agree to."),
    Option(
        "strict_verdicts",
        bool,
        False,
        "Count one verdict per label, address and day of those who are not known otherwise.",
    ),
    Option(
        "moderator_weight",
        int,
        5,
        "How many verdicts a moderator's counts as, when asked for.",
        check=_at_least(1),
    ),
    Option(
        "crowd_rate",
        int,
        600,
        "Verdicts, donations, reports and wishes per minute and address without an account;"
        " 0 is no limit.",
        check=_at_least(0),
    ),
    Option(
        "live_listeners",
        int,
        1000,
        "Programs that may listen to the live feed at a time, per server process.",
        check=_at_least(0),
    ),
    Option(
        "live_listeners_per_address",
        int,
        20,
        "How many of them may come from one address; 0 is no limit.",
        check=_at_least(0),
    ),
    Option(
        "report_threshold",
        int,
        3,
        "Reporters after which an image is neither offered nor exported until looked at; 0: never.",
        check=_at_least(0),
    ),
    Option("machine_id", str, "", "Name by which programs that review donations are known."),
    Option("machine_secret", str, "", "Their secret; empty: there are none.", is_secret=True),
    Option("export_workers", bool, False, "Let exports name contributors by pseudonyms."),
    Option(
        "export_hours",
        int,
        168,
        "How long the archive of an export is kept.",
        "h",
        check=_at_least(1),
    ),
    Option(
        "comment_interval",
        int,
        15,
        "Shortest time between two comments or posts of one person, staff aside; 0 is none.",
        "s",
        check=_at_least(0),
    ),
    Option(
        "topic_interval",
        int,
        300,
        "Shortest time between two topics of one person, staff aside; 0 is none.",
        "s",
        check=_at_least(0),
    ),
    Option(
        "message_interval",
        int,
        60,
        "Shortest time between two conversations that one account begins, unless it is verified or"
        " of the staff; 0 is none.",
        "s",
        check=_at_least(0),
    ),
    Option("guest_comments", bool, False, "Let people without an account comment on images."),
    Option(
        "hold_links",
        bool,
        False,
        "Let comments and posts with links to other sites wait for a moderator, unless their"
        " author is verified or of the staff.",
    ),
    Option("minimum_tags", int, 3, "Fewest tags of an image on the board.", check=_at_least(0)),
    Option(
        "tag_edit_limit",
        int,
        50,
        "Tags that an account not verified may add and take away in 10 minutes; 0 is no limit.",
        check=_at_least(0),
    ),
    Option(
        "rating_edit_limit",
        int,
        1,
        "Ratings that an account not verified may change in 10 minutes; 0 is no limit.",
        check=_at_least(0),
    ),
    Option("anonymous_name", str, "Anonymous", "Name in front of an anonymous author's number."),
    Option(
        "mail_url",
        str,
        "",
        "Mail server, such as smtp://user:password@host:587; empty: no mail.",
        is_secret=True,
    ),
    Option("mail_from", str, "", "Sender of mails."),
    Option(
        "change_log_hours", int, 48, "How long the change log is kept.", "h", check=_at_least(1)
    ),
    Option(
        "snapshot_minutes",
        int,
        15,
        "How often the catalogue is written to disk.",
        "min",
        check=_at_least(1),
    ),
    Option(
        "query_timeout", int, 5000, "Longest evaluation of one query.", "ms", check=_at_least(1)
    ),
    Option(
        "log_format",
        str,
        "auto",
        "How log lines look; auto: text on a terminal, else JSON.",
        choices=("auto", "text", "json"),
    ),
    Option(
        "log_level",
        str,
        "info",
        "Least severe log line.",
        choices=("debug", "info", "warning", "error"),
    ),
    Option("metrics", bool, True, "Serve /metrics for Prometheus."),
)


def _of_dialects() -> Iterator[Option]:
    """Yield the options that dialects bring in files of their own, so that none is named here."""
    for folder in sorted((Path(__file__).parent / "dialects").iterdir()):
        file = folder / "options.toml"
        if file.exists():
            for name, about in tomllib.loads(file.read_text(encoding="utf-8")).items():
                yield Option(
                    f"{folder.name}_{name}",
                    str,
                    about.get("default", ""),
                    about["help"],
                    choices=tuple(about.get("choices", ())),
                )


OF_DIALECTS = tuple(_of_dialects())
OPTIONS = (*_OPTIONS, *OF_DIALECTS)
_BY_NAME = {option.name: option for option in OPTIONS}


class Settings(msgspec.Struct, frozen=True):
    """The value of every option of `OPTIONS`, under its name, and where each came from.

    Those of dialects are in `of_dialects`.
    """

    data: str
    host: str
    port: int
    workers: int
    worker_threads: int
    job_threads: int
    decode_workers: int
    decode_timeout: int
    decode_memory: int
    public_url: str
    trusted_proxies: str
    site_name: str
    database_url: str
    files_url: str
    files_key: str
    files_secret: str
    files_endpoint: str
    files_region: str
    files_redirect: bool
    review: str
    recognition: bool
    model_threads: int
    suggestion_threshold: int
    unsafe_threshold: int
    analyst_url: str
    analyst_key: str
    analyst_model: str
    analyst_images_model: str
    analyst_timeout: int
    analyst_limit: int
    monthly_quota: int
    registration: str
    upload_limit: int
    upload_quota: int
    upload_rate: int
    login_rate: int
    pixel_limit: int
    frame_limit: int
    optimise: bool
    fetch_private: bool
    fetch_timeout: int
    lookalikes: str
    licence: str
    terms: str
    strict_verdicts: bool
    moderator_weight: int
    crowd_rate: int
    live_listeners: int
    live_listeners_per_address: int
    report_threshold: int
    machine_id: str
    machine_secret: str
    export_workers: bool
    export_hours: int
    comment_interval: int
    topic_interval: int
    message_interval: int
    guest_comments: bool
    hold_links: bool
    minimum_tags: int
    tag_edit_limit: int
    rating_edit_limit: int
    anonymous_name: str
    mail_url: str
    mail_from: str
    change_log_hours: int
    snapshot_minutes: int
    query_timeout: int
    log_format: str
    log_level: str
    metrics: bool
    of_dialects: dict[str, str] = {}
    sources: dict[str, str] = {}

    def text(self, name: str) -> str:
        """Return an option of a dialect; KeyError if there is none of that name."""
        return self.of_dialects[name]

    @property
    def data_path(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def effective_database_url(self) -> str:
        """The database's URL, SQLite in the data folder unless another is set."""
        return self.database_url or f"sqlite:///{self.data_path.absolute() / 'menagerie.db'}"


def shown(option: Option, current: Settings) -> str:
    """Return a setting's value as text, masked if it is a secret or a password within an address.

    >>> shown(_BY_NAME["analyst_url"], load({"analyst_url": "http://me:secret@host/v1"}, {}))
    'http://me:••••••@host/v1'
    """
    value = current.of_dialects.get(option.name) or getattr(current, option.name, "")
    if option.is_secret and value:
        return _MASK
    text = str(value).lower() if option.type is bool else str(value)
    return _PASSWORD.sub(rf"\g<1>{_MASK}@", text)


_MASK = "••••••"
_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]+@")


def load(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings from everywhere; `flags` holds the command line's, None meaning not given.

    Raises Invalid naming the option for an unknown name (with a suggestion) or a wrong value.

    >>> load({"port": 9000}, {}).port
    9000
    """
    env = dict(os.environ if environment is None else environment)
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    values: dict[str, object] = {option.name: option.default for option in OPTIONS}
    sources = dict.fromkeys(values, "default")
    folder = str(given.get("data") or env.get(PREFIX + "DATA") or _BY_NAME["data"].default)
    layers = (
        (_from_file(Path(folder) / CONFIG_FILE), CONFIG_FILE),
        (_from_environment(env), "environment"),
        (given, "command line"),
    )
    for layer, source in layers:
        for name, value in layer.items():
            option = _BY_NAME.get(name)
            if option is None:
                raise Invalid({name: [_unknown(name, source)]})
            values[name] = _checked(option, value, source)
            sources[name] = source
    own = {option.name: values.pop(option.name) for option in OF_DIALECTS}
    return Settings(**values, of_dialects=own, sources=sources)  # type: ignore[arg-type]  # checked


def _from_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid({str(path): [f"is not TOML: {error}"]}) from error


def _from_environment(env: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for variable, value in env.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        secret = name.removesuffix("_file")
        if name not in _BY_NAME and secret in _BY_NAME and _BY_NAME[secret].is_secret:
            try:
                found[secret] = Path(value).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise Invalid({variable: [f"cannot be read: {error.strerror}"]}) from error
        else:
            found[name] = value
    return found


def _unknown(name: str, source: str) -> str:
    near = difflib.get_close_matches(name, list(_BY_NAME), n=1)
    return f"is no setting ({source})" + (f"; did you mean {near[0]!r}?" if near else "")


_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def _checked(option: Option, value: object, source: str) -> object:
    converted = _converted(option, value, source)
    problem = option.check(converted) if option.check else None
    if option.choices and converted not in option.choices:
        problem = "must be one of " + ", ".join(option.choices)
    if problem:
        raise Invalid({option.name: [f"{problem}, not {value!r} ({source})"]})
    return converted


def _converted(option: Option, value: object, source: str) -> object:
    if option.type is bool and isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    if option.type is int and isinstance(value, str):
        try:
            return int(value.replace("_", ""))
        except ValueError:
            pass
    if option.type is str and isinstance(value, (str, Path)):
        return str(value)
    if isinstance(value, option.type) and not (option.type is int and isinstance(value, bool)):
        return value
    kind = {bool: "true or false", int: "a whole number", str: "text"}[option.type]
    raise Invalid({option.name: [f"must be {kind}, not {value!r} ({source})"]})


def hand_down(name: str, value: str) -> None:
    """Set a variable for the processes started from now on, unless somebody has set it."""
    os.environ.setdefault(name, value)

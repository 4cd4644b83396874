"""Languages of the pages: which are offered, who gets which, their messages, numbers and dates.

English texts are the keys, in the manner of gettext. A language is one text file,
`locale/LANGUAGE/LC_MESSAGES/menagerie.po`, which is read when somebody first asks for it: nothing
is compiled beforehand, so an installed wheel holds what translators wrote and no more.
"""

import gettext
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.numbers import format_decimal
from babel.units import format_unit

from menagerie.library import SECOND
from menagerie.web import texts

DOMAIN = "menagerie"
LOCALE = Path(__file__).parent / "locale"
PROBLEM = "problem"
"""The remark on messages that the core raises; what they hold in between may be any words."""
# English as most of the world writes it: days before months, the clock to 24.
_LOCALES = {"en": "en_GB"}
_PLACE = re.compile(r"%\((\w+)\)s")
_MOST_RANGES = 20


def best(accepted: str) -> str:
    """Return the offered language that an `Accept-Language` header likes most.

    >>> best("xx, en-US;q=0.8"), best("")
    ('en', 'en')
    """
    liked = sorted(_ranges(accepted), key=lambda pair: -pair[1])
    for language, quality in liked:
        if quality > 0 and language in texts.LANGUAGES:
            return language
    return texts.SOURCE_LANGUAGE


def _ranges(accepted: str) -> Iterator[tuple[str, float]]:
    for part in accepted.split(",")[:_MOST_RANGES]:
        name, _, quality = part.partition(";")
        number = quality.strip().removeprefix("q=")
        weight = float(number) if re.fullmatch(r"[01](\.\d{1,3})?", number) else 1.0
        yield name.strip().lower().partition("-")[0], weight


def locale(language: str) -> Locale:
    """Return how a language writes numbers and dates."""
    return Locale.parse(_LOCALES.get(language, language))


def path_of(language: str) -> Path:
    """Return where the messages of a language are."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@lru_cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the messages of `language`, the English keys themselves where there are none."""
    path = path_of(language)
    is_known = re.fullmatch("[a-z]{2}", language) and path.is_file()
    return read(path.read_bytes(), language) if is_known else gettext.NullTranslations()


def read(data: bytes, language: str) -> gettext.GNUTranslations:
    """Return the messages of a `.po` file, with the plural rule of its language."""
    catalogue = pofile.read_po(io.BytesIO(data), locale=language)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    found = gettext.GNUTranslations(compiled)
    found.add_fallback(_Problems(catalogue))
    return found


class _Problems(gettext.NullTranslations):
    """Messages of the core that are put together with a number or a name.

    They come as a whole, so their places are looked for: `must be at most 5 tags` is said by the
    key `must be at most %(MAX_TAGS)s tags`.
    """

    def __init__(self, catalogue: Catalog) -> None:
        super().__init__()
        found = [
            (message.id, message.string)
            for message in catalogue
            if PROBLEM in message.auto_comments
            and isinstance(message.id, str)
            and isinstance(message.string, str)
            and message.string
            and _PLACE.search(message.id)
        ]
        # A key that says more comes before one that fits as well: a place may be any words.
        found.sort(key=lambda pair: -len(_PLACE.sub("", pair[0])))
        self._known = [(_pattern(key), translated) for key, translated in found]

    def gettext(self, message: str) -> str:
        """Return the translation of a message that no key stands for as it is."""
        for pattern, translated in self._known:
            if match := pattern.fullmatch(message):
                return _PLACE.sub(lambda place: match.groupdict().get(place[1], ""), translated)
        return message


def _pattern(key: str) -> re.Pattern[str]:
    parts = _PLACE.split(key)
    made = [
        f"(?P<{part}>.+?)" if at % 2 else re.escape(part.replace("%%", "%"))
        for at, part in enumerate(parts)
    ]
    return re.compile("".join(made), re.DOTALL)


@lru_cache(8192)
def number(value: float, language: str = texts.SOURCE_LANGUAGE) -> str:
    """Return a number with separators.

    >>> number(1204331), number(1204331, "de"), number(0.5, "fr")
    ('1,204,331', '1.204.331', '0,5')
    """
    return format_decimal(value, locale=locale(language))


_BYTES = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")


@lru_cache(8192)
def size(value: int, language: str = texts.SOURCE_LANGUAGE) -> str:
    """Return a number of bytes as people read it.

    >>> size(131_072_000), size(2_500), size(2_500, "de")
    ('131 MB', '2.5 kB', '2,5 kB')
    """
    step = min((len(str(value)) - 1) // 3, len(_BYTES) - 1)
    amount = value / 1000**step
    rounded = round(amount, 1) if step and amount < 10 else round(amount)
    return format_unit(rounded, f"digital-{_BYTES[step]}", "short", locale=locale(language))


def milliseconds(elapsed_us: int, language: str = texts.SOURCE_LANGUAGE) -> str:
    """Return a duration in microseconds as milliseconds.

    >>> milliseconds(412), milliseconds(25_300), milliseconds(412, "de")
    ('0.4 ms', '25 ms', '0,4 ms')
    """
    ms = elapsed_us / 1000
    return f"{number(round(ms, 1) if ms < 10 else round(ms), language)} ms"


def _datetime(moment: int) -> datetime:
    return datetime.fromtimestamp(moment // SECOND, UTC)


@lru_cache(4096)
def exact(moment: int, language: str = texts.SOURCE_LANGUAGE) -> str:
    """Return microseconds UTC as people read them.

    >>> exact(0)
    '1 January 1970, 00:00:00 UTC'
    """
    return format_datetime(_datetime(moment), "long", tzinfo=UTC, locale=locale(language))


_DAY = 86_400
_SPANS_S = (365 * _DAY, 30 * _DAY, 7 * _DAY, _DAY, 3600, 60)


def ago(moment: int, now: int, language: str = texts.SOURCE_LANGUAGE) -> str:
    """Return how far from `now` a moment is, both in microseconds UTC.

    >>> ago(0, 90 * 1_000_000), ago(0, 5 * 1_000_000), ago(7200 * 1_000_000, 0)
    ('1 minute ago', 'just now', 'in 2 hours')
    """
    ahead_s = (moment - now) // SECOND
    for span_s in _SPANS_S:
        if abs(ahead_s) >= span_s:
            whole_s = abs(ahead_s) // span_s * span_s
            return _away(whole_s if ahead_s > 0 else -whole_s, language)
    return translations(language).gettext(texts.marked("just now"))


@lru_cache(4096)
def _away(ahead_s: int, language: str) -> str:
    # Whole numbers of a unit: from 1 on it is the unit that is named.
    ahead = timedelta(seconds=ahead_s)
    return format_timedelta(ahead, threshold=1, add_direction=True, locale=locale(language))

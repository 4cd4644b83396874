"""Licences by their SPDX names: where their text is, and whether they let a dataset hand on."""

import msgspec


class Licence(msgspec.Struct, frozen=True):
    """One licence; `may_redistribute` says whether copies may be handed on by anybody."""

    name: str
    url: str
    title: str
    may_redistribute: bool = True


_CC = "https://creativecommons.org"
_ALL = (
    Licence("CC0-1.0", f"{_CC}/publicdomain/zero/1.0/", "Creative Commons Zero 1.0"),
    Licence("PDDL-1.0", "https://opendatacommons.org/licenses/pddl/1-0/", "ODC Public Domain 1.0"),
    *(
        Licence(
            f"CC-{kind.upper()}-{version}",
            f"{_CC}/licenses/{kind}/{version}/",
            f"Creative Commons {kind.upper()} {version}",
        )
        for version in ("1.0", "2.0", "2.5", "3.0", "4.0")
        for kind in ("by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd")
    ),
    Licence("CC-PDDC", f"{_CC}/licenses/publicdomain/", "Public domain (certified)"),
    Licence("PDM-1.0", f"{_CC}/publicdomain/mark/1.0/", "Public Domain Mark 1.0"),
    Licence("Unlicense", "https://unlicense.org/", "The Unlicense"),
    Licence("MIT", "https://opensource.org/license/mit", "MIT License"),
    Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0", "Apache License 2.0"),
    Licence("ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/", "ODC Open Database 1.0"),
    Licence("ODC-By-1.0", "https://opendatacommons.org/licenses/by/1-0/", "ODC Attribution 1.0"),
    Licence("GFDL-1.3", "https://www.gnu.org/licenses/fdl-1.3.html", "GNU Free Documentation 1.3"),
    Licence("LAL-1.3", "https://artlibre.org/licence/lal/en/", "Licence Art Libre 1.3"),
)
LICENCES = {one.name: one for one in _ALL}
"""The licences that are known, by SPDX name."""
_BY_LOWER = {name.lower(): one for name, one in LICENCES.items()}

ANY = "any"
"""Stands for every licence, and for none at all."""


def find(name: str) -> Licence | None:
    """Return the licence with an SPDX name in any case, or None.

    >>> find("cc0-1.0").name
    'CC0-1.0'
    """
    return _BY_LOWER.get(name.strip().lower())


def url_of(name: str) -> str:
    """Return where a licence's text is; empty when it is not known.

    >>> url_of("CC-BY-4.0")
    'https://creativecommons.org/licenses/by/4.0/'
    """
    found = find(name)
    return found.url if found else ""


_ASKS = {
    "BY": "name the author, the licence and what you changed",
    "SA": "hand on what you make of it under the same licence",
    "NC": "do not use it commercially",
    "ND": "hand it on unchanged only",
}


def in_short(name: str) -> str:
    """Return what a Creative Commons licence asks, in our words; empty for other licences.

    >>> in_short("CC-BY-4.0")
    'use and share it; name the author, the licence and what you changed.'
    >>> in_short("MIT")
    ''
    """
    found = find(name)
    parts = found.name.split("-") if found else []
    if parts[:1] == ["CC0"]:
        return "its authors gave up their rights; do with it what you like, nothing is asked."
    asks = [_ASKS[part] for part in parts if part in _ASKS]
    return "; ".join(["use and share it", *asks]) + "." if asks and parts[0] == "CC" else ""


def is_taken(name: str, wanted: tuple[str, ...]) -> bool:
    """Tell whether an image with this licence is in a dataset that takes the `wanted` ones.

    Wanting none means all that permit handing on; of an unknown licence nobody knows that.

    >>> is_taken("CC0-1.0", ()), is_taken("", ()), is_taken("", ("any",))
    (True, False, True)
    """
    if ANY in wanted:
        return True
    if wanted:
        return name.lower() in {one.lower() for one in wanted}
    found = find(name)
    return found is not None and found.may_redistribute

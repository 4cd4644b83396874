"""What people read first in an export: the README with its YAML, LICENSE and CITATION.cff."""

import json
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from menagerie.datasets import licences
from menagerie.datasets.records import Selection, Source, Split
from menagerie.datasets.splits import STRATIFIED
from menagerie.datasets.splits import TAG as SPLIT_TAG
from menagerie.datasets.tables import Counts
from menagerie.datasets.writing import Format, Report

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_FEW = 5


class Facts(msgspec.Struct, kw_only=True):
    """What an export came to hold."""

    counts: Counts
    by_split: dict[str, dict[str, int]]
    """Images by positive class, by split."""
    images_by_split: dict[str, int]
    licences: dict[str, int]
    """Images by licence; an empty name for none."""
    first_at: str = ""
    last_at: str = ""


def title(source: Source) -> str:
    """Return what a dataset is called, with its version."""
    return f"{source.name} {source.version}"


# LICENSE.


def license_text(facts: Facts) -> str:
    """Return the LICENSE file: which licences the images have, and where their texts are."""
    lines = ["Each image has the licence that ATTRIBUTION.csv names; in this dataset:", ""]
    asked = licences.in_short(next(iter(facts.licences))) if len(facts.licences) == 1 else ""
    for name, number in sorted(facts.licences.items()):
        found = licences.find(name)
        if found is not None:
            lines.append(f"{number} images: {found.title} ({found.name}), {found.url}")
        else:
            lines.append(f"{number} images: {name or 'no licence stated: all rights reserved'}")
    if asked:
        lines += ["", f"In short, and the text at that address is what counts: {asked}"]
    lines += ["", "Labels, verdicts and outlines: Creative Commons Zero 1.0 (CC0-1.0),"]
    lines.append(licences.url_of("CC0-1.0"))
    return "\n".join(lines) + "\n"


def license_urls(facts: Facts) -> list[str]:
    """Return where the texts of the licences are, or their names where nobody knows."""
    names = sorted(facts.licences) or [""]
    return [licences.url_of(name) or name or "unknown" for name in names]


# README.md.


def readme(source: Source, facts: Facts, form: Format, report: Report) -> str:
    """Return the dataset card."""
    parts = [
        "---",
        *_yaml(_front_matter(source, facts, report)),
        "---",
        "",
        f"# {title(source)}",
        "",
        *_about(source, form),
        *_counts(source, facts),
        *_method(source),
        *_limits(source, facts, report),
    ]
    return "\n".join(parts) + "\n"


def _front_matter(source: Source, facts: Facts, report: Report) -> dict[str, object]:
    known = [found for name in facts.licences if (found := licences.find(name))]
    is_one = len(facts.licences) == 1 and len(known) == 1
    tasks = ["image-classification"]
    if facts.counts.as_dict()["objects"]:
        tasks.append("object-detection")
    values: dict[str, object] = {"license": known[0].name.lower() if is_one else "other"}
    if not is_one:
        values |= {"license_name": "mixed", "license_link": "LICENSE"}
    return values | {
        "pretty_name": title(source),
        "task_categories": tasks,
        "size_categories": [_size(facts.counts.as_dict()["images"])],
        "annotations_creators": ["crowdsourced"],
        "tags": ["menagerie", "croissant"],
        **report.front_matter,
    }


def _size(number: int) -> str:
    return next((name for limit, name in _SIZES if number < limit), "10M<n<100M")


def _about(source: Source, form: Format) -> Iterator[str]:
    if source.description:
        yield from (source.description, "")
    if source.is_live:
        yield from ("Made for one download; it is not kept, so cite a snapshot instead.", "")
    yield from (
        (
            f"{form.title}, written by {source.generator} for {source.site_name}"
            f" from the images of {source.created_at}."
        ),
        "",
        "```python",
        form.loading.replace("FOLDER", "."),
        "```",
        "",
    )
    if form.loses:
        yield from (f"The format cannot carry: {form.loses}. EXPORT_REPORT.json counts it.", "")


def _counts(source: Source, facts: Facts) -> Iterator[str]:
    counts = facts.counts.as_dict()
    splits = [split.value for split in Split if facts.images_by_split.get(split.value)]
    yield from (
        "## What is in it",
        "",
        (
            f"{counts['images']} images, {counts['positive']} labels present, {counts['negative']}"
            f" absent, {counts['undecided']} undecided, {counts['objects']} outlines."
        ),
        "",
    )
    if splits:
        shown = ", ".join(f"{name} {facts.images_by_split[name]}" for name in splits)
        yield from (f"Images by split: {shown}.", "")
    if not source.classes:
        return
    yield "| class | name | " + "".join(f"{name} | " for name in splits) + "alpha |"
    yield "|---|---|" + "---|" * len(splits) + "---|"
    for one in source.classes:
        numbers = [str(facts.by_split.get(name, {}).get(one.name, 0)) for name in splits]
        alpha = source.alphas.get(one.name)
        cells = [str(one.index), _cell(one.name), *numbers, "" if alpha is None else f"{alpha:.3f}"]
        yield f"| {' | '.join(cells)} |"
    yield from ("", "Alpha is Krippendorff's; without it, it is undefined.", "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _method(source: Source) -> Iterator[str]:
    chosen = source.selection
    yield from (
        "## How it was made",
        "",
        f"Query ({chosen.language}): `{chosen.query.replace('`', ' ')}`",
        "",
        (
            "People were shown an image and a label and said yes or no. A label is *present* from a"
            f" share of yes of {chosen.min_probability:g} on, *absent* up to"
            f" {chosen.max_probability_negative:g}, each with at least {chosen.min_votes}"
            " verdict(s), else undecided."
        ),
        "",
        (
            f"Splits ({'/'.join(map(str, chosen.ratios))}) follow from the SHA-256 of the seed"
            f" `{chosen.seed}` and the group of an image{_stratified(chosen)}; images whose"
            f" perceptual hashes differ in at most {chosen.group_distance} bits are one group, and"
            f" a tag such as `{SPLIT_TAG}test` decides before that."
        ),
        "",
        "Pictures stand upright and carry no EXIF or XMP data.",
        "",
    )


def _stratified(chosen: Selection) -> str:
    if chosen.split_method != STRATIFIED:
        return ""
    return ", moved so that every class has its share in each split"


def _limits(source: Source, facts: Facts, report: Report) -> Iterator[str]:
    rare = [one.name for one in source.classes if facts.counts.classes.get(one.name, 0) < _FEW]
    notes = list(report.notes)
    if rare:
        some = ", ".join(rare[:20]) + (", …" if len(rare) > 20 else "")
        notes.append(f"Fewer than {_FEW} images: {some}.")
    if source.withdrawn:
        notes.append(f"{len(source.withdrawn)} images of the version before were taken back.")
    if notes:
        yield from ("## Limits", "", *(f"- {note}" for note in notes), "")
    yield "Files and their SHA-256: `sha256sum -c SHA256SUMS`. Whom to credit: ATTRIBUTION.csv."


# YAML, of which JSON is a part.


def _yaml(values: Mapping[str, object], indent: str = "") -> Iterator[str]:
    """Yield block lines for maps and lists; texts are quoted as JSON does.

    >>> list(_yaml({"a": [{"b": 1}, "x"]}))
    ['a:', '- b: 1', '- "x"']
    """
    for key, value in values.items():
        name = key if key.replace("_", "").isalnum() and key[0].isalpha() else json.dumps(key)
        if isinstance(value, Mapping) and value:
            yield f"{indent}{name}:"
            yield from _yaml(value, indent + "  ")
        elif isinstance(value, list) and value:
            yield f"{indent}{name}:"
            yield from _items(value, indent)
        else:
            yield f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}"


def _items(values: Iterable[object], indent: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping) and value:
            first, *rest = _yaml(value, indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}- {json.dumps(value, ensure_ascii=False)}"


# CITATION.cff.


def citation(source: Source) -> str:
    """Return the CITATION.cff file."""
    values: dict[str, object] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it with its version.",
        "type": "dataset",
        "title": source.name,
        "version": source.version,
        "date-released": source.created_at[:10],
        "authors": [{"name": f"Contributors of {source.site_name}"}],
        "identifiers": [{"type": "other", "value": f"urn:uuid:{source.key}"}],
    }
    return (
        "\n".join(_yaml(values))
        .replace('"cff-version"', "cff-version")
        .replace('"date-released"', "date-released")
        + "\n"
    )

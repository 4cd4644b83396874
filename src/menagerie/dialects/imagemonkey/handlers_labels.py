"""The vocabulary: its words, what is said of shapes, and words that people wish for."""

from typing import Any

from menagerie.core import labelling, picking, suggestions, words
from menagerie.dialects.imagemonkey import shapes_crowd as shapes
from menagerie.dialects.imagemonkey import site
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Handler, Operation, Outcome, Parameter, Runs
from menagerie.library import Library
from menagerie.storage.schema import WordKind

MOST_POPULAR = 10
_TYPES = {kind.value: kind for kind in WordKind}
# What moderators may make of a wish.
_LABEL_TYPES = {"normal": WordKind.NORMAL, "meta": WordKind.META}
_DETAILED = Parameter("detailed", "true: with everything about each.")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about words."""
    names = Outcome(200, "The names.", list[str])
    return (
        _get(library, "/v1/label", _list, "The labels of the vocabulary, by name.",
             Outcome(200, "Names; or what is known of each, by name.",
                     (list[str], dict[str, Any])), _DETAILED),
        _get(library, "/v1/label/random", _random, "Any label.",
             Outcome(200, "The label.", shapes.NamedShape)),
        _get(library, "/v1/label/popular", _popular, "The labels on most images.", names),
        _get(library, "/v1/label/accessors", _accessors, "How queries name words.",
             Outcome(200, "The accessors; or each with what it belongs to.",
                     (list[str], list[shapes.AccessorShape])),
             _DETAILED, Parameter("label_type", "normal, meta, refinement, refinement_category.")),
        _get(library, "/v1/label/plurals", _plurals, "The plurals of labels, by name.",
             Outcome(200, "The plurals.", dict[str, str])),
        _get(library, "/v1/label/refinements", _refinements, "What may be said of shapes.",
             Outcome(200, "The properties and their values.", dict[str, Any])),
        _get(library, "/v1/label/suggestions", _suggestions, "Words that people wish for.", names,
             Parameter("include_unlocked", "true: those that became words, too.")),
        _get(library, "/v1/label/suggestions/usage", _usage, "How often wishes were used.",
             Outcome(200, "Each wish.", list[shapes.UsageShape])),
        _get(library, "/v1/trendinglabels", _trending, "Wishes that were used often.",
             Outcome(200, "The wishes.", list[shapes.TrendingShape])),
        Operation(
            "POST",
            site.paths(library, "/v1/label/suggest"),
            _suggest,
            Runs.EXECUTOR,
            summary="Wish for a word; once more counts.",
            parameters=(Parameter("label", "The word.", "form"),),
            outcomes=(site.NOTHING, *site.WRITES),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/trendinglabels/accept"),
            _accept,
            Runs.EXECUTOR,
            summary="Make a wish a label everywhere; for moderators.",
            parameters=tuple(
                Parameter(f"label[{name}]", text, "form")
                for name, text in (
                    ("name", "The wish."),
                    ("type", "normal or meta."),
                    ("description", "What it is."),
                    ("plural", "Its plural; a normal label needs one."),
                    ("rename_to", "What it is to be called."),
                    ("parent", "The label it is a part of."),
                )
            ),
            outcomes=(Outcome(201, "Done; null.", type(None)), *site.WRITES),
            needs_key=True,
        ),
    )  # fmt: skip


def _get(
    library: Library,
    path: str,
    handler: Handler,
    summary: str,
    outcome: Outcome,
    *parameters: Parameter,
) -> Operation:
    return Operation(
        "GET",
        site.paths(library, path),
        handler,
        Runs.EXECUTOR,
        summary=summary,
        parameters=parameters,
        outcomes=(outcome, *site.READS),
    )


# Words.


def _list(call: Call) -> Answer:
    """GET /v1/label."""
    with call.reading() as tx:
        if site.flag(call, "detailed"):
            exported = words.export_json(tx)
            return answers.json(exported["labels"] | exported["metalabels"])
        return answers.json([word.name for word in words.vocabulary(tx).labels])


def _random(call: Call) -> Answer:
    """GET /v1/label/random."""
    with call.reading() as tx:
        labels = words.vocabulary(tx).labels
    if not labels:
        return site.nothing(call, 422)
    return answers.json(shapes.NamedShape(call.library.random.choice(labels).name))


def _popular(call: Call) -> Answer:
    """GET /v1/label/popular."""
    with call.reading() as tx:
        vocabulary = words.vocabulary(tx)
        found = map(vocabulary.by_tag, picking.popular(tx, MOST_POPULAR))
        return answers.json([word.display for word in found if word is not None])


def _accessors(call: Call) -> Answer:
    """GET /v1/label/accessors."""
    wanted = call.text("label_type").strip()
    if wanted and wanted not in _TYPES:
        raise Invalid({"label_type": [f"must be one of {', '.join(_TYPES)}"]})
    with call.reading() as tx:
        vocabulary = words.vocabulary(tx)
    found = [word for word in vocabulary.all if not wanted or word.kind == _TYPES[wanted]]
    if not site.flag(call, "detailed"):
        return answers.json([word.accessor for word in found])
    above = {word.id: word.accessor for word in vocabulary.all}
    return answers.json(
        [shapes.AccessorShape(word.accessor, above.get(word.parent_id or 0, "")) for word in found]
    )


def _plurals(call: Call) -> Answer:
    """GET /v1/label/plurals."""
    with call.reading() as tx:
        labels = words.vocabulary(tx).labels
    return answers.json({word.name: word.plural for word in labels if word.plural})


def _refinements(call: Call) -> Answer:
    """GET /v1/label/refinements."""
    with call.reading() as tx:
        found = words.export_json(tx)["refinements"]
    # Clients show an icon beside each property; ours have none.
    return answers.json({name: {"icon": "", **entry} for name, entry in found.items()})


# Wishes.


def _suggestions(call: Call) -> Answer:
    """GET /v1/label/suggestions."""
    with call.reading() as tx:
        found = suggestions.open(tx)
        if site.flag(call, "include_unlocked"):
            found += suggestions.accepted(tx)
    return answers.json([suggestion.name for suggestion in found])


def _usage(call: Call) -> Answer:
    """GET /v1/label/suggestions/usage."""
    with call.reading() as tx:
        found = suggestions.uses(tx)
    return answers.json(
        [shapes.UsageShape(u.suggestion.name, u.num_annotations, u.num_labels) for u in found]
    )


def _suggest(call: Call) -> Answer:
    """POST /v1/label/suggest."""
    site.crowd_limit(call)
    name = site.sent_fields(call, "label").get("label")
    if not isinstance(name, str):
        raise Invalid({"label": ["must be a text"]})
    try:
        with call.writing() as tx:
            # What is a word already is no wish; that is no fault of whoever did not know.
            if labelling.find_word(tx, name) is None:
                suggestions.suggest(tx, name)
    except Invalid as error:
        raise site.renamed(error, {"name": "label"}) from error
    return site.null()


def _trending(call: Call) -> Answer:
    """GET /v1/trendinglabels."""
    with call.reading() as tx:
        found = suggestions.trending(tx)
    return answers.json([shapes.trending(use.suggestion.name, use.count) for use in found])


def _accept(call: Call) -> Answer:
    """POST /v1/trendinglabels/accept."""
    sent = site.sent_fields(call, "label").get("label")
    said = sent if isinstance(sent, dict) else {}
    site.signed_in(call)
    kind = _LABEL_TYPES.get(as_text(said.get("type")))
    # Quirk: 400 where other routes answer 422 (spec 14.1).
    if kind is None:
        return site.error(call, 400, "invalid", "type must be normal or meta")
    try:
        with call.writing() as tx:
            suggestions.accept(
                tx,
                as_text(said.get("name")),
                kind=kind,
                plural=as_text(said.get("plural")),
                description=as_text(said.get("description")),
                rename_to=as_text(said.get("rename_to")),
                parent=as_text(said.get("parent")).strip() or None,
            )
    except Invalid as error:
        return site.error(call, 400, error.code, site.sentence(error.fields))
    return site.null(201)

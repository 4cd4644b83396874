"""The dialect's JSON about words, statistics, accounts, moderation, the game and graphs."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from menagerie.core import dot, label_graph
from menagerie.core.crowd_statistics import Point, Totals, WordCount
from menagerie.core.image_hunt import Standing
from menagerie.core.image_texts import ImageText
from menagerie.core.images import Image
from menagerie.core.words import Word
from menagerie.dialects.imagemonkey.shapes import PROVIDER, PictureShape

# Words.


class NamedShape(msgspec.Struct):
    """A label by its name."""

    label: str


class AccessorShape(msgspec.Struct):
    """How queries name a word, and how they name what it is a part or a value of."""

    accessor: str
    parent_accessor: str


class UsageShape(msgspec.Struct):
    """How often a word that is none yet was used."""

    name: str
    num_annotations: int
    num_labels: int


class TrendingLabelShape(msgspec.Struct):
    """What a wished-for word would be."""

    type: str
    description: str
    plural: str


class IssueShape(msgspec.Struct):
    """An issue elsewhere; here there is none."""

    id: int
    closed: bool


class GithubShape(msgspec.Struct):
    """Where a wish was discussed elsewhere; here it is not."""

    issue: IssueShape
    branch_name: str


class CiShape(msgspec.Struct):
    """Where a wish was tried elsewhere; here it is not."""

    job_url: str


class TrendingShape(msgspec.Struct):
    """A word that many wished for and a moderator may accept; `count` is ours."""

    name: str
    rename_to: str
    label: TrendingLabelShape
    github: GithubShape
    status: str
    ci: CiShape
    count: int


WAITING = "waiting for moderator approval"


def trending(name: str, count: int) -> TrendingShape:
    """Return a word that many wished for."""
    return TrendingShape(
        name=name,
        rename_to="",
        label=TrendingLabelShape("", "", ""),
        github=GithubShape(IssueShape(0, closed=False), ""),
        status=WAITING,
        ci=CiShape(""),
        count=count,
    )


# Labels on images.


class LabelCountsShape(msgspec.Struct):
    """A label of an image under its own uuid, with its verdicts."""

    uuid: str
    num_yes: int
    num_no: int


class SublabelShape(msgspec.Struct):
    """A part of a label on an image; without `validation` nobody can judge it."""

    name: str
    unlocked: bool
    annotatable: bool
    uuid: str
    validation: LabelCountsShape | UnsetType = UNSET


class LabelShape(msgspec.Struct):
    """A label on an image; `uuid` is the word's, empty for a word that is only wished for."""

    label: str
    unlocked: bool
    annotatable: bool
    uuid: str
    sublabels: list[SublabelShape]
    validation: LabelCountsShape | UnsetType = UNSET


class TextShape(msgspec.Struct):
    """A description of an image."""

    text: str
    uuid: str
    language: str


class DescribedShape(PictureShape):
    """An image with the descriptions that everybody may read."""

    descriptions: list[TextShape]


class LabelMeShape(msgspec.Struct):
    """An image to label, and the labels it has."""

    image: DescribedShape
    all_labels: list[LabelShape]


class CountedShape(msgspec.Struct):
    """A sublabel with its verdicts."""

    name: str
    num_yes: int
    num_no: int


class BrowsedLabelShape(msgspec.Struct):
    """A label with its verdicts."""

    name: str
    unlocked: bool
    num_yes: int
    num_no: int
    sublabels: list[CountedShape]


class LabelledShape(msgspec.Struct):
    """An image with its labels, in a list."""

    image: DescribedShape
    labels: list[BrowsedLabelShape]


class TextsOfImageShape(msgspec.Struct):
    """An image by its uuid, with descriptions that wait for a moderator."""

    uuid: str
    descriptions: list[TextShape]


class UnprocessedShape(msgspec.Struct):
    """Descriptions that wait for a moderator."""

    image: TextsOfImageShape


def text(found: ImageText) -> TextShape:
    """Return a description of an image."""
    return TextShape(found.text, found.key, found.language)


def described(shown: PictureShape, texts: Sequence[ImageText]) -> DescribedShape:
    """Return an image with its descriptions."""
    return DescribedShape(**msgspec.structs.asdict(shown), descriptions=[text(t) for t in texts])


def unprocessed(key: str, texts: Sequence[ImageText]) -> UnprocessedShape:
    """Return the waiting descriptions of one image."""
    return UnprocessedShape(TextsOfImageShape(key, [text(t) for t in texts]))


# Statistics.


class WordStatisticShape(msgspec.Struct):
    """How many images a label has, and what share of its verdicts say no."""

    label: str
    count: int
    error_rate: float
    total_validations: int


class CountryShape(msgspec.Struct):
    """How much came from one country; here nobody notes where anything comes from."""

    country_code: str
    num: int


class AppShape(msgspec.Struct):
    """How much came through one program; here nobody notes which it was."""

    app_identifier: str
    num: int


class StatisticsShape(msgspec.Struct):
    """Everything counted; `num_of_verdicts` is ours."""

    validations: list[WordStatisticShape]
    donations_per_country: list[CountryShape]
    validations_per_country: list[CountryShape]
    annotations_per_country: list[CountryShape]
    annotation_refinements_per_country: list[CountryShape]
    image_descriptions_per_country: list[CountryShape]
    donations_per_app: list[AppShape]
    validations_per_app: list[AppShape]
    annotations_per_app: list[AppShape]
    num_of_unlabeled_donations: int
    num_of_donations: int
    num_of_validations: int
    num_of_annotations: int
    num_of_annotation_refinements: int
    num_of_labels: int
    num_of_label_suggestions: int
    num_of_verdicts: int


class PointShape(msgspec.Struct):
    """How much came on one day."""

    date: str
    value: int


class PeriodShape(msgspec.Struct):
    """How much came on each day of a period."""

    statistics: list[PointShape]
    period: str


class WordRefShape(msgspec.Struct):
    """A label by its uuid and name."""

    uuid: str
    name: str


class ProgressShape(msgspec.Struct):
    """How many images are done."""

    completed: int
    total: int


class CompletionShape(msgspec.Struct):
    """How far one label is done."""

    label: WordRefShape
    num: ProgressShape


class GrownShape(msgspec.Struct):
    """How much there was at the end of one day."""

    date: str
    count: int


class ContributionsShape(msgspec.Struct):
    """How everything grew."""

    donations: list[GrownShape]
    labels: list[GrownShape]
    validations: list[GrownShape]
    annotations: list[GrownShape]


LAST_MONTH = "last-month"


def statistics(counted: Sequence[WordCount], found: Totals) -> StatisticsShape:
    """Return everything counted."""
    return StatisticsShape(
        validations=[_word_statistic(one) for one in counted],
        # Whoever gives something is not asked where they are, nor by what they gave it.
        donations_per_country=[],
        validations_per_country=[],
        annotations_per_country=[],
        annotation_refinements_per_country=[],
        image_descriptions_per_country=[],
        donations_per_app=[],
        validations_per_app=[],
        annotations_per_app=[],
        num_of_unlabeled_donations=found.unlabelled_count,
        num_of_donations=found.image_count,
        # Quirk: a "validation" is a label on an image, judged or not (statistics.go).
        num_of_validations=found.label_count,
        num_of_annotations=found.annotation_count,
        num_of_annotation_refinements=found.refinement_count,
        num_of_labels=found.word_count,
        num_of_label_suggestions=found.suggestion_count,
        num_of_verdicts=found.verdict_count,
    )


def _word_statistic(one: WordCount) -> WordStatisticShape:
    rate = round(one.error_ratio, 7)
    return WordStatisticShape(one.word.display, one.image_count, rate, one.yes + one.no)


def period(points: Sequence[Point]) -> PeriodShape:
    """Return how much came on each day."""
    return PeriodShape([PointShape(point.date, point.value) for point in points], LAST_MONTH)


def completion(word: Word, completed: int, total: int) -> CompletionShape:
    """Return how far one label is done."""
    return CompletionShape(WordRefShape(word.key, word.accessor), ProgressShape(completed, total))


def grown(points: Sequence[Point]) -> list[GrownShape]:
    """Return a growing number day by day."""
    return [GrownShape(point.date, point.value) for point in points]


class ActiveImageShape(msgspec.Struct):
    """An image something happened to; `annotation` is its first shape, or null."""

    uuid: str
    width: int
    height: int
    annotation: Any
    label: str


class EventShape(msgspec.Struct):
    """Something that happened."""

    name: str
    type: str
    date: str
    image: ActiveImageShape


class ActivityShape(msgspec.Struct):
    """What happened lately."""

    period: str
    activity: list[EventShape]


class DetailsShape(msgspec.Struct):
    """The measures of an image."""

    width: int
    height: int
    unlocked: bool


# Accounts and collections.


class SampleShape(msgspec.Struct):
    """An image out of a collection; without one its uuid is empty."""

    uuid: str
    width: int
    height: int
    unlocked: bool
    url: str


class CollectionShape(msgspec.Struct):
    """A collection; `count` is a text."""

    name: str
    description: str
    count: str
    sample_image: SampleShape


class WorkShape(msgspec.Struct):
    """How many labels were judged and outlined."""

    validations: int
    annotations: int


class WorkOfShape(msgspec.Struct):
    """What everybody did, and what one account did."""

    total: WorkShape
    user: WorkShape


class PermissionsShape(msgspec.Struct):
    """What an account may do."""

    can_remove_label: bool
    can_unlock_image_description: bool
    can_unlock_image: bool
    can_monitor_system: bool
    can_accept_trending_label: bool
    can_access_pg_stat: bool


class ProfileShape(msgspec.Struct):
    """An account; `permissions` is ours and only for its owner."""

    statistics: WorkOfShape
    permissions: PermissionsShape | UnsetType = UNSET


NO_SAMPLE = SampleShape("", 0, 0, unlocked=False, url="")


def sample(shown: PictureShape) -> SampleShape:
    """Return an image as collections and the game hold it."""
    return SampleShape(shown.uuid, shown.width, shown.height, shown.unlocked, shown.url)


# Moderation.


class LockedShape(msgspec.Struct):
    """An image that waits; `labels` are names with commas."""

    uuid: str
    labels: str
    provider: str
    width: int
    height: int


class LockedImagesShape(msgspec.Struct):
    """The images that wait, and how many there are in all."""

    images: list[LockedShape]
    total: int


class OpenReportShape(msgspec.Struct):
    """A report of the picture `uuid` that waits for a moderator; `created_at` in seconds."""

    uuid: str
    category: str
    reason: str
    created_at: int


class OpenReportsShape(msgspec.Struct):
    """The reports that wait, and how many there are in all."""

    reports: list[OpenReportShape]
    total: int


def locked(image: Image, labels: Sequence[str]) -> LockedShape:
    """Return an image that waits."""
    return LockedShape(image.key, ",".join(labels), PROVIDER, image.width, image.height)


# The game.


class TaskLabelShape(msgspec.Struct):
    """What is to be found."""

    accessor: str
    name: str


class TaskShape(msgspec.Struct):
    """A label to find; with an image it is found."""

    label: TaskLabelShape
    image: SampleShape | UnsetType = UNSET


class AchievementShape(msgspec.Struct):
    """Something to be proud of; `badge` is the address of its picture."""

    name: str
    description: str
    accomplished: bool
    badge: str


class HuntShape(msgspec.Struct):
    """How far a player has come."""

    stars: int
    achievements: list[AchievementShape]


def hunt(standing: Standing, badges: str) -> HuntShape:
    """Return how far a player has come; `badges` is the address in front of the pictures' names."""
    return HuntShape(
        standing.stars,
        [
            AchievementShape(one.name, one.description, one.is_accomplished, badges + one.badge)
            for one in standing.achievements
        ],
    )


# Graphs.


class NodeShape(msgspec.Struct):
    """A node; sizes are texts, as DOT has them."""

    id: int
    identifier: str
    name: str
    size: str
    fontsize: str
    color: str
    uuid: str
    onhover: str
    image: str


class LinkShape(msgspec.Struct):
    """An edge between two nodes, by their ids."""

    source: int
    target: int
    label: str
    distance: str
    fontsize: str
    directed: bool


class NodesShape(msgspec.Struct):
    """Nodes and edges."""

    nodes: list[NodeShape]
    links: list[LinkShape]


class MetadataShape(msgspec.Struct):
    """What a graph is, and who says so."""

    name: str
    description: str
    author: str
    homepage: str


class GraphShape(msgspec.Struct):
    """A graph to draw."""

    graph: NodesShape
    metadata: MetadataShape


class DefinitionShape(msgspec.Struct):
    """A graph as DOT."""

    definition: str


class QueryShape(msgspec.Struct):
    """A query of labels."""

    query: str


def graph(known: label_graph.Known) -> GraphShape:
    """Return a graph to draw; what its DOT does not say is as Graphviz has it."""
    found, about = known.graph, known.about
    places = {node.identifier: place for place, node in enumerate(found.nodes)}
    return GraphShape(
        NodesShape(
            [_node(place, node) for place, node in enumerate(found.nodes)],
            [_link(edge, places, directed=found.is_directed) for edge in found.edges],
        ),
        MetadataShape(about.name, about.description, about.author, about.homepage),
    )


def _node(place: int, node: dot.Node) -> NodeShape:
    said = node.attributes
    return NodeShape(
        id=place,
        identifier=node.identifier,
        name=said.get("label", node.identifier),
        size=said.get("size", "100"),
        fontsize=said.get("fontsize", "14"),
        color=said.get("color", ""),
        uuid=said.get("id", ""),
        onhover=said.get("URL", ""),
        image=said.get("image", ""),
    )


def _link(edge: dot.Edge, places: Mapping[str, int], *, directed: bool) -> LinkShape:
    said = edge.attributes
    return LinkShape(
        source=places[edge.source],
        target=places[edge.target],
        label=said.get("label", ""),
        distance=said.get("len", "100"),
        fontsize=said.get("fontsize", "14"),
        directed=directed,
    )

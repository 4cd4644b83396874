"""The dialect's JSON about outlines: tasks, sets of shapes, what is said of them, questions."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from menagerie.core.annotation_tasks import Task
from menagerie.core.annotations import Annotation
from menagerie.core.images import Image
from menagerie.core.quizzes import Quiz
from menagerie.core.refinements import Target
from menagerie.core.shapes import Refinement, Shape
from menagerie.core.wordbook import Word
from menagerie.dialects.imagemonkey.shapes import PROVIDER, PictureShape

ShapeData = dict[str, Any]


class KeyShape(msgspec.Struct):
    """Something by its UUID."""

    uuid: str


class AccessorShape(msgspec.Struct):
    """A label by the name that queries have for it."""

    accessor: str


class LabelNamesShape(msgspec.Struct):
    """A label by all its names."""

    label: str
    sublabel: str
    accessor: str


class AnnotateShape(msgspec.Struct, omit_defaults=True):
    """An image and the label that is to be outlined on it."""

    uuid: str
    unlocked: bool
    url: str
    provider: str
    width: int
    height: int
    validation: KeyShape
    label: LabelNamesShape
    auto_annotations: list[ShapeData] | UnsetType = UNSET


class TaskShape(msgspec.Struct):
    """A label that waits for its outline, in a list; `uuid` is the validation's."""

    image: PictureShape
    label: AccessorShape
    uuid: str


class OpenLabelShape(msgspec.Struct):
    """A label of an image that waits for its outline."""

    uuid: str
    label: str
    sublabel: str


class OpenValidationShape(msgspec.Struct):
    """A label of an image that waits for its outline, as lists of one image hold it."""

    validation: OpenLabelShape


class OutlinedLabelShape(msgspec.Struct):
    """The label that a set of shapes outlines; locked while it is no word of the vocabulary."""

    label: str
    sublabel: str
    unlocked: bool
    uuid: str


class AnnotationShape(msgspec.Struct):
    """A set of shapes; each has its members, `uuid` and `refinements`."""

    image: PictureShape
    validation: OutlinedLabelShape
    uuid: str
    num_yes: int
    num_no: int
    annotations: list[ShapeData]
    num_revisions: int
    revision: int


class SizeShape(msgspec.Struct):
    """An image by its UUID, with its size in pixels."""

    id: str
    width: int
    height: int


class CoverageShape(msgspec.Struct):
    """How much of an image is outlined, in percent of its area."""

    image: SizeShape
    coverage: float


class PlainImageShape(msgspec.Struct):
    """An image as programs get it that outline by themselves."""

    uuid: str
    provider: str
    width: int
    height: int


class AutoTaskShape(msgspec.Struct):
    """An image, and the labels that no program has outlined on it yet."""

    image: PlainImageShape
    labels: list[str]


class RefinementShape(msgspec.Struct):
    """A property of a shape, and how often it was said."""

    uuid: str
    name: str
    accessor: str
    count: int


class RefinedDataShape(msgspec.Struct):
    """One shape: `uuid` is its own, `annotation_uuid` that of its set."""

    uuid: str
    annotation_uuid: str
    data: ShapeData


class RefineShape(msgspec.Struct):
    """A shape, and what has been said of it."""

    image: PictureShape
    annotation: RefinedDataShape
    refinements: list[RefinementShape]


class QuestionShape(msgspec.Struct):
    """A question, and how its answers are best shown."""

    question: str
    uuid: str
    recommended_control: str


class ExampleShape(msgspec.Struct):
    """A picture that shows what an answer means."""

    filename: str
    attribution: str


class AnswerShape(msgspec.Struct):
    """One answer, which is a refinement."""

    uuid: str
    label: str
    examples: list[ExampleShape]


class QuizFlagsShape(msgspec.Struct):
    """How a question may be answered."""

    browse_by_example: bool
    allow_other: bool
    allow_unknown: bool
    multiselect: bool


class QuizDataShape(msgspec.Struct):
    """The shape that a question is about: `uuid` is its own, `annotation_uuid` that of its set."""

    uuid: str
    annotation_uuid: str
    annotation: ShapeData


class QuizShape(msgspec.Struct):
    """A question about a shape."""

    question: QuestionShape
    answers: list[AnswerShape]
    metainfo: QuizFlagsShape
    image: KeyShape
    annotation: QuizDataShape


# What they are made of.


def names(word: Word) -> LabelNamesShape:
    """Return a word by all its names."""
    parts = (word.parent_name, word.name) if word.parent_id is not None else (word.name, "")
    return LabelNamesShape(*parts, accessor=word.accessor)


def shape_data(shape: Shape) -> ShapeData:
    """Return a shape so that a client may change it and send it back."""
    said = [{"label_uuid": one.key} for one in shape.refinements]
    return {**shape.data, "uuid": shape.key, "refinements": said}


def annotate(
    shown: PictureShape, task: Task, auto: list[Annotation] | None = None
) -> AnnotateShape:
    """Return a task, with what programs drew for it if that was asked for."""
    drawn: list[ShapeData] | UnsetType = UNSET
    if auto is not None:
        drawn = [shape_data(shape) for one in auto for shape in one.shapes]
    return AnnotateShape(
        uuid=shown.uuid,
        unlocked=shown.unlocked,
        url=shown.url,
        provider=shown.provider,
        width=shown.width,
        height=shown.height,
        validation=KeyShape(task.key),
        label=names(task.word),
        auto_annotations=drawn,
    )


def annotation(shown: PictureShape, found: Annotation, label_key: str) -> AnnotationShape:
    """Return a set of shapes on the image that is shown."""
    return AnnotationShape(
        image=shown,
        validation=OutlinedLabelShape(found.label, found.sublabel, found.has_word, label_key),
        uuid=found.key,
        num_yes=found.num_yes,
        num_no=found.num_no,
        annotations=[shape_data(shape) for shape in found.shapes],
        num_revisions=found.num_revisions,
        revision=found.revision,
    )


def open_validation(task: Task) -> OpenValidationShape:
    """Return a task of one image."""
    known = names(task.word)
    return OpenValidationShape(OpenLabelShape(task.key, known.label, known.sublabel))


def auto_task(image: Image, labels: list[str]) -> AutoTaskShape:
    """Return an image for programs to outline labels on."""
    plain = PlainImageShape(image.key, PROVIDER, image.width, image.height)
    return AutoTaskShape(plain, labels)


def refinement(said: Refinement) -> RefinementShape:
    """Return what was said of a shape."""
    return RefinementShape(said.key, said.name, said.accessor, said.count)


def refine(shown: PictureShape, target: Target) -> RefineShape:
    """Return a shape on the image that is shown, with what has been said of it."""
    shape = target.shape
    return RefineShape(
        image=shown,
        annotation=RefinedDataShape(shape.key, target.annotation.key, shape.data),
        refinements=[refinement(said) for said in shape.refinements],
    )


def quiz(found: Quiz, image_key: str) -> QuizShape:
    """Return a question about a shape of an image."""
    asked, shape = found.question, found.target.shape
    return QuizShape(
        question=QuestionShape(asked.question, asked.uuid, asked.control_type),
        answers=[
            AnswerShape(
                answer.uuid,
                answer.name,
                [
                    ExampleShape(one.get("filename", ""), one.get("attribution", ""))
                    for one in answer.examples or ()
                ],
            )
            for answer in asked.answers
        ],
        metainfo=QuizFlagsShape(
            asked.browse_by_example, asked.allow_other, asked.allow_unknown, asked.multiselect
        ),
        image=KeyShape(image_key),
        annotation=QuizDataShape(shape.key, found.target.annotation.key, shape.data),
    )

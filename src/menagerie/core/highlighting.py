"""Showing where a label is: a grey copy of an image with the boxes of the label in color."""

from menagerie.core import annotations, geometry, image_files, labelling, rendering, wordbook
from menagerie.core.images import Image
from menagerie.errors import Invalid, NotFound
from menagerie.library import Actor, Library, Tx
from menagerie.media import highlight as drawing


def highlight(library: Library, actor: Actor, image: Image, label: str) -> bytes | None:
    """Return a JPEG in which only what people outlined as `label` has color; None if nothing is.

    `label` is as queries name it (`dog.has='mouth'`) or as it is shown (`mouth/dog`). The caller
    has seen that the actor may see the image. Raises Unsupported when it cannot be decoded,
    NotFound and Unavailable.
    """
    with library.reading(actor) as tx:
        boxes = _boxes(tx, image, label)
    if not boxes:
        return None
    with library.blobs.as_file(image_files.full(image)) as path:
        return library.pool.run(drawing.highlight, str(path), rendering.probe_of(image), boxes)


def _boxes(tx: Tx, image: Image, label: str) -> list[drawing.Box]:
    tag_id = _tag_id(tx, label)
    if tag_id is None:
        return []
    drawn = annotations.of_images(tx, [image.id], [tag_id])[image.id]
    hulls = (geometry.hull(shape.data) for one in drawn for shape in one.shapes)
    clipped = (geometry.clip_box(hull, image.width, image.height) for hull in hulls)
    return [(box.left, box.top, box.width, box.height) for box in clipped if box is not None]


def _tag_id(tx: Tx, label: str) -> int | None:
    word = wordbook.vocabulary(tx).by_accessor(label)
    if word is not None:
        return word.tag_id
    try:
        return labelling.tag_id_of(tx, label)
    except (NotFound, Invalid):
        return None

"""`menagerie search`: the booru search language from the command line."""

from typing import Annotated

import msgspec
from cyclopts import Parameter

from menagerie.cli import terminal
from menagerie.core import find, images
from menagerie.library import SYSTEM


def search(
    query: str = "*",
    *,
    data: terminal.DataFolder = None,
    page: int = 1,
    per_page: int = 25,
    sort: str = "",
    descending: bool = True,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Search the library; no filter hides anything here.

    Parameters
    ----------
    query
        As in the search box, such as "safe, dog, score.gte:5".
    page
        Which page of the result.
    per_page
        Images on a page.
    sort
        Field to sort by, such as score or random:7.
    descending
        Highest first.
    as_json
        Print one line of JSON per image.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = find.images(
            tx,
            find.parse(tx, query),
            sort=find.parse_sort(sort, "desc" if descending else "asc", tx),
            page=page,
            per_page=per_page,
            filter=None,
        )
        shown = images.find_many(tx, found.ids)
    for image in shown:
        names = ", ".join(tag.name for tag in image.tags)
        if as_json:
            facts = {"id": image.id, "score": image.score, "tags": [t.name for t in image.tags]}
            terminal.out.print(msgspec.json.encode(facts).decode(), markup=False)
        else:
            terminal.out.print(f"{image.id:>8}  {image.score:>5}  {names}", markup=False)
    if not as_json:
        terminal.out.print(f"{found.total} found")

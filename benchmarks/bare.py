"""The measuring stick: a Litestar handler on Granian that returns bytes made beforehand.

`/ready/N` returns N bytes at once; `/spent/N/US` first keeps the processor busy for US
microseconds, as long as the core needs for the same answer. `/rendered/N` renders a Jinja template
of about N bytes, one link of it after the other, and packs the page as ours are.
"""

import gzip
import multiprocessing
import sys
import time
from functools import cache

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from jinja2 import Environment
from litestar import Litestar, Response, get

TYPE = "application/json; charset=utf-8"


@cache
def _body(size: int) -> bytes:
    return b"{" + b" " * (size - 2) + b"}"


@get("/ready/{size:int}", sync_to_thread=False)
def ready(size: int) -> Response[bytes]:
    """Return `size` bytes."""
    return Response(_body(size), media_type=TYPE)


@get("/spent/{size:int}/{us:int}", sync_to_thread=False)
def spent(size: int, us: int) -> Response[bytes]:
    """Spend `us` microseconds, then return `size` bytes."""
    until = time.perf_counter_ns() + us * 1000
    while time.perf_counter_ns() < until:
        pass
    return Response(_body(size), media_type=TYPE)


HTML = "text/html; charset=utf-8"
_PAGE = Environment(autoescape=True).from_string(
    "<!doctype html><title>A list</title><ul>{% for one in listed %}"
    '<li class="one"><a href="/images/{{ one.id }}" title="{{ one.title }}">{{ one.name }}</a>'
    "</li>{% endfor %}</ul>"
)
_LINK_BYTES = 106


@get("/rendered/{size:int}", sync_to_thread=False)
def rendered(size: int) -> Response[bytes]:
    """Render a page of about `size` bytes and pack it."""
    listed = [
        {"id": 1_000_000 + at, "title": f"picture {at:06} & its tags", "name": f"number {at:06}"}
        for at in range(size // _LINK_BYTES)
    ]
    page = gzip.compress(_PAGE.render(listed=listed).encode(), 1, mtime=0)
    return Response(page, media_type=HTML, headers={"content-encoding": "gzip"})


app = Litestar([ready, spent, rendered], openapi_config=None)


def main() -> None:
    """Serve on the port that the command line names, as `menagerie serve` would with one worker."""
    multiprocessing.set_start_method("spawn", force=True)
    Granian(
        "benchmarks.bare:app",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        workers=1,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()

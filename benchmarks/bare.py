"""The measuring stick: a Litestar handler on Granian that returns bytes made beforehand.

`/ready/N` returns N bytes at once; `/spent/N/US` first keeps the processor busy for US
microseconds, as long as the core needs for the same answer.
"""

import multiprocessing
import sys
import time
from functools import cache

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
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


app = Litestar([ready, spent], openapi_config=None)


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

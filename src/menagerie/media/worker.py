"""The program inside a child of the decode pool: read a request, run it, answer.

Started by `pool`; never imported by the server itself.
"""

import contextlib
import os
import pickle
import resource
import select
import threading
import traceback
from typing import Any

import av
import pyvips

from menagerie.errors import MenagerieError, Unsupported
from menagerie.media.limits import CORRUPT

Answer = tuple[Any, BaseException | None, str, bool]
"""Result, error, the error's private cause, and whether this child should be replaced."""


def main(*, requests: int, replies: int, memory_bytes: int, parent: int) -> None:
    """Serve requests from the descriptor `requests` until it is closed or the parent is gone."""
    threading.Thread(target=_watch_parent, args=(requests, parent), daemon=True).start()
    _limit(memory_bytes)
    _tame_libraries()
    source = os.fdopen(requests, "rb")
    sink = os.fdopen(replies, "wb")
    _send(sink, pickle.dumps("ready"))
    while head := source.read(8):
        _send(sink, _answer(source.read(int.from_bytes(head, "big"))))


def _watch_parent(requests: int, parent: int) -> None:
    """End this process when the parent is gone, even in the middle of a decode.

    The hang-up of the request pipe tells at once; the parent's id is asked too, since a process
    forked from the parent would keep the pipe open. (Linux can signal a parent's death, but it
    means the parent's *thread*, and the thread that started us may end long before the server.)
    """
    poll = select.poll()
    poll.register(requests, 0)
    while os.getppid() == parent and not poll.poll(1000):
        pass
    os._exit(1)


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_cpu(seconds: float) -> None:
    """Give this process `seconds` more of processor time; beyond them the kernel kills it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _tame_libraries() -> None:
    """One thread, no caches, and none of libvips's loaders that were never hardened, save SVG."""
    av.logging.set_level(None)
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    # `svg.inspect` reads every SVG before librsvg may.
    pyvips.operation_block_set("VipsForeignLoadSvg", False)


def _answer(request: bytes) -> bytes:
    try:
        answer = _call(request)
        return pickle.dumps(answer)
    except MemoryError as error:
        return pickle.dumps((None, Unsupported(CORRUPT), f"out of memory: {error}", True))
    except Exception as error:  # noqa: BLE001 - an error that cannot be pickled is told as text
        text = "".join(traceback.format_exception(error))
        return pickle.dumps((None, RuntimeError(text), "", False))


def _call(request: bytes) -> Answer:
    function, args, kwargs, cpu_s = pickle.loads(request)  # noqa: S301 - from our own parent
    _limit_cpu(cpu_s)
    try:
        return function(*args, **kwargs), None, "", False
    except MemoryError:
        raise
    except MenagerieError as error:
        return None, error, repr(error.__cause__) if error.__cause__ else "", False
    except Exception as error:
        with contextlib.suppress(Exception):
            pickle.loads(pickle.dumps(error))  # noqa: S301 - does it survive the way back?
            return None, error, "".join(traceback.format_exception(error)), False
        raise


def _send(sink: Any, payload: bytes) -> None:
    sink.write(len(payload).to_bytes(8, "big") + payload)
    sink.flush()

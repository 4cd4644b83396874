"""A pool of limited child processes in which every decode runs.

A decoder's crash, a picture that needs all the memory there is, or one that renders for an hour
costs a child process, never the server.

Why not `multiprocessing` or a pool on top of it: it refuses to start children from a daemonic
process (as a worker of an HTTP server may be) and imports the parent's main module again in every
child. Here a child is a plain program on two pipes: the thread that calls `run` speaks to it
directly, so the parent needs no thread of its own, and starting one is a fork and exec that is safe
with any number of threads.
"""

import json
import os
import pickle
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from menagerie.errors import Unavailable, Unsupported
from menagerie.media.limits import CORRUPT

P = ParamSpec("P")
R = TypeVar("R")

_START_TIMEOUT_S = 60.0
_TASKS_PER_CHILD = 1000
_BOOT = (
    "import json, sys; setup = json.loads(sys.argv[1]); sys.path[:] = setup.pop('path');"
    "from menagerie.media import worker; worker.main(**setup)"
)
# The child gets nothing of the server's environment: it holds secrets, and a decoder needs none.
# One thread each, since the pool has one child per core.
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": os.defpath,
    "VIPS_CONCURRENCY": "1",
    "VIPS_WARNING": "0",
}


class ChildFailureError(Exception):
    """Why a child gave no answer: the private cause behind an `Unsupported`."""


class _Child:
    """One child process and the pipes to it; used by one thread at a time."""

    def __init__(self, memory_bytes: int) -> None:
        self.task_count = 0
        request_read, self._requests = os.pipe()
        self._replies, reply_write = os.pipe()
        setup = {
            "path": sys.path,
            "requests": request_read,
            "replies": reply_write,
            "memory_bytes": memory_bytes,
            "parent": os.getpid(),
        }
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own code
            [sys.executable, "-c", _BOOT, json.dumps(setup)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(request_read, reply_write),
            env=_ENVIRONMENT,
        )
        os.close(request_read)
        os.close(reply_write)

    def wait_until_ready(self) -> None:
        """Return when the child has loaded its libraries; raise `ChildFailureError` if not."""
        self._receive(time.monotonic() + _START_TIMEOUT_S)

    def has_ended(self) -> bool:
        """Tell whether the process is no more."""
        return self._process.poll() is not None

    def ask(self, request: bytes, timeout_s: float) -> Any:
        """Send one pickled request and return its answer, or raise `ChildFailureError`."""
        self.task_count += 1
        try:
            _write_all(self._requests, len(request).to_bytes(8, "big") + request)
        except OSError as error:
            raise ChildFailureError(f"the decoder is gone: {error}") from error
        return self._receive(time.monotonic() + timeout_s)

    def _receive(self, deadline: float) -> Any:
        size = int.from_bytes(self._read(8, deadline), "big")
        # The child is less trusted than this process, but a pickle is all it can send; a decoder
        # exploit is contained by the limits below it, not by this pipe.
        return pickle.loads(self._read(size, deadline))  # noqa: S301

    def _read(self, size: int, deadline: float) -> bytes:
        poll = select.poll()
        poll.register(self._replies, select.POLLIN)
        received = bytearray()
        while len(received) < size:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not poll.poll(left_s * 1000):
                raise ChildFailureError("the decoder ran out of time")
            piece = os.read(self._replies, min(size - len(received), 1 << 20))
            if not piece:
                raise ChildFailureError(f"the decoder died with status {self._process.wait()}")
            received += piece
        return bytes(received)

    def stop(self) -> None:
        """Kill the child at once and free its pipes."""
        self._process.kill()
        self._process.wait()
        os.close(self._requests)
        os.close(self._replies)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class DecodePool:
    """Runs functions in limited child processes, at most `workers` at a time (default: cores).

    Children start when first needed. `memory_bytes` is each child's address space; `timeout_s` the
    wall time of one call, and `cpu_s` its processor time (default: the same).
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        memory_bytes: int = 3 << 30,
        cpu_s: float | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._memory_bytes = memory_bytes
        self._cpu_s = cpu_s
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._closed = False
        self._fill()

    def _fill(self) -> None:
        """Make every slot empty; an empty slot is a child that has not been started yet."""
        self._owner = os.getpid()
        self._children: set[_Child] = set()
        self._slots: queue.SimpleQueue[_Child | None] = queue.SimpleQueue()
        for _ in range(self.workers):
            self._slots.put(None)

    def run(
        self, function: Callable[..., R], *args: Any, timeout_s: float | None = None, **kwargs: Any
    ) -> R:
        """Run `function(*args, **kwargs)` in a child and return its result; blocks; thread-safe.

        Function, arguments and result are pickled. Waits for a free child first, which does not
        count against `timeout_s`.

        Raises what the function raised; `Unsupported` when the child crashed, ran out of memory or
        time (its `__cause__` says which); `Unavailable` when the pool is closed or a child cannot
        be started.
        """
        with self._lock:
            if os.getpid() != self._owner:
                # Forked: these pipes are the parent's. Forget them and start our own.
                self._fill()
        limit_s = timeout_s or self._timeout_s
        request = pickle.dumps(
            (function, args, kwargs, limit_s if self._cpu_s is None else self._cpu_s)
        )
        child, is_spent = self._slots.get(), True
        try:
            if child is not None and child.has_ended():
                # Whoever killed it while it idled, the kernel for one, knew nothing of this file.
                self._discard(child)
                child = None
            child = child or self._start()
            result, error, cause, is_spent = child.ask(request, limit_s)
            is_spent = is_spent or child.task_count >= _TASKS_PER_CHILD
        except ChildFailureError as failure:
            raise Unsupported(CORRUPT) from failure
        finally:
            # Also after an interrupt: the late answer of a child at work must meet nobody.
            if is_spent:
                self._discard(child)
                child = None
            self._slots.put(child)
        if error is not None:
            raise error from (ChildFailureError(cause) if cause else None)
        return result  # type: ignore[no-any-return]

    def _start(self) -> _Child:
        with self._lock:
            if self._closed:
                raise Unavailable("the decode pool is closed")
            child = _Child(self._memory_bytes)
            self._children.add(child)
        try:
            child.wait_until_ready()
        except ChildFailureError as failure:
            self._discard(child)
            raise Unavailable("a decoder process cannot be started") from failure
        return child

    def _discard(self, child: _Child | None) -> None:
        if child is None:
            return
        with self._lock:
            if child in self._children:
                self._children.remove(child)
                child.stop()

    def close(self, grace_s: float = 0.0) -> None:
        """Stop all children; those at work get `grace_s` seconds to finish."""
        with self._lock:
            self._closed = True
        deadline = time.monotonic() + grace_s
        for _ in range(self.workers):
            try:
                child = self._slots.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            self._discard(child)
        for child in list(self._children):
            self._discard(child)
        for _ in range(self.workers):
            self._slots.put(None)  # whoever still waits is told that the pool is closed

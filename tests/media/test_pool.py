import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest

from menagerie import errors
from menagerie.errors import Conflict, Invalid, MenagerieError, TooLarge, Unavailable, Unsupported
from menagerie.media.limits import CORRUPT
from menagerie.media.pool import DecodePool


@pytest.fixture(scope="module")
def hasty():
    pool = DecodePool(1, timeout_s=0.3, memory_bytes=2 << 30)
    yield pool
    pool.close()


def test_a_function_runs_in_another_process(pool):
    assert pool.run(os.getpid) != os.getpid()
    assert pool.run(pow, 2, 5) == 32
    assert pool.run(int, "11", base=2) == 3


@pytest.mark.parametrize(
    ("function", "argument", "cause"),
    [
        (time.sleep, 60, "out of time"),
        (os._exit, 3, "status 3"),
        (bytearray, 3 << 30, "out of memory"),
    ],
)
def test_a_lost_child_is_an_unsupported_file_and_the_pool_goes_on(hasty, function, argument, cause):
    with pytest.raises(Unsupported, match=CORRUPT) as caught:
        hasty.run(function, argument)
    assert cause in str(caught.value.__cause__)
    assert hasty.run(pow, 2, 3) == 8


def test_a_child_killed_while_it_idled_is_no_fault_of_the_next_file(pool):
    for _ in range(pool.workers + 1):
        os.kill(pool.run(os.getpid), signal.SIGKILL)
        time.sleep(0.05)
    assert pool.run(pow, 2, 3) == 8


def test_an_ordinary_error_reaches_the_caller(pool):
    with pytest.raises(ValueError, match="invalid literal"):
        pool.run(int, "x")


def test_what_cannot_be_pickled_is_told_as_text(pool):
    with pytest.raises(RuntimeError, match="pickle"):
        pool.run(threading.Lock)


@pytest.mark.slow
def test_the_processor_time_of_a_child_is_bounded():
    pool = DecodePool(1, cpu_s=0.0, timeout_s=20.0)
    with pytest.raises(Unsupported) as caught:
        pool.run(pow, 3, 10**8)
    assert f"status {-signal.SIGXCPU}" in str(caught.value.__cause__)
    pool.close()


@pytest.mark.parametrize(
    "error",
    [
        errors.NotFound(),
        Invalid({"a": ["x", "y"], "b": ["z"]}),
        Unsupported("reason", media_type="image/webp"),
        errors.QueryError("m", start=1, end=2, hint="h"),
        Conflict(7),
        TooLarge(5),
        errors.RateLimited(9),
        Unavailable("m"),
        errors.Banned(),
    ],
)
def test_every_domain_error_survives_the_way_between_processes(error: MenagerieError):
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(copy) is type(error)
    assert (copy.args, vars(copy)) == (error.args, vars(error))


def test_many_threads_share_few_children(pool):
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(pool.run(pow, n, 2))) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [n * n for n in range(20)]


def test_a_closed_pool_says_so():
    pool = DecodePool(1)
    pool.close()
    with pytest.raises(Unavailable, match="closed"):
        pool.run(pow, 2, 2)


_PARENT = """
import os, threading
from menagerie.media.pool import DecodePool
pool = DecodePool(1)
print(pool.run(os.getpid), flush=True)
import time
pool.run(time.sleep, 60)
"""


@pytest.mark.slow
def test_a_child_at_work_ends_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    time.sleep(0.2)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _is_running(child):
        time.sleep(0.05)
    assert not _is_running(child)


def _is_running(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:  # noqa: PTH123 - not a path of ours
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

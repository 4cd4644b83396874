"""The queue: jobs run once, again when they fail or their process dies, and not for ever."""

import threading
import time

import pytest
from sqlalchemy import select, update

from menagerie import jobs
from menagerie.library import SYSTEM
from menagerie.storage import schema


class Recorder:
    """A job function that remembers its calls and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.calls: list[dict[str, object]] = []
        self.failures = failures
        self.called = threading.Event()

    def __call__(self, _library, **payload):
        self.calls.append(payload)
        self.called.set()
        if len(self.calls) <= self.failures:
            raise RuntimeError(f"failure {len(self.calls)}")


@pytest.fixture
def record() -> Recorder:
    return Recorder()


def enqueue(library, kind="record", **payload):
    with library.writing(SYSTEM) as tx:
        jobs.enqueue(tx, kind, payload)


def counts(library):
    with library.reading(SYSTEM) as tx:
        return jobs.counts(tx)


def test_a_job_runs_once_with_its_payload(library, record):
    enqueue(library, image_id=7, name="é")
    worker = jobs.Worker(library, {"record": record}, threads=0)
    assert worker.run_pending() == 1
    assert worker.run_pending() == 0
    assert record.calls == [{"image_id": 7, "name": "é"}]
    assert counts(library) == jobs.Counts(waiting=0, running=0, failed=0, oldest_wait_s=0.0)


def test_a_job_of_a_rolled_back_transaction_never_runs(library, record):
    def fail_after_enqueueing() -> None:
        with library.writing(SYSTEM) as tx:
            jobs.enqueue(tx, "record", {})
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_enqueueing()
    assert jobs.Worker(library, {"record": record}, threads=0).run_pending() == 0


def test_a_job_waits_for_its_time_and_runs_in_order(library, record, clock):
    with library.writing(SYSTEM) as tx:
        jobs.enqueue(tx, "record", {"n": 2}, run_after=tx.now + 60_000_000)
        jobs.enqueue(tx, "record", {"n": 1})
    worker = jobs.Worker(library, {"record": record}, threads=0)
    assert worker.run_pending() == 1
    clock.advance(61)
    assert worker.run_pending() == 1
    assert [call["n"] for call in record.calls] == [1, 2]


def test_a_failing_job_is_tried_later_and_then_succeeds(library, clock):
    record = Recorder(failures=1)
    enqueue(library)
    worker = jobs.Worker(library, {"record": record}, threads=0)
    assert worker.run_pending() == 1
    assert worker.run_pending() == 0
    assert counts(library).waiting == 1
    clock.advance(jobs.retry_delay_s(1))
    assert worker.run_pending() == 1
    assert counts(library).waiting == 0


def test_a_job_that_keeps_failing_is_given_up_and_can_be_retried(library, clock):
    record = Recorder(failures=jobs.MAX_ATTEMPTS)
    enqueue(library, image_id=1)
    worker = jobs.Worker(library, {"record": record}, threads=0)
    for _attempt in range(jobs.MAX_ATTEMPTS + 3):
        worker.run_pending()
        clock.advance(jobs.LONGEST_RETRY_S)
    assert len(record.calls) == jobs.MAX_ATTEMPTS
    assert counts(library).failed == 1
    with library.reading(SYSTEM) as tx:
        [failed] = jobs.failed(tx)
    assert failed.error == f"RuntimeError: failure {jobs.MAX_ATTEMPTS}"
    with library.writing(SYSTEM) as tx:
        assert jobs.retry_failed(tx) == 1
    assert worker.run_pending() == 1
    assert counts(library) == jobs.Counts(waiting=0, running=0, failed=0, oldest_wait_s=0.0)


def test_the_job_of_a_dead_process_runs_again_after_its_lease(library, record, clock):
    enqueue(library)
    with library.writing(SYSTEM) as tx:
        tx.execute(
            update(schema.jobs).values(
                claimed_by="dead", claimed_until=tx.now + jobs.LEASE_S * 1_000_000, attempts=1
            )
        )
    worker = jobs.Worker(library, {"record": record}, threads=0)
    assert worker.run_pending() == 0
    assert counts(library).running == 1
    clock.advance(jobs.LEASE_S + 1)
    assert worker.run_pending() == 1


def test_a_job_that_kills_every_process_is_given_up(library, record):
    enqueue(library)
    with library.writing(SYSTEM) as tx:
        tx.execute(
            update(schema.jobs).values(
                claimed_by="dead", claimed_until=tx.now - 1, attempts=jobs.MAX_ATTEMPTS
            )
        )
    assert jobs.Worker(library, {"record": record}, threads=0).run_pending() == 1
    assert record.calls == []
    assert counts(library).failed == 1


def test_jobs_of_unknown_kind_are_left_to_others(library, record):
    enqueue(library, kind="other")
    assert jobs.Worker(library, {"record": record}, threads=0).run_pending() == 0
    assert counts(library).waiting == 1


def test_an_idle_worker_starts_at_once_when_a_job_is_committed(library, record):
    worker = jobs.Worker(library, {"record": record}, threads=2, poll_s=30)
    worker.start()
    try:
        enqueue(library)
        assert record.called.wait(5)
    finally:
        assert worker.stop()
    assert len(record.calls) == 1


def test_a_worker_sees_jobs_of_other_processes_by_polling(library, record):
    worker = jobs.Worker(library, {"record": record}, threads=1, poll_s=0.02)
    worker.start()
    library.job_wakers.clear()  # as if another process had enqueued
    try:
        enqueue(library)
        assert record.called.wait(5)
    finally:
        worker.stop()


def test_stopping_lets_the_running_job_end_and_keeps_the_rest(library):
    entered, release = threading.Event(), threading.Event()
    done: list[int] = []

    def slow(library, n):
        entered.set()
        release.wait(5)
        done.append(n)

    for n in range(3):
        enqueue(library, kind="slow", n=n)
    worker = jobs.Worker(library, {"slow": slow}, threads=1)
    worker.start()
    assert entered.wait(5)
    assert not worker.stop(timeout_s=0.05)
    release.set()
    assert worker.stop(timeout_s=5)
    assert done == [0]
    assert counts(library).waiting == 2


def test_many_workers_run_each_job_exactly_once(library):
    lock, ran = threading.Lock(), []

    def note(library, n):
        with lock:
            ran.append(n)

    with library.writing(SYSTEM) as tx:
        for n in range(40):
            jobs.enqueue(tx, "note", {"n": n})
    workers = [jobs.Worker(library, {"note": note}, threads=2) for _ in range(2)]
    for worker in workers:
        worker.start()
    deadline = time.monotonic() + 10
    while counts(library).waiting + counts(library).running and time.monotonic() < deadline:
        time.sleep(0.01)
    for worker in workers:
        worker.stop()
    assert sorted(ran) == list(range(40))
    with library.reading(SYSTEM) as tx:
        assert tx.all(select(schema.jobs.c.id)) == []


def test_periodic_functions_run_again_after_a_failure(library):
    calls = threading.Semaphore(0)

    def upkeep(library):
        calls.release()
        raise RuntimeError("this time not")

    worker = jobs.Worker(library, {}, threads=0, periodic=[jobs.Periodic("test", 0.01, upkeep)])
    worker.start()
    try:
        assert calls.acquire(timeout=5)
        assert calls.acquire(timeout=5)
    finally:
        worker.stop()

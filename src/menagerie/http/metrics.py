"""Numbers for Prometheus: requests by route, and the state of the library when asked.

With several worker processes `serve` sets `PROMETHEUS_MULTIPROC_DIR` to an empty folder: the client
library then keeps its numbers there, and `/metrics` of any process answers their sum.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from menagerie import jobs
from menagerie.library import SYSTEM, Library

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What one process counts."""

    def __init__(self, library: Library) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "menagerie_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "menagerie_request_seconds",
            "Time until the answer was sent.",
            ("route",),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        # Finding a child by its labels costs more than counting in it.
        self._children: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[str, Histogram] = {}
        self._library = _LibraryCollector(library)
        self.registry.register(self._library)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request; methods nobody uses count as one, or they would pile up."""
        method = method if method in _METHODS else "other"
        child = self._children.get((route, method, status))
        if child is None:
            child = self._requests.labels(route, method, str(status))
            self._children[route, method, status] = child
        child.inc()
        timer = self._timers.get(route)
        if timer is None:
            timer = self._timers[route] = self._seconds.labels(route)
        timer.observe(seconds)

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        registry = CollectorRegistry()
        try:
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        except ValueError:  # no folder is set: this process alone
            return generate_latest(self.registry)
        registry.register(self._library)
        return generate_latest(registry)


class _LibraryCollector(Collector):
    """Reads the library's own figures when Prometheus asks."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def collect(self) -> list[GaugeMetricFamily]:
        """Return the figures of this moment."""
        version = self._library.catalogue.current()
        with self._library.reading(SYSTEM) as tx:
            counts = jobs.counts(tx)
        by_state = GaugeMetricFamily("menagerie_jobs", "Jobs by state.", labels=["state"])
        by_state.add_metric(["waiting"], counts.waiting)
        by_state.add_metric(["running"], counts.running)
        by_state.add_metric(["failed"], counts.failed)
        return [
            GaugeMetricFamily(
                "menagerie_images", "Images anybody can find.", value=len(version.live)
            ),
            GaugeMetricFamily("menagerie_catalogue_seq", "Change applied last.", value=version.seq),
            by_state,
            GaugeMetricFamily(
                "menagerie_job_wait_seconds",
                "How long the oldest due job has waited.",
                value=counts.oldest_wait_s,
            ),
        ]

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing in advance: registering must not read the library."""
        return []

"""Metrics: what the service counts for Prometheus, in a registry of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# Around the targets: search 25 ms, ask 120 to 250 ms.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of one application; two applications in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "dossier_requests_total",
            "HTTP requests, by route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "dossier_request_seconds",
            "Time until a response was complete, in seconds.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.search_seconds = Histogram(
            "dossier_search_seconds",
            "Time of a search itself, in seconds.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.ask_seconds = Histogram(
            "dossier_ask_seconds",
            "Time of answering a question, in seconds.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.answers = Counter(
            "dossier_answers_total", "Questions, by outcome.", ("status",), registry=self.registry
        )
        self.uploads = Counter(
            "dossier_uploaded_documents_total",
            "Documents of uploads, by what happened to them.",
            ("status",),
            registry=self.registry,
        )
        self.ready = Gauge(
            "dossier_ready", "1 when the index is open, otherwise 0.", registry=self.registry
        )
        self.generation = Gauge(
            "dossier_index_generation",
            "Generation of the index that last answered.",
            registry=self.registry,
        )

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)

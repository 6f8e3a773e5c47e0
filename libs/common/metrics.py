"""Instruments that every process shares. Labels are bounded: never a tenant, invoice or user."""

from prometheus_client import Counter, Gauge, Histogram

_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUEST_SECONDS = Histogram(
    "openfapiao_request_seconds",
    "Time from the first byte of a request to the last of its answer",
    ["method", "route", "status"],
    buckets=_LATENCY,
)
REQUESTS_IN_PROGRESS = Gauge("openfapiao_requests_in_progress", "Requests being answered")
OUTBOX_UNPUBLISHED = Gauge("openfapiao_outbox_unpublished", "Outbox rows not yet in Kafka")
OUTBOX_OLDEST_SECONDS = Gauge("openfapiao_outbox_oldest_unpublished_seconds", "Age of the oldest such row")
EVENTS_PUBLISHED = Counter("openfapiao_events_published_total", "Events acknowledged by Kafka", ["type"])
EVENTS_APPLIED = Counter("openfapiao_events_applied_total", "Events whose effects are committed", ["type"])
EVENTS_DROPPED = Counter("openfapiao_events_dropped_total", "Events seen before, dropped", ["type"])
EVENTS_UNKNOWN = Counter("openfapiao_events_unknown_total", "Events of a type this service does not know")
EVENT_LAG_SECONDS = Histogram(
    "openfapiao_event_lag_seconds",
    "Time from the event's commit to its effect's commit",
    ["topic"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
DEAD_LETTERS = Counter("openfapiao_dead_letters_total", "Events put aside", ["topic", "reason"])
DEAD_LETTERS_WAITING = Gauge("openfapiao_dead_letters_waiting", "Events put aside and not applied since")
PRODUCER_RENEWALS = Counter(
    "openfapiao_producer_renewals_total", "Producers thrown away after an unsure send"
)
LOOP_FAILURES = Counter("openfapiao_loop_failures_total", "Rounds of a worker loop that raised", ["loop"])
LOOP_LAST_SUCCESS = Gauge(
    "openfapiao_loop_last_success_timestamp_seconds", "When a worker loop last completed a round", ["loop"]
)
POOL_IN_USE = Gauge("openfapiao_database_connections_in_use", "Connections handed out by the pool")
LOG_LINES_DROPPED = Counter(
    "openfapiao_log_lines_dropped_total", "Log lines lost while standard output was stuck or broken"
)

"""Instruments of the render service."""

from prometheus_client import Counter, Gauge, Histogram

DOCUMENTS = Counter("openfapiao_documents_total", "Documents by what became of them", ["format", "outcome"])
DOCUMENT_SECONDS = Histogram(
    "openfapiao_document_seconds",
    "Time from the wish for a document to its being ready",
    ["format"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
DOCUMENTS_PENDING = Gauge("openfapiao_documents_pending", "Documents not yet drawn and stored")
OLDEST_PENDING_SECONDS = Gauge(
    "openfapiao_documents_oldest_pending_seconds", "Age of the oldest such document"
)
ARCHIVED_OBJECTS = Counter("openfapiao_archived_objects_total", "Objects put into the archive")
UNREADABLE_DOCUMENTS = Counter(
    "openfapiao_unreadable_documents_total",
    "Archived documents that were damaged, gone or not handed out",
    ["reason"],
)
VERIFICATIONS = Counter(
    "openfapiao_verifications_total", "Documents and questions of anyone, by verdict", ["format", "verdict"]
)
VERIFICATIONS_REFUSED = Counter(
    "openfapiao_verifications_refused_total", "Those that were not answered, by the problem's code", ["code"]
)

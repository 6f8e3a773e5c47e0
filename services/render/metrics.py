"""Instruments of the render service."""

from prometheus_client import Counter, Gauge, Histogram

from services.render.domain import MEDIA_TYPES

DOCUMENTS = Counter("openfapiao_documents_total", "Documents by what became of them", ["format", "outcome"])
for _format in MEDIA_TYPES:  # from 0, so that the first failure is an increase
    DOCUMENTS.labels(_format, "failed")
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
INVOICES_PRINTED = Counter(
    "openfapiao_invoices_printed_total", "Invoices put on paper, one by one or in a batch", ["profile"]
)
VERIFICATIONS = Counter(
    "openfapiao_verifications_total", "Documents and questions of anyone, by verdict", ["format", "verdict"]
)
VERIFICATIONS_REFUSED = Counter(
    "openfapiao_verifications_refused_total", "Those that were not answered, by the problem's code", ["code"]
)
SHORT_LOCKED_OBJECTS = Gauge(
    "openfapiao_short_locked_objects", "Archived objects of which the lock is still to be extended"
)
SOONEST_LAPSE_SECONDS = Gauge(
    "openfapiao_short_lock_lapse_seconds", "Time until the first of those locks ends; a day without any"
)
ORPHANED_OBJECTS = Counter(
    "openfapiao_orphaned_objects_removed_total", "Objects that killed workers had stored and not recorded"
)
DAY_UNSEALED_SECONDS = Gauge(
    "openfapiao_day_unsealed_seconds",
    "Time since the end of a day (Asia/Shanghai) of which roots are missing; 0 when all are there",
)

"""Instruments of the invoice service."""

from prometheus_client import Counter, Gauge

RECONCILED = Counter(
    "openfapiao_invoices_reconciled_total", "Invoices whose sums, number and view were compared"
)
MISMATCHES = Gauge(
    "openfapiao_invoice_mismatches", "What the last whole reconciliation found wrong", ["rule"]
)
RECONCILED_AT = Gauge(
    "openfapiao_invoice_reconciliation_timestamp_seconds", "When the last whole reconciliation ended"
)
NUMBERS_LEFT = Gauge(
    "openfapiao_numbers_left", "Numbers of this year that the taxpayer with the fewest has left", ["channel"]
)
STOCK_LEFT = Gauge(
    "openfapiao_stock_left", "Numbers of a kind's stock that the taxpayer with the fewest has left", ["kind"]
)
SUBMISSIONS_OPEN = Gauge("openfapiao_submissions_open", "Invoices on which the authority's word is not final")
SUBMISSION_OLDEST = Gauge(
    "openfapiao_submission_oldest_age_seconds", "How long the oldest of them has been waiting"
)
INVOICES_LATE = Gauge("openfapiao_invoices_late", "Of them, those whose promised time has passed")
QUOTA_AGE = Gauge(
    "openfapiao_quota_age_seconds", "How long ago the quota of the taxpayer that waits longest was learnt"
)
QUOTA_DIFFERENCES = Gauge(
    "openfapiao_quota_differences",
    "Taxpayers whose used quota is not what the bureau says, with nothing open",
)
CONNECTORS = Gauge(
    "openfapiao_connectors", "Taxpayers by the state of their line to the authority", ["state"]
)
CALLBACKS = Counter(
    "openfapiao_authority_callbacks_total", "Callbacks received, none of them believed", ["outcome"]
)
DAY_CHECK_AGE = Gauge(
    "openfapiao_day_check_age_seconds",
    "How long ago the recent day that waits longest was compared with the bureau",
)
ODD_FORMS = Counter(
    "openfapiao_red_forms_not_handled_total",
    "Words of the bureau on a red-letter form that were not understood, or could not be recorded",
)

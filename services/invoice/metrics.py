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

"""Instruments of support."""

from prometheus_client import Counter

PROMISES_MISSED = Counter(
    "openfapiao_promises_missed_total", "Invoices that were not final by their expected_final_by"
)

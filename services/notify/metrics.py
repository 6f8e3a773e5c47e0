"""Instruments of notify."""

from prometheus_client import Counter

DELIVERIES_ATTEMPTED = Counter(
    "openfapiao_deliveries_attempted_total",
    "Attempts to deliver an invoice; outcome sent, refused (for good or to be tried again) or postponed",
    ["channel", "outcome"],
)

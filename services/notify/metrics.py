"""Instruments of notify."""

from prometheus_client import Counter

DELIVERIES_ATTEMPTED = Counter(
    "openfapiao_deliveries_attempted_total",
    "Attempts to deliver an invoice; outcome sent, refused (for good or to be tried again) or postponed",
    ["channel", "outcome"],
)
NOTICES_ATTEMPTED = Counter(
    "openfapiao_notices_attempted_total",
    "Attempts to mail a notice to a user; outcome sent, refused (for good or to be tried again) or withdrawn",
    ["outcome"],
)

"""Instruments of auth. Labels are outcomes, never names."""

from prometheus_client import Counter, Gauge

SIGN_INS = Counter("openfapiao_sign_ins_total", "Password sign-ins", ["outcome"])
REFRESHES = Counter("openfapiao_session_refreshes_total", "Refresh tokens presented", ["outcome"])
TOKENS_ISSUED = Counter("openfapiao_access_tokens_issued_total", "Access tokens signed", ["kind"])
PASSWORDS_IN_HAND = Gauge("openfapiao_passwords_in_hand", "Passwords being hashed or waiting for it")

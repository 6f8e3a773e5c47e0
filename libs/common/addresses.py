"""E-mail addresses: which ones mail can be sent to, and how they look to those who need not know them."""

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# The dot-atom form of RFC 5321: nothing in it can end a header or an SMTP command.
_EMAIL = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def is_email(address: str) -> bool:
    """Whether the address is in ASCII dot-atom form."""
    return _EMAIL.fullmatch(address) is not None


def check_email(address: str) -> str:
    """The address; raises ValueError if it is none."""
    if not is_email(address):
        raise ValueError("not an e-mail address")
    return address


def mask_email(address: str) -> str:
    """`ap@example.cn` becomes `a***@example.cn`; of what is no address only the first character is left."""
    local, at, domain = address.rpartition("@")
    if not at:
        return f"{address[:1]}***"
    return f"{local[:1] if len(local) > 1 else ''}***@{domain}"

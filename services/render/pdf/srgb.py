"""The colour space of all documents: sRGB as an ICC profile of version 4 (ICC.1:2004-10), made from its definition.

Primaries and white are those of IEC 61966-2-1, adapted to D50 by the Bradford method as ICC.1 annex E asks; the curve
is the standard's. Nobody's profile is copied.
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from struct import pack

CONDITION = "sRGB IEC61966-2.1"
_HEADER_SIZE, _ENTRY_SIZE = 128, 12
_D50 = (0.9642, 1.0, 0.8249)
_RED, _GREEN, _BLUE = (0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141)
_FROM_D65 = (1.04788, 0.02292, -0.05022, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168)
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # g, a, b, c, d of function type 3


@cache
def make_profile() -> bytes:
    """The profile's bytes, always the same; 9 tags, the three curves share their place."""
    curve = b"para\0\0\0\0\0\3\0\0" + _fixed(_CURVE)
    tags = {
        b"desc": _text("sRGB"),
        b"cprt": _text("CC0"),
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(_D50),
        b"chad": b"sf32\0\0\0\0" + _fixed(_FROM_D65),
        b"rXYZ": b"XYZ \0\0\0\0" + _fixed(_RED),
        b"gXYZ": b"XYZ \0\0\0\0" + _fixed(_GREEN),
        b"bXYZ": b"XYZ \0\0\0\0" + _fixed(_BLUE),
        b"rTRC": curve,
    }
    start = _HEADER_SIZE + 4 + _ENTRY_SIZE * (len(tags) + 2)
    offsets = accumulate(map(len, tags.values()), initial=start)
    entries = [(name, at, len(body)) for (name, body), at in zip(tags.items(), offsets, strict=False)]
    entries += [(name, *entries[-1][1:]) for name in (b"gTRC", b"bTRC")]
    table = pack(">I", len(entries)) + b"".join([pack(">4sII", *entry) for entry in entries])
    body = table + b"".join(tags.values())
    return _header(_HEADER_SIZE + len(body)) + body


def _header(size: int) -> bytes:
    """Section 7.2: a display device's profile, RGB to XYZ, of the day of the standard's sRGB."""
    front = pack(
        ">I4xI4s4s4s6H4s", size, 0x04200000, b"mntr", b"RGB ", b"XYZ ", 1999, 10, 18, 0, 0, 0, b"acsp"
    )
    return (front.ljust(68, b"\0") + _fixed(_D50)).ljust(_HEADER_SIZE, b"\0")


def _text(text: str) -> bytes:
    """A multi-localised Unicode string in one language (10.13), padded to four bytes."""
    body = text.encode("utf-16-be")
    record = pack(">II2s2sII", 1, 12, b"en", b"US", len(body), 28)
    return b"mluc\0\0\0\0" + record + body + b"\0" * (-len(body) % 4)


def _fixed(numbers: Sequence[float]) -> bytes:
    """Numbers as s15Fixed16 (4.6)."""
    return b"".join([pack(">i", round(number * 65536)) for number in numbers])

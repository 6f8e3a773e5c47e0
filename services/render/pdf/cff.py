"""A CID-keyed CFF font put together from ready charstrings (Adobe Technical Note 5176).

Everything but the charstrings has a constant size, so that all offsets are known beforehand.
"""

from collections.abc import Sequence
from itertools import accumulate
from struct import Struct

_HEADER = bytes([1, 0, 4, 4])  # version 1.0, header of 4 bytes, offsets of 4 bytes
_NO_SUBROUTINES = bytes(2)  # an empty INDEX
_NOTDEF = bytes([14])  # endchar: an empty glyph of the default width
_WIDTHS = bytes([28, *(1000).to_bytes(2, "big"), 20, 139, 21])  # defaultWidthX 1000, nominalWidthX 0
_CHARSET = Struct(">BHH")  # format 2: first CID, how many follow
_FDSELECT = Struct(">BHHBH")  # format 3: one range, its first glyph, its font dict, the glyph after the last

_ROS = bytes([248, 27, 248, 28, 139, 12, 30])  # registry and ordering are strings 391 and 392, supplement 0
_CID_COUNT, _FD_ARRAY, _FD_SELECT = bytes([12, 34]), bytes([12, 36]), bytes([12, 37])
_CHARSET_OFFSET, _CHARSTRINGS_OFFSET, _PRIVATE = bytes([15]), bytes([17]), bytes([18])


def assemble_cff(name: str, outlines: Sequence[bytes]) -> bytes:
    """The font whose glyph n (from 1) is `outlines[n - 1]` and has CID n; glyph 0 is empty."""
    count = len(outlines) + 1
    names, strings = _index([name.encode()]), _index([b"Adobe", b"Identity"])
    top_size = len(_index([_top_dict(0, 0, count)]))
    fd_array = len(_HEADER) + len(names) + top_size + len(strings) + len(_NO_SUBROUTINES)
    private = fd_array + len(_font_dict(0))
    charset = private + len(_WIDTHS)
    return b"".join(
        [
            _HEADER,
            names,
            _index([_top_dict(fd_array, charset, count)]),
            strings,
            _NO_SUBROUTINES,
            _font_dict(private),
            _WIDTHS,
            _CHARSET.pack(2, 1, count - 2),
            _FDSELECT.pack(3, 1, 0, 0, count),
            _index([_NOTDEF, *outlines]),
        ]
    )


def _top_dict(fd_array: int, charset: int, count: int) -> bytes:
    """Section 9 and 18."""
    fd_select = charset + _CHARSET.size
    charstrings = fd_select + _FDSELECT.size
    return b"".join(
        [
            *(_ROS, _integer(count), _CID_COUNT),
            *(_integer(charset), _CHARSET_OFFSET, _integer(fd_select), _FD_SELECT),
            *(_integer(charstrings), _CHARSTRINGS_OFFSET, _integer(fd_array), _FD_ARRAY),
        ]
    )


def _font_dict(private: int) -> bytes:
    """The one entry of the FDArray: where its Private DICT is."""
    return _index([_integer(len(_WIDTHS)) + _integer(private) + _PRIVATE])


def _integer(value: int) -> bytes:
    """A DICT operand of fixed size (table 3)."""
    return b"\x1d" + value.to_bytes(4, "big")


def _index(items: Sequence[bytes]) -> bytes:
    """Section 5: count, offset size, offsets from 1, data."""
    offsets = accumulate(map(len, items), initial=1)
    head = len(items).to_bytes(2, "big") + b"\x04"
    return head + Struct(f">{len(items) + 1}I").pack(*offsets) + b"".join(items)

"""How a document embeds what it uses of the shipped fonts (ISO 32000-1 9.7: composite fonts)."""

import hashlib
from collections.abc import Mapping, Sequence

from services.render.fonts.glyphs import GlyphFile
from services.render.pdf.cff import assemble_cff
from services.render.pdf.file import stream

OBJECTS_PER_FONT = 5
_SYMBOLIC = 4
_CMAP_HEAD = """/CIDInit/ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def
/CMapName/Adobe-Identity-UCS def/CMapType 2 def
1 begincodespacerange<0000><FFFF>endcodespacerange
"""
_CMAP_FOOT = "endcmap CMapName currentdict/CMap defineresource pop end end"
_CMAP_BLOCK = 100  # entries a block may have


def encode_characters(characters: Sequence[str]) -> dict[str, str]:
    """Character -> its two-byte code in hexadecimal: CIDs from 1 in the order given, as embed_font numbers them."""
    return {character: f"{cid:04X}" for cid, character in enumerate(characters, 1)}


def embed_font(glyphs: GlyphFile, codes: Mapping[str, str], first: int) -> list[bytes]:
    """Five objects, numbered from `first` (the one to refer to): the font with just the characters of `codes`."""
    about = glyphs.description
    name = f"{_subset_tag(codes)}+{about.name}"
    widths = " ".join([str(glyphs.advances[character]) for character in codes])
    left, bottom, right, top = about.bbox
    composite = (
        f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
        f"/DescendantFonts[{first + 1} 0 R]/ToUnicode {first + 4} 0 R>>"
    )
    descendant = (
        f"<</Type/Font/Subtype/CIDFontType0/BaseFont/{name}"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        f"/FontDescriptor {first + 2} 0 R/W[1[{widths}]]>>"
    )
    descriptor = (
        f"<</Type/FontDescriptor/FontName/{name}/Flags {_SYMBOLIC}/FontBBox[{left} {bottom} {right} {top}]"
        f"/ItalicAngle 0/Ascent {about.ascent}/Descent {about.descent}/CapHeight {about.cap_height}/StemV 80"
        f"/FontFile3 {first + 3} 0 R>>"
    )
    program = assemble_cff(name, [glyphs.outlines[character] for character in codes])
    return [
        *(composite.encode(), descendant.encode(), descriptor.encode()),
        stream(program, "/Subtype/CIDFontType0C"),
        stream(_unicode_map(codes).encode()),
    ]


def _unicode_map(codes: Mapping[str, str]) -> str:
    """The ToUnicode CMap (9.10.3): what copying and searching give back."""
    entries = [f"<{code}><{character.encode('utf-16-be').hex()}>\n" for character, code in codes.items()]
    blocks = [entries[start : start + _CMAP_BLOCK] for start in range(0, len(entries), _CMAP_BLOCK)]
    body = "".join([f"{len(block)} beginbfchar\n{''.join(block)}endbfchar\n" for block in blocks])
    return _CMAP_HEAD + body + _CMAP_FOOT


def _subset_tag(codes: Mapping[str, str]) -> str:
    """Six capital letters that name the subset (9.6.4), the same for the same characters."""
    digest = hashlib.sha256("".join(codes).encode()).digest()
    return "".join([chr(65 + byte % 26) for byte in digest[:6]])

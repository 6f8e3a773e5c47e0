"""The QR code as an inline image mask (ISO 32000-1 8.9.7): one size for all invoices, sharp at any resolution."""

from math import isqrt

from zxingcpp import BarcodeFormat, create_barcode

from services.render.pdf.layout import Layout

# Fixed, so that nothing has to be searched: version 4 at level M holds every invoice's text.
VERSION = 4
MASK = 2


def qr_modules(text: str) -> list[bytes]:
    """Rows of modules, 0 dark and 255 light, without the quiet zone."""
    code = create_barcode(text, BarcodeFormat.QRCode, ec_level="M", version=VERSION, data_mask=MASK)
    image = code.to_image(scale=1, add_quiet_zones=False)
    pixels = bytes(image)  # type: ignore[call-overload] # its stub leaves the buffer protocol out
    side = isqrt(len(pixels))
    return [pixels[start : start + side] for start in range(0, side * side, side)]


def draw_qr(text: str, layout: Layout) -> str:
    """Operators that paint the code into its square, where the layout has one."""
    if layout.drawing.qr is None:
        return ""
    x, y, side = layout.drawing.qr
    rows = qr_modules(text)
    hexadecimal = "".join(map(_pack, rows))
    return (
        f"q 0 g {side:g} 0 0 {side:g} {x:g} {-y - side:g} cm\n"
        f"BI /W {len(rows[0])} /H {len(rows)} /IM true /F /AHx ID\n{hexadecimal}>\nEI Q\n"
    )


def _pack(row: bytes) -> str:
    """A row's bits in hexadecimal, most significant first, padded with light to whole bytes."""
    bits = row.replace(b"\x00", b"0").replace(b"\xff", b"1").ljust((len(row) + 7) // 8 * 8, b"1")
    return f"{int(bits, 2):0{len(bits) // 4}x}"

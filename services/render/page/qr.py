"""The QR code as modules: one size for all invoices."""

from functools import lru_cache
from math import isqrt

from zxingcpp import BarcodeFormat, create_barcode

# Fixed, so that nothing has to be searched: version 4 at level M holds every invoice's text.
VERSION = 4
MASK = 2


@lru_cache(maxsize=8)  # the formats of an invoice are drawn one after the other
def qr_modules(text: str) -> tuple[bytes, ...]:
    """Rows of modules, 0 dark and 255 light, without the quiet zone."""
    code = create_barcode(text, BarcodeFormat.QRCode, ec_level="M", version=VERSION, data_mask=MASK)
    image = code.to_image(scale=1, add_quiet_zones=False)
    pixels = bytes(image)  # type: ignore[call-overload] # its stub leaves the buffer protocol out
    side = isqrt(len(pixels))
    return tuple([pixels[start : start + side] for start in range(0, side * side, side)])

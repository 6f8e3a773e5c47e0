"""The name under which an invoice's document is saved, as the bureau's own downloads are called."""

from datetime import datetime

from libs.common.clock import SHANGHAI
from libs.common.text import one_line

_NOT_IN_FILE_NAMES = dict.fromkeys(map(ord, '<>:"/\\|?*'), "_")
# With it a name of Chinese characters stays below the 255 bytes that file systems allow.
_SELLER_CHARACTERS = 60


def name_document(number: str, seller_name: str, issued_at: datetime, file_format: str) -> str:
    """`dzfp_{number}_{seller}_{yyyyMMddHHmmss}.pdf`, the time in Shanghai; the seller's name is cut if it is long."""
    seller = one_line(seller_name).translate(_NOT_IN_FILE_NAMES)[:_SELLER_CHARACTERS]
    return f"dzfp_{number}_{seller}_{issued_at.astimezone(SHANGHAI):%Y%m%d%H%M%S}.{file_format}"

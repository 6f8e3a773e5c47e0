"""XML as text: escaped values between fixed tags, without a tree in memory."""

from services.render.page.errors import Undrawable

_CONTROLS = bytes(code for code in range(32) if chr(code) not in "\t\n\r")
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())


class NotInXml(Undrawable):
    """A text holds a character that XML 1.0 §2.2 knows no way to write."""

    def __init__(self) -> None:
        super().__init__("A text holds a character that XML cannot carry.", "文本中含有 XML 无法表示的字符。")


def escape(text: str) -> str:
    """As the content of an element or a quoted attribute. Bare line feeds are content, returns would be lost."""
    return text.translate(_ESCAPES) if _needs_escape(text) else text


_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


def _needs_escape(text: str) -> bool:
    return "&" in text or "<" in text or ">" in text or '"' in text or "\r" in text


def element(name: str, value: str | None) -> str:
    """Nothing where there is no value: optional elements are left out."""
    return f"<{name}>{escape(value)}</{name}>" if value else ""


def encode_document(root: str) -> bytes:
    """With its declaration, in UTF-8; raises NotInXml."""
    try:
        document = f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'.encode()
    except UnicodeEncodeError:
        raise NotInXml from None
    is_clean = len(document.translate(None, _CONTROLS)) == len(document)
    if not is_clean or any(character in document for character in _NONCHARACTERS):
        raise NotInXml
    return document

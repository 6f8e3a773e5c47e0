"""Why a document cannot be drawn. The invoice itself stands; the document is reported as failed."""


class Undrawable(Exception):  # noqa: N818 - its subclasses name the cause
    """Base; `reason` and `reason_zh` are what the document's state says.

    `is_alarming`: somebody has to do something about it, be it to a font, a layout or the code.
    """

    is_alarming = True

    def __init__(self, reason: str, reason_zh: str) -> None:
        self.reason = reason
        self.reason_zh = reason_zh
        super().__init__(reason)


class MissingGlyph(Undrawable):
    """No shipped font draws `character`; a box in its place would be a wrong document."""

    def __init__(self, character: str) -> None:
        self.character = character
        code = f"U+{ord(character):04X}"
        super().__init__(f"No shipped font has a glyph for {code}.", f"随附字体中没有字符 {code} 的字形。")


class NoRoom(Undrawable):
    """A value does not fit its place even at the smallest size; nothing is ever cut."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"The value of {field} does not fit its place.", f"{field} 的内容超出版面。")


class UnsupportedKind(Undrawable):
    """There is no page design for this kind of invoice."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"There is no page design for kind {kind}.", f"发票种类 {kind} 暂无版式。")

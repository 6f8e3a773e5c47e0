"""Amounts as the bureau keeps them: whole fen, read from and written as decimal strings."""


def to_fen(amount: str) -> int:
    """`"-1038.05"` becomes -103805; the text has exactly two decimals."""
    return int(amount.replace(".", ""))


def to_text(fen: int) -> str:
    """The inverse of `to_fen`; never −0.00."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan}.{rest:02d}"

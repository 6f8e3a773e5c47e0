"""Reads an EInvoice that somebody hands in, as hostile as it may be: every value in it, by the field's name.

Nothing is fetched, expanded or guessed: a document type, and with it every entity, is refused.
"""

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from services.render.structured.einvoice import render_xml
from services.render.structured.pointers import name_fields

MAX_BYTES = 4 * 1024 * 1024
_MAX_DEPTH = 8
_MAX_NAME = 64
# Twice what the largest invoice has.
_MAX_ELEMENTS = 100_000


class UnreadableXml(Exception):  # noqa: N818 - named for what it finds
    """`reason` and `reason_zh` say to whoever handed it in what is wrong with it."""

    def __init__(self, reason: str, reason_zh: str) -> None:
        self.reason = reason
        self.reason_zh = reason_zh
        super().__init__(reason)


def read_xml(content: bytes) -> dict[str, str]:
    """Every value by its JSON pointer in the public answer, or by its path where the answer has no such field.

    Empty elements count as absent. Raises UnreadableXml. Takes up to 0.3 s for the largest: not for an event loop.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableXml("The XML is larger than 4 MiB.", "XML 超过 4 MiB。")
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse_document_type
    parser.StartElementHandler = reader.open
    parser.EndElementHandler = reader.close
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}"
        raise UnreadableXml(
            f"The XML is not well-formed ({where}).", f"XML 格式不正确（第 {error.lineno} 行）。"
        ) from None
    return name_fields(reader.values)


def state_facts(invoice: Mapping[str, Any]) -> dict[str, str]:
    """What `read_xml` finds in the XML of a stored invoice; the difference of two is what was altered."""
    return read_xml(render_xml(invoice))


class _Reader:
    """Collects the text of elements by path; a repeated element has its number, from 1, behind its name."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._elements = 0
        self._paths: list[str] = []
        self._texts: list[list[str]] = []
        self._counts: list[dict[str, int]] = [{}]

    def refuse_document_type(self, *_: object) -> None:
        raise UnreadableXml("The XML has a document type declaration.", "XML 含有文档类型声明。")

    def open(self, name: str, attributes: dict[str, str]) -> None:
        if not self._paths and name != "EInvoice":
            raise UnreadableXml("The root element is not EInvoice.", "根元素不是 EInvoice。")
        self._elements += 1 + len(attributes)
        if len(self._paths) >= _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise UnreadableXml("The XML is too deep, or has too many elements.", "XML 嵌套过深或元素过多。")
        if max(map(len, (name, *attributes))) > _MAX_NAME:
            raise UnreadableXml("The XML has names that are too long.", "XML 中的名称过长。")
        counts = self._counts[-1]
        counts[name] = number = counts.get(name, 0) + 1
        parent = f"{self._paths[-1]}/" if self._paths else ""
        path = f"{parent}{name}" if number == 1 else f"{parent}{name}[{number}]"
        self.values.update((f"{path}/@{attribute}", value) for attribute, value in attributes.items())
        self._paths.append(path)
        self._texts.append([])
        self._counts.append({})

    def text(self, text: str) -> None:
        self._texts[-1].append(text)

    def close(self, _: str) -> None:
        """Space is nobody's value; other text between elements is one."""
        path, text = self._paths.pop(), "".join(self._texts.pop())
        self._counts.pop()
        if text and not text.isspace():
            self.values[path] = text

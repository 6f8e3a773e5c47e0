"""XML from strangers as flat values: no document type, no entity, bounded in size and depth."""

from collections import Counter
from typing import NamedTuple
from xml.parsers import expat

from services.render.verification.fields import PACKAGE
from services.render.verification.unreadable import Unreadable

MOST_DEPTH = 32
MOST_VALUES = 200_000
MOST_LETTERS = 500  # of a path


class Tree(NamedTuple):
    """The root's name, and every text and attribute by its path: `/EInvoice/Header/EIid`, `/Page/@ID`.

    The second of equal siblings is `Name[2]`; white space between elements does not count. What is no value, but may
    make another reader see other values, is named at `/package`: namespaces, comments, instructions to viewers.
    """

    root: str
    values: dict[str, str]


def read_tree(content: bytes) -> Tree:
    """Raises Unreadable."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.CommentHandler = reader.comment
    parser.ProcessingInstructionHandler = reader.instruct
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Unreadable("The XML is not well-formed.", "XML 格式不正确。") from None
    return Tree(reader.root, reader.values | {PACKAGE: " ".join(sorted(reader.surroundings))})


def refuse_doctype(content: bytes) -> None:
    """What can be told without parsing: only UTF-8 without a document type comes from us."""
    if b"\0" in content or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        _refuse_doctype()


def _refuse_doctype(*_: object) -> None:
    raise Unreadable(
        "The XML has a document type, entities or an encoding that no invoice has.",
        "XML 含有文档类型声明、实体或发票不会使用的编码。",
    )


class _Reader:
    def __init__(self) -> None:
        self.root = ""
        self.values: dict[str, str] = {}
        self.surroundings: set[str] = set()
        self._paths: list[str] = [""]
        self._counts: list[Counter[str]] = [Counter()]
        self._texts: list[list[str]] = [[]]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.surroundings |= {_namespace(name), *(f"@{_namespace(key)}" for key in attributes if " " in key)}
        name = _local(name)
        self.root = self.root or name
        self._counts[-1][name] += 1
        place = self._counts[-1][name]
        path = f"{self._paths[-1]}/{name}" + (f"[{place}]" if place > 1 else "")
        is_deep = len(self._paths) > MOST_DEPTH or len(path) > MOST_LETTERS
        if is_deep or len(self.values) + len(attributes) > MOST_VALUES:
            raise Unreadable(
                "The XML is deeper or longer than any invoice.", "XML 的层级或长度超出任何发票。"
            )
        self._paths.append(path)
        self._counts.append(Counter())
        self._texts.append([])
        self.values |= {f"{path}/@{_local(key)}": value for key, value in attributes.items()}

    def text(self, text: str) -> None:
        self._texts[-1].append(text)

    def comment(self, _: str) -> None:
        """Some readers take the text before it for the whole value."""
        self.surroundings.add("comment")

    def instruct(self, target: str, _: str) -> None:
        """A style sheet, for instance, that shows other values."""
        self.surroundings.add(f"instruction {target}")

    def end(self, _: str) -> None:
        path, counts = self._paths.pop(), self._counts.pop()
        text = "".join(self._texts.pop())
        if not counts or text.strip():
            self.values[path] = text


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _namespace(name: str) -> str:
    return name.rpartition(" ")[0]

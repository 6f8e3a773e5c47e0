"""The way from one leaf to the root of its day: RFC 6962, section 2.1, as RFC 9162, section 2.1.3.2, computes it."""

import hashlib
from collections.abc import Iterable


class BadPath(ValueError):  # noqa: N818
    """A path that no tree of this size can have."""


def hash_leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\0" + content).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def hash_leaves(leaves: Iterable[bytes]) -> bytes | None:
    """The root over hashes of leaves in their order; none over none. Holds one subtree of each size."""
    subtrees: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, found = 1, leaf
        while subtrees and subtrees[-1][0] == size:
            size, found = 2 * size, hash_node(subtrees.pop()[1], found)
        subtrees.append((size, found))
    if not subtrees:
        return None
    _, found = subtrees.pop()
    while subtrees:
        found = hash_node(subtrees.pop()[1], found)
    return found


def root_from_path(leaf: bytes, index: int, size: int, path: Iterable[bytes]) -> bytes:
    """Raises BadPath."""
    if not 0 <= index < size:
        raise BadPath(f"leaf {index} of {size}")
    last, found = size - 1, leaf
    for beside in path:
        if last == 0:
            raise BadPath("too long")
        if index % 2 or index == last:
            found = hash_node(beside, found)
            while index and not index % 2:
                index, last = index >> 1, last >> 1
        else:
            found = hash_node(found, beside)
        index, last = index >> 1, last >> 1
    if last != 0:
        raise BadPath("too short")
    return found

"""Merkle trees as in RFC 6962, section 2.1, kept in tiles: a proof needs one tile and the roots of all.

A tile has the hashes of 256 leaves in order, the last one what is left. The root over the tiles' roots is the root over
all leaves, for 256 is a power of two.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

HASH_BYTES = 32
TILE_LEAVES = 256


class Tile(NamedTuple):
    """Hashes of consecutive leaves, one after the other, and their root."""

    leaves: bytes
    root: bytes


def hash_leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\0" + content).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Of at least one hash: neighbours are joined level by level; one that is left over rises as it is."""
    while len(hashes) > 1:
        hashes = list(_join(hashes))
    return hashes[0]


def path_of(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """What lies beside the way from the hash at `index` up to the root, the nearest first."""
    path = []
    while len(hashes) > 1:
        if index ^ 1 < len(hashes):
            path.append(hashes[index ^ 1])
        hashes, index = list(_join(hashes)), index // 2
    return path


def _join(hashes: Sequence[bytes]) -> Iterator[bytes]:
    for at in range(0, len(hashes) - 1, 2):
        yield hash_node(hashes[at], hashes[at + 1])
    if len(hashes) % 2:
        yield hashes[-1]


def split(joined: bytes) -> list[bytes]:
    """Hashes that were written one after the other."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def build_tiles(leaves: Iterable[bytes]) -> Iterator[Tile]:
    """From the hashes of leaves in their order, one tile at a time."""
    held: list[bytes] = []
    for leaf in leaves:
        held.append(leaf)
        if len(held) == TILE_LEAVES:
            yield Tile(b"".join(held), root_of(held))
            held = []
    if held:
        yield Tile(b"".join(held), root_of(held))


def prove(tile: Sequence[bytes], tile_roots: Sequence[bytes], index: int) -> list[bytes]:
    """The path of the leaf at `index` of all, of which `tile` has those around it."""
    number, place = divmod(index, TILE_LEAVES)
    return path_of(tile, place) + path_of(tile_roots, number)

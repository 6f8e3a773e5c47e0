"""Merkle trees against the definition of RFC 6962, its published vectors, and all small sizes."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.merkle import (
    TILE_LEAVES,
    build_tiles,
    hash_leaf,
    hash_node,
    path_of,
    prove,
    root_of,
    split,
)

pytestmark = pytest.mark.fast

# The leaves and roots with which implementations of Certificate Transparency are tested.
LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def root_by_definition(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962: split at the largest power of two below the number of leaves."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return hash_node(root_by_definition(hashes[:half]), root_by_definition(hashes[half:]))


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """How a verifier computes it: RFC 9162, section 2.1.3.2."""
    last, found = size - 1, leaf
    for beside in path:
        assert last > 0
        if index % 2 or index == last:
            found = hash_node(beside, found)
            while not index % 2 and index:
                index, last = index >> 1, last >> 1
        else:
            found = hash_node(found, beside)
        index, last = index >> 1, last >> 1
    assert last == 0
    return found


def make_hashes(count: int) -> list[bytes]:
    return [hash_leaf(b"%d" % number) for number in range(count)]


@pytest.mark.parametrize("size", ROOTS)
def test_root_is_the_published_one(size: int) -> None:
    assert root_of([hash_leaf(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size]


def test_root_follows_the_definition_at_every_size() -> None:
    hashes = make_hashes(70)
    for size in range(1, 71):
        assert root_of(hashes[:size]) == root_by_definition(hashes[:size])


@given(st.integers(1, 4 * TILE_LEAVES + 3))
def test_root_over_tiles_is_the_root_over_all(size: int) -> None:
    hashes = make_hashes(size)
    tiles = list(build_tiles(hashes))
    assert b"".join(tile.leaves for tile in tiles) == b"".join(hashes)
    assert root_of([tile.root for tile in tiles]) == root_of(hashes) == root_by_definition(hashes)


@given(st.data())
def test_proof_from_a_tile_leads_to_the_root(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 3 * TILE_LEAVES + 2))
    index = data.draw(st.integers(0, size - 1))
    hashes = make_hashes(size)
    tiles = list(build_tiles(hashes))
    path = prove(split(tiles[index // TILE_LEAVES].leaves), [tile.root for tile in tiles], index)
    assert path == path_of(hashes, index)
    assert root_from_path(hashes[index], index, size, path) == root_of(hashes)


def test_root_changes_with_any_leaf_and_with_the_order() -> None:
    hashes = make_hashes(9)
    roots = {root_of(hashes)}
    for at in range(9):
        roots.add(root_of([*hashes[:at], hash_leaf(b"other"), *hashes[at + 1 :]]))
    for first, second in pairwise(range(9)):
        swapped = hashes.copy()
        swapped[first], swapped[second] = hashes[second], hashes[first]
        roots.add(root_of(swapped))
    assert len(roots) == 18


def test_leaf_is_never_taken_for_a_node() -> None:
    left, right = make_hashes(2)
    assert hash_leaf(left + right) != hash_node(left, right)

"""Merkle Patricia trees and the state hash."""

from __future__ import annotations

from hashlib import blake2b

import pytest
import rlp

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain import encode_object, encode_text, poi_errors, state_hash
from recorder.profiles.aeternity.chain.merkle import TREES, merkle_root


def hashed(parts):
    """The hash of a node."""
    return blake2b(rlp.encode(parts), digest_size=32).digest()


def test_an_empty_tree_has_a_root_of_zeros():
    """Nothing hashes to nothing."""
    assert merkle_root({}) == bytes(32)


def test_one_value_is_a_leaf():
    """The path of a leaf says that it is one, and that it is even."""
    assert merkle_root({b"\x12": b"v"}) == hashed([b"\x20\x12", b"v"])


def test_two_values_share_an_extension_and_a_branch():
    """The shared digits come first, then one digit chooses."""
    one, two = hashed([b"\x20", b"v"]), hashed([b"\x20", b"w"])
    branch = hashed([b"", b"", one, two, *[b""] * 13])
    assert merkle_root({b"\x12": b"v", b"\x13": b"w"}) == hashed([b"\x11", branch])


def test_a_value_may_stand_on_the_way_to_another():
    """The last part of a branch is the value of the path that ends there."""
    leaf = hashed([b"\x32", b"w"])
    branch = hashed([leaf, *[b""] * 15, b"v"])
    assert merkle_root({b"\x12": b"v", b"\x12\x02": b"w"}) == hashed([b"\x00\x12", branch])


def test_the_order_of_keys_does_not_matter():
    """A tree is what it holds."""
    pairs = {bytes((number, number * 7 % 256)): bytes((number,)) for number in range(50)}
    assert merkle_root(pairs) == merkle_root(dict(reversed(pairs.items())))


def test_keys_that_start_with_each_other_go_only_so_deep():
    """A tree made to be deep is refused, one of long keys is not."""
    with pytest.raises(DecodeError, match="more than 200 levels"):
        merkle_root({b"a" * size: b"v" for size in range(1000)})
    assert merkle_root({b"a" * 100_000: b"v", b"a" * 100_000 + b"b": b"w"}) != bytes(32)


def test_the_state_hash_is_of_the_roots():
    """Version and six roots, those of empty trees zero."""
    empty = {"type": "mtree", "tag": 63, "version": 1, "fields": {"values": []}}
    account = {"type": "account", "tag": 10, "version": 1, "fields": {"nonce": 1, "balance": 2}}
    leaves = [{"fields": {"key": "01" * 32, "val": account}}, {"fields": {"key": "02" * 32, "val": "abcd"}}]
    trees = {name: {"fields": {"x": empty}} for name in TREES if name != "accounts"}
    trees["accounts"] = {"fields": {"accounts": {"fields": {"values": leaves}}}}
    root = merkle_root({b"\1" * 32: encode_object(account), b"\2" * 32: b"\xab\xcd"})
    wanted = blake2b(bytes(7) + b"\1" + root + bytes(160), digest_size=32).digest()
    assert state_hash({"type": "state_trees", "fields": trees}) == encode_text("st", wanted)


def proof(node, root=None):
    """A proof of inclusion with one node."""
    told = root or hashed(node).hex()
    fields = {name: [] for name in TREES}
    fields["accounts"] = [[told, [[hashed(node).hex(), [part.hex() for part in node]]]]]
    return {"type": "trees_poi", "fields": fields}


def test_a_proof_has_the_state_hash_of_its_roots():
    """The roots in a proof are those of the trees."""
    node = [b"\x20\x12", b"v"]
    wanted = blake2b(bytes(7) + b"\1" + hashed(node) + bytes(160), digest_size=32).digest()
    assert state_hash(proof(node)) == encode_text("st", wanted)
    assert poi_errors(proof(node)) == []


def test_a_forged_proof_is_told():
    """A node that is not the hash of its parts, and a root without node."""
    forged = proof([b"\x20\x12", b"v"], root="ab" * 32)
    forged["fields"]["accounts"][0][1][0][1][1] = "00"
    wrong, missing = poi_errors(forged)
    assert "not the hash" in wrong
    assert "no node for the root" in missing


def test_other_objects_have_no_state_hash():
    """Only trees and proofs do."""
    with pytest.raises(InputError, match="state_trees or trees_poi"):
        state_hash({"type": "account"})

"""Trees and proofs made anew: the same kind, every hash right, other leaves."""

import pytest

from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.chain.hashes import blake2b
from recorder.profiles.aeternity.chain.new_trees import remade
from recorder.profiles.aeternity.chain.state_trees import TREES, merkle_root, tree_nodes
from recorder.profiles.rlp import encode

ACCOUNTS = {bytes([digit]) * 32: chain.encode_object(
    {"type": "account", "tag": 10, "version": 1, "fields": {"nonce": digit, "balance": 10 * digit}}
) for digit in (0x11, 0x12, 0xA0)}  # fmt: skip


def same(_tree, key, data):
    """Leaves as they are."""
    return key, data


def moved(_tree, key, data):
    """Leaves elsewhere."""
    return key[::-1] if key[0] != 0x11 else b"\x77" * 32, data


def trees(pairs):
    """State trees with these accounts."""
    names = {
        "contracts": "contracts",
        "calls": "calls",
        "channels": "channels",
        "ns": "nameservice",
        "oracles": "oracles",
    }
    numbers = {"contracts": 621, "calls": 622, "channels": 623, "ns": 624, "oracles": 625, "accounts": 626}
    held = {"ns": "mtree", "oracles": "otree"}

    def tree(name):
        values = [
            {
                "type": "mtree_value",
                "tag": 64,
                "version": 1,
                "fields": {"key": key.hex(), "val": chain.decode_object(data)},
            }
            for key, data in (pairs.items() if name == "accounts" else ())
        ]
        mtree = {"type": "mtree", "tag": 63, "version": 1, "fields": {"values": values}}
        kind = f"{names.get(name, name)}_mtree"
        return {"type": kind, "tag": numbers[name], "version": 1, "fields": {held.get(name, name): mtree}}

    return {"type": "state_trees", "tag": 62, "version": 0, "fields": {name: tree(name) for name in numbers}}


def proof(pairs):
    """A proof of these accounts that tells no more than its root."""
    fields = {name: [] for name in TREES} | {"accounts": [[merkle_root(pairs).hex(), []]]}
    return {"type": "trees_poi", "tag": 60, "version": 1, "fields": fields}


def unknown(_root):
    """In the place of a root of which nobody knows more."""
    return "ab" * 32


def test_the_same_leaves_make_the_same_trees():
    """Byte for byte, in their order."""
    value = trees(ACCOUNTS)
    assert remade(value, same, unknown) == value
    assert chain.encode_object(remade(value, moved, unknown)) != chain.encode_object(value)


def test_other_keys_make_the_tree_of_those_keys():
    """With the hash that the chain would give it."""
    made = remade(trees(ACCOUNTS), moved, unknown)
    expected = dict(moved("accounts", *pair) for pair in ACCOUNTS.items())
    assert chain.state_hash(made) == chain.state_hash(trees(expected))


def test_one_tree_is_made_as_all_are():
    """A tree that stands alone."""
    tree = trees(ACCOUNTS)["fields"]["accounts"]
    made = remade(tree, moved, unknown)
    assert made == remade(trees(ACCOUNTS), moved, unknown)["fields"]["accounts"]


@pytest.mark.parametrize("leaf", [same, moved])
def test_a_proof_proves_what_it_proved(leaf):
    """Its leaves under their keys, its hashes right, its root that of a tree of them."""
    whole = remade(_whole(ACCOUNTS), leaf, unknown)
    expected = dict(leaf("accounts", *pair) for pair in ACCOUNTS.items())
    assert chain.poi_errors(whole) == []
    assert chain.state_hash(whole) == chain.state_hash(trees(expected))
    assert chain.held(whole) == chain.held(trees(expected))


def _whole(pairs):
    """A proof of all that there is, as this module makes one of leaves."""
    nodes = {}

    def keep(parts):
        found = blake2b(encode([*parts]))
        nodes[found.hex()] = [part.hex() for part in parts]
        return found

    root = tree_nodes(pairs, keep).hex()
    value = proof(pairs)
    value["fields"]["accounts"] = [[root, [[told, parts] for told, parts in nodes.items()]]]
    return value


def test_a_proof_that_tells_its_root_alone_tells_another():
    """Which is given; an empty one stays empty."""
    made = remade(proof(ACCOUNTS), same, unknown)
    assert made["fields"]["accounts"] == [["ab" * 32, []]]
    assert made["fields"]["calls"] == []

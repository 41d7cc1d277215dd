"""State trees and proofs of inclusion made anew, with other keys and leaves in them.

Rule: what is made is a tree of the same kind whose every hash is right. A proof made anew proves the leaves that it
proved; the rest of its tree is left out, because nobody knows its place among other keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recorder.profiles.aeternity.chain.hashes import blake2b
from recorder.profiles.aeternity.chain.objects import decode_object
from recorder.profiles.aeternity.chain.state_trees import leaves, proven, tree_nodes
from recorder.profiles.rlp import encode

NewLeaf = Callable[[str, bytes, bytes], tuple[bytes, bytes]]
"""From the name of a tree, and the key and the bytes of a leaf: its new key and bytes."""


def remade(value: dict[str, Any], leaf: NewLeaf, unknown: Callable[[str], str]) -> dict[str, Any]:
    """A trees_poi, state_trees or one tree with other leaves.

    Args:
        value: as `decode_object` gives it.
        leaf: makes a leaf anew.
        unknown: the other form of a root (hex) of which a proof tells nothing more.

    Raises:
        DecodeError: a proof is not a tree.
    """
    fields = value["fields"]
    if value["type"] == "trees_poi":
        made: dict[str, Any] = {name: _proof(name, proof, leaf, unknown) for name, proof in fields.items()}
    elif value["type"] == "state_trees":
        made = {name: _tree(name, tree, leaf) for name, tree in fields.items()}
    else:
        return _tree(value["type"].removesuffix("_mtree"), value, leaf)
    return value | {"fields": made}


def _proof(name: str, proof: list[Any], leaf: NewLeaf, unknown: Callable[[str], str]) -> list[Any]:
    pairs = dict(leaf(name, *pair) for pair in proven(proof))
    if not pairs:
        return [[unknown(root), []] for root, _nodes in proof]
    nodes: dict[str, list[str]] = {}
    root = tree_nodes(pairs, lambda parts: _kept(nodes, parts))
    listed = [[root.hex(), nodes.pop(root.hex())], *map(list, nodes.items())]
    return [[root.hex(), listed]]


def _kept(nodes: dict[str, list[str]], parts: list[bytes]) -> bytes:
    found = blake2b(encode([*parts]))
    nodes[found.hex()] = [part.hex() for part in parts]
    return found


def _tree(name: str, tree: dict[str, Any], leaf: NewLeaf) -> dict[str, Any]:
    ((held, mtree),) = tree["fields"].items()
    form = {entry["fields"]["key"]: entry for entry in mtree["fields"]["values"]}
    made = []
    for key, data in leaves(tree).items():
        new_key, new = leaf(name, key, data)
        entry = form[key.hex()]
        shown = decode_object(new) if isinstance(entry["fields"]["val"], dict) else new.hex()
        made.append(entry | {"fields": {"key": new_key.hex(), "val": shown}})
    return tree | {"fields": {held: mtree | {"fields": {"values": made}}}}

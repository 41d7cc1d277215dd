"""The state hash of a channel, from its state trees or from a proof of inclusion.

Rule: a tree is hashed node by node, RLP then BLAKE2b, without inlining small nodes as Ethereum does. Equal keys, sorted
or not, give the same root.

Facts: `aec_trees:hash/1`, `aeu_mp_trees` of the node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain.encoding import encode_text
from recorder.profiles.aeternity.chain.fields import hex_bytes
from recorder.profiles.aeternity.chain.hashes import HASH_SIZE, blake2b
from recorder.profiles.aeternity.chain.objects import encode_object
from recorder.profiles.aeternity.chain.reading import refuse
from recorder.profiles.aeternity.chain.rlp_codec import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from recorder.profiles.aeternity.chain.rlp_codec import Item

# The order in which the roots are hashed.
TREES = ("accounts", "calls", "channels", "contracts", "ns", "oracles")
EMPTY = bytes(HASH_SIZE)
VERSION = (1).to_bytes(8, "big")
BRANCHES = 16
# Keys of 32 bytes differ within a few digits; only keys made to start with each other go deep.
MAX_DEPTH = 200
_ODD, _LEAF = 1, 2


def state_hash(value: Mapping[str, Any]) -> str:
    """The state hash (`st_…`) of state trees or of a proof of inclusion.

    Args:
        value: a state_trees or trees_poi object as `decode_object` gives it.

    Raises:
        DecodeError: when a tree is deeper than any of a node.
    """
    if value.get("type") not in _ROOTS:
        refuse("state_trees or trees_poi", value.get("type"))
    roots = _ROOTS[value["type"]]
    return encode_text("st", blake2b(VERSION + b"".join(roots(value["fields"][name]) for name in TREES)))


def merkle_root(pairs: Mapping[bytes, bytes]) -> bytes:
    """The root of a Merkle Patricia tree: 32 zero bytes when it is empty."""
    paths = {"".join(f"{byte:02x}" for byte in key): value for key, value in pairs.items()}
    return _node(paths) if paths else EMPTY


def poi_errors(value: Mapping[str, Any]) -> list[str]:
    """What is wrong in a proof of inclusion: nodes whose hash is not that of their parts, and roots without node.

    Args:
        value: a trees_poi object as `decode_object` gives it.
    """
    errors: list[str] = []
    for name in TREES:
        for root, nodes in value["fields"][name]:
            wrong = [
                told for told, parts in nodes if blake2b(encode([hex_bytes(part) for part in parts])).hex() != told
            ]
            errors += [f"{name}: node {told} is not the hash of its parts" for told in wrong]
            if nodes and root not in {told for told, _ in nodes}:
                errors.append(f"{name}: no node for the root {root}")
    return errors


def _node(paths: dict[str, bytes], depth: int = 0) -> bytes:
    if depth > MAX_DEPTH:
        raise DecodeError(f"tree of more than {MAX_DEPTH} levels: keys that start with each other are nested too deep")
    if len(paths) == 1:
        ((path, value),) = paths.items()
        return _hash([_compact(path, leaf=True), value])
    shared = _shared(paths)
    if shared:
        size = len(shared)
        below_it = _node({path[size:]: value for path, value in paths.items()}, depth + 1)
        return _hash([_compact(shared, leaf=False), below_it])
    below: list[dict[str, bytes]] = [{} for _ in range(BRANCHES)]
    for path, value in paths.items():
        if path:
            below[int(path[0], BRANCHES)][path[1:]] = value
    return _hash([*(_node(part, depth + 1) if part else b"" for part in below), paths.get("", b"")])


def _shared(paths: Iterable[str]) -> str:
    """The digits all paths start with: those that the first and the last in order share."""
    low, high = min(paths), max(paths)
    return next((low[:at] for at, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), low)


def _compact(path: str, *, leaf: bool) -> bytes:
    """The hex-prefix form of a path of digits."""
    odd = len(path) % 2
    return bytes.fromhex(f"{(_LEAF if leaf else 0) + (_ODD if odd else 0):x}{'' if odd else '0'}{path}")


def _hash(parts: list[Item]) -> bytes:
    return blake2b(encode(parts))


def _tree_root(tree: Mapping[str, Any]) -> bytes:
    (mtree,) = tree["fields"].values()
    leaves = [leaf["fields"] for leaf in mtree["fields"]["values"]]
    return merkle_root({hex_bytes(leaf["key"]): _leaf_bytes(leaf["val"]) for leaf in leaves})


def _leaf_bytes(value: Any) -> bytes:
    return encode_object(value) if isinstance(value, dict) else hex_bytes(value)


def _proof_root(proof: list[Any]) -> bytes:
    return hex_bytes(proof[0][0]) if proof else EMPTY


_ROOTS: dict[str, Callable[[Any], bytes]] = {"state_trees": _tree_root, "trees_poi": _proof_root}

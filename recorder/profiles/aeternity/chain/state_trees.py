"""State trees and proofs of inclusion: the state hash of a channel, and what they hold without the hashes.

Rule: a tree is hashed node by node, RLP then BLAKE2b, without inlining small nodes as Ethereum does. Equal keys, sorted
or not, give the same root. What is held is said by ids as text, never by keys or hashes, so that the trees of two runs
with other accounts can be compared leaf by leaf; a proof holds what it proves, and of the rest nothing.

Facts: `aec_trees:hash/1`, `aeu_mp_trees` of the node; the keys of each tree as `aec_accounts_trees` and its siblings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError
from recorder.jsonrpc import json_text
from recorder.profiles.aeternity.chain.contents import decode
from recorder.profiles.aeternity.chain.encoding import Encoded, encode_text
from recorder.profiles.aeternity.chain.fields import hex_bytes
from recorder.profiles.aeternity.chain.hashes import HASH_SIZE, blake2b
from recorder.profiles.aeternity.chain.objects import decode_object, encode_object
from recorder.profiles.aeternity.chain.reading import refuse
from recorder.profiles.rlp import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# The order in which the roots are hashed.
TREES = ("accounts", "calls", "channels", "contracts", "ns", "oracles")
EMPTY = bytes(HASH_SIZE)
VERSION = (1).to_bytes(8, "big")
BRANCHES = 16
# Keys of 32 bytes differ within a few digits; only keys made to start with each other go deep.
MAX_DEPTH = 200
_ODD, _LEAF = 1, 2
# A forged proof may name one node at any number of places.
MOST_NODES = 1 << 17
# Keys in the store of a contract are the longest.
MAX_KEY = 4096
# Between a contract's key and the key in its store.
STORE_MARK = b"\x10"

Leaves = dict[str, Any]
"""The leaves of one tree, by what each is of."""


def state_hash(value: Mapping[str, Any]) -> str:
    """The state hash (`st_…`) of state trees or of a proof of inclusion.

    Args:
        value: a state_trees or trees_poi object as `decode_object` gives it.

    Raises:
        DecodeError: when a tree is deeper than any of a node.
    """
    if value.get("type") not in STATES:
        refuse("state_trees or trees_poi", value.get("type"))
    roots = _ROOTS[value["type"]]
    return encode_text("st", blake2b(VERSION + b"".join(roots(value["fields"][name]) for name in TREES)))


def merkle_root(pairs: Mapping[bytes, bytes]) -> bytes:
    """The root of a Merkle Patricia tree: 32 zero bytes when it is empty."""
    return tree_nodes(pairs, lambda parts: blake2b(encode([*parts])))


def tree_nodes(pairs: Mapping[bytes, bytes], hashed: Callable[[list[bytes]], bytes]) -> bytes:
    """The root of a Merkle Patricia tree, and each of its nodes to who hashes it: those below a node come before it."""
    paths = {"".join(f"{byte:02x}" for byte in key): value for key, value in pairs.items()}
    return _node(paths, hashed) if paths else EMPTY


def poi_errors(value: Mapping[str, Any]) -> list[str]:
    """What is wrong in a proof of inclusion: nodes whose hash is not that of their parts, and roots without node.

    Args:
        value: a trees_poi object as `decode_object` gives it.
    """
    errors: list[str] = []
    for name in TREES:
        for root, nodes in value["fields"][name]:
            wrong = [
                known for known, parts in nodes if blake2b(encode([hex_bytes(part) for part in parts])).hex() != known
            ]
            errors += [f"{name}: node {known} is not the hash of its parts" for known in wrong]
            if nodes and root not in {known for known, _ in nodes}:
                errors.append(f"{name}: no node for the root {root}")
    return errors


def held(value: Mapping[str, Any]) -> dict[str, Leaves]:
    """What state trees, a calls tree or a proof of inclusion hold, without hashes.

    Args:
        value: a state_trees, trees_poi, calls_mtree (or any other tree) object as `decode_object` gives it.

    Returns:
        by the name of the tree, its leaves by what each is of: an account by its `ak_…`, a contract by its `ct_…` and
        what it stores by `ct_… register 1` or `ct_… map 1 {key}`, a call by contract, caller and nonce, a channel by
        its `ch_…`, and so on. A leaf is its fields by name; what a contract stores is a FATE value, or bytes. Empty
        trees are left out, as are the parts of a proof that prove nothing but their hash.

    Raises:
        DecodeError: a proof is not a tree.
        InputError: the value is none of these.
    """
    kind = str(value.get("type"))
    if kind == "trees_poi":
        trees = {name: dict(proven(proof)) for name, proof in value["fields"].items()}
    elif kind == "state_trees":
        trees = {name: leaves(tree) for name, tree in value["fields"].items()}
    elif kind in _TREE_NAMES:
        trees = {_TREE_NAMES[kind]: leaves(value)}
    else:
        refuse("state trees, a tree or a proof", kind)
    return {
        name: dict(_HOLDERS[name](key, leaf) for key, leaf in sorted(found.items()))
        for name, found in trees.items()
        if found
    }


def _node(paths: dict[str, bytes], hashed: Callable[[list[bytes]], bytes], depth: int = 0) -> bytes:
    if depth > MAX_DEPTH:
        raise DecodeError(f"tree of more than {MAX_DEPTH} levels: keys that start with each other are nested too deep")
    if len(paths) == 1:
        ((path, value),) = paths.items()
        return hashed([_compact(path, leaf=True), value])
    shared = _shared(paths)
    if shared:
        size = len(shared)
        below_it = _node({path[size:]: value for path, value in paths.items()}, hashed, depth + 1)
        return hashed([_compact(shared, leaf=False), below_it])
    below: list[dict[str, bytes]] = [{} for _ in range(BRANCHES)]
    for path, value in paths.items():
        if path:
            below[int(path[0], BRANCHES)][path[1:]] = value
    return hashed([*(_node(part, hashed, depth + 1) if part else b"" for part in below), paths.get("", b"")])


def _shared(paths: Iterable[str]) -> str:
    """The digits all paths start with: those that the first and the last in order share."""
    low, high = min(paths), max(paths)
    return next((low[:at] for at, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), low)


def _compact(path: str, *, leaf: bool) -> bytes:
    """The hex-prefix form of a path of digits."""
    odd = len(path) % 2
    return bytes.fromhex(f"{(_LEAF if leaf else 0) + (_ODD if odd else 0):x}{'' if odd else '0'}{path}")


def _tree_root(tree: Mapping[str, Any]) -> bytes:
    return merkle_root(leaves(tree))


def leaves(tree: Mapping[str, Any]) -> dict[bytes, bytes]:
    """The leaves of a state tree by key, each as its bytes."""
    (mtree,) = tree["fields"].values()
    found = (leaf["fields"] for leaf in mtree["fields"]["values"])
    return {hex_bytes(leaf["key"]): _leaf_bytes(leaf["val"]) for leaf in found}


def _leaf_bytes(value: Any) -> bytes:
    return encode_object(value) if isinstance(value, dict) else hex_bytes(value)


def _proof_root(proof: list[Any]) -> bytes:
    return hex_bytes(proof[0][0]) if proof else EMPTY


_ROOTS: dict[str, Callable[[Any], bytes]] = {"state_trees": _tree_root, "trees_poi": _proof_root}
STATES = frozenset(_ROOTS)
"""Types of objects that have a state hash."""


def proven(proof: list[Any]) -> Iterator[tuple[bytes, bytes]]:
    """The leaves that a proof for one tree leads to, by key, each as its bytes."""
    for root, listed in proof:
        nodes = dict(listed)
        pending, seen = [(root, "")], 0
        while pending:
            known, path = pending.pop()
            seen += 1
            if seen > MOST_NODES or len(path) > 2 * MAX_KEY:
                raise DecodeError(f"a proof of more than {MOST_NODES} nodes, or deeper than a key of {MAX_KEY} bytes")
            parts = nodes.get(known, ())
            if len(parts) == BRANCHES + 1:
                pending += [(part, f"{path}{digit:x}") for digit, part in enumerate(parts[:-1]) if part]
                if parts[-1]:
                    yield _whole(path), bytes.fromhex(parts[-1])
            elif len(parts) == len(("path", "value or node")) and parts[0]:
                flags = int(parts[0][0], 16)
                below = path + parts[0][1 if flags & _ODD else 2 :]
                if flags & _LEAF:
                    yield _whole(below), bytes.fromhex(parts[1])
                elif len(below) > len(path):  # else a node may lead to itself
                    pending.append((parts[1], below))


def _whole(path: str) -> bytes:
    if len(path) % 2:
        raise DecodeError(f"a proof leads to half a byte of a key: {path[:64]}")
    return bytes.fromhex(path)


def _object(data: bytes) -> Any:
    """The fields of a leaf; its bytes in hex if it is not an object."""
    try:
        return decode_object(data)["fields"]
    except DecodeError:
        return data.hex()


def _of(prefix: str) -> Callable[[bytes, bytes], tuple[str, Any]]:
    return lambda key, leaf: (_id(prefix, key), _object(leaf))


def _contract(key: bytes, leaf: bytes) -> tuple[str, Any]:
    """A contract, or an entry of its store."""
    contract, stored = key[:HASH_SIZE], key[HASH_SIZE:]
    if not stored.startswith(STORE_MARK):
        return _id("ct", key), _object(leaf)
    place = decode(Encoded("ck", stored.removeprefix(STORE_MARK)), opaque=True).value
    value = decode(Encoded("cv", leaf), opaque=True).value
    told = _STORE_KEYS.get(place.get("kind", ""), "store {hex}").format(**place)
    inner = f" {json_text(place['key'])}" if place.get("key") is not None else ""
    return f"{_id('ct', contract)} {told}{inner}", value


_STORE_KEYS = {"register": "register {register}", "map": "map {map_id}"}


def _call(key: bytes, leaf: bytes) -> tuple[str, Any]:
    """A call: its id is a hash of what it holds."""
    call = _object(leaf)
    if isinstance(call, str):
        return f"{_id('ct', key[:HASH_SIZE])} {key[HASH_SIZE:].hex()}", call
    returned = decode(Encoded("cb", hex_bytes(call["return_value"])), opaque=True).value
    fields = {name: part for name, part in call.items() if name != "ct_call_id"} | {"return_value": returned}
    return f"{call['contract_id']} {call['caller_id']} {call['caller_nonce']}", fields


def _name(key: bytes, leaf: bytes) -> tuple[str, Any]:
    """A name, a commitment to one, or the auction of one."""
    fields = _object(leaf)
    if len(key) > HASH_SIZE:
        return f"{_id('nm', key[:HASH_SIZE])} auction", fields
    return _id("cm" if isinstance(fields, dict) and "created" in fields else "nm", key), fields


def _oracle(key: bytes, leaf: bytes) -> tuple[str, Any]:
    """An oracle, or a query of one."""
    oracle, query = key[:HASH_SIZE], key[HASH_SIZE:]
    return _id("ok", oracle) + (f" {_id('oq', query)}" if query else ""), _object(leaf)


def _id(prefix: str, key: bytes) -> str:
    return encode_text(prefix, key) if len(key) == HASH_SIZE else f"{prefix} {key.hex()}"


_HOLDERS: dict[str, Callable[[bytes, bytes], tuple[str, Any]]] = {
    "accounts": _of("ak"),
    "calls": _call,
    "channels": _of("ch"),
    "contracts": _contract,
    "ns": _name,
    "oracles": _oracle,
}

_TREE_NAMES = {
    "accounts_mtree": "accounts",
    "calls_mtree": "calls",
    "channels_mtree": "channels",
    "contracts_mtree": "contracts",
    "nameservice_mtree": "ns",
    "oracles_mtree": "oracles",
}

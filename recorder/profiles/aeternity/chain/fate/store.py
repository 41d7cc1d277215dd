"""Keys of a contract's store, as `ck_` shows them.

Rule: 00 and a register, or 01, the number of a map in four bytes, and a FATE value as the key in it; nothing after the
number marks the map itself. Contracts of the older AEVM have keys of their own making, which are no such thing.

Facts: `aefa_stores` of the node.
"""

from __future__ import annotations

from typing import Any

from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain.fate.reader import decode_fate
from recorder.profiles.aeternity.chain.fate.writer import encode_fate
from recorder.profiles.aeternity.chain.fields import MAX_INT_SIZE, int_bytes
from recorder.profiles.aeternity.chain.reading import refuse

REGISTER, MAP = 0, 1
MAP_ID_SIZE = 4


def decode_store_key(data: bytes, notes: list[str] | None = None) -> dict[str, Any]:
    """Read a store key.

    Returns:
        {"kind": "register", "register": int} or {"kind": "map", "map_id": int, "key": FATE value or None}.

    Raises:
        DecodeError: when it is none of a FATE contract.
    """
    kind, rest = data[:1], data[1:]
    if kind == bytes((REGISTER,)) and 0 < len(rest) <= MAX_INT_SIZE and (rest[0] or len(rest) == 1):
        return {"kind": "register", "register": int.from_bytes(rest, "big")}
    if kind == bytes((MAP,)) and len(rest) >= MAP_ID_SIZE:
        key = decode_fate(data, 1 + MAP_ID_SIZE, notes) if len(rest) > MAP_ID_SIZE else None
        return {"kind": "map", "map_id": int.from_bytes(rest[:MAP_ID_SIZE], "big"), "key": key}
    raise DecodeError("no store key of a FATE contract: expected 00 and a register, or 01, a map and a key")


def encode_store_key(key: dict[str, Any]) -> bytes:
    """Write a store key: the inverse of `decode_store_key`."""
    if key.get("kind") == "register" and isinstance(key.get("register"), int) and key["register"] >= 0:
        return bytes((REGISTER,)) + int_bytes(key["register"])
    if key.get("kind") == "map" and isinstance(key.get("map_id"), int) and 0 <= key["map_id"] < 1 << 8 * MAP_ID_SIZE:
        inner = encode_fate(key["key"]) if key.get("key") is not None else b""
        return bytes((MAP, *key["map_id"].to_bytes(MAP_ID_SIZE, "big"))) + inner
    return refuse("a store key of kind register or map", key.get("kind"))

"""What stands under `cb_` (compiled code, FATE values, words of the older AEVM, plain error texts) and under `ck_`.

Rule: tried in that order, because no string of recorded traffic fits two of the first three; what fits none is an
error here and is shown as opaque bytes by those who must show something. A store's key (`ck_`) is 00 and a register, or
01, the number of a map in four bytes, and a FATE value as the key in it; nothing after the number marks the map itself.
Contracts of the AEVM have keys in other forms.

Facts: `aefa_stores` of the node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain.fate import calldata, decode_fate, encode_fate
from recorder.profiles.aeternity.chain.fields import MAX_INT_SIZE, hex_bytes, int_bytes
from recorder.profiles.aeternity.chain.objects import decode_object
from recorder.profiles.aeternity.chain.reading import refuse
from recorder.profiles.rlp import LIST

if TYPE_CHECKING:
    from collections.abc import Mapping

WORD = 32
# The node's error texts ("out_of_gas") are longer; shorter printable bytes are rather broken FATE.
MIN_TEXT = 6
REGISTER, MAP = 0, 1
MAP_ID_SIZE = 4
_OFFSET_OF_PAIR = WORD.to_bytes(WORD, "big").hex()


def decode_contract_data(data: bytes, notes: list[str] | None = None) -> dict[str, Any]:
    """Read the bytes of a `cb_` text.

    Returns:
        an object ({"type", "tag", "version", "fields"}), a FATE value ({"t", "v"}), or for what is not FATE
        {"not_fate": True} with "aevm_words" (hex of 32 bytes each) or "text", which is empty if there are no bytes.

    Raises:
        DecodeError: it is none of these; with the reason why it is not a FATE value.
    """
    broken = None
    if data[:1] >= bytes((LIST,)):
        try:
            return decode_object(data, template=True, notes=notes)
        except DecodeError as error:
            broken = error if error.path else None  # a FATE value may start with the same byte
    try:
        return decode_fate(data, notes=notes)
    except DecodeError as error:
        if data and len(data) % WORD == 0 and data[0] == 0:
            return {"not_fate": True, "aevm_words": [data[at : at + WORD].hex() for at in range(0, len(data), WORD)]}
        text = _printable(data)
        if text is not None:
            return {"not_fate": True, "text": text}
        reason = f"neither code nor words nor text, and no FATE: {error.reason}"
        raise broken or DecodeError(reason, offset=error.offset) from None


def encode_contract_data(value: Mapping[str, Any]) -> bytes:
    """Write words or a text: the inverse of `decode_contract_data` for what is not FATE."""
    if "aevm_words" in value:
        return b"".join(map(hex_bytes, value["aevm_words"]))
    if not isinstance(value.get("text"), str):
        refuse("aevm_words or text", value.get("text"))
    return str(value["text"]).encode()


def call_of(value: Mapping[str, Any], symbols: Mapping[str, str] | None = None) -> dict[str, Any] | None:
    """The function call in contract data, FATE or AEVM; None if it is not a call.

    Args:
        value: as `decode_contract_data` gives it.
        symbols: function names by hash, as `symbols` gives them for compiled code.

    Returns:
        {"function": name or None, "function_hash": hex, "args": FATE values, or AEVM words in hex}.
    """
    if "t" in value:
        return calldata(dict(value), symbols)
    words = value.get("aevm_words") or []
    if len(words) < 3 or words[0] != _OFFSET_OF_PAIR:  # noqa: PLR2004 - offset, function, arguments
        return None
    return {"function": (symbols or {}).get(words[1]), "function_hash": words[1], "args": words[3:]}


def decode_store_key(data: bytes, notes: list[str] | None = None) -> dict[str, Any]:
    """Read a store key.

    Returns:
        {"kind": "register", "register": int} or {"kind": "map", "map_id": int, "key": FATE value or None}.

    Raises:
        DecodeError: it is not a key of a FATE contract.
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


def _printable(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if not data or (len(text) >= MIN_TEXT and text.replace("\n", " ").isprintable()) else None

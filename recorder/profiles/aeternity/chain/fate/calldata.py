"""Calls of a contract's function, and the names in its compiled code.

Rule: a function is known by the hash of its name; a name is given only when the caller says so, or when its hash fits.

Facts: `aeb_fate_abi:create_calldata/2` of aebytecode: a tuple of the hash (as a string of 4 bytes) and the arguments.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain.fate.reader import Value, decode_fate
from recorder.profiles.rlp import Malformed, decode_string

if TYPE_CHECKING:
    from collections.abc import Mapping

HASH_SIZE = 4
PAIR = 2
# Every FATE contract has it, and its hash tells a constructor's calldata.
WELL_KNOWN = ("init",)


def function_hash(name: str) -> str:
    """The hash a FATE function is called by: hex of 4 bytes."""
    return blake2b(name.encode(), digest_size=32).digest()[:HASH_SIZE].hex()


def calldata(value: Value, symbols: Mapping[str, str] | None = None) -> dict[str, Any] | None:
    """A FATE value seen as the call of a function; None if it is not a call.

    Args:
        value: as `decode_fate` gives it.
        symbols: function names by hash, as `symbols` gives them.

    Returns:
        {"function": name or None, "function_hash": hex of 4 bytes, "args": [FATE values]}.
    """
    if value.get("t") != "tuple" or len(value["v"]) != PAIR:
        return None
    name, arguments = value["v"]
    if name["t"] != "string" or len(name["hex"]) != 2 * HASH_SIZE or arguments["t"] != "tuple":
        return None
    known = {function_hash(well_known): well_known for well_known in WELL_KNOWN} | dict(symbols or {})
    return {"function": known.get(name["hex"]), "function_hash": name["hex"], "args": arguments["v"]}


def symbols(code: Mapping[str, Any]) -> dict[str, str]:
    """The function names in compiled code, by the hash they are called by.

    Args:
        code: a compiler_sophia object as `decode_object` gives it.

    Returns:
        {hash in hex: name}: hashes of 4 bytes for FATE, of 32 for AEVM; empty when the code cannot be read.
    """
    fields = code["fields"]
    if fields["type_info"]:
        return {entry[0]: bytes.fromhex(entry[1]).decode(errors="replace") for entry in fields["type_info"]}
    try:
        data = bytes.fromhex(fields["byte_code"])
        _, start = decode_string(data, 0)
        table, _ = decode_string(data, start)
        pairs = decode_fate(table)
    except (Malformed, DecodeError):
        return {}
    if pairs["t"] != "map":
        return {}
    return {
        key["hex"]: bytes.fromhex(name["hex"]).decode(errors="replace")
        for key, name in pairs["v"]
        if key["t"] == name["t"] == "string"
    }

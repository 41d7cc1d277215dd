"""FATE values to bytes.

Rule: the inverse of `reader`, iterative too. A map is written in the order of its keys, whatever order it is given in;
whatever has no form in bytes is an `InputError` that names the value.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain.encoding import decode_text
from recorder.profiles.aeternity.chain.fate.numbers import SMALL, decimal_number, write_integer, write_rint
from recorder.profiles.aeternity.chain.fate.order import sort_key
from recorder.profiles.aeternity.chain.fate.reader import SHORT, Value
from recorder.profiles.aeternity.chain.fate.types import ADDRESSES, write_type
from recorder.profiles.aeternity.chain.fields import hex_bytes
from recorder.profiles.aeternity.chain.reading import refuse
from recorder.profiles.rlp import encode

if TYPE_CHECKING:
    from collections.abc import Callable

_ADDRESSES = {name: (kind, prefix) for kind, (name, prefix) in ADDRESSES.items()}
MAX_TAG = 255


def encode_fate(value: Value) -> bytes:
    """Write a FATE value: the inverse of `decode_fate`.

    Args:
        value: {"t": type, "v": …} as `decode_fate` gives it; numbers may be ints.

    Raises:
        InputError: when it has no form in bytes.
    """
    written: list[bytes] = []
    pending: list[Value] = [value]
    while pending:
        part = pending.pop()
        kind = part.get("t") if isinstance(part, dict) else None
        if kind not in _WRITERS:
            refuse(f"a FATE value with t = {', '.join(_WRITERS)}", kind if isinstance(part, dict) else part)
        try:
            head, parts = _WRITERS[kind](part)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError(f"FATE {kind} cannot be written: {type(error).__name__} {error}") from error
        written.append(head)
        pending.extend(reversed(parts))
    return b"".join(written)


Written = tuple[bytes, list[Value]]


def number_of(value: Any) -> int:
    """The integer of a decimal text; an int is taken as it is."""
    return value if isinstance(value, int) else decimal_number(value)


def _natural(value: Any) -> int:
    number = number_of(value)
    if number < 0:
        raise ValueError(number)
    return number


def _integer(value: Value) -> Written:
    return write_integer(number_of(value["v"])), []


def _bool(value: Value) -> Written:
    return (b"\xff" if value["v"] else b"\x7f"), []


def _string_bytes(data: bytes) -> bytes:
    if not data:
        return b"\x5f"
    if len(data) < SMALL:
        return bytes((len(data) << 2 | 1,)) + data
    return b"\x01" + write_integer(len(data) - SMALL) + data


def _string(value: Value) -> Written:
    return _string_bytes(hex_bytes(value["hex"])), []


def _bytes(value: Value) -> Written:
    return b"\x9f\x01" + _string_bytes(hex_bytes(value["hex"])), []


def _address(value: Value) -> Written:
    kind, prefix = _ADDRESSES[value["t"]]
    try:
        found, data = decode_text(value["v"], any_size=True)
    except DecodeError as error:
        raise InputError(f"{value['v']!r}: {error.reason}") from error
    if found != prefix:
        refuse(f"{prefix}_…", value["v"])
    return bytes((0x9F, kind)) + encode(data), []


def _sequence(short: int, long: int) -> Callable[[Value], Written]:
    def write(value: Value) -> Written:
        parts = value["v"]
        if len(parts) < SHORT:
            return bytes((len(parts) << 4 | short,)), parts
        return bytes((long,)) + write_rint(len(parts) - SHORT), parts

    return write


def _tuple(value: Value) -> Written:
    return _nonempty_tuple(value) if value["v"] else (b"\x3f", [])


_nonempty_tuple = _sequence(0b1011, 0x0B)


def _map(value: Value) -> Written:
    pairs = sorted(value["v"], key=lambda pair: sort_key(pair[0]))
    keys = [sort_key(key) for key, _ in pairs]
    if any(one == other for one, other in pairwise(keys)):
        raise InputError("FATE map with the same key twice")
    return b"\x2f" + write_rint(len(pairs)), [part for pair in pairs for part in pair]


def _variant(value: Value) -> Written:
    arities, tag, parts = bytes(value["arities"]), value["tag"], value["v"]
    if not 0 <= tag < len(arities) or tag > MAX_TAG or arities[tag] != len(parts):
        raise InputError(f"FATE variant: constructor {tag} of {list(arities)} with {len(parts)} values")
    return b"\xaf" + encode(arities) + bytes((tag,)), [{"t": "tuple", "v": parts}]


def _bits(value: Value) -> Written:
    number = number_of(value["v"])
    return (b"\xcf" if number < 0 else b"\x4f") + write_rint(abs(number)), []


def _bytearray(value: Value) -> Written:
    data = hex_bytes(value["hex"])
    return b"\x8f" + write_integer(len(data)) + data, []


def _store_map(value: Value) -> Written:
    return b"\xbf" + write_rint(_natural(value["v"])), []


def _typerep(value: Value) -> Written:
    return write_type(value["v"]), []


_WRITERS: dict[Any, Callable[[Value], Written]] = {
    "int": _integer,
    "bool": _bool,
    "string": _string,
    "bytes": _bytes,
    **dict.fromkeys(_ADDRESSES, _address),
    "tuple": _tuple,
    "list": _sequence(0b0011, 0x1F),
    "map": _map,
    "variant": _variant,
    "bits": _bits,
    "contract_bytearray": _bytearray,
    "store_map": _store_map,
    "typerep": _typerep,
}

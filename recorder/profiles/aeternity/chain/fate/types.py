"""FATE type representations, as bytes and as the text the node prints: `{map,integer,{list,string}}`.

Rule: one row of `_ATOMS` or `ADDRESSES` per type without parts; types nest at most `MAX_TYPE_DEPTH` deep.

Facts: `aeb_fate_encoding:serialize_type/1` of aebytecode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.jsonrpc import json_text
from recorder.profiles.aeternity.chain.fate.numbers import decimal_number, read_integer, write_integer
from recorder.profiles.aeternity.chain.reading import printable
from recorder.profiles.rlp import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TYPE_DEPTH = 100
_ATOMS = {0x07: "integer", 0x17: "boolean", 0x57: "bits", 0x77: "string", 0xA7: "contract_bytearray", 0xF7: "any"}
ADDRESSES = {
    0: ("address", "ak"),
    2: ("contract", "ct"),
    3: ("oracle", "ok"),
    4: ("oracle_query", "oq"),
    5: ("channel", "ch"),
}
"""The kinds of addresses by their number: the type, and the prefix of a value of it."""
_OBJECT = 0x47
_LIST, _TUPLE, _MAP, _VARIANT, _BYTES, _VARIABLE = 0x27, 0x37, 0x67, 0x87, 0x97, 0xE7
ANY_SIZE = -1

_ENCODED = {name: bytes((lead,)) for lead, name in _ATOMS.items()} | {
    name: bytes((_OBJECT, number)) for number, (name, _prefix) in ADDRESSES.items()
}


def read_type(data: bytes, offset: int, depth: int = 0) -> tuple[str, int]:
    """The text of the type at `offset`, and the offset after it.

    Raises:
        Malformed: there is none.
    """
    if depth > MAX_TYPE_DEPTH:
        raise Malformed(f"types nested deeper than {MAX_TYPE_DEPTH}", offset)
    lead = _byte(data, offset)
    if lead in _ATOMS:
        return _ATOMS[lead], offset + 1
    if lead not in _READERS:
        raise Malformed(f"{lead:02x} starts no type", offset)
    return _READERS[lead](data, offset + 1, depth + 1)


def write_type(text: str) -> bytes:
    """The bytes of a type's text: the inverse of `read_type`.

    Raises:
        ValueError: the text is not a type.
    """
    data, rest = _parse(text.replace(" ", ""), 0)
    if rest:
        raise ValueError(text)
    return data


def _byte(data: bytes, offset: int) -> int:
    if offset >= len(data):
        raise Malformed("bytes end inside a type", offset)
    return data[offset]


def _read_object(data: bytes, offset: int, depth: int) -> tuple[str, int]:
    number = _byte(data, offset)
    if number not in ADDRESSES:
        raise Malformed(f"{number:02x} is not a kind of address", offset)
    return ADDRESSES[number][0], offset + 1


def _read_bytes(data: bytes, offset: int, depth: int) -> tuple[str, int]:
    size, end = read_integer(data, offset)
    if size < ANY_SIZE:
        raise Malformed(f"bytes of size {printable(size)}", offset)
    return f"{{bytes,{'any' if size == ANY_SIZE else json_text(size)}}}", end


def _read_variable(data: bytes, offset: int, depth: int) -> tuple[str, int]:
    return f"{{tvar,{_byte(data, offset)}}}", offset + 1


def _read_list(data: bytes, offset: int, depth: int) -> tuple[str, int]:
    part, end = read_type(data, offset, depth)
    return f"{{list,{part}}}", end


def _read_map(data: bytes, offset: int, depth: int) -> tuple[str, int]:
    key, middle = read_type(data, offset, depth)
    value, end = read_type(data, middle, depth)
    return f"{{map,{key},{value}}}", end


def _read_several(data: bytes, offset: int, depth: int) -> tuple[list[str], int]:
    parts: list[str] = []
    position = offset + 1
    for _ in range(_byte(data, offset)):
        part, position = read_type(data, position, depth)
        parts.append(part)
    return parts, position


def _read_tuple(data: bytes, offset: int, depth: int) -> tuple[str, int]:
    parts, end = _read_several(data, offset, depth)
    return f"{{tuple,[{','.join(parts)}]}}", end


def _read_variant(data: bytes, offset: int, depth: int) -> tuple[str, int]:
    parts, end = _read_several(data, offset, depth)
    if not all(part.startswith("{tuple,") for part in parts):
        raise Malformed("a constructor of a variant type is not a tuple", offset)
    return f"{{variant,[{','.join(parts)}]}}", end


_READERS: dict[int, Callable[[bytes, int, int], tuple[str, int]]] = {
    _OBJECT: _read_object,
    _LIST: _read_list,
    _TUPLE: _read_tuple,
    _MAP: _read_map,
    _VARIANT: _read_variant,
    _BYTES: _read_bytes,
    _VARIABLE: _read_variable,
}


def _parse(text: str, depth: int) -> tuple[bytes, str]:
    """The bytes of the type that `text` starts with, and the text after it."""
    if depth > MAX_TYPE_DEPTH:
        raise ValueError(text)
    if not text.startswith("{"):
        size = next((index for index, character in enumerate(text) if character in ",]}"), len(text))
        name, rest = text[:size], text[size:]
        if name not in _ENCODED:
            raise ValueError(name)
        return _ENCODED[name], rest
    name, _, rest = text[1:].partition(",")
    if name not in _WRITERS:
        raise ValueError(name)
    data, rest = _WRITERS[name](rest, depth + 1)
    return data, _after(rest, "}")


def _after(text: str, mark: str) -> str:
    if not text.startswith(mark):
        raise ValueError(text)
    return text[len(mark) :]


def _parse_number(text: str) -> tuple[str, str]:
    number, _, rest = text.partition("}")
    return number, "}" + rest


def _write_bytes(text: str, depth: int) -> tuple[bytes, str]:
    number, rest = _parse_number(text)
    size = ANY_SIZE if number == "any" else decimal_number(number)
    if size < ANY_SIZE:
        raise ValueError(number)
    return bytes((_BYTES,)) + write_integer(size), rest


def _write_variable(text: str, depth: int) -> tuple[bytes, str]:
    number, rest = _parse_number(text)
    return bytes((_VARIABLE, decimal_number(number))), rest


def _write_list(text: str, depth: int) -> tuple[bytes, str]:
    part, rest = _parse(text, depth)
    return bytes((_LIST,)) + part, rest


def _write_map(text: str, depth: int) -> tuple[bytes, str]:
    key, rest = _parse(text, depth)
    value, rest = _parse(_after(rest, ","), depth)
    return bytes((_MAP,)) + key + value, rest


def _write_several(lead: int) -> Callable[[str, int], tuple[bytes, str]]:
    def write(text: str, depth: int) -> tuple[bytes, str]:
        rest = _after(text, "[")
        parts: list[bytes] = []
        while not rest.startswith("]"):
            part, rest = _parse(_after(rest, ",") if parts else rest, depth)
            parts.append(part)
        return bytes((lead, len(parts))) + b"".join(parts), rest[1:]

    return write


_WRITERS: dict[str, Callable[[str, int], tuple[bytes, str]]] = {
    "list": _write_list,
    "tuple": _write_several(_TUPLE),
    "map": _write_map,
    "variant": _write_several(_VARIANT),
    "bytes": _write_bytes,
    "tvar": _write_variable,
}

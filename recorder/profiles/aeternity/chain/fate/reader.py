"""FATE values from bytes.

Rule: reading is iterative, so a value nested thousands deep is read like a flat one. The first byte alone decides how
to go on (`HEADS`); a value has exactly one form, and the node's decoder rejects any other.

Facts: `aeb_fate_encoding:deserialize/1` of aebytecode, protocol text `contracts/fate.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError, InputError
from recorder.jsonrpc import json_text
from recorder.profiles.aeternity.chain.encoding import base58_text
from recorder.profiles.aeternity.chain.fate.numbers import (
    NEGATIVE_BIG,
    POSITIVE_BIG,
    SMALL,
    read_integer,
    read_rint,
)
from recorder.profiles.aeternity.chain.fate.order import sort_key
from recorder.profiles.aeternity.chain.fate.types import ADDRESSES, read_type
from recorder.profiles.aeternity.chain.reading import printable
from recorder.profiles.rlp import Malformed, decode_string

if TYPE_CHECKING:
    from collections.abc import Callable

Value = dict[str, Any]
# Deeper values do not occur in traffic, and printing them would recurse.
MAX_DEPTH = 4000
# A value costs a few hundred bytes of memory, and may be one byte.
MAX_VALUES = 1 << 18
SHORT = 16  # from this many parts on, a sequence says its size apart
BYTES_KIND = 1


class Compound:
    """A compound value that still misses some of its parts.

    Args:
        kind: its type.
        missing: how many parts.
        offset: where it starts.
    """

    __slots__ = ("arities", "kind", "missing", "offset", "parts", "tag")

    def __init__(self, kind: str, missing: int, offset: int, arities: bytes = b"", tag: int = 0) -> None:
        self.kind, self.missing, self.offset, self.arities, self.tag = kind, missing, offset, arities, tag
        self.parts: list[Value] = []

    def close(self) -> Value:
        """The value, now that its parts are there."""
        if self.kind == "variant":
            return self._variant()
        return {"t": self.kind, "v": self._pairs() if self.kind == "map" else self.parts}

    def _pairs(self) -> list[list[Value]]:
        pairs = [list(pair) for pair in zip(self.parts[::2], self.parts[1::2], strict=True)]
        last = None
        for key, _ in pairs:
            try:
                current = sort_key(key)
            except ValueError as error:
                raise Malformed(f"a {error} in the key of a map", self.offset) from None
            if last is not None and current <= last:
                raise Malformed("keys of a map are not in ascending order", self.offset)
            last = current
        return pairs

    def _variant(self) -> Value:
        (part,) = self.parts
        size = len(part["v"]) if part["t"] == "tuple" else None
        if size != self.arities[self.tag]:
            raise Malformed(f"constructor {self.tag} of a variant takes {self.arities[self.tag]} values", self.offset)
        return {"t": "variant", "arities": list(self.arities), "tag": self.tag, "v": part["v"]}


class FateBytes:
    """Bytes, and how far they are read."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data, self.position = data, position
        self.notes: list[str] = []

    def byte(self) -> int:
        """The next byte."""
        if self.position >= len(self.data):
            raise Malformed("bytes end where a value should start", self.position)
        self.position += 1
        return self.data[self.position - 1]

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self.position + size
        if end > len(self.data):
            raise Malformed(f"{printable(size)} bytes expected, {len(self.data) - self.position} left", self.position)
        taken, self.position = self.data[self.position : end], end
        return taken

    def rint(self) -> int:
        """The next unsigned integer."""
        number, self.position = read_rint(self.data, self.position)
        return number

    def integer(self) -> int:
        """The next FATE integer."""
        number, self.position = read_integer(self.data, self.position)
        return number

    def size(self) -> int:
        """The next FATE integer, as a size."""
        number = self.integer()
        if number < 0:
            raise Malformed(f"size {printable(number)}", self.position)
        return number

    def string(self) -> bytes:
        """The next RLP byte string; the node reads it as leniently as any."""
        taken, self.position = decode_string(self.data, self.position, self.notes)
        return taken

    def end(self) -> None:
        """Nothing may follow."""
        if self.position != len(self.data):
            raise Malformed(f"trailing bytes: {len(self.data) - self.position} follow the value", self.position)

    def value(self) -> Value:
        """The next value."""
        open_ones: list[Compound] = []
        for _ in range(MAX_VALUES):
            lead = self.byte()
            part = HEADS[lead](self, lead)
            while not isinstance(part, Compound) or not part.missing:
                done = part.close() if isinstance(part, Compound) else part
                if not open_ones:
                    return done
                part = open_ones[-1]
                part.parts.append(done)
                part.missing -= 1
                if part.missing:
                    break
                open_ones.pop()
            else:
                open_ones.append(part)
                if len(open_ones) > MAX_DEPTH:
                    raise Malformed(f"values nested deeper than {MAX_DEPTH}", self.position)
        raise Malformed(f"more than {MAX_VALUES} values", self.position)


def decode_fate(data: bytes, offset: int = 0, notes: list[str] | None = None) -> Value:
    """Read the one FATE value that the bytes from `offset` on are.

    Args:
        data: the bytes.
        offset: where the value starts.
        notes: where to append what the node accepts but would write differently.

    Returns:
        {"t": type, "v": …}: int, bits and store_map as decimal text; bool; string, bytes and contract_bytearray as
        "hex" in place of "v"; tuple and list of values; map of [key, value]; variant with arities and tag; addresses
        as text with prefix; typerep as the text of the type.

    Raises:
        DecodeError: when the node would not read it.
    """
    reader = FateBytes(data, offset)
    try:
        value = reader.value()
        reader.end()
    except Malformed as problem:
        raise DecodeError(problem.reason, offset=problem.offset) from None
    if notes is not None and reader.notes:
        notes += [f"{note}: re-serialisation would differ" for note in reader.notes]
    return value


def _unknown(reader: FateBytes, lead: int) -> Value:
    raise Malformed(f"{lead:02x} starts no FATE value", reader.position - 1)


def _integer(reader: FateBytes, lead: int) -> Value:
    reader.position -= 1
    return {"t": "int", "v": json_text(reader.integer())}


def _short_string(reader: FateBytes, lead: int) -> Value:
    return {"t": "string", "hex": reader.take(lead >> 2).hex()}


def _long_string(reader: FateBytes, lead: int) -> Value:
    return {"t": "string", "hex": reader.take(reader.size() + SMALL).hex()}


def _object(reader: FateBytes, lead: int) -> Value:
    start = reader.position
    kind = reader.byte()
    if kind == BYTES_KIND:
        lead = reader.byte()
        inner = HEADS[lead](reader, lead)
        if isinstance(inner, Compound) or inner["t"] != "string":
            raise Malformed("bytes that hold no string", start)
        return {"t": "bytes", "hex": inner["hex"]}
    if kind not in ADDRESSES:
        raise Malformed(f"{kind:02x} is not a kind of address", start)
    name, prefix = ADDRESSES[kind]
    try:
        return {"t": name, "v": base58_text(prefix, reader.string())}
    except InputError as error:
        raise Malformed(error.reason, start) from None


def _short_sequence(kind: str) -> Callable[[FateBytes, int], Value | Compound]:
    return lambda reader, lead: Compound(kind, lead >> 4, reader.position)


def _long_sequence(kind: str) -> Callable[[FateBytes, int], Value | Compound]:
    return lambda reader, _: Compound(kind, reader.rint() + SHORT, reader.position)


def _map(reader: FateBytes, lead: int) -> Compound:
    return Compound("map", 2 * reader.rint(), reader.position)


def _variant(reader: FateBytes, lead: int) -> Compound:
    start = reader.position
    arities = reader.string()
    tag = reader.byte()
    if tag >= len(arities):
        raise Malformed(f"constructor {tag} of a variant that has {len(arities)}", start)
    return Compound("variant", 1, start, arities, tag)


def _bits(reader: FateBytes, lead: int) -> Value:
    return {"t": "bits", "v": json_text(reader.rint())}


def _negative_bits(reader: FateBytes, lead: int) -> Value:
    number = reader.rint()
    if not number:
        raise Malformed("minus zero", reader.position - 1)
    return {"t": "bits", "v": json_text(-number)}


def _bytearray(reader: FateBytes, lead: int) -> Value:
    return {"t": "contract_bytearray", "hex": reader.take(reader.size()).hex()}


def _store_map(reader: FateBytes, lead: int) -> Value:
    return {"t": "store_map", "v": json_text(reader.rint())}


def _typerep(reader: FateBytes, lead: int) -> Value:
    text, reader.position = read_type(reader.data, reader.position - 1)
    return {"t": "typerep", "v": text}


def _constant(value: Value) -> Callable[[FateBytes, int], Value]:
    return lambda _reader, _lead: dict(value)


_LOW_BITS: dict[int, Callable[[FateBytes, int], Value | Compound]] = {
    0b0011: _short_sequence("list"),
    0b0111: _typerep,
    0b1011: _short_sequence("tuple"),
    0b1111: _unknown,
}
_EXACT: dict[int, Callable[[FateBytes, int], Value | Compound]] = {
    0x01: _long_string,
    0x0B: _long_sequence("tuple"),
    0x1F: _long_sequence("list"),
    0x2F: _map,
    0x3F: lambda reader, _: Compound("tuple", 0, reader.position),
    0x4F: _bits,
    0x5F: _constant({"t": "string", "hex": ""}),
    POSITIVE_BIG: _integer,
    0x7F: _constant({"t": "bool", "v": False}),
    0x8F: _bytearray,
    0x9F: _object,
    0xAF: _variant,
    0xBF: _store_map,
    0xCF: _negative_bits,
    NEGATIVE_BIG: _integer,
    0xFF: _constant({"t": "bool", "v": True}),
}


def _head(lead: int) -> Callable[[FateBytes, int], Value | Compound]:
    if lead in _EXACT:
        return _EXACT[lead]
    if not lead & 1:
        return _integer
    return _LOW_BITS.get(lead & 0b1111, _short_string)


HEADS: list[Callable[[FateBytes, int], Value | Compound]] = [_head(lead) for lead in range(256)]

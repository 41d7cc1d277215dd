"""The types of a layout's fields: how each is read and written.

Rule: a field type knows nothing of the reading it takes part in, is small, and inverse to itself:
`serialize(deserialize(item)) == item` for every item it accepts without a note. What the node checks after reading the
bytes (kind of an id, size, enumeration) goes through `Reading.reject`, what it would write differently through
`Reading.lenient`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain.encoding import ID_PREFIXES, decode_text, id_bytes, id_text
from recorder.profiles.aeternity.chain.reading import Field, printable, refuse
from recorder.profiles.rlp import Malformed

if TYPE_CHECKING:
    from recorder.profiles.aeternity.chain.layouts import Registry
    from recorder.profiles.aeternity.chain.reading import Reading
    from recorder.profiles.rlp import Item

# Far above any amount or gas, and low enough that writing it in decimal stays cheap.
MAX_INT_SIZE = 4096


class Uint(Field):
    """An unsigned integer of any size: minimal big endian, zero is the byte 00."""

    def deserialize(self, item: Item, reading: Reading) -> int:
        """Read it; the empty string is zero with a note."""
        if item.__class__ is not bytes:
            raise Malformed("expected an integer, found a list")
        if not item:
            reading.lenient("an integer is the empty string, read as 0")
            return 0
        if item[0] == 0 and len(item) > 1:
            raise Malformed("leading zero in an integer")
        if len(item) > MAX_INT_SIZE:
            raise Malformed(f"integer of {len(item)} bytes: more than {MAX_INT_SIZE} are not read")
        return int.from_bytes(item, "big")

    def serialize(self, value: Any) -> bytes:
        """Write it."""
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            refuse("an integer of 0 or more", value)
        return int_bytes(value)


class Enumeration(Uint):
    """An integer with names; the node rejects others.

    Args:
        names: the values it may have.
    """

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names

    def deserialize(self, item: Item, reading: Reading) -> int:
        """Read and check it."""
        value = super().deserialize(item, reading)
        if value not in self.names:
            known = ", ".join(f"{number} ({name})" for number, name in self.names.items())
            reading.reject(f"expected {known}, found {printable(value)}")
        return value


class CtVersion(Uint):
    """VM and ABI version in one integer: `vm << 16 | abi`."""

    WIDTH = 16

    def deserialize(self, item: Item, reading: Reading) -> int:
        """Read it; the node takes the low 32 bits."""
        value = super().deserialize(item, reading)
        if value >> 2 * self.WIDTH:
            reading.note("the node takes the low 32 bits: its re-serialisation would differ")
        return value


class Bool(Field):
    """The byte 00 or 01."""

    def deserialize(self, item: Item, reading: Reading) -> bool:
        """Read it."""
        if item not in (b"\0", b"\1"):
            raise Malformed(f"expected 00 or 01, found {item.hex() if isinstance(item, bytes) else 'a list'}")
        return item == b"\1"

    def serialize(self, value: Any) -> bytes:
        """Write it."""
        if not isinstance(value, bool):
            refuse("true or false", value)
        return b"\1" if value else b"\0"


class Bytes(Field):
    """A byte string, in hex.

    Args:
        size: the size the node demands.
        prefix: the text encoding that people see it in; hex if it is empty.
    """

    def __init__(self, *, size: int | None = None, prefix: str = "") -> None:
        self.size, self.prefix = size, prefix

    def deserialize(self, item: Item, reading: Reading) -> str:
        """Read it."""
        if not isinstance(item, bytes):
            raise Malformed("expected a byte string, found a list")
        if self.size is not None and len(item) != self.size:
            reading.reject(f"expected {self.size} bytes, found {len(item)}")
        return item.hex()

    def serialize(self, value: Any) -> bytes:
        """Write it."""
        return hex_bytes(value)


class Id(Field):
    """A prefixed id: one byte for its kind and 32 bytes.

    Args:
        prefixes: the kinds that the node accepts here; any if none is given.
    """

    def __init__(self, *prefixes: str) -> None:
        self.prefixes = frozenset(prefixes or ID_PREFIXES.values())

    def deserialize(self, item: Item, reading: Reading) -> str:
        """Read it."""
        text = id_text(item) if isinstance(item, bytes) else None
        if text is None:
            raise Malformed("expected an id: a byte of 01 to 06 for its kind and 32 bytes")
        if text[:2] not in self.prefixes:
            reading.reject(f"expected an id of kind {' or '.join(sorted(self.prefixes))}, found {text[:2]}")
        return text

    def serialize(self, value: Any) -> bytes:
        """Write it."""
        return id_bytes(value) if isinstance(value, str) else refuse("an id", value)


class ListOf(Field):
    """A list of one field type.

    Args:
        of: the type of its items.
        most: how many items the node accepts.
    """

    def __init__(self, of: Field, *, most: int | None = None) -> None:
        self.of, self.most = of, most

    def deserialize(self, item: Item, reading: Reading) -> list[Any]:
        """Read it."""
        if not isinstance(item, list):
            raise Malformed("expected a list, found a byte string")
        if self.most is not None and len(item) > self.most:
            reading.reject(f"expected at most {self.most} items, found {len(item)}")
        return _each(repeat(self.of), item, reading)

    def bind(self, registry: Registry) -> None:
        """Pass it to the items."""
        self.of.bind(registry)

    def serialize(self, value: Any) -> Item:
        """Write it."""
        if not isinstance(value, list | tuple):
            refuse("a list", value)
        return [self.of.serialize(part) for part in value]


class TupleOf(Field):
    """A list with a type for each of its items."""

    def __init__(self, *of: Field) -> None:
        self.of = of

    def deserialize(self, item: Item, reading: Reading) -> list[Any]:
        """Read it."""
        if not isinstance(item, list) or len(item) != len(self.of):
            found = f"a list of {len(item)}" if isinstance(item, list) else "a byte string"
            raise Malformed(f"expected a list of {len(self.of)} items, found {found}")
        return _each(self.of, item, reading)

    def serialize(self, value: Any) -> Item:
        """Write it."""
        if not isinstance(value, list | tuple) or len(value) != len(self.of):
            refuse(f"a list of {len(self.of)}", value)
        return [field.serialize(part) for field, part in zip(self.of, value, strict=True)]


def _each(fields: Iterable[Field], items: list[Item], reading: Reading) -> list[Any]:
    values: list[Any] = []
    try:
        for field, part in zip(fields, items, strict=False):
            values.append(field.deserialize(part, reading))
    except Malformed as problem:
        problem.path = (len(values), *problem.path)
        raise
    return values


def int_bytes(value: int) -> bytes:
    """Minimal big endian; zero is one byte."""
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")


def hex_bytes(value: Any) -> bytes:
    """The bytes of a value: hex, an encoded text such as `st_…`, or bytes, which are taken as they are."""
    if isinstance(value, bytes):
        return value
    try:
        return decode_text(value, any_size=True).data if "_" in value else bytes.fromhex(value)
    except DecodeError as error:
        raise InputError(f"{value[:12]}…: {error.reason}") from error
    except (TypeError, ValueError):
        return refuse("hex", value)

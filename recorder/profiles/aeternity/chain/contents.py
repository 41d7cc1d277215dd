"""What an encoded text holds, read and written whole.

Rule: one row of `_CONTENTS` per prefix with a meaning of its own; a text without one is its bytes. Everything that
leaves `decode` goes back through `encode` to the same text, unless a warning says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain.contract_data import (
    call_of,
    decode_contract_data,
    decode_store_key,
    encode_contract_data,
    encode_store_key,
)
from recorder.profiles.aeternity.chain.encoding import PREFIXES, Encoded, decode_text, encode_text, sized
from recorder.profiles.aeternity.chain.fate import decode_fate, encode_fate, symbols
from recorder.profiles.aeternity.chain.fields import Bytes, hex_bytes
from recorder.profiles.aeternity.chain.objects import HOLDS, REGISTRY, decode_object, encode_object
from recorder.profiles.aeternity.chain.reading import refuse
from recorder.profiles.rlp import LIST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Value = dict[str, Any]
CODE = "compiler_sophia"


class Decoded(NamedTuple):
    """An encoded text, read.

    Args:
        prefix: the text's prefix, without `_`.
        data: its payload.
        value: what the payload means: an object {"type", "tag", "version", "fields"}, a FATE value {"t", "v"},
            {"not_fate", "aevm_words" | "text"}, a store key {"kind", …}, or bytes {"prefix", "type", "hex"}.
        warnings: what the node accepts but would write differently, with its path.
    """

    prefix: str
    data: bytes
    value: Value
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The canonical text of the payload."""
        return encode_text(self.prefix, self.data)

    def call(self, symbols: Mapping[str, str] | None = None) -> Value | None:
        """The function call in contract data, see `call_of`; None if it is not a call."""
        return call_of(self.value, symbols)

    def as_json(self, symbols: Mapping[str, str] | None = None) -> Value:
        """The value, with what else is known: prefix and bytes, the function it calls, the warnings."""
        around = {} if "fields" in self.value else opaque_value(self.prefix, self.data)
        told = around | self.value | (self.call(symbols) or {})
        return told | {"warnings": list(self.warnings)} if self.warnings else told


def decode(encoded: str | Encoded, *, opaque: bool = False) -> Decoded:
    """Read an encoded text, or a pair of prefix and bytes, whole.

    Args:
        encoded: for example `tx_…`, or `Encoded("tx", data)`.
        opaque: whether a payload that cannot be read is given as bytes with a warning; a broken text never is.

    Raises:
        DecodeError: the node would reject it; with path, offset and reason.
    """
    notes: list[str] = []
    prefix, data = decode_text(encoded, notes) if isinstance(encoded, str) else sized(*encoded)
    read = _CONTENTS.get(prefix)
    try:
        value = read(data, notes) if read else opaque_value(prefix, data)
    except DecodeError as error:
        if not opaque:
            raise
        notes.append(f"shown as bytes: {error}")
        value = opaque_value(prefix, data)
    return Decoded(prefix, data, value, tuple(notes))


def encode(value: Decoded | Mapping[str, Any], prefix: str = "") -> str:
    """Write a value as text: the inverse of `decode`.

    Args:
        value: what `decode` gave, or any value in one of the forms of `Decoded.value`.
        prefix: the text's prefix; by default the one such a value usually has.

    Raises:
        InputError: when it cannot be written, with what is wrong in which field.
    """
    if isinstance(value, Decoded):
        prefix, value = prefix or value.prefix, value.value
    for mark, (usual, write) in _WRITERS.items():
        if mark in value:
            return encode_text(prefix or usual(value), write(value))
    return refuse("a value as decode gives it", value)


def build(type_name: str, version: int | None = None, /, **fields: Any) -> str:
    """Build an object of the chain from its fields, and check it as the node would.

    Args:
        type_name: the node's name of it: `channel_withdraw_tx`, `signed_tx`, …
        version: its version; the newest by default.
        fields: all its fields by name. Bytes may be given as bytes, hex or encoded text, nested objects also as values.

    Returns:
        its text: `tx_…` for a transaction.

    Raises:
        InputError: when the type is unknown, or a field is missing, unknown or wrong.
    """
    layouts = {layout.version: layout for layout in REGISTRY.by_name.get(type_name, ())}
    if not layouts:
        raise InputError(f"unknown type {type_name!r}: use one of {', '.join(REGISTRY.by_name)}")
    layout = layouts.get(max(layouts) if version is None else version)
    if layout is None:
        raise InputError(f"{type_name} has no version {version}: use one of {', '.join(map(str, layouts))}")
    data = layout.serialize(fields)
    try:
        decode_object(data)
    except DecodeError as error:
        raise InputError(f"the node would reject it: {error.path}: {error.reason}") from error
    return encode_text(prefix_of(type_name), data)


def symbols_in(value: Mapping[str, Any]) -> dict[str, str]:
    """The function names in all compiled code inside an object, by the hash they are called by: see `symbols`.

    Args:
        value: an object as `decode_object` gives it; other values have no code.
    """
    return {hashed: name for code in _codes(value) for hashed, name in symbols(code).items()}


def prefix_of(type_name: str) -> str:
    """The prefix of the texts an object of this type usually stands in."""
    if type_name == CODE:
        return "cb"
    return next((prefix for prefix, names in HOLDS.items() if type_name in names), "ba")


def opaque_value(prefix: str, data: bytes) -> Value:
    """A payload as bytes."""
    return {"prefix": prefix, "type": PREFIXES[prefix].name, "hex": data.hex()}


def _codes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Compiled code inside a value: an object of its own, or the bytes of a field that holds contract data."""
    if isinstance(value, list):
        for item in value:
            yield from _codes(item)
    if not isinstance(value, dict) or "fields" not in value:
        return
    if value["type"] == CODE:
        yield value
        return
    for name, field in REGISTRY.layout(value).fields.items():
        item = value["fields"][name]
        if isinstance(field, Bytes) and field.prefix == "cb" and item:
            yield from _codes(decode(Encoded("cb", bytes.fromhex(item)), opaque=True).value)
        else:
            yield from _codes(item)


def _object_of(prefix: str) -> Callable[[bytes, list[str]], Value]:
    names = HOLDS[prefix]
    return lambda data, notes: decode_object(data, names, notes=notes)


def _bytearray(data: bytes, notes: list[str]) -> Value:
    """Any bytes are valid here; those that are an object are shown as one."""
    if data[:1] < bytes((LIST,)):
        return opaque_value("ba", data)
    found: list[str] = []
    try:
        value = decode_object(data, template=True, notes=found)
    except DecodeError:
        return opaque_value("ba", data)
    notes += found
    return value


def _or_bytes(prefix: str, read: Callable[[bytes], Value]) -> Callable[[bytes, list[str]], Value]:
    """The stores of AEVM contracts hold bytes of their own making."""

    def attempt(data: bytes, notes: list[str]) -> Value:
        try:
            return read(data)
        except DecodeError:
            return opaque_value(prefix, data)

    return attempt


_CONTENTS: dict[str, Callable[[bytes, list[str]], Value]] = {
    **{prefix: _object_of(prefix) for prefix in HOLDS},
    "ba": _bytearray,
    "cb": decode_contract_data,
    "ck": _or_bytes("ck", decode_store_key),
    "cv": _or_bytes("cv", decode_fate),
}


_WRITERS: dict[str, tuple[Callable[[Mapping[str, Any]], str], Callable[[Any], bytes]]] = {
    "fields": (lambda value: prefix_of(str(value.get("type"))), encode_object),
    "t": (lambda _: "cb", encode_fate),
    "not_fate": (lambda _: "cb", encode_contract_data),
    "kind": (lambda _: "ck", encode_store_key),
    "hex": (lambda value: str(value.get("prefix", "ba")), lambda value: hex_bytes(value["hex"])),
}

"""Objects as bytes: the place where a failure inside a layout becomes an error with path and offset.

Rule: nothing but `DecodeError` leaves `decode_object`, whatever the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain.layouts import HEAD
from recorder.profiles.aeternity.chain.reading import Reading
from recorder.profiles.aeternity.chain.rlp_codec import Malformed, decode_head, joined
from recorder.profiles.aeternity.chain.schemas import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Mapping


def decode_object(
    data: bytes, names: frozenset[str] | None = None, *, template: bool = False, notes: list[str] | None = None
) -> dict[str, Any]:
    """Read the RLP bytes of any object of the chain.

    Args:
        data: the bytes, without text encoding.
        names: the types it may have (`signed_tx`, `trees_poi`, …); any by default.
        template: read as the node's template does, which does not enforce the kinds of ids, sizes and enumerations.
        notes: where to append what the node accepts but would write differently, with its path.

    Returns:
        {"type": …, "tag": …, "version": …, "fields": {name: value}}, where a value is an int, a bool, an id as text,
        bytes as hex, a list, or another object in the same form.

    Raises:
        DecodeError: when the node would not read it, with the path and offset of the element.
    """
    reading = Reading(template=template)
    try:
        value = REGISTRY.read(data, reading, names)
    except Malformed as problem:
        raise DecodeError(problem.reason, path=joined(_root(data), problem.path), offset=problem.offset) from None
    if notes is not None:
        notes.extend(f"{joined(value['type'], path)}: {text}" for path, text in reading.notes)
    return value


def encode_object(value: Mapping[str, Any]) -> bytes:
    """Write an object: the inverse of `decode_object`.

    Args:
        value: {"tag": …, "version": …, "fields": …}; a nested object may be given as hex or bytes.

    Raises:
        InputError: when it cannot be written, with what is wrong in which field.
    """
    return REGISTRY.write(value)


def _root(data: bytes) -> str:
    """The type name a path starts with, as far as the first bytes tell it."""
    try:
        return REGISTRY.find(list(decode_head(data, HEAD)), Reading()).name
    except Malformed:
        return ""

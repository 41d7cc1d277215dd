"""Objects as bytes: the table of all layouts, and errors with path and offset.

Rule: nothing but `DecodeError` leaves `decode_object`, whatever the bytes. The tables are only joined here: a new layout
is one entry of `schema_channels`, `schema_state` or `schema_transactions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.difference import Path, path_text
from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain.layouts import HEAD, Registry
from recorder.profiles.aeternity.chain.reading import Reading
from recorder.profiles.aeternity.chain.schema_channels import (
    CHANNEL_TRANSACTIONS,
    ENVELOPES,
    TRANSACTION_NAMES,
    UPDATES,
)
from recorder.profiles.aeternity.chain.schema_state import BLOCKS, CODE_OBJECTS, STATE, TREES
from recorder.profiles.aeternity.chain.schema_transactions import TRANSACTIONS
from recorder.profiles.rlp import Malformed, decode_head

if TYPE_CHECKING:
    from collections.abc import Mapping

# Tags with a name in the node's library and no reader in the node.
RESERVED = {83: "hc_vote_tx", 100: "key_block"}

REGISTRY = Registry(
    (*TRANSACTIONS, *CHANNEL_TRANSACTIONS, *UPDATES, *ENVELOPES, *STATE, *TREES, *CODE_OBJECTS, *BLOCKS), RESERVED
)

SCHEMAS = REGISTRY.by_key

# The objects each prefix may hold; any object, under the others.
HOLDS: dict[str, frozenset[str]] = {
    "tx": TRANSACTION_NAMES | {"signed_tx"},
    "pi": frozenset({"trees_poi"}),
    "ss": frozenset({"state_trees"}),
    "cs": frozenset({"calls_mtree"}),
}


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
        {"type": …, "tag": …, "version": …, "fields": {name: value}}; a value is an int, a bool, an id as text,
        bytes as hex, a list, or another object in the same form.

    Raises:
        DecodeError: when the node would not read it, with the path and offset of the element.
    """
    reading = Reading(template=template)
    try:
        value = REGISTRY.read(data, reading, names)
    except Malformed as problem:
        path = path_text((*_root(data), *problem.path))
        raise DecodeError(problem.reason, path=path, offset=problem.offset) from None
    if notes is not None:
        notes.extend(f"{path_text((value['type'], *path))}: {text}" for path, text in reading.notes)
    return value


def encode_object(value: Mapping[str, Any]) -> bytes:
    """Write an object: the inverse of `decode_object`.

    Args:
        value: {"tag": …, "version": …, "fields": …}; a nested object may be given as hex or bytes.

    Raises:
        InputError: when it cannot be written, with what is wrong in which field.
    """
    return REGISTRY.write(value)


def _root(data: bytes) -> Path:
    """What a path starts with: the name of the object's type, if its first bytes tell it."""
    try:
        return (REGISTRY.find(list(decode_head(data, HEAD)), Reading()).name,)
    except Malformed:
        return ()

"""What the tests of the chain share: keys made here, one sample per layout, and the vectors where they are."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from recorder.profiles.aeternity.chain import SCHEMAS, account_of, encode_text
from recorder.profiles.aeternity.chain.fields import Bool, Bytes, CtVersion, Enumeration, Id, ListOf, TupleOf, Uint
from recorder.profiles.aeternity.chain.layouts import Leaf, Nested
from recorder.profiles.aeternity.chain.schema_transactions import PointerTarget

SHARED = Path(os.environ.get("RECORDER_SHARED") or Path(__file__).parents[5] / "shared")
SEEDS = {name: sha256(f"test key of {name}".encode()).digest() for name in ("initiator", "responder", "payer")}
KEYS = {name: account_of(seed) for name, seed in SEEDS.items()}
# What stands in a sample where a layout allows several objects.
NESTED = {
    "signed_tx": (11, 1),
    "trees_poi": (60, 1),
    "compiler_sophia": (70, 3),
    "state_trees": (62, 0),
    "mtree": (63, 1),
}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of facts and recorded traffic that is not part of this project."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared data at {SHARED}: set RECORDER_SHARED to its folder")
    return SHARED


@pytest.fixture(scope="session")
def seeds() -> dict[str, bytes]:
    """Secret keys by name."""
    return SEEDS


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    """Accounts by name."""
    return KEYS


@pytest.fixture(scope="session")
def samples() -> dict[tuple[int, int], dict]:
    """One object of every layout, its fields told apart by their numbers."""
    return {key: sample(key) for key in SCHEMAS}


def sample(key: tuple[int, int]) -> dict:
    """An object of one layout."""
    layout = SCHEMAS[key]
    fields = {name: value_of(field, number) for number, (name, field) in enumerate(layout.fields.items(), 1)}
    return {"type": layout.name, "tag": layout.tag, "version": layout.version, "fields": fields}


def value_of(field: object, number: int) -> object:
    """A value of one field type; `number` makes it a different one for each field."""
    for kind, make in MAKERS.items():
        if isinstance(field, kind):
            return make(field, number)
    raise AssertionError(field)


def nested_in(field: Nested) -> dict:
    """An object that may stand in a field: a withdraw among transactions, a transfer among updates."""
    name = min(field.names)
    if field.leaves:
        leaf = sample(next(key for key, layout in SCHEMAS.items() if layout.name in field.leaves))
        value = {"type": "mtree_value", "tag": 64, "version": 1, "fields": {"key": "00", "val": leaf}}
        return {"type": "mtree", "tag": 63, "version": 1, "fields": {"values": [value]}}
    if "channel_withdraw_tx" in field.names:
        return sample((52, 1))
    if "channel_offchain_update_transfer" in field.names:
        return sample((570, 1))
    key = NESTED.get(name) or next(key for key, layout in SCHEMAS.items() if layout.name == name)
    return sample(key)


# The first that fits counts, so a type stands before the one it is derived from.
MAKERS = {
    Enumeration: lambda _field, _number: 0,
    CtVersion: lambda _field, _number: 0x80003,
    Uint: lambda _field, number: number << 70,
    Bool: lambda _field, _number: True,
    Id: lambda field, number: encode_text(min(field.prefixes), bytes((number,)) * 32),
    ListOf: lambda field, number: [value_of(field.of, number)],
    TupleOf: lambda field, number: [value_of(part, number + place) for place, part in enumerate(field.of)],
    PointerTarget: lambda _field, _number: "02" + "00" * 1024,
    Leaf: lambda _field, _number: sample((10, 1)),
    Nested: lambda field, _number: nested_in(field),
    Bytes: lambda field, number: f"{number:02x}" * (field.size or 3),
}

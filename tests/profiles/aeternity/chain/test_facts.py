"""The tables against the facts printed by the node: every object, version, field, type and prefix."""

from __future__ import annotations

import json

import pytest

from recorder.profiles.aeternity.annotation.transactions import OPERATIONS, PARTS
from recorder.profiles.aeternity.chain import PREFIXES, SCHEMAS
from recorder.profiles.aeternity.chain.encoding import ID_TAGS
from recorder.profiles.aeternity.chain.fields import Bool, Bytes, Enumeration, Id, ListOf, TupleOf, Uint
from recorder.profiles.aeternity.chain.layouts import Nested
from recorder.profiles.aeternity.chain.objects import REGISTRY
from recorder.profiles.aeternity.chain.schema_channels import UPDATE_NAMES
from recorder.profiles.aeternity.chain.schema_transactions import PointerTarget

KINDS = {"int": Uint, "bool": Bool, "id": Id, "list": ListOf, "tuple": TupleOf, "binary": (Bytes, Nested)}


@pytest.fixture(scope="module")
def objects(shared):
    """All objects the node's library knows."""
    return json.loads((shared / "spec" / "objects.json").read_text(encoding="utf-8"))["objects"]


def versions(given):
    """The versions of one entry: `1..6` stands for six."""
    first, _, last = str(given["version"]).partition("..")
    return range(int(first), int(last or first) + 1)


def test_every_object_has_its_layouts(objects):
    """No object, version or field is missing, none is too many, and all have their names."""
    wanted = {
        (entry["tag"], version): (entry["name"], [field["name"] for field in given["fields"]])
        for entry in objects
        for given in entry["versions"]
        if "fields" in given
        for version in versions(given)
    }
    assert wanted == {key: (layout.name, list(layout.fields)) for key, layout in SCHEMAS.items()}
    assert {entry["tag"]: entry["name"] for entry in objects if not entry["versions"]} == REGISTRY.reserved


def test_every_field_has_its_type(objects):
    """Types, kinds of ids, sizes, enumerations, encodings, and what may be nested where, are the node's."""
    for entry in objects:
        for given in entry["versions"]:
            for version in versions(given):
                fields = SCHEMAS[entry["tag"], version].fields
                for fact in given.get("fields", ()):
                    check(fields[fact["name"]], fact)


def check(field, fact):
    """One field against its fact."""
    assert isinstance(field, KINDS[fact["type"]]), fact
    inner = field.of if isinstance(field, ListOf) else field
    if "of" in fact and isinstance(fact["of"], dict):
        assert isinstance(inner, KINDS[fact["of"]["type"]]), fact
    if "accepted_id_tags_on_decode" in fact:
        kinds = inner.of[1] if isinstance(inner, TupleOf) else inner
        accepted = kinds.KINDS if isinstance(kinds, PointerTarget) else kinds.prefixes
        assert {ID_TAGS[prefix] for prefix in accepted} == set(fact["accepted_id_tags_on_decode"]), fact
    if "nested" in fact:
        assert inner.names == set(fact["nested"]), fact
        assert inner.strict == fact["nested_strict"], fact
    if fact.get("size_enforced_on_decode"):
        assert field.size == fact["size"], fact
    if fact.get("item_size_enforced_on_decode"):
        assert inner.size == fact["item_size"], fact
    assert isinstance(field, Enumeration) == bool(fact.get("enum_enforced_on_decode")), fact
    if isinstance(field, Enumeration):
        assert {str(number): name for number, name in field.names.items()} == fact["enum"]
    if fact.get("json_prefix") not in (None, "sg"):
        assert field.prefix == fact["json_prefix"], fact
    if "max_items" in fact:
        assert field.most == fact["max_items"], fact


def test_every_update_has_the_names_of_the_node_s_json(objects):
    """What a transaction holds is told in the same words as what stands beside it."""
    updates = [entry for entry in objects if entry["name"] in UPDATE_NAMES]
    assert {entry["name"]: entry["json_type"] for entry in updates} == OPERATIONS
    parts = [fact for entry in updates for given in entry["versions"] for fact in given["fields"]]
    renamed = {fact["name"]: fact["json_key"] for fact in parts if fact.get("json_key") not in {None, fact["name"]}}
    assert renamed == PARTS


def test_every_prefix_has_its_size(shared):
    """Names, bases and sizes of the text encodings are the node's."""
    facts = json.loads((shared / "spec" / "prefixes.json").read_text(encoding="utf-8"))["prefixes"]
    wanted = {fact["prefix"]: (fact["name"], int(fact["encoding"][4:]), fact["payload_size"]) for fact in facts}
    assert wanted == {prefix: tuple(kind) for prefix, kind in PREFIXES.items()}

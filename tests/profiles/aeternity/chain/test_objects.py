"""Objects: every layout comes back, and every failure names its place."""

from __future__ import annotations

import pytest

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain import SCHEMAS, decode_object, encode_object, encode_text
from recorder.profiles.rlp import decode_list, encode


@pytest.mark.parametrize("key", SCHEMAS, ids=lambda key: f"{SCHEMAS[key].name}-{key[1]}")
def test_every_layout_comes_back(samples, key):
    """An object of each tag and version is read as it was written, without a note."""
    notes: list[str] = []
    data = encode_object(samples[key])
    assert decode_object(data, notes=notes) == samples[key]
    assert notes == []


def test_there_are_73_layouts():
    """Blocks count once: their six versions, one a protocol, share a layout."""
    assert len({key if key[0] not in (101, 102) else (key[0], 0) for key in SCHEMAS}) == 73


def changed(sample, index, item):
    """The bytes of a sample with one item replaced (0 is the tag, 2 the first field)."""
    items = decode_list(encode_object(sample))
    items[index] = item
    return encode(items)


ID = b"\1" + bytes(32)
DEPOSIT, CREATE, CLOSE_SOLO, UPDATE_NAME = (51, 1), (50, 2), (54, 1), (34, 2)


@pytest.mark.parametrize(
    ("key", "index", "item", "told"),
    [
        (DEPOSIT, 2, ID, ("channel_id", "kind ch, found ak")),
        (DEPOSIT, 2, b"\0" + bytes(32), ("channel_id", "expected an id")),
        (DEPOSIT, 2, b"\6" * 32, ("channel_id", "expected an id")),
        (DEPOSIT, 2, [], ("channel_id", "expected an id")),
        (DEPOSIT, 4, b"\0\5", ("amount", "leading zero")),
        (DEPOSIT, 4, [b"\5"], ("amount", "found a list")),
        (DEPOSIT, 4, b"\5" * 5000, ("amount", "more than 4096")),
        (DEPOSIT, 7, bytes(31), ("state_hash", "expected 32 bytes, found 31")),
        (DEPOSIT, 7, [], ("state_hash", "found a list")),
        (CREATE, 10, b"", ("initiator_delegate_ids", "found a byte string")),
        (CREATE, 10, [ID, b"\2" * 33], ("initiator_delegate_ids[1]", "kind ak, found nm")),
        (CLOSE_SOLO, 4, [], ("payload", "found a list")),
        (CLOSE_SOLO, 5, b"", ("poi", "no bytes")),
        (CLOSE_SOLO, 5, b"\xc0", ("poi", "starts with a tag")),
        (CLOSE_SOLO, 5, b"\xc2\x3c\x01", ("poi", "expected 6 fields, found 0")),
        (CLOSE_SOLO, 5, b"\xc3\x3f\x01\xc0", ("poi", "mtree cannot stand here: expected trees_poi")),
        (UPDATE_NAME, 6, [], ("pointers", "no pointer has any")),
        (UPDATE_NAME, 6, [[b"k", b"\1" + ID]], ("pointers", "no pointer has any")),
        (UPDATE_NAME, 6, [[b"k", b"\2" + bytes(1025)]], ("pointers[0][1]", "at most 1024")),
        (UPDATE_NAME, 6, [[b"k", b"\1\2" + bytes(32)]], ("pointers[0][1]", "kind ak, ok, ct, ch")),
        ((34, 1), 6, [[b"k", b"\3" + bytes(32)]], ("pointers[0][1]", "found cm")),
        (UPDATE_NAME, 6, [[b"k", b"\3"]], ("pointers[0][1]", "expected 01")),
        (UPDATE_NAME, 6, [[b"k"]], ("pointers[0]", "a list of 2 items, found a list of 1")),
        (UPDATE_NAME, 6, [b"k"], ("pointers[0]", "found a byte string")),
        ((22, 1), 7, b"\2", ("ttl_type", r"0 \(delta\), 1 \(block\), found 2")),
        ((22, 1), 7, b"\2" * 4096, ("ttl_type", "found a number of many digits")),
        ((21, 1), 6, b"\2", ("has_response", "expected 00 or 01, found 02")),
        ((21, 1), 6, [], ("has_response", "found a list")),
    ],
)
def test_a_wrong_field_is_an_error_with_its_path(samples, key, index, item, told):
    """What the node rejects is rejected, with path, reason and offset."""
    path, reason = told
    with pytest.raises(DecodeError, match=reason) as caught:
        decode_object(changed(samples[key], index, item))
    assert caught.value.path == f"{SCHEMAS[key].name}.{path}"
    assert caught.value.offset > 0


def test_an_error_deep_inside_names_the_whole_way(samples):
    """Path and offset of a nested object's field lead from the outermost bytes."""
    inner = changed(samples[DEPOSIT], 4, b"\0\x77\x77")
    data = encode([b"\x0b", b"\1", [], inner])
    with pytest.raises(DecodeError, match="leading zero") as caught:
        decode_object(data)
    assert caught.value.path == "signed_tx.transaction.amount"
    assert data[caught.value.offset :].startswith(b"\0\x77\x77")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("c20c02", "unknown version 2 of spend_tx"),
        ("c20d01", "unknown tag 13"),
        ("c25301", "reserved for hc_vote_tx"),
        ("c26401", "reserved for key_block"),
        ("c20c80", "unknown version 0 of spend_tx"),
        ("c3c10c01", "the tag is not an integer"),
        ("c482000c01", "the tag is not an integer"),
        ("c40c820001", "the version is not an integer"),
        ("c10c", "starts with a tag and a version"),
        ("0c", "found a byte string"),
        ("", "no bytes"),
    ],
)
def test_unknown_objects_are_errors(data, reason):
    """Tags and versions that the node does not know are named."""
    with pytest.raises(DecodeError, match=reason):
        decode_object(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("key", "index", "item", "note"),
    [
        (DEPOSIT, 4, b"", "channel_deposit_tx.amount: an integer is the empty string"),
        ((42, 1), 5, b"\1\0\0\0\0", "contract_create_tx.ct_version: the node takes the low 32 bits"),
    ],
)
def test_a_leniency_is_noted_with_its_path(samples, key, index, item, note):
    """What the node accepts and writes differently is read, and said."""
    notes: list[str] = []
    decode_object(changed(samples[key], index, item), notes=notes)
    assert notes[0].startswith(note)


def test_notes_of_nested_objects_have_the_whole_path(samples):
    """A leniency in the second of two objects names both."""
    inner = changed(samples[DEPOSIT], 4, b"")
    notes: list[str] = []
    decode_object(encode([b"\x0b", b"\1", [], inner]), notes=notes)
    assert notes[0].startswith("signed_tx.transaction.amount: ")


def test_unsorted_signatures_are_noted(samples):
    """The node accepts signatures in any order, and sorts them when it writes."""
    value = samples[11, 1]
    value = value | {"fields": value["fields"] | {"signatures": ["ff" * 64, "00" * 64]}}
    notes: list[str] = []
    assert decode_object(encode_object(value), notes=notes) == value
    assert notes[0].startswith("signed_tx.signatures: not sorted")


def test_an_empty_string_as_version_zero_is_noted():
    """State trees have version 0, which the empty string also says."""
    empty = [encode([tag, b"\1", encode([b"\x3f", b"\1", []])]) for tag in map(bytes.fromhex, TREE_TAGS)]
    notes: list[str] = []
    value = decode_object(encode([b"\x3e", b"", *empty]), notes=notes)
    assert value["version"] == 0
    assert "the version is the empty string" in notes[0]


TREE_TAGS = ("026d", "026e", "026f", "0270", "0271", "0272")


def test_a_template_reading_notes_what_the_node_checks_later(samples):
    """Kinds of ids are not part of the serialization, only of what the node makes of it."""
    data = changed(samples[DEPOSIT], 2, ID)
    notes: list[str] = []
    value = decode_object(data, template=True, notes=notes)
    assert value["fields"]["channel_id"].startswith("ak_")
    assert "channel_deposit_tx.channel_id: expected an id of kind ch" in notes[0]
    assert encode_object(value) == data


@pytest.mark.parametrize("payload", ["", "ff", "c0", "c20c01", "c3c0c0c0"])
def test_bytes_the_node_does_not_read_are_shown_as_they_are(samples, payload):
    """A payload that is no signed transaction is bytes."""
    value = decode_object(changed(samples[CLOSE_SOLO], 4, bytes.fromhex(payload)))
    assert value["fields"]["payload"] == payload


def test_a_payload_that_would_be_written_differently_stays_bytes(samples):
    """A view of bytes that are opaque to the node must write back the same bytes."""
    inner = encode([b"\x0b", b"\1", [], changed(samples[DEPOSIT], 4, b"")])
    data = changed(samples[CLOSE_SOLO], 4, inner)
    value = decode_object(data)
    assert value["fields"]["payload"] == inner.hex()
    assert encode_object(value) == data


def test_a_payment_for_a_payment_is_an_error(samples):
    """The transaction paid for must not be a paying_for_tx."""
    inner = samples[11, 1] | {"fields": {"signatures": [], "transaction": samples[82, 1]}}
    value = samples[82, 1] | {"fields": samples[82, 1]["fields"] | {"tx": inner}}
    with pytest.raises(DecodeError, match="not allowed") as caught:
        decode_object(encode_object(value))
    assert caught.value.path == "paying_for_tx.tx"


def test_values_of_a_tree_are_what_the_tree_holds(samples):
    """In the tree of contracts, an account is mere bytes."""
    leaf = samples[64, 1]
    tree = {"type": "contracts_mtree", "tag": 621, "version": 1}
    mtree = {"type": "mtree", "tag": 63, "version": 1, "fields": {"values": [leaf]}}
    data = encode_object(tree | {"fields": {"contracts": mtree}})
    (read,) = decode_object(data)["fields"]["contracts"]["fields"]["values"]
    assert read["fields"]["val"] == encode_object(leaf["fields"]["val"]).hex()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tag": 13}, "a known tag and version"),
        ({"type": "spend_tx"}, "expected channel_deposit_tx"),
        ({"fields": {}}, "lacks amount"),
        ({"fields": None}, "lacks amount"),
    ],
)
def test_an_object_that_is_none_cannot_be_written(samples, change, reason):
    """Tag, version, type and fields must fit."""
    with pytest.raises(InputError, match=reason):
        encode_object(samples[DEPOSIT] | change)


@pytest.mark.parametrize(
    ("key", "name", "value", "reason"),
    [
        (DEPOSIT, "amount", -1, "channel_deposit_tx.amount: expected an integer"),
        (DEPOSIT, "amount", True, "an integer"),
        (DEPOSIT, "amount", "1" * 200, "…"),
        (DEPOSIT, "channel_id", 1, "an id"),
        (DEPOSIT, "channel_id", "x", "is not an id"),
        (DEPOSIT, "state_hash", 5, "hex"),
        (DEPOSIT, "state_hash", "zz", "hex"),
        (DEPOSIT, "state_hash", "st_zz", "base64"),
        (CREATE, "initiator_delegate_ids", "x", "a list"),
        ((34, 1), "pointers", [["00"]], "a list of 2"),
        ((21, 1), "has_response", 1, "true or false"),
    ],
)
def test_a_value_of_the_wrong_type_names_its_field(samples, key, name, value, reason):
    """What cannot be written is an input error with the field."""
    fields = samples[key]["fields"] | {name: value}
    with pytest.raises(InputError, match=reason):
        encode_object(samples[key] | {"fields": fields})


def test_a_number_of_many_digits_is_named_by_its_type(samples):
    """The message does not spell what the interpreter would refuse to."""
    fields = samples[DEPOSIT]["fields"] | {"amount": -(10**5000)}
    with pytest.raises(InputError, match="got int"):
        encode_object(samples[DEPOSIT] | {"fields": fields})


def test_bytes_may_be_given_as_text(samples):
    """An encoded text stands for its bytes."""
    fields = samples[DEPOSIT]["fields"] | {"state_hash": encode_text("st", b"\7" * 32)}
    assert decode_object(encode_object(samples[DEPOSIT] | {"fields": fields}))["fields"]["state_hash"] == "07" * 32


def test_unknown_fields_are_refused(samples):
    """A field that the layout does not have is named."""
    with pytest.raises(InputError, match="has no field colour"):
        encode_object(samples[DEPOSIT] | {"fields": samples[DEPOSIT]["fields"] | {"colour": 1}})

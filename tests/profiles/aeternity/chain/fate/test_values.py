"""FATE values: one form each, written as read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain import encode_text
from recorder.profiles.aeternity.chain.encoding import base58_text
from recorder.profiles.aeternity.chain.fate import decode_fate, encode_fate
from recorder.profiles.aeternity.chain.fate.reader import MAX_DEPTH, MAX_VALUES


def integer(number):
    """A FATE integer."""
    return {"t": "int", "v": str(number)}


def string(data):
    """A FATE string."""
    return {"t": "string", "hex": data.hex()}


def several(kind, *values):
    """A FATE tuple or list."""
    return {"t": kind, "v": list(values)}


ADDRESS = {"t": "address", "v": encode_text("ak", b"\1" * 32)}

FORMS = [
    ("00", integer(0)),
    ("7e", integer(63)),
    ("fe", integer(-63)),
    ("6f00", integer(64)),
    ("ef00", integer(-64)),
    ("6f7f", integer(191)),
    ("6f8180", integer(192)),
    ("ff", {"t": "bool", "v": True}),
    ("7f", {"t": "bool", "v": False}),
    ("5f", string(b"")),
    ("0541", string(b"A")),
    ("fd" + "41" * 63, string(b"A" * 63)),
    ("0100" + "41" * 64, string(b"A" * 64)),
    ("9f015f", {"t": "bytes", "hex": ""}),
    ("9f010541", {"t": "bytes", "hex": "41"}),
    ("9f010100" + "41" * 64, {"t": "bytes", "hex": "41" * 64}),
    ("9f00a0" + "01" * 32, ADDRESS),
    ("9f02a0" + "01" * 32, {"t": "contract", "v": encode_text("ct", b"\1" * 32)}),
    ("9f03a0" + "01" * 32, {"t": "oracle", "v": encode_text("ok", b"\1" * 32)}),
    ("9f04a0" + "01" * 32, {"t": "oracle_query", "v": encode_text("oq", b"\1" * 32)}),
    ("9f05a0" + "01" * 32, {"t": "channel", "v": encode_text("ch", b"\1" * 32)}),
    ("9f0083010203", {"t": "address", "v": base58_text("ak", b"\1\2\3")}),
    ("3f", several("tuple")),
    ("2b0002", several("tuple", integer(0), integer(1))),
    ("0b00" + "02" * 16, several("tuple", *[integer(1)] * 16)),
    ("03", several("list")),
    ("f3" + "02" * 15, several("list", *[integer(1)] * 15)),
    ("1f00" + "02" * 16, several("list", *[integer(1)] * 16)),
    ("2f00", {"t": "map", "v": []}),
    (
        "2f0200ff027f",
        {"t": "map", "v": [[integer(0), {"t": "bool", "v": True}], [integer(1), {"t": "bool", "v": False}]]},
    ),
    ("af820001003f", {"t": "variant", "arities": [0, 1], "tag": 0, "v": []}),
    ("af820001011b0e", {"t": "variant", "arities": [0, 1], "tag": 1, "v": [integer(7)]}),
    ("4f00", {"t": "bits", "v": "0"}),
    ("4f8180", {"t": "bits", "v": "128"}),
    ("cf01", {"t": "bits", "v": "-1"}),
    ("8f00", {"t": "contract_bytearray", "hex": ""}),
    ("8f04abcd", {"t": "contract_bytearray", "hex": "abcd"}),
    ("bf01", {"t": "store_map", "v": "1"}),
    ("67072777", {"t": "typerep", "v": "{map,integer,{list,string}}"}),
]


@pytest.mark.parametrize(("data", "value"), FORMS, ids=[data[:12] for data, _ in FORMS])
def test_a_value_has_one_form(data, value):
    """Bytes are read as the value, and the value is written as the bytes."""
    assert decode_fate(bytes.fromhex(data)) == value
    assert encode_fate(value).hex() == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "bytes end"),
        ("80", "minus zero"),
        ("0002", "trailing bytes"),
        ("0d6162", "3 bytes expected, 2 left"),
        ("01", "bytes end"),
        ("0182", "size -1"),
        ("01ff", "expected an integer, found ff"),
        ("df", "df starts no FATE value"),
        ("0f", "0f starts no FATE value"),
        ("b7", "b7 starts no type"),
        ("9f06", "06 is not a kind of address"),
        ("9f0102", "hold no string"),
        ("9f0103", "hold no string"),
        ("9f00c0", "found a list"),
        ("9f00b881" + "00" * 129, "more than 128 bytes"),
        ("6f8105", "not in its one form"),
        ("6f80", "not in its one form"),
        ("6f820005", "not in its one form"),
        ("6f", "bytes end"),
        ("6fb91001" + "01" * 4097, "more than 4096"),
        ("2b00", "bytes end"),
        ("2f020000", "bytes end"),
        ("2f02020000", "bytes end"),
        ("2f0202000000", "ascending order"),
        ("2f0200000000", "ascending order"),
        ("2f012f0002", "a map in the key"),
        ("2f011bbf0102", "a store_map in the key"),
        ("af820001033f", "constructor 3 of a variant that has 2"),
        ("af80003f", "constructor 0 of a variant that has 0"),
        ("af820001013f", "takes 1 values"),
        ("af0100ff", "takes 1 values"),
        ("8f82", "size -1"),
        ("8f0401", "2 bytes expected, 1 left"),
        ("cf00", "minus zero"),
    ],
)
def test_other_forms_are_errors(data, reason):
    """What the node's decoder rejects is rejected with its reason."""
    with pytest.raises(DecodeError, match=reason):
        decode_fate(bytes.fromhex(data))


HUGE = "6fb91000" + "ff" * 4096


@pytest.mark.parametrize(
    "data", ["01" + HUGE, "8f" + HUGE, "01ef" + HUGE[2:], "97ef" + HUGE[2:], "0b" + HUGE[2:], "2f" + HUGE[2:]]
)
def test_a_size_of_many_digits_is_an_error_like_any(data):
    """A number that the interpreter would not write is not written."""
    with pytest.raises(DecodeError):
        decode_fate(bytes.fromhex(data))


def test_a_type_may_have_a_size_of_many_digits():
    """Bytes of a size no machine has are still a type."""
    value = decode_fate(bytes.fromhex("97" + HUGE))
    assert len(value["v"]) > 9000
    assert encode_fate(value).hex() == "97" + HUGE


def test_an_address_in_long_form_is_noted():
    """The node reads the RLP inside an address as leniently as any."""
    notes: list[str] = []
    value = decode_fate(bytes.fromhex("9f00b820" + "01" * 32), notes=notes)
    assert value == ADDRESS
    assert "re-serialisation would differ" in notes[0]


@pytest.mark.untraced
def test_depth_and_number_are_bounded():
    """Values nest as deep as they may, and are as many as they may, at the price of an error beyond."""
    deep = b"\x13" * (MAX_DEPTH - 1) + b"\x03"
    assert encode_fate(decode_fate(deep)) == deep
    with pytest.raises(DecodeError, match="nested deeper"):
        decode_fate(b"\x13" * 20000 + b"\x03")
    with pytest.raises(DecodeError, match="more than"):
        decode_fate(b"\x1f\x83\xff\xff\xff" + b"\0" * MAX_VALUES)


def test_a_map_is_written_in_the_order_of_its_keys():
    """The order a caller gives is not that of the bytes."""
    keys = [
        integer(-1),
        integer(5),
        {"t": "bool", "v": False},
        {"t": "bool", "v": True},
        ADDRESS,
        {"t": "bytes", "hex": "ff"},
        {"t": "bits", "v": "3"},
        {"t": "bits", "v": "-3"},
        string(b"z"),
        string(b"aa"),
        several("tuple", integer(9)),
        several("tuple", integer(0), integer(0)),
        several("list", integer(1)),
        several("list", integer(1), integer(0)),
        several("list", integer(2)),
        {"t": "variant", "arities": [0], "tag": 0, "v": []},
        {"t": "variant", "arities": [0, 1], "tag": 1, "v": [integer(1)]},
        {"t": "contract_bytearray", "hex": "00"},
        {"t": "typerep", "v": "integer"},
    ]
    ordered = {"t": "map", "v": [[key, integer(0)] for key in keys]}
    data = encode_fate({"t": "map", "v": ordered["v"][::-1]})
    assert decode_fate(data) == ordered


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "a FATE value with t"),
        (5, "a FATE value with t"),
        ({"t": "int"}, "FATE int cannot be written"),
        ({"t": "int", "v": "five"}, "FATE int"),
        ({"t": "int", "v": None}, "FATE int"),
        ({"t": "string", "hex": "zz"}, "hex"),
        ({"t": "address", "v": "ct_x"}, "too short|checksum"),
        ({"t": "contract", "v": ADDRESS["v"]}, "ct_"),
        ({"t": "store_map", "v": "-1"}, "FATE store_map"),
        ({"t": "typerep", "v": "{nothing}"}, "FATE typerep"),
        ({"t": "variant", "arities": [0], "tag": 1, "v": []}, "constructor 1"),
        ({"t": "map", "v": [[integer(1), integer(1)], [integer(1), integer(2)]]}, "same key twice"),
        ({"t": "map", "v": [[{"t": "map", "v": []}, integer(1)]]}, "FATE map"),
    ],
)
def test_what_has_no_form_cannot_be_written(value, reason):
    """A value that is none is an input error."""
    with pytest.raises(InputError, match=reason):
        encode_fate(value)


def test_numbers_may_be_ints():
    """A caller need not spell numbers."""
    assert encode_fate({"t": "int", "v": -5}) == encode_fate(integer(-5))


HEX = st.binary(max_size=70).map(bytes.hex)
NUMBERS = st.integers(-(2**300), 2**300)
LEAVES = st.one_of(
    NUMBERS.map(integer),
    st.booleans().map(lambda v: {"t": "bool", "v": v}),
    st.builds(
        lambda kind, data: {"t": kind, "hex": data}, st.sampled_from(["string", "bytes", "contract_bytearray"]), HEX
    ),
    NUMBERS.map(lambda v: {"t": "bits", "v": str(v)}),
    st.binary(min_size=32, max_size=32).map(lambda v: {"t": "address", "v": encode_text("ak", v)}),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda kind, v: {"t": kind, "v": v}, st.sampled_from(["tuple", "list"]), st.lists(inner, max_size=20)
        ),
        st.lists(inner, max_size=5).map(lambda v: {"t": "variant", "arities": [0, len(v)], "tag": 1, "v": v}),
        st.dictionaries(st.integers(-99, 99), inner, max_size=5).map(
            lambda v: {"t": "map", "v": [[integer(key), v[key]] for key in sorted(v)]}
        ),
    ),
    max_leaves=30,
)


@pytest.mark.untraced
@given(VALUES)
def test_every_value_comes_back(value):
    """Whatever is written is read as it was."""
    assert decode_fate(encode_fate(value)) == value


@given(st.binary(max_size=200))
def test_bytes_are_a_value_or_an_error(data):
    """Arbitrary bytes raise nothing else, and what is read without a note is written back."""
    notes: list[str] = []
    try:
        value = decode_fate(data, notes=notes)
    except DecodeError:
        return
    assert notes or encode_fate(value) == data

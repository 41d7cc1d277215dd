"""Encoded texts, whole: read, written, built, shown."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain import (
    PREFIXES,
    SCHEMAS,
    Encoded,
    build,
    decode,
    encode,
    encode_object,
    encode_text,
    symbols_in,
)
from recorder.profiles.aeternity.chain.encoding import base64_text
from recorder.profiles.aeternity.chain.fate import encode_fate, function_hash
from recorder.profiles.rlp import encode as encode_rlp

WORD = "00" * 31 + "20"
INIT = "2b1144d6441f3f"
"""A call of `init` without arguments."""


@pytest.mark.parametrize("key", SCHEMAS, ids=lambda key: f"{SCHEMAS[key].name}-{key[1]}")
def test_every_object_comes_back_as_text(samples, key):
    """An object of each layout is written under its usual prefix, and read from it."""
    text = encode(samples[key])
    decoded = decode(text)
    assert decoded.value == samples[key]
    assert encode(decoded) == decoded.text == text
    assert decoded.warnings == ()


@pytest.mark.parametrize("prefix", sorted(set(PREFIXES) - {"tx", "pi", "ss", "cs", "cb"}))
def test_other_texts_are_their_bytes(prefix):
    """A text without a meaning of its own is its prefix and bytes."""
    data = b"\xdf" * (PREFIXES[prefix].size or 3)
    decoded = decode(encode_text(prefix, data))
    assert decoded.value == {"prefix": prefix, "type": PREFIXES[prefix].name, "hex": data.hex()}
    assert encode(decoded) == decoded.text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (encode_text("cb", b"\x0e"), {"t": "int", "v": "7"}),
        (encode_text("cv", b"\xff"), {"t": "bool", "v": True}),
        (encode_text("ck", b"\0\1"), {"kind": "register", "register": 1}),
        (encode_text("cb", bytes.fromhex(WORD)), {"not_fate": True, "aevm_words": [WORD]}),
        (encode_text("cb", b"out_of_gas"), {"not_fate": True, "text": "out_of_gas"}),
        (encode_text("cb", b""), {"not_fate": True, "text": ""}),
    ],
)
def test_contract_data_is_what_it_is(text, value):
    """Values, store keys, words and error texts are told apart, and come back."""
    decoded = decode(text)
    assert decoded.value == value
    assert encode(decoded) == text


@pytest.mark.parametrize("data", [b"\xdf", b"o", b"\xdf\n\0abcdef", b"\xf8\xff", b"\x01\x80\xff\xff\xff\xff"])
def test_contract_data_that_is_nothing_is_an_error(data):
    """Neither code nor value nor words nor text."""
    with pytest.raises(DecodeError, match="no FATE"):
        decode(Encoded("cb", data))


def test_broken_code_is_an_error_of_its_own(samples):
    """Bytes that claim to be an object name the field at fault."""
    data = encode_object(samples[70, 3])[:-1] + b"\2"
    with pytest.raises(DecodeError, match="expected 00 or 01") as caught:
        decode(Encoded("cb", data))
    assert caught.value.path == "compiler_sophia.payable"


def test_an_error_may_be_shown_as_bytes():
    """Those who must show something get the bytes and the reason."""
    decoded = decode(Encoded("tx", b"\x0c"), opaque=True)
    assert decoded.value == {"prefix": "tx", "type": "transaction", "hex": "0c"}
    assert "found a byte string" in decoded.warnings[0]
    with pytest.raises(DecodeError):
        decode("tx_x", opaque=True)


def test_a_transaction_under_another_prefix_is_read(samples):
    """Bytes that are an object are shown as one, wherever any bytes may stand."""
    data = encode_object(samples[11, 1])
    assert decode(Encoded("ba", data)).value == samples[11, 1]
    assert decode(Encoded("cb", data)).value == samples[11, 1]


def test_only_transactions_stand_under_their_prefix(samples):
    """An account is no transaction, a signed transaction no proof."""
    for prefix, key in (("tx", (10, 1)), ("pi", (11, 1)), ("ss", (60, 1)), ("cs", (62, 0))):
        with pytest.raises(DecodeError, match="cannot stand here"):
            decode(Encoded(prefix, encode_object(samples[key])))


def test_warnings_come_with_the_value(samples):
    """What the node would write differently is said beside the value."""
    text = encode(samples[52, 1])
    decoded = decode(text + "\n")
    assert decoded.as_json() == samples[52, 1] | {"warnings": list(decoded.warnings)}
    assert decode(text).as_json() == samples[52, 1]
    assert decoded.call() is None


def test_a_call_is_shown_beside_the_value():
    """Contract data that calls a function says so, beside the text it stands in."""
    told = decode(Encoded("cb", bytes.fromhex(INIT))).as_json()
    assert (told["t"], told["function"], told["args"]) == ("tuple", "init", [])
    assert (told["prefix"], told["type"], told["hex"]) == ("cb", "contract_bytearray", INIT)


def test_a_call_of_the_older_machine_is_shown():
    """Its words are an offset, the function, and the arguments."""
    words = [WORD, "ab" * 32, "00" * 31 + "60", "00" * 31 + "07"]
    decoded = decode(encode({"not_fate": True, "aevm_words": words}))
    assert decoded.call({"ab" * 32: "main"}) == {"function": "main", "function_hash": "ab" * 32, "args": words[3:]}
    assert decode(encode({"not_fate": True, "aevm_words": [WORD]})).call() is None


@pytest.mark.parametrize("value", [{}, {"not_fate": True}, {"t": "nothing"}])
def test_what_is_no_value_cannot_be_written(value):
    """A value must have one of the known forms."""
    with pytest.raises(InputError):
        encode(value)


def test_a_transaction_is_built_in_one_call(samples):
    """Fields by name give a text; the newest version is the default."""
    fields = samples[50, 2]["fields"]
    assert decode(build("channel_create_tx", **fields)).value == samples[50, 2]
    assert decode(build("channel_create_tx", 1, **samples[50, 1]["fields"])).value == samples[50, 1]


def test_a_signed_transaction_is_built_around_another(samples):
    """Nested objects are given as values, signatures as text."""
    made = encode_text("sg", bytes(64))
    decoded = decode(build("signed_tx", signatures=[made], transaction=samples[52, 1]))
    assert decoded.value["fields"] == {"signatures": ["00" * 64], "transaction": samples[52, 1]}


def test_building_is_checked_as_the_node_would(samples):
    """Unknown types and versions, and what the node rejects, are input errors."""
    fields = samples[52, 1]["fields"]
    with pytest.raises(InputError, match="unknown type"):
        build("channel_tx", **fields)
    with pytest.raises(InputError, match="no version 7"):
        build("channel_withdraw_tx", 7, **fields)
    with pytest.raises(InputError, match=r"node would reject it: channel_withdraw_tx.channel_id"):
        build("channel_withdraw_tx", **fields | {"channel_id": fields["to_id"]})


@given(st.sampled_from(sorted(PREFIXES)), st.binary(max_size=120))
def test_bytes_are_something_or_an_error(prefix, data):
    """Arbitrary payloads raise nothing but DecodeError, and what has no warning comes back."""
    try:
        decoded = decode(Encoded(prefix, data))
    except DecodeError:
        return
    assert decoded.warnings or encode(decoded) == base64_text(prefix, data) or PREFIXES[prefix].base == 58


@given(st.text(max_size=80))
def test_text_is_something_or_an_error(text):
    """Arbitrary text raises nothing but DecodeError."""
    for candidate in (text, f"tx_{text}", f"ak_{text}"):
        with suppress(DecodeError):
            decode(candidate)


def compiled(sample, name):
    """Compiled code with one function."""
    table = {
        "t": "map",
        "v": [[{"t": "string", "hex": function_hash(name)}, {"t": "string", "hex": name.encode().hex()}]],
    }
    byte_code = encode_rlp(b"\xfe") + encode_rlp(encode_fate(table)) + encode_rlp(b"\x2f\0")
    return with_fields(sample, type_info=[], byte_code=byte_code.hex())


def with_fields(value, **fields):
    """A sample with other fields."""
    return value | {"fields": value["fields"] | fields}


def test_names_of_functions_are_found_in_any_code(samples):
    """Code is found inside what signs it, in an update of a list, and where it stands as contract data."""
    code = compiled(samples[70, 3], "get")
    create = with_fields(samples[42, 1], code=code)
    called = with_fields(samples[43, 1], call_data=encode_object(code).hex())
    update = with_fields(samples[574, 1], call_data=encode_object(code).hex())
    for value in (
        code,
        create,
        called,
        with_fields(samples[11, 1], transaction=create),
        with_fields(samples[57, 1], updates=["ff", update]),
    ):
        assert symbols_in(value) == {function_hash("get"): "get"}


def test_data_that_is_no_code_has_no_names(samples):
    """Calls, empty data and data that means nothing are passed over, never an error."""
    for data in ("0e", "df", "", INIT):
        assert symbols_in(with_fields(samples[43, 1], call_data=data)) == {}
    assert symbols_in({"t": "int", "v": "7"}) == {}

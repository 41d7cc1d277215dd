"""Calls and names of contract functions."""

from __future__ import annotations

import pytest

from recorder.profiles.aeternity.chain.fate import (
    calldata,
    decode_fate,
    encode_fate,
    function_hash,
    symbols,
)
from recorder.profiles.rlp import encode

SEVEN = {"t": "int", "v": "7"}
INIT = bytes.fromhex("2b1144d6441f3f")
"""A call of `init` without arguments."""


def called(hashed, *args):
    """A call as a FATE value."""
    return {"t": "tuple", "v": [{"t": "string", "hex": hashed}, {"t": "tuple", "v": [*args]}]}


def test_a_call_comes_back():
    """A call is read with its name where the name is known."""
    value = called(function_hash("main"), SEVEN)
    wanted = {"function": None, "function_hash": function_hash("main"), "args": [SEVEN]}
    assert calldata(value) == wanted
    assert calldata(value, {function_hash("main"): "main"}) == wanted | {"function": "main"}


def test_a_constructor_is_always_known():
    """Each contract has an `init`, the hash of which is in the protocol."""
    assert called(function_hash("init")) == decode_fate(INIT)
    assert calldata(decode_fate(INIT))["function"] == "init"


@pytest.mark.parametrize("data", ["00", "2b0000", "2b11010203043f"[:-2] + "00", "1b00", "2b5f3f"])
def test_other_values_are_no_calls(data):
    """Only a pair of a hash and a tuple is a call."""
    assert calldata(decode_fate(bytes.fromhex(data))) is None


def code(byte_code, type_info=()):
    """A compiled contract."""
    return {"fields": {"type_info": list(type_info), "byte_code": byte_code}}


def test_symbols_of_a_fate_contract_are_read():
    """The second of three byte strings is a map of hashes to names."""
    table = {"t": "map", "v": [[{"t": "string", "hex": "01020304"}, {"t": "string", "hex": b"get".hex()}]]}
    data = encode(b"\xfe") + encode(encode_fate(table)) + encode(b"\x2f\0")
    assert symbols(code(data.hex())) == {"01020304": "get"}


def test_names_of_an_aevm_contract_are_in_its_type_info():
    """Older contracts list hash and name of each function."""
    assert symbols(code("", [["ab" * 32, b"main".hex(), True, "", ""]])) == {"ab" * 32: "main"}


@pytest.mark.parametrize("byte_code", ["", "c0", "0102", "01df", "0100"])
def test_code_that_cannot_be_read_has_no_symbols(byte_code):
    """Broken code is no reason to fail."""
    assert symbols(code(byte_code)) == {}

"""Contract data and code inside objects."""

from __future__ import annotations

from recorder.profiles.aeternity.chain import encode_calldata, encode_fate, function_hash, inner_data, symbols_in
from recorder.profiles.aeternity.chain.rlp_codec import encode

SEVEN = {"t": "int", "v": "7"}


def with_fields(value, **fields):
    """A sample with other fields."""
    return value | {"fields": value["fields"] | fields}


def test_contract_data_is_found_with_its_path(samples):
    """The code and the call of a create transaction, inside what signs it."""
    call = encode_calldata("init", [SEVEN]).hex()
    create = with_fields(samples[42, 1], call_data=call)
    found = dict(inner_data(with_fields(samples[11, 1], transaction=create)))
    code, called = found.values()
    assert list(found) == ["signed_tx.transaction.code", "signed_tx.transaction.call_data"]
    assert code.value == create["fields"]["code"]
    assert called.call()["function"] == "init"


def test_data_in_lists_has_an_index(samples):
    """A call in the updates of an off-chain transaction."""
    update = with_fields(samples[574, 1], call_data="0e")
    ((path, decoded),) = inner_data(with_fields(samples[57, 1], updates=["ff", update]))
    assert path == "channel_offchain_tx.updates[1].call_data"
    assert decoded.value == SEVEN


def test_data_that_means_nothing_is_given_as_bytes(samples):
    """No contract data is an error here, and empty data is none."""
    ((_, decoded),) = inner_data(with_fields(samples[43, 1], call_data="df"))
    assert decoded.value["hex"] == "df"
    assert list(inner_data(with_fields(samples[43, 1], call_data=""))) == []
    assert list(inner_data(SEVEN)) == []


def test_names_of_functions_are_collected(samples):
    """The symbols of all code in an object are known by their hash."""
    table = {"t": "map", "v": [[{"t": "string", "hex": function_hash("get")}, {"t": "string", "hex": b"get".hex()}]]}
    byte_code = encode(b"\xfe") + encode(encode_fate(table)) + encode(b"\x2f\0")
    code = with_fields(samples[70, 3], type_info=[], byte_code=byte_code.hex())
    assert symbols_in(with_fields(samples[42, 1], code=code)) == {function_hash("get"): "get"}

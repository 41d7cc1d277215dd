"""What stands under `cb_` and `ck_`."""

from __future__ import annotations

import pytest

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain.contract_data import decode_store_key, encode_store_key


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ("0000", {"kind": "register", "register": 0}),
        ("00ffff", {"kind": "register", "register": 65535}),
        ("0100000000", {"kind": "map", "map_id": 0, "key": None}),
        ("01000000010e", {"kind": "map", "map_id": 1, "key": {"t": "int", "v": "7"}}),
    ],
)
def test_a_key_comes_back(data, key):
    """Bytes are read as the key, and the key is written as the bytes."""
    assert decode_store_key(bytes.fromhex(data)) == key
    assert encode_store_key(key).hex() == data


@pytest.mark.parametrize("data", ["", "00", "000001", "01", "01000000", "0100000000df", "02"])
def test_other_bytes_are_errors(data):
    """A register in another form and a broken key are refused."""
    with pytest.raises(DecodeError):
        decode_store_key(bytes.fromhex(data))


@pytest.mark.parametrize("key", [{}, {"kind": "register", "register": -1}, {"kind": "map", "map_id": 1 << 32}])
def test_what_is_no_key_cannot_be_written(key):
    """A key must be a register or in a map."""
    with pytest.raises(InputError, match="store key"):
        encode_store_key(key)

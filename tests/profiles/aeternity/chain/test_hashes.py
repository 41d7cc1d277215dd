"""Hashes and ids: each formula on bytes written out here."""

from __future__ import annotations

from hashlib import blake2b

import pytest

from recorder.errors import InputError
from recorder.profiles.aeternity import chain

ONE, TWO = bytes((1,)) * 32, bytes((2,)) * 32
ACCOUNT, OTHER = chain.encode_text("ak", ONE), chain.encode_text("ak", TWO)
CONTRACT = chain.encode_text("ct", TWO)
AUTH = bytes((9,)) * 32


def hashed(*parts):
    """BLAKE2b of the parts."""
    return blake2b(b"".join(parts), digest_size=32).digest()


def nonce32(number):
    """32 bytes, big endian."""
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("found", "prefix", "parts"),
    [
        (chain.channel_id(ACCOUNT, 7, OTHER), "ch", (ONE, nonce32(7), TWO)),
        (chain.channel_id(ACCOUNT, AUTH, OTHER), "ch", (ONE, AUTH, TWO)),
        (chain.contract_id(ACCOUNT, 0), "ct", (ONE, b"\0")),
        (chain.contract_id(ACCOUNT, 256), "ct", (ONE, b"\1\0")),
        (chain.contract_id(ACCOUNT, AUTH), "ct", (ONE, AUTH)),
    ],
)
def test_an_id_is_the_hash_of_its_parts(found, prefix, parts):
    """Each id is its formula."""
    assert found == chain.encode_text(prefix, hashed(*parts))


def test_call_and_auth_ids_are_bytes():
    """Ids without a text of their own are 32 bytes."""
    assert chain.contract_call_id(ACCOUNT, 7, CONTRACT) == hashed(ONE, nonce32(7), TWO)
    assert chain.contract_call_id(ACCOUNT, AUTH, CONTRACT) == hashed(AUTH, TWO)
    assert chain.auth_id(ACCOUNT, "abcd") == hashed(ONE, b"\xab\xcd")
    assert chain.auth_id(ACCOUNT, chain.encode_text("cb", b"\xab\xcd")) == hashed(ONE, b"\xab\xcd")


def test_a_transaction_hash_is_of_sorted_signatures(samples):
    """The node sorts and de-duplicates signatures before it hashes."""
    fields = samples[11, 1]["fields"]
    low, high = "00" * 64, "ff" * 64
    one, two = (
        chain.decode(chain.encode(samples[11, 1] | {"fields": fields | {"signatures": signatures}}))
        for signatures in ([low, high], [high, low, high])
    )
    assert chain.tx_hash(one) == chain.tx_hash(two) == chain.encode_text("th", hashed(one.data))


def test_an_unsigned_transaction_has_no_hash(samples):
    """Only signed transactions have one on chain."""
    with pytest.raises(InputError, match="a signed_tx"):
        chain.tx_hash(chain.decode(chain.encode(samples[52, 1])))

"""Hashes and ids: each formula on bytes written out here."""

from __future__ import annotations

from hashlib import blake2b

import pytest

from recorder.errors import InputError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.chain import hashes

ONE, TWO = bytes((1,)) * 32, bytes((2,)) * 32
ACCOUNT, OTHER = chain.encode_text("ak", ONE), chain.encode_text("ak", TWO)
CONTRACT, ORACLE = chain.encode_text("ct", TWO), chain.encode_text("ok", TWO)
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
        (hashes.oracle_query_id(ACCOUNT, 7, ORACLE), "oq", (ONE, nonce32(7), TWO)),
        (hashes.name_id("a.chain"), "nm", (b"a.chain",)),
        (hashes.name_id("a.test"), "nm", (hashed(bytes(32), hashed(b"a")), hashed(b"test"))),
        (hashes.commitment_id("a.chain", 5), "cm", (b"a.chain", nonce32(5))),
        (hashes.commitment_id("a.test", 5), "cm", (hashes.name_hash("a.test"), nonce32(5))),
        (hashes.ga_auth_tx_hash("ae_dev", b"tx"), "th", (b"ae_dev", b"tx")),
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


def test_since_ceres_fee_and_gas_price_are_part_of_the_auth_hash():
    """The former hash is wrapped in an object with what the meta transaction costs."""
    inner = hashed(b"ae_dev", b"tx").hex()
    data = chain.decode_text(chain.build("ga_meta_tx_auth_data", fee=1, gas_price=2, tx_hash=inner)).data
    assert hashes.ga_auth_tx_hash("ae_dev", b"tx", fee=1, gas_price=2) == chain.encode_text("th", hashed(data))


def test_a_transaction_hash_is_of_sorted_signatures(samples):
    """The node sorts and de-duplicates signatures before it hashes."""
    fields = samples[11, 1]["fields"]
    low, high = "00" * 64, "ff" * 64
    one = chain.encode_object(samples[11, 1] | {"fields": fields | {"signatures": [low, high]}})
    two = chain.encode_object(samples[11, 1] | {"fields": fields | {"signatures": [high, low, high]}})
    assert chain.tx_hash(one) == chain.tx_hash(two) == chain.encode_text("th", hashed(one))
    assert chain.tx_hash(chain.decode(chain.Encoded("tx", two))) == chain.tx_hash(one)


def test_an_unsigned_transaction_has_no_hash(samples):
    """Only signed transactions have one on chain."""
    with pytest.raises(InputError, match="a signed_tx"):
        chain.tx_hash(chain.encode_object(samples[52, 1]))


def test_delegations_are_tagged():
    """A delegation names its kind, and counts a query as an oracle's id."""
    query = chain.encode_text("oq", TWO)
    signed = hashes.delegation("oracle_response_sig", "ae_dev", query, CONTRACT)
    assert signed.startswith(b"\x1a\x01ae_dev")
    assert b"\4" + TWO in signed
    with pytest.raises(InputError, match="aens_sig"):
        hashes.delegation("nothing", "ae_dev")

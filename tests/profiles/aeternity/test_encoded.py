"""Encoded strings as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.profiles.aeternity import chain, encoded
from recorder.profiles.aeternity.encoded import decoded, nonce_of, prefix_of, transactions, unsigned
from recorder.profiles.remembered import MUCH_TEXT

ACCOUNT = chain.account_of(bytes(32))
CHANNEL = chain.encode_text("ch", bytes(32))
OFFCHAIN = chain.build("channel_offchain_tx", 2, channel_id=CHANNEL, round=3, state_hash=bytes(32))
SIGNED = chain.build("signed_tx", signatures=[bytes(64)], transaction=chain.decode_text(OFFCHAIN).data)


@pytest.mark.parametrize(("text", "prefix"), [(ACCOUNT, "ak"), (SIGNED, "tx"), ("hello", ""), ("ak_", ""), ("", "")])
def test_prefix(text, prefix):
    """Only a whole encoded string has one."""
    assert prefix_of(text) == prefix


def test_what_cannot_be_read_is_none():
    """A wrong checksum is no error here."""
    assert decoded(ACCOUNT[:-1] + "1") is None
    assert decoded(OFFCHAIN).value["type"] == "channel_offchain_tx"


def test_transactions_are_found_outermost_first():
    """In lists and in fields."""
    value = decoded(SIGNED).value
    assert [one["type"] for one in transactions([value, 3])] == ["signed_tx", "channel_offchain_tx"]


def test_signatures_do_not_count():
    """A transaction stays the same while signatures come."""
    assert unsigned(SIGNED) == unsigned(OFFCHAIN) == chain.decode_text(OFFCHAIN).data
    assert unsigned(ACCOUNT) == unsigned("tx_nothing") == b""


def test_long_transactions_are_not_kept(monkeypatch):
    """A thousand of them would fill the memory: they are read anew."""
    read = []
    monkeypatch.setattr(encoded, "decoded", read.append)
    for number in (1, 2, 3, 1):
        assert unsigned(f"tx_{number}" + "x" * MUCH_TEXT) == b""
    assert [text[:4] for text in read] == ["tx_1", "tx_2", "tx_3", "tx_1"]


@given(st.integers(0, 2**64), st.booleans(), st.booleans())
def test_what_is_signed_is_what_the_chain_writes(number, signed, lenient):
    """Taken from the bytes, or written anew where these are not canonical."""
    built = chain.build("channel_offchain_tx", 2, channel_id=CHANNEL, round=number, state_hash=bytes(32))
    canonical = chain.decode_text(built).data
    size, tag = canonical[1], canonical[2]
    data = bytes([canonical[0], size + 1, 0x81, tag]) + canonical[3:] if lenient else canonical  # the tag in long form
    text = chain.encode_text("tx", data)
    if signed:
        text = chain.build("signed_tx", signatures=[bytes(64)], transaction=data)
    assert unsigned(text) == canonical


@pytest.mark.parametrize(
    ("fields", "kind"),
    [({"from_id": "a", "nonce": 1}, "nonce a"), ({"initiator_id": "i", "from_id": "a"}, "nonce i"), ({}, "nonce")],
)
def test_each_account_counts_its_own_nonces(fields, kind):
    """The kind of a nonce names whose it is."""
    assert nonce_of(fields) == kind

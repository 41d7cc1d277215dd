"""Differences between two values, and what is bound instead."""

import pytest

from recorder.bindings import Bindings, compare
from recorder.difference import Difference
from recorder.profiles import Volatile
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import UNSIGNED, unsigned

VOLATILE = Volatile(numbers=frozenset({"round", "nonce"}), texts=frozenset({"state_hash"}))
ONE, TWO, THREE = (chain.account_of(bytes([number]) * 32) for number in (1, 2, 3))
CHANNEL, OTHER = (chain.encode_text("ch", bytes([number]) * 32) for number in (1, 2))


def deposit(**fields):
    """A deposit transaction without signatures."""
    values = {
        "channel_id": CHANNEL,
        "from_id": ONE,
        "amount": 5,
        "ttl": 0,
        "fee": 17,
        "state_hash": bytes(32),
        "round": 3,
        "nonce": 1,
    }
    return chain.build("channel_deposit_tx", **values | fields)


def signed(transaction, *signatures):
    """A transaction signed with anything."""
    return chain.build("signed_tx", signatures=list(signatures), transaction=chain.decode_text(transaction).data)


def differences(recorded, live, bindings=None):
    """Paths and rules."""
    found = compare(recorded, live, bindings or Bindings(), VOLATILE)
    return [(one.path, one.rule) for one in found]


@pytest.mark.parametrize(
    ("recorded", "live", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", "value")]),
        ({"a": 1}, {"a": "1"}, [("a", "type")]),
        ({"a": 1}, {"a": True}, [("a", "type")]),
        ({"a": None}, {"a": "x"}, [("a", "type")]),
        ({"a": 1}, {}, [("a", "missing")]),
        ({}, {"a": 1}, [("a", "added")]),
        ({"x": {"a": 1}}, {"x": {"b": 1}}, [("x.a", "missing"), ("x.b", "added")]),
        ({"x": [1, 2]}, {"x": [1]}, [("x", "length")]),
        ({"x": [1, {"a": 2}]}, {"x": [1, {"a": 3}]}, [("x[1].a", "value")]),
        ({"round": 3, "x": {"round": 3}}, {"round": 7, "x": {"round": 8}}, [("x.round", "bound")]),
        ({"round": 3, "x": {"round": 4}}, {"round": 7, "x": {"round": 8}}, []),
        ({"round": True}, {"round": False}, [("round", "value")]),
        ({"state_hash": "aa"}, {"state_hash": "bb"}, []),
        ({"a": ONE, "b": ONE}, {"a": TWO, "b": THREE}, [("b", "bound")]),
        ({"a": ONE, "b": TWO}, {"a": TWO, "b": TWO}, [("b", "bound")]),
        ({"a": ONE}, {"a": CHANNEL}, [("a", "value")]),
        ({"a": "pi_AAAAAAAAAAAA"}, {"a": "pi_BBBBBBBBBBBB"}, []),
        ({"type": "trees_poi", "x": 1}, {"type": "trees_poi", "x": 2}, []),
        ("hello", "world", [("", "value")]),
    ],
)
def test_values(recorded, live, found):
    """Each difference has its path and the rule that is broken."""
    assert differences(recorded, live) == found


@pytest.mark.parametrize(
    ("live", "found"),
    [
        (deposit(), []),
        (deposit(round=9, nonce=4, state_hash=b"\x01" * 32, from_id=TWO, channel_id=OTHER), []),
        (deposit(amount=6), [("tx.amount", "value")]),
        (deposit(fee=18, amount=6), [("tx.amount", "value"), ("tx.fee", "value")]),
        ("tx_unreadable", [("tx", "bound")]),
        (
            chain.build("channel_offchain_tx", 2, channel_id=CHANNEL, round=3, state_hash=bytes(32)),
            [("tx.type", "value")],
        ),
    ],
    ids=["same", "volatile", "amount", "amount and fee", "unreadable", "another type"],
)
def test_transactions_are_compared_by_content(live, found):
    """Fields by name, under the path of the text."""
    bindings = Bindings()
    bindings.bind("tx", deposit(), "what was bound before") if "bound" in str(found) else None
    assert differences({"tx": deposit()}, {"tx": live}, bindings)[:2][: len(found) or 1] == found


def close_solo(*accounts):
    """A solo closing whose proof has these accounts."""
    proofs = {"accounts": list(accounts)} | {part: [] for part in ("calls", "channels", "contracts", "ns", "oracles")}
    poi = {"type": "trees_poi", "tag": 60, "version": 1, "fields": proofs}
    return chain.build(
        "channel_close_solo_tx", channel_id=CHANNEL, from_id=ONE, payload="", poi=poi, ttl=0, fee=1, nonce=3
    )


def test_a_proof_in_a_transaction_is_opaque():
    """It is made of hashes over accounts: with other accounts it has others, and another number of them."""
    one = ["11" * 32, [["11" * 32, ["aa", "bb"]]]]
    other = ["22" * 32, [["22" * 32, ["aa"]], ["33" * 32, ["cc", "dd"]]]]
    assert differences({"tx": close_solo(one)}, {"tx": close_solo(other)}) == []


def test_a_transaction_that_differs_is_bound_all_the_same():
    """A party signs what came, not what was recorded, where a live node asks another fee."""
    bindings = Bindings()
    assert differences({"tx": signed(deposit())}, {"tx": signed(deposit(fee=99))}, bindings)
    assert bindings.get(UNSIGNED, unsigned(deposit())) == unsigned(deposit(fee=99))
    assert bindings.get("tx", signed(deposit())) == signed(deposit(fee=99))


def test_nonces_are_counted_by_account():
    """Two accounts with the same recorded nonce have other live ones."""
    recorded = [deposit(from_id=ONE), deposit(from_id=TWO)]
    assert differences(recorded, [deposit(from_id=ONE, nonce=7), deposit(from_id=TWO, nonce=9)]) == []
    twice = [deposit(amount=5), deposit(amount=6)]
    live = [deposit(amount=5, nonce=7), deposit(amount=6, nonce=8)]
    assert differences(twice, live) == [("[1].nonce", "bound")]


def test_signatures_are_bound_in_any_order():
    """They are sorted by their bytes; how many there are is compared."""
    recorded = signed(deposit(), b"\x01" * 64, b"\x02" * 64)
    bindings = Bindings()
    assert differences(recorded, signed(deposit(), b"\x08" * 64, b"\x09" * 64), bindings) == []
    assert bindings.get("sg", "01" * 64) == "08" * 64
    assert differences(recorded, signed(deposit(), b"\x01" * 64)) == [(".signatures", "length")]


def test_a_contract_call_is_compared_by_its_data():
    """The same but for the ids in it; data that cannot be read must be equal."""
    assert differences({"a": "cb_AAAAAAAAAAAA"}, {"a": "cb_BBBBBBBBBBBB"}) == [("a", "value")]


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (Difference("a", "missing", 1, None), "a is missing: 1"),
        (Difference("a", "added", None, 2), "a was added: 2"),
        (Difference("a", "value", 1, 2), "a: 1 recorded, 2 came (value)"),
        (Difference("", "type", [], {}), "the message: [] recorded, {} came (type)"),
        (Difference("a", "value", "x" * 99, 2), f"a: '{'x' * 39}…{'x' * 11}' recorded, 2 came (value)"),
    ],
)
def test_a_difference_reads(difference, text):
    """In a line, long values shortened."""
    assert str(difference) == text

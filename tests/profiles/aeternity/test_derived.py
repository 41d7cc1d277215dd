"""Ids that follow from a frame: bound without anybody having sent them."""

from __future__ import annotations

import pytest

from recorder.bindings import Bindings
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.derived import derive, foresee, sources
from recorder.profiles.aeternity.encoded import bound_as, live_of

RECORDED, LIVE, OTHER = (chain.encode_text("ak", bytes((number,)) * 32) for number in (1, 2, 3))
CHANNELS = [chain.encode_text("ch", bytes((number,)) * 32) for number in (4, 5)]


def signed(tag, version, kind, **fields):
    """A signed transaction without signatures."""
    inner = {"type": kind, "tag": tag, "version": version, "fields": fields}
    outer = {"signatures": [], "transaction": inner}
    return chain.encode({"type": "signed_tx", "tag": 11, "version": 1, "fields": outer}, "tx")


def off_chain(channel, number):
    """An update of a channel: it tells the round, not what the update is."""
    return signed(57, 2, "channel_offchain_tx", channel_id=channel, round=number, state_hash="00" * 32)


def request(text, *updates):
    """What the node asks to sign."""
    return {"method": "channels.sign.update", "params": {"data": {"signed_tx": text, "updates": list(updates)}}}


def new_contract(owner):
    """The update that makes a contract."""
    return {"op": "OffChainNewContract", "owner": owner, "deposit": 1}


@pytest.mark.parametrize("live_round", [8, 11])
def test_a_contract_in_a_channel(live_round):
    """A contract's id follows from the update's owner and the round of the transaction beside it."""
    recorded, live = off_chain(CHANNELS[0], 8), off_chain(CHANNELS[1], live_round)
    bindings = Bindings()
    bindings.bind("ak", RECORDED, LIVE)
    bindings.bind("tx", recorded, live)
    derive(sources(request(recorded, new_contract(RECORDED))), bindings)
    assert live_of(bindings, chain.contract_id(RECORDED, 8)) == chain.contract_id(LIVE, live_round)


def test_a_contract_where_nothing_differs():
    """With the recorded keys in the recorded channel the contract is the recorded one, and no other can stand for it."""
    bindings = Bindings()
    derive(sources(request(off_chain(CHANNELS[0], 8), new_contract(RECORDED))), bindings)
    contract = chain.contract_id(RECORDED, 8)
    assert live_of(bindings, contract) == contract
    kind, account = bound_as(contract)
    assert bindings.bind(kind, account, bound_as(chain.contract_id(OTHER, 8))[1]) == account


@pytest.mark.parametrize(
    "update",
    [
        {"op": "OffChainTransfer", "owner": RECORDED},
        {"op": "OffChainNewContract"},
        {"op": "OffChainNewContract", "owner": 7},
        {"op": "OffChainNewContract", "owner": "ak_broken123"},
        "OffChainNewContract",
    ],
)
def test_no_contract(update):
    """What makes no contract, or does not say whose, binds nothing."""
    bindings = Bindings()
    derive(sources(request(off_chain(CHANNELS[0], 8), update)), bindings)
    assert list(bindings.changed()) == []
    assert live_of(bindings, chain.contract_id(RECORDED, 8)) is None


@pytest.mark.parametrize("beside", ["tx_unreadable", "no transaction"])
def test_a_contract_without_a_round(beside):
    """Where no round can be read no id is made."""
    bindings = Bindings()
    derive(sources(request(beside, new_contract(RECORDED))), bindings)
    assert list(bindings.changed()) == []


def test_a_channel():
    """A channel's id follows from its create transaction, recorded and live."""
    amounts = {"initiator_amount": 5, "responder_amount": 6, "channel_reserve": 0, "lock_period": 1, "ttl": 0, "fee": 1}
    rest = {"initiator_delegate_ids": [], "responder_delegate_ids": [], "state_hash": "00" * 32}

    def create(initiator, nonce):
        parties = {"initiator_id": initiator, "responder_id": OTHER, "nonce": nonce}
        return signed(50, 2, "channel_create_tx", **parties, **amounts, **rest)

    bindings = Bindings()
    bindings.bind("tx", create(RECORDED, 1), create(LIVE, 9))
    derive(sources({"params": {"signed_tx": create(RECORDED, 1)}}), bindings)
    assert bindings.get("ch", chain.channel_id(RECORDED, 1, OTHER)) == chain.channel_id(LIVE, 9, OTHER)


@pytest.mark.parametrize(
    ("message", "live"),
    [({"params": {"nonce": 9}}, 19), ({"params": {"nonce": True}}, None), ({"params": []}, None), ([], None)],
)
def test_a_nonce_that_is_asked_for_is_shifted(message, live):
    """A party asks a live node for one that is as far from its others as it was."""
    bindings = Bindings()
    bindings.bind(f"nonce {RECORDED}", 3, 13)
    foresee(message, RECORDED, bindings)
    assert bindings.get("nonce", 9) == live

"""What usually is the matter where a run parts from the recorded one."""

from __future__ import annotations

import pytest

from recorder.profiles import aeternity, base


def refused(code=0, method="channels.update.new", **params):
    """An error of the node, with its request."""
    data = [{"code": code, "message": "why"}]
    return {"error": {"code": 3, "message": "Rejected", "data": data, "request": {"method": method, "params": params}}}


@pytest.mark.parametrize(
    ("awaited", "came", "said", "told"),
    [
        ("channels.info fsm_up", refused(1011), "", "does not know an account"),
        ("channels.sign.update", refused(1001), "channels.update.new", "has too few coins"),
        ("channels.info open", refused(1017), "channels.initiator_sign", "not by the account's key"),
        ("channels.sign.update", refused(107, block_hash="kh_x"), "channels.update.new", "another chain"),
        ("channels.sign.settle_sign", refused(0, "channels.settle"), "channels.settle", "lock period"),
        ("channels.sign.slash_tx", refused(0, "channels.slash"), "channels.slash", "closed the channel solo"),
        ("channels.info open", None, "", "--timeout"),
        ("channels.on_chain_tx channel_changed", None, "", "--timeout"),
        ("channels.info signed", None, "channels.initiator_sign", "--network-id"),
    ],
)
def test_the_usual_cause_is_named(awaited, came, said, told):
    """By the code of an error, by its request, or by what is awaited in vain."""
    assert told in aeternity.PROFILE.cause(awaited, came, said)


@pytest.mark.parametrize(
    ("awaited", "came", "said"),
    [
        ("channels.update", refused(1004), ""),
        ("channels.update", {"error": "gone"}, ""),
        ("channels.update", {"error": {"data": [7, {}], "request": None}}, ""),
        ("channels.update", {"method": "channels.conflict"}, "channels.update_ack"),
        ("channels.message", None, "channels.update.new"),
    ],
)
def test_what_nobody_knows_has_no_cause(awaited, came, said):
    """A wrong hint costs more than none."""
    assert aeternity.PROFILE.cause(awaited, came, said) == ""


def test_plain_json_rpc_has_no_usual_causes():
    """Nothing is assumed of an unknown server."""
    assert base.Profile().cause("a", refused(1011), "b") == ""

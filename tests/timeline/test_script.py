"""A capture as a script."""

import channel
import pytest

from recorder.capture import frame
from recorder.model import Closed, Frame, Header, Note, Opened, Scenario
from recorder.timeline import read
from recorder.timeline.script import label_of, name_of, parse, query, raw_id, texts, url_parts

HEADER = Header(format=1, run="x", recorder="0", profile="aeternity")
LIFE = channel.live()
SCRIPT = LIFE.script()


def test_steps_are_what_happens():
    """Openings, frames and closings by an end, with their lines and scenarios; no notes, pings or recorder's closes."""
    script = read(HEADER, [
        Scenario(name="one"),
        Opened(session=1, party="a", url="ws://n/?x=1"),
        Note(text="hm"),
        Frame(session=1, direction="to_node", opcode="ping", binary=b""),
        frame(b'{"method":"m"}', session=1, direction="to_node"),
        Scenario(name="two"),
        frame(b"\xff", session=1, direction="from_node", opcode="binary"),
        Closed(session=1, by="node"),
        Closed(session=2, by="recorder"),
    ])  # fmt: skip
    assert [(step.line, step.kind, step.direction, step.scenario, step.name) for step in script.steps] == [
        (3, "open", "to_node", "one", "open"),
        (6, "frame", "to_node", "one", "m"),
        (8, "frame", "from_node", "two", "a frame that is no JSON-RPC"),
        (9, "close", "from_node", "two", "close"),
    ]
    assert (script.parties, script.urls) == ({1: "a"}, {1: "ws://n/?x=1"})


def test_a_session_begins_and_ends_before_what_that_caused():
    """It is recorded when both ends have agreed, which frames of other sessions may overtake; its time says so."""
    script = read(HEADER, [
        Opened(session=1, party="a", time=1),
        frame(b"0", session=1, direction="from_node", time=4),
        frame(b"1", session=1, direction="from_node", time=6),
        Opened(session=2, party="b", time=5),
        frame(b"2", session=2, direction="from_node", time=6),
        frame(b"3", session=1, direction="from_node", time=9),
        Closed(session=2, time=8),
        Scenario(name="later"),
        Closed(session=1, time=1),
        Opened(session=3, party="c"),
    ])  # fmt: skip
    assert [step.line for step in script.steps] == [2, 3, 5, 4, 6, 8, 7, 10, 11]
    assert [step.index for step in script.steps] == list(range(9))


def test_accounts_and_signers():
    """Each party's account is known, and who made each signature for which network."""
    assert SCRIPT.accounts == LIFE.accounts
    assert {(one.signer, one.network_id, one.domain) for one in SCRIPT.signers.values()} == {
        ("initiator", "ae_uat", "hash"),
        ("responder", "ae_uat", "hash"),
    }


def test_accounts_from_signatures_alone():
    """Where no URL was recorded, who sends a signed transaction has signed it."""
    events = [
        Opened(session=event.session, party=event.party) if isinstance(event, Opened) else event
        for event in LIFE.events
    ]
    assert read(HEADER, events).accounts == LIFE.accounts


def test_networks_may_be_added(monkeypatch):
    """Signatures of a network that nobody knows are found when it is named."""
    monkeypatch.setattr(channel, "NETWORK", "my_own_net")
    life = channel.live()
    assert life.script().signers == {}
    found = read(life.header, life.events, networks=["my_own_net"])
    assert {one.network_id for one in found.signers.values()} == {"my_own_net"}


def test_what_carries_the_same_transaction_comes_after():
    """Signatures do not matter."""
    step = next(step for step in SCRIPT.steps if step.name == "channels.sign.responder_sign")
    (cause,) = step.after
    assert SCRIPT.steps[cause].session != step.session
    assert SCRIPT.steps[cause].carries == step.carries != frozenset()


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ({"method": "m"}, "m"),
        ({"method": 3}, "a result"),
        ({"result": None}, "a result"),
        ({"error": {}}, "an error"),
        ([], "a batch"),
        ("x", "a frame that is no JSON-RPC"),
        (None, "a frame that is no JSON-RPC"),
    ],
)
def test_name(message, name):
    """A message in a word or two."""
    assert name_of(message) == name


@pytest.mark.parametrize(
    ("message", "label"),
    [
        ({"method": "i", "params": {"data": {"event": "open", "info": "x"}}}, "i open x"),
        ({"method": "i", "params": {"data": {"event": 3}}}, "i"),
        ({"method": "i", "params": {"data": []}}, "i"),
        ({"method": "i", "params": []}, "i"),
        ([], "a batch"),
    ],
)
def test_label(message, label):
    """With what tells it from others of its method."""
    assert label_of(message, ("event", "info")) == label


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b'{"id": 12345678901234567890}', b"12345678901234567890"),
        (b'{"id": null}', None),
        (b"{}", None),
        (b"[]", None),
        (b"\xff", None),
    ],
)
def test_raw_id(payload, found):
    """As it is written; none where there is none."""
    one = raw_id(payload)
    assert (None if one is None else bytes(one)) == found


def test_parts():
    """Parameters of URLs, encoded strings in values, and values of payloads."""
    assert query("ws://n/c?a=1&a=2&b=") == {"a": "2", "b": ""}


@pytest.mark.parametrize(("url", "path"), [("ws://[oops/c?a=1", "/c"), ("//[x?a=1", ""), ("//\u2100/c?a=1", "/c")])
def test_a_url_may_have_any_host(url, path):
    """Captures hold what clients sent and what somebody wrote down: none keeps the rest from being read."""
    assert (url_parts(url).path, query(url)) == (path, {"a": "1"})
    assert texts({"a": ["x ak_12345678 y"], "b": 3}) == {"ak_12345678"}
    assert (parse(b"{"), parse(b"\xff"), parse(b"1" * 5000), parse(b"[1]")) == (None, None, None, [1])

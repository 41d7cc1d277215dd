"""The differences of two steps, and those that follow from something else."""

from urllib.parse import quote

import channel
import pytest
from changes import CREATE, message

from recorder.aliases import Bindings, Difference
from recorder.aliases.texts import decoded
from recorder.capture import frame
from recorder.compare.details import Scripts, at, differences, follows_from_size, located
from recorder.compare.terms import Detail
from recorder.model import UNTOLD, Closed, Header, Opened
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0", profile="aeternity")
LIFE = channel.live()


def script(*events):
    """A script of events."""
    return read(HEADER, events)


def found(one, other):
    """Paths and rules of the differences of two events."""
    scripts = Scripts(script(one), script(other))
    details = differences(scripts, scripts.recorded.steps[0], scripts.live.steps[0], Bindings())
    return [(detail.path, detail.rule) for detail in details]


def closed(**fields):
    """A closing."""
    return Closed(session=1, **fields)


def put(text):
    """A frame."""
    return frame(text, session=1, direction="to_node")


@pytest.mark.parametrize(
    ("one", "other", "paths"),
    [
        (closed(code=1000, time=1), closed(code=1011, reason="x", by="node", time=1), ["code", "reason", "by"]),
        (closed(code=UNTOLD, by=""), closed(code=1011, reason="x", by="node"), []),
        (closed(code=1000), closed(code=1011), ["code"]),
        (Opened(session=1, party="a", url="ws://n/?x=1"), Opened(session=1, party="a", url="ws://n/?x=2"), ["url.x"]),
        (Opened(session=1, party="a"), Opened(session=1, party="a", url="ws://n/?x=2"), []),
        (Opened(session=1, party="a", url="ws://n/?port=1"), Opened(session=1, party="a", url="ws://n/?port=2"), []),
        (put(b"hello"), put(b"hello"), []),
        (put(b"hello"), put(b"world"), [""]),
        (put(b'{"a":1}'), put(b"world"), [""]),
    ],
)
def test_differences(one, other, paths):
    """Of closings, openings and bytes; what was not recorded is not compared."""
    assert [path for path, _rule in found(one, other)] == paths


def test_a_transcript_tells_no_code():
    """Neither the code nor the end of a closing that somebody has read could differ from anything."""
    read, lost = closed(code=UNTOLD, by=""), closed(code=1006, lost="eof", by="node", time=1)
    assert found(read, lost) == found(lost, read) == []


def opened(life, **changes):
    """A session that is opened again with the state of its channel."""
    state = life.signed(life.offchain(2), *changes.get("signers", ("initiator", "responder")))
    url = f"ws://n/channel?role=initiator&initiator_id={life.accounts['initiator']}&offchain_tx={quote(state)}"
    return Opened(session=1, party="initiator", role="initiator", url=url)


def test_a_transaction_in_a_url_has_its_signers():
    """Of the session that comes back with a state, as of any frame."""
    responder = Opened(session=2, party="responder", url=f"ws://n/?responder_id={LIFE.accounts['responder']}")
    scripts = [script(responder, opened(LIFE, signers=names)) for names in (["initiator"], ["responder"])]
    details = differences(Scripts(*scripts), *(one.steps[1] for one in scripts), Bindings())
    assert [(one.path, one.rule, one.recorded) for one in details] == [
        ("url.offchain_tx.signatures", "signature", "initiator")
    ]


def test_a_fee_in_a_url_may_follow_from_the_size():
    """Of a transaction that is the state of a channel, as of one in a frame."""
    steps, fees = [], []
    for life in (LIFE, channel.live(nonce=5_000)):
        asked = message(next(event for event in life.events if CREATE(event, message(event))))
        state = asked["params"]["data"]["signed_tx"]
        steps.append(script(Opened(session=1, party="a", url=f"ws://n/?offchain_tx={quote(state)}")).steps[0])
        fees.append(decoded(state).value["fields"]["transaction"]["fields"]["fee"])
    detail = located(steps[0], Difference("url.offchain_tx.transaction.fee", "value", *fees))
    assert (detail.inside, detail.type) == ("transaction.fee", "channel_create_tx")
    assert follows_from_size(*steps, [detail]) == [detail]


STEP = next(step for step in LIFE.script().steps if step.name == "channels.sign.update")


@pytest.mark.parametrize(
    ("path", "inside", "kind"),
    [
        ("params.data.signed_tx.transaction.round", "transaction.round", "channel_offchain_tx"),
        ("params.data.signed_tx.signatures", "signatures", "signed_tx"),
        ("params.data.updates[0].amount", "", ""),
        ("params.data.updates[9].amount", "", ""),
        ("params.none.at.all", "", ""),
    ],
)
def test_where_a_difference_is(path, inside, kind):
    """In the JSON, and from there on inside the encoded text."""
    detail = located(STEP, Difference(path, "value", 1, 2))
    assert (detail.path, detail.inside, detail.type) == (path, inside, kind)


def test_at():
    """What stands at a path."""
    assert at(STEP.message, "params.data.updates[0].op") == "OffChainTransfer"
    assert at(STEP.message, "params.data.updates[7].op") is None


def steps_of(**life):
    """The step that asks for the signature that closes the channel."""
    return next(s for s in channel.live(**life).script().steps if s.name == "channels.sign.shutdown_sign")


def fee(recorded, live, name="fee", rule="value"):
    """A difference of a field of the closing transaction."""
    path = f"params.data.signed_tx.transaction.{name}"
    return Detail(path, f"transaction.{name}", "channel_close_mutual_tx", rule, recorded, live)


BYTE = 20 * 10**9
SHARES = ("initiator_amount_final", "responder_amount_final")


@pytest.mark.parametrize(
    ("details", "passed"),
    [
        ([fee(100, 100 + BYTE)], 1),
        ([fee(100, 100 + 2 * BYTE)], 1),
        ([fee(100, 101)], 0),
        ([fee(100, 100 - BYTE)], 0),
        ([fee(100, 100 + BYTE, rule="type")], 0),
        ([fee(100, 100 + BYTE), *(fee(BYTE, BYTE // 2, name) for name in SHARES)], 3),
        ([fee(100, 100 + BYTE), *(fee(BYTE, BYTE - 1, name) for name in SHARES)], 1),
    ],
)
def test_a_fee_may_follow_from_the_size(details, passed):
    """A byte more costs so much gas, and the shares of a closing pay for it; nothing else passes."""
    assert len(follows_from_size(steps_of(), steps_of(nonce=200), details)) == passed


def test_the_same_size_costs_the_same():
    """Then another fee is a difference."""
    assert follows_from_size(steps_of(), steps_of(name="other"), [fee(100, 100 + BYTE)]) == []

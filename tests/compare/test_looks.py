"""Calls by which clients look how things are by now: what they see matters, not how often they look."""

import json

import pytest

from recorder.capture import frame
from recorder.compare import compare
from recorder.model import Header, Opened
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0", profile="ethereum")
LOST, REFUSED = object(), object()  # no answer, and an error
TIP, RECEIPT, NEWS = "eth_blockNumber", "eth_getTransactionReceipt", "eth_getFilterChanges"


def script(*said):
    """Calls one after the other: each a method and its result, or a list of such for a batch."""
    events = [Opened(session=1, party="client-1", url="http://n/")]
    for exchange, calls in enumerate(said, 1):
        batch = calls if isinstance(calls, list) else [calls]
        ids = [exchange * 10 + at for at, _call in enumerate(batch)]
        asked = [{"id": one, "method": method, "params": []} for one, (method, _result) in zip(ids, batch, strict=True)]
        answers = [answer(one, result) for one, (_method, result) in zip(ids, batch, strict=True) if result is not LOST]
        for direction, messages in (("to_node", asked), ("from_node", answers)):
            for value in [messages] if isinstance(calls, list) else messages:
                payload = json.dumps(value).encode()
                events.append(frame(payload, session=1, direction=direction, exchange=exchange))
    return read(HEADER, events)


def answer(identity, result):
    """What a call gets."""
    return {"id": identity} | ({"error": {"code": 1, "message": "no"}} if result is REFUSED else {"result": result})


def found(recorded, live):
    """What differs: the kind and the name."""
    return [(one.kind, one.step) for one in compare(script(*recorded), script(*live)).findings]


def tips(*numbers):
    """Looks at the chain's height."""
    return [(TIP, hex(number)) for number in numbers]


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (tips(1, 1, 2), tips(1, 2)),
        (tips(1, 2), tips(1, 1, 1, 2, 2)),
        (tips(1, 1, 2), tips(1, 2, 2)),
        (tips(1, 2, 3), tips(1, 3)),  # one saw a block that the other did not
        (tips(1, 2), tips(1, 2, 3)),  # one stopped looking earlier
        (tips(1, 2, 3), tips(1, 2)),
        ([(RECEIPT, None), (RECEIPT, {"status": "0x1"})], [(RECEIPT, {"status": "0x1"})]),
        ([(NEWS, []), (NEWS, ["0x1"]), (NEWS, [])], [(NEWS, ["0x1"])] + [(NEWS, [])] * 3),
        ([*tips(1), ("eth_call", "0x"), *tips(1)], [*tips(1, 1), ("eth_call", "0x"), *tips(1)]),
    ],
)
def test_as_often_as_a_clock_has_it(recorded, live):
    """Two runs are the same whose clients saw the same, however often each looked."""
    assert found(recorded, live) == []


@pytest.mark.parametrize(
    ("recorded", "live", "differs"),
    [
        ([("eth_call", "0x"), *tips(1)], [("eth_call", "0x")], [("missing", TIP)]),
        ([("eth_call", "0x")], [("eth_call", "0x"), *tips(1)], [("extra", TIP)]),
        (tips(1, 2), tips(1, 7), [("changed", f"a result of {TIP}")]),
        ([(RECEIPT, {"status": "0x1"})], [(RECEIPT, {"status": "0x0"})], [("changed", f"a result of {RECEIPT}")]),
        (
            [(RECEIPT, None), (RECEIPT, {"status": "0x1"})],
            [(RECEIPT, None)] * 3,
            [("changed", f"a result of {RECEIPT}")],
        ),
        ([(NEWS, []), (NEWS, ["0x1"])], [(NEWS, []), (NEWS, [])], [("missing", NEWS)]),
        ([("eth_call", "0x")] * 2, [("eth_call", "0x")], [("missing", "eth_call")]),
    ],
)
def test_what_is_seen_counts(recorded, live, differs):
    """Another last state, news that never come, and any call that does more than look, is a difference."""
    assert found(recorded, live) == differs


@pytest.mark.parametrize("recorded", [tips(1), tips(1, 1, 2)])
@pytest.mark.parametrize(
    ("got", "differs"), [(LOST, ("missing", f"a result of {TIP}")), (REFUSED, ("changed", f"a result of {TIP}"))]
)
def test_a_look_that_got_nothing_is_compared_with_one_that_did(recorded, got, differs):
    """Its answer is missing, or is another: the call itself was recorded."""
    for at in range(len(recorded)):
        live = [*recorded[:at], (TIP, got), *recorded[at + 1 :]]
        assert found(recorded, live) == [differs]
        assert len(found(live, recorded)) == 1
        assert found(live, live) == []


def test_a_look_that_is_made_again_because_it_got_nothing_is_one_more():
    """All that was seen in the recorded run is seen."""
    assert found(tips(1), [(TIP, LOST), *tips(1)]) == [("extra", TIP)]


def test_batches_by_time():
    """Calls in one batch or alone are the same where clients make batches of what they happen to call at a time."""
    calls = [("eth_chainId", "0x1"), ("eth_call", "0x2"), ("eth_gasPrice", "0x3")]
    for live in ([calls], [calls[:1], calls[1:]], [calls[0], calls[1], calls[2]], [calls[0], calls[1:]]):
        assert found([calls], live) == found(live, [calls]) == []
    changed = [calls[0], [("eth_call", "0x9"), calls[2]]]
    assert found([calls], changed) == [("changed", "a result of eth_call")]
    assert found([calls], [calls[:2]]) == [("missing", "eth_gasPrice")]


def test_a_batch_is_counted_once():
    """The number of frames is that of the capture, batches or not."""
    calls = [("eth_chainId", "0x1"), ("eth_call", "0x2")]
    assert compare(script(calls), script(calls)).frames == {"": 2}

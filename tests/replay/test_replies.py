"""Answers to what nobody recorded, and where an answer stands."""

from __future__ import annotations

import json

import pytest
from mocking import Mock, capture

from recorder.capture import frame
from recorder.jsonrpc import json_bytes, value_of
from recorder.model import SECOND, Header, Opened
from recorder.profiles import GENERIC, PROFILES
from recorder.replay.replies import ERROR, Reply, Said, refusal
from recorder.timeline import read

QUOTING = PROFILES["aeternity"]


def answers(payload, profile=GENERIC):
    """The answer, parsed; nothing where there is none."""
    answer = refusal(profile, value_of(payload, payload.encode()))
    return json.loads(json_bytes(answer)) if answer else None


@pytest.mark.parametrize("identity", ["1", '"one"', "-576460752303423488", "1.5", "1.0", "1234567890123456789012345"])
def test_a_request(identity):
    """A request gets an error with its own id, as it was written."""
    answer = json_bytes(refusal(GENERIC, value_of(f'{{"jsonrpc":"2.0","id":{identity},"method":"m"}}')))
    assert f'"id":{identity},'.encode() in answer
    assert json.loads(answer)["error"] == ERROR


@pytest.mark.parametrize(
    "payload",
    ['{"method":"m"}', '{"method":"m","id":null}', '{"id":1,"result":2}', '{"id":1,"error":{}}'],
)
def test_what_asks_nothing(payload):
    """By the standard, notifications and answers are not answered."""
    assert answers(payload) is None


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ("no", -32700),
        ('[{"id":1', -32700),
        ("", -32700),
        ("7", -32600),
        ("null", -32600),
        ("[]", -32600),
        ('{"jsonrpc":"2.0","method":1,"id":5}', -32600),
        ('{"foo":"boo"}', -32600),
    ],
)
def test_what_is_no_request(payload, code):
    """It is refused as the standard says (sections 5.1 and 6), under no id; not where nobody knows what a node does."""
    answer = answers(payload)
    assert (answer["jsonrpc"], answer["id"], answer["error"]["code"]) == ("2.0", None, code)
    assert answers(payload, QUOTING) is None


@pytest.mark.parametrize(("members", "identity"), [({"id": 3}, 3), ({}, None), ({"id": None}, None)])
def test_a_node_that_quotes(members, identity):
    """Where the node's errors quote what they answer, a frame without an id is answered so, with reasons."""
    request = {**members, "method": "channels.withdraw", "params": {"amount": 2}}
    answer = answers(json.dumps({"jsonrpc": "2.0", **request}), QUOTING)
    assert answer["id"] == identity
    assert answer["error"]["request"] == request
    assert [reason["message"] for reason in answer["error"]["data"]] == [ERROR["message"]]


@pytest.mark.parametrize("payload", ['{"id":1,"result":2}', '{"id":null,"error":{"code":1}}', "no"])
def test_answers_are_not_answered(payload):
    """A node that quotes answers no answers either."""
    assert answers(payload, QUOTING) is None


def test_a_reply_stands_where_the_last_of_its_answers_does():
    """Before all others, where nothing in it was recorded."""
    said = [(b'{"id":1,"method":"a"}', "to_node"), (b'{"id":2,"method":"b"}', "to_node")]
    said += [(b'{"id":2,"result":2}', "from_node"), (b'{"id":1,"result":1}', "from_node")]
    events = [frame(payload, session=1, direction=direction) for payload, direction in said]
    script = read(Header(format=2, run="r", recorder="0"), [Opened(session=1, party="a"), *events])
    one, two = (part.answer for step in script.steps[1:3] for part in step.parts)
    refused = Said(refusal={"error": ERROR})
    assert Reply(1, 0, batch=True, said=[Said(one), refused, Said(two)]).index == one.step.index == 4
    assert Reply(1, 0, batch=True, said=[Said(one), refused, Said(two)]).steps == [one.step, two.step]
    assert Reply(1, 0, batch=False, said=[refused]).index == -1


CALL, ANSWER = '{"id":1,"method":"a"}', '{"id":1,"result":1}'
REPEATS = '[[rule]]\nmethod = "a"\nrepeats = true\n'
SSE = [("content-type", "text/event-stream")]


def told_late():
    """A stream that goes on for a second behind its answer."""
    said = [(CALL, "to_node", 1, []), (ANSWER, "from_node", 2, SSE), ("[DONE]", "from_node", 3, [])]
    events = [
        frame(text.encode(), session=1, direction=way, exchange=1, time=at * SECOND, headers=headers)
        for text, way, at, headers in said
    ]
    return read(Header(format=2, run="r", recorder="0"), [Opened(session=1, party="a", url="http://n/"), *events])


def test_the_rest_of_a_stream_goes_to_who_asked_first():
    """An answer that is given once more has no rest: it ends its exchange."""
    mock = Mock(told_late(), rules=REPEATS, speed=1)
    assert mock.hears(CALL) == []
    (answer,) = mock.does(1.0)
    (again,) = mock.hears(CALL)
    (rest,) = mock.does(1.0)
    assert [(one.exchange, one.last) for one in (answer, again, rest)] == [(1, False), (2, True), (1, True)]
    assert mock.player.over


def test_a_batch_is_answered_in_as_many_frames_as_it_was():
    """Over WebSockets, where a node answers each member when it can; what nobody recorded is refused in one of its own."""
    calls = [CALL.replace("1", str(number)) for number in (1, 2, 3)]
    answers = [ANSWER.replace("1", str(number)) for number in (1, 2, 3)]
    mock = Mock(capture((">", f"[{','.join(calls)}]"), ("<", answers[1]), ("<", f"[{answers[0]},{answers[2]}]")))
    unknown = '{"id":4,"method":"b"}'
    refused, *sent = [json.loads(one.payload) for one in mock.hears(f"[{','.join([*calls, unknown])}]")]
    assert refused == {"jsonrpc": "2.0", "id": 4, "error": ERROR}
    assert sent == [json.loads(answers[1]), [json.loads(answers[0]), json.loads(answers[2])]]


def test_a_batch_of_what_came_one_by_one_is_answered_as_a_batch():
    """Its client waits for a list."""
    calls = [CALL.replace("1", str(number)) for number in (1, 2)]
    answers = [ANSWER.replace("1", str(number)) for number in (1, 2)]
    mock = Mock(capture((">", calls[0]), ("<", answers[0]), (">", calls[1]), ("<", answers[1])))
    (sent,) = mock.hears(f"[{','.join(calls)}]")
    assert json.loads(sent.payload) == [json.loads(one) for one in answers]


def test_answers_of_one_exchange_end_it_together():
    """Those of a batch go out as one frame, though they were recorded as two events of a stream."""
    two = CALL.replace("1", "2"), ANSWER.replace("1", "2")
    batch = f"[{CALL},{two[0]}]"
    mock = Mock(capture((">", batch, 1), ("<", ANSWER, 1), ("<", two[1], 1), url="http://n/"))
    (both,) = mock.hears(batch)
    assert both.last
    (one,) = Mock(mock.script).hears(f"[{CALL}]")
    assert one.last

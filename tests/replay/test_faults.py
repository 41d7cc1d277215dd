"""Faults: what a mock does wrong on purpose."""

import json
from dataclasses import replace

import pytest

from recorder.capture import frame
from recorder.errors import InputError
from recorder.model import Frame, Header, Opened
from recorder.replay import Close, Fault, Send
from recorder.replay.faults import Faults, check
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0")
EVENTS = [
    Opened(session=1, party="a"),
    frame(b'{"id":1,"method":"ask"}', session=1, direction="to_node"),
    frame(b'{"jsonrpc":"2.0","id":1,"result":"ok"}', session=1, direction="from_node"),
    frame(b'{"method":"push"}', session=1, direction="from_node"),
]
SCRIPT = read(HEADER, EVENTS)
FRAMES = [step for step in SCRIPT.steps if isinstance(step.event, Frame)]
ANSWER = Send(1, b'{"jsonrpc":"2.0","id":1,"result":"ok"}')


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop:12", Fault("drop", "12")),
        ("duplicate:channels.update", Fault("duplicate", "channels.update")),
        ("delay:12=500ms", Fault("delay", "12", 0.5)),
        ("delay:push=2s", Fault("delay", "push", 2.0)),
        ("close:12=1011", Fault("close", "12", 1011)),
        ('error:12={"code":1}', Fault("error", "12", '{"code": 1}')),
    ],
)
def test_a_fault_is_read(text, fault):
    """As it is written on the command line."""
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    "text",
    ["", "drop", "explode:1", "drop:1=2", "delay:1", "delay:1=soon", "close:1", "close:1=99", "error:1", "error:1=[]"],
)
def test_what_is_no_fault(text):
    """One line that quotes it."""
    with pytest.raises(InputError) as error:
        Fault.parse(text)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("drop:2", []),
        ("drop:1", []),
        ("drop:ask", []),
        ("drop:3", [Send]),
        ("drop:a result", []),
        ("duplicate:2", [Send, Send]),
        ("close:2=1011", [Close]),
        ("delay:2=1s", []),
        ("error:2={}", [Send]),
    ],
)
def test_a_fault_happens_to_its_frame(text, kinds):
    """Chosen by number, both directions counted, or by name; by those of its request, too; to no other."""
    faults = Faults([Fault.parse(text)], SCRIPT, {"node"})
    assert [type(action) for action in faults.apply(FRAMES[1].parts, ANSWER, 10.0)] == kinds


@pytest.mark.parametrize("text", ["drop:1", "drop:ask", "drop:2", "drop:a result", "drop:push", "drop:3"])
def test_a_fault_of_a_frame_that_is_sent(text):
    """By number or name."""
    check([Fault.parse(text)], SCRIPT, {"node"})


@pytest.mark.parametrize(
    ("text", "ends"), [("drop:2", {"a"}), ("drop:4", {"node"}), ("drop:pull", {"node"}), ("drop:push", {"a"})]
)
def test_a_fault_that_happens_to_nothing_is_refused(text, ends):
    """What another end alone sends and answers, or none at all."""
    with pytest.raises(InputError, match=f"^--fault {text}: no such frame is sent or answered in capture; "):
        check([Fault.parse(text)], SCRIPT, ends)


def test_a_delay_is_over_in_time():
    """Not before."""
    faults = Faults([Fault.parse("delay:2=1s")], SCRIPT, {"node"})
    assert list(faults.apply(FRAMES[1].parts, ANSWER, 10.0)) == []
    assert faults.times() == [11.0]
    assert list(faults.released(10.9)) == []
    assert list(faults.released(11.0)) == [ANSWER]
    assert faults.times() == []


@pytest.mark.parametrize("payload", [b'{"jsonrpc":"2.0","id":1,"result":"ok"}', b"[]", b"no JSON"])
def test_an_error_takes_the_place_of_a_result(payload):
    """Of a message; what is none stays as it is."""
    faults = Faults([Fault.parse('error:2={"code":7}')], SCRIPT, {"node"})
    (action,) = faults.apply(FRAMES[1].parts, replace(ANSWER, payload=payload), 0.0)
    if payload.startswith(b"{"):
        assert json.loads(action.payload) == {"jsonrpc": "2.0", "id": 1, "error": {"code": 7}}
    else:
        assert action.payload == payload


BATCH = read(
    HEADER,
    [
        EVENTS[0],
        frame(b'[{"id":1,"method":"one"},{"id":2,"method":"two"}]', session=1, direction="to_node"),
        frame(b'[{"id":2,"result":"2"},{"id":1,"result":"1"}]', session=1, direction="from_node"),
    ],
)


@pytest.mark.parametrize(
    ("where", "wrong"),
    [("one", [1]), ("two", [2]), ("a batch", [2, 1]), ("1", [2, 1]), ("2", [2, 1])],
)
def test_an_error_in_a_batch(where, wrong):
    """It takes the place of the result of the call that it names; by number or as a whole, of each."""
    check([Fault("error", where, "{}")], BATCH, {"node"})
    answer = BATCH.steps[2]
    faults = Faults([Fault("error", where, '{"code": 7}')], BATCH, {"node"})
    (action,) = faults.apply(answer.parts, replace(ANSWER, payload=answer.event.payload), 0.0)
    found = json.loads(action.payload)
    assert [one["id"] for one in found] == [2, 1]
    assert [one["id"] for one in found if one.get("error") == {"code": 7} and "result" not in one] == wrong


def test_a_fault_in_a_batch_is_of_its_call():
    """An answer that was recorded in one batch with it and is given alone is right."""
    two, one = BATCH.steps[2].parts
    faults = Faults([Fault("drop", "one")], BATCH, {"node"})
    assert list(faults.apply([one], ANSWER, 0.0)) == []
    assert list(faults.apply([two], ANSWER, 0.0)) == [ANSWER]
    assert list(faults.apply([two, None, one], ANSWER, 0.0)) == []
    assert list(faults.apply([None], ANSWER, 0.0)) == [ANSWER]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("drop:ask", [Close(1, exchange=5)]),
        ("close:ask=1011", [Close(1, 1011, "a fault, on purpose", exchange=5)]),
        ("error:ask={}", [Send(1, b'{"id":1,"jsonrpc":"2.0","error":{}}', exchange=5, status=200)]),
        ("delay:ask=1s", []),
    ],
)
def test_faults_over_http(text, made):
    """An answer that never comes is a connection that ends without one."""
    faults = Faults([Fault.parse(text)], SCRIPT, {"node"})
    assert list(faults.apply(FRAMES[1].parts, replace(ANSWER, exchange=5), 0.0)) == made


def test_the_first_answer_is_that_of_its_id():
    """Else of what came last; a method that is sent too means that alone, and what has its answer gets no other."""
    events = [
        Opened(session=1, party="a"),
        frame(b'{"id":1,"method":"one"}', session=1, direction="to_node"),
        frame(b'{"id":2,"method":"two"}', session=1, direction="to_node"),
        frame(b'{"id":1,"result":"ok"}', session=1, direction="from_node"),
        frame(b'{"method":"push"}', session=1, direction="from_node"),
        frame(b'{"method":"push"}', session=1, direction="to_node"),
        frame(b'{"method":"info"}', session=1, direction="from_node"),
    ]
    script = read(HEADER, events)

    def dropped(where):
        faults = Faults([Fault("drop", where)], script, {"node"})
        steps = [step for step in script.steps if step.kind == "frame" and step.direction == "from_node"]
        return [step.index for step in steps if not list(faults.apply(step.parts, ANSWER, 0.0))]

    found = {where: dropped(where) for where in ("1", "one", "2", "two", "push", "5")}
    assert found == {"1": [3], "one": [3], "2": [4], "two": [4], "push": [4], "5": [6]}


def test_what_follows_in_a_stream_waits_for_what_is_delayed():
    """Over HTTP the events of an answer come in their order; other exchanges go on."""
    faults = Faults([Fault.parse("delay:push=1s")], SCRIPT, {"node"})
    answer, push = FRAMES[1].parts, FRAMES[2].parts
    sent = [replace(ANSWER, payload=payload, exchange=1) for payload in (b"push", b"answer")]
    other = replace(ANSWER, exchange=2)
    assert [*faults.apply(push, sent[0], 0.0), *faults.apply(answer, sent[1], 0.5)] == []
    assert [*faults.apply(answer, other, 0.5)] == [other]
    assert [*faults.released(0.9)] == []
    assert [*faults.released(1.0)] == sent

"""Faults as they are written, and what becomes of a frame they happen to."""

import json

import pytest

from recorder import capture
from recorder.errors import InputError
from recorder.replay import Action, Fault, Step
from recorder.replay.faults import Faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop:12", Fault("drop", "12")),
        ("drop:channels.update", Fault("drop", "channels.update")),
        ("delay:12=500ms", Fault("delay", "12", 0.5)),
        ("delay:12=1.5s", Fault("delay", "12", 1.5)),
        ("duplicate:12", Fault("duplicate", "12")),
        ("close:12=1011", Fault("close", "12", 1011)),
        ('error:12={"code": 3}', Fault("error", "12", '{"code": 3}')),
    ],
)
def test_a_fault_is_read(text, fault):
    """By the frame's number or its method."""
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "drop",
        "drop:",
        "lose:12",
        "drop:12=3",
        "delay:12",
        "delay:12=5",
        "close:12",
        "close:12=99",
        "close:12=5000",
        "error:12",
        "error:12=3",
    ],
)
def test_what_is_no_fault_is_told_how_one_is_written(text):
    """With an example."""
    with pytest.raises(InputError, match=r"as in \w+:12|takes no value"):
        Fault.parse(text)


def made(fault, payload, now=0.0):
    """What becomes of a frame of the node, at once and in the end."""
    event = capture.frame(payload, session=1, direction="from_node")
    step = Step(0, 2, "frame", 1, "from_node", event, json.loads(payload) if payload[:1] in b"{[" else None)
    faults = Faults([Fault.parse(fault)], [step])
    actions = list(faults.apply(step, iter([Action("send", 1, 0, payload)]), now))
    return actions, list(faults.released(now)), list(faults.released(now + 60))


def test_a_delayed_frame_comes_when_its_time_has_come():
    """Not before, and once."""
    assert made("delay:1=1s", b"{}") == ([], [], [Action("send", 1, 0, b"{}")])


def test_a_dropped_frame_never_comes():
    """Not even late."""
    assert made("drop:1", b"{}") == ([], [], [])


def test_an_error_takes_the_place_of_a_result():
    """The id stays; what is no message of its own stays as it is."""
    fault = 'error:1={"code":3}'
    ((action,), _, _) = made(fault, b'{"jsonrpc":"2.0","id":5,"result":1}')
    assert json.loads(action.payload) == {"jsonrpc": "2.0", "id": 5, "error": {"code": 3}}
    assert [made(fault, payload)[0][0].payload for payload in (b"[1]", b"text")] == [b"[1]", b"text"]

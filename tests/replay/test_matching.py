"""Which recorded frame is this one."""

import pytest

from recorder.bindings import Bindings
from recorder.capture import frame
from recorder.model import Header, Opened
from recorder.profiles import PROFILES
from recorder.replay.matching import NEAREST, explain, match
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0", profile="aeternity")
PROFILE = PROFILES["aeternity"]


def script(*payloads):
    """A script of frames to the node."""
    opened = Opened(session=1, party="a")
    return read(HEADER, [opened, *(frame(one.encode(), session=1, direction="to_node") for one in payloads)], "r.jsonl")


def found(message, *payloads, mode="strict", bindings=None):
    """The place of the recorded frame that a message is; None where it is none."""
    steps = script(*payloads).steps[1:]
    step = match(message, steps, bindings or Bindings(), PROFILE, mode).step
    return None if step is None else steps.index(step)


INFO = '{"method":"channels.info","params":{"data":{"event":"%s"}}}'


@pytest.mark.parametrize(
    ("message", "mode", "place"),
    [
        ({"method": "a", "params": {"x": 1}}, "strict", 0),
        ({"method": "a", "params": {"x": 2}}, "strict", 1),
        ({"method": "a", "params": {"x": 3}}, "strict", None),
        ({"method": "a", "params": {"x": 3}}, "shape", 0),
        ({"method": "a", "params": {"x": "3"}}, "shape", None),
        ({"method": "a", "params": {"y": 3}}, "shape", None),
        ({"method": "a", "params": {"y": 3}}, "lenient", 0),
        ({"method": "b"}, "lenient", None),
        (b"no JSON", "strict", None),
    ],
)
def test_modes(message, mode, place):
    """By content first; what differs is forgiven as far as the mode says."""
    assert found(message, '{"method":"a","params":{"x":1}}', '{"method":"a","params":{"x":2}}', mode=mode) == place


def test_an_event_is_never_another():
    """A push that nobody recorded takes no other's place, however much alike they are."""
    message = {"method": "channels.info", "params": {"data": {"event": "aborted"}}}
    assert found(message, INFO % "open", mode="shape") is None
    assert found(message, INFO % "open", INFO % "aborted", mode="shape") == 1


def test_bytes():
    """What is no JSON is compared as it is."""
    assert found(b"hello", "hello") == 0


@pytest.mark.parametrize(
    ("recorded", "live", "fits"),
    [
        ('{"id":1,"method":"a"}', {"id": 9, "method": "a"}, True),
        ('{"id":null,"error":{}}', {"id": None, "error": {}}, True),
        ('{"id":1,"method":"a"}', {"method": "a"}, False),
        ('{"method":"a"}', {"id": 1, "method": "a"}, False),
        ('{"id":1,"method":"a"}', {"id": None, "method": "a"}, False),
        ('{"id":[1],"method":"a"}', {"id": [1], "method": "a"}, True),
        ('[{"id":1,"method":"a"}]', [{"id": 5, "method": "a"}], True),
        ('[{"id":1,"method":"a"}]', [{"id": 5, "method": "b"}], False),
        (
            '{"id":null,"error":{"request":{"id":3,"method":"a"}}}',
            {"id": None, "error": {"request": {"id": 8, "method": "a"}}},
            True,
        ),
    ],
)
def test_ids(recorded, live, fits):
    """They are bound by who asked; whether there is one is compared."""
    assert (found(live, recorded) == 0) is fits


def test_an_answer_has_the_id_of_its_request():
    """Once it is bound."""
    bindings = Bindings()
    assert bindings.bind("id 1 from_node 0", 1, 7)
    assert found({"id": 7, "result": 1}, '{"id":1,"result":1}', bindings=bindings) == 0
    assert found({"id": 8, "result": 1}, '{"id":1,"result":1}', bindings=bindings) is None


def test_an_unexpected_frame_is_explained():
    """The nearest candidates with file and line, rule, path and both values; not all of them."""
    recorded = script(*(f'{{"method":"a","params":{{"x":{number},"b":1,"c":1,"d":1}}}}' for number in range(5)))
    message = {"method": "a", "params": {"x": 9}}
    nearest = match(message, recorded.steps[1:], Bindings(), PROFILE, "strict").nearest
    lines = explain(recorded, message, 1, nearest).splitlines()
    assert lines[:5] == [
        "unexpected: a a",
        "  not r.jsonl:3 a:",
        "    params.x: 0 recorded, 9 came (value)",
        "    params.b is missing: 1",
        "    params.c is missing: 1",
    ]
    assert lines[5] == "    and 1 more differences"
    assert sum(line.startswith("  not ") for line in lines) == NEAREST
    assert explain(recorded, message, 7, []).splitlines()[1:] == [
        "  nothing more is recorded in this session and direction"
    ]

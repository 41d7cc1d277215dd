"""What is of its own run is told by its sort; what is missing, or of another type, is of none."""

from __future__ import annotations

import uuid

import msgspec
import pytest

from recorder.capture import frame
from recorder.compare.differences import Scripts
from recorder.compare.of_each_run import OfEachRun
from recorder.difference import Difference
from recorder.model import SECOND, Header, Opened
from recorder.timeline import read

NOON = 1_796_126_400
IDS = [str(uuid.UUID(int=at * 2**100, version=4)) for at in range(1, 5)]
OURS = {"at": NOON + 1, "where": "127.0.0.1:1001", "a": {"messageId": IDS[0]}, "b": {"messageId": IDS[1]}}
THEIRS = {"at": NOON + 3601, "where": "127.0.0.1:2002", "a": {"messageId": IDS[2]}, "b": {"messageId": IDS[3]}}


def run(port, began, result):
    """A run of one call of a node at a port, with this result."""
    events = [
        Opened(session=1, party="ada", url=f"ws://127.0.0.1:{port}/", time=began * SECOND),
        frame(b'{"id":1,"method":"see"}', session=1, direction="to_node", time=began * SECOND),
        frame(
            msgspec.json.encode({"id": 1, "result": result}),
            session=1,
            direction="from_node",
            time=(began + 1) * SECOND,
        ),
    ]
    return read(Header(format=2, run="r", recorder="0"), events)


SCRIPTS = Scripts(run(1001, NOON, OURS), run(2002, NOON + 3600, THEIRS))


@pytest.mark.parametrize(("name", "sort"), [("at", "clock"), ("where", "address"), ("messageId", "anew")])
@pytest.mark.parametrize("rule", ["value", "missing", "type", "bound"])
def test_a_value_of_its_own_run_is_told_by_its_sort(name, sort, rule):
    """Only where it has another value, and nothing worse."""
    recorded, live = (side["a"] if name == "messageId" else side for side in (OURS, THEIRS))
    path = ("result", *(["a"] if name == "messageId" else []), name)
    item = Difference(path, rule, recorded[name], live[name])
    why = OfEachRun(SCRIPTS).why(SCRIPTS.recorded.steps[2], SCRIPTS.live.steps[2], item)
    assert (why[0] if why is not None else "") == (sort if rule == "value" else "")


def test_another_value_is_of_no_run():
    """A word, say."""
    item = Difference(("result", "where"), "value", "here", "there")
    assert OfEachRun(SCRIPTS).why(SCRIPTS.recorded.steps[2], SCRIPTS.live.steps[2], item) is None

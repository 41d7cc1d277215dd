"""The JSON Schema of a capture takes every line of a capture, and nothing that cannot be read."""

from __future__ import annotations

import json

import pytest
import schema
from jsonschema import Draft202012Validator

from recorder.transcript import data_folder

CAPTURES = sorted(data_folder("transcripts").glob("*.jsonl"))
VALIDATOR = Draft202012Validator(schema.schema())
FRAME = {"event": "frame", "session": 1, "direction": "to_node"}
GOOD = [
    {"format": 1, "run": "r", "recorder": "0"},
    {"event": "opened", "session": 1, "party": "alice", "headers": [["accept", "*/*"]]},
    FRAME | {"json": None},
    FRAME | {"json": [1, {"a": 2}]},
    FRAME | {"text": "", "exchange": 1},
    FRAME | {"binary": "AAE=", "opcode": "binary"},
    {"event": "closed", "session": 1},
    {"event": "refused", "status": 403, "url": "ws://node/"},
    {"event": "note", "text": "n"},
    {"event": "scenario", "name": "s"},
    FRAME | {"json": 1, "of a newer recorder": True},
]
BAD = [
    {},
    [],
    {"format": 3, "run": "r", "recorder": "0"},
    {"format": 0, "run": "r", "recorder": "0"},
    {"format": 2, "recorder": "0"},
    {"event": "unheard of", "session": 1},
    {"event": "opened", "session": 1},
    {"event": "opened", "session": 1, "party": "alice", "headers": [["accept"]]},
    FRAME,
    FRAME | {"json": 1, "text": "1"},
    FRAME | {"json": 1, "direction": "sideways"},
    FRAME | {"json": 1, "session": "1"},
    {"event": "closed", "session": 1, "by": "nobody"},
    {"event": "note"},
]


def test_it_is_a_schema():
    """Of the draft that it names."""
    Draft202012Validator.check_schema(schema.schema())
    assert json.loads(schema.text()) == schema.schema()


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_every_line_of_a_capture_is_valid(capture):
    """Header and events."""
    for number, line in enumerate(capture.read_text().splitlines(), 1):
        assert VALIDATOR.is_valid(json.loads(line)), number


@pytest.mark.parametrize("line", GOOD, ids=str)
def test_a_line_that_can_be_read_is_valid(line):
    """Every event, with as little as it may have."""
    assert VALIDATOR.is_valid(line)


@pytest.mark.parametrize("line", BAD, ids=str)
def test_a_line_that_means_nothing_is_not(line):
    """Members that are missing, of another type, or of an event that there is not."""
    assert not VALIDATOR.is_valid(line)


def test_descriptions_are_those_of_the_code():
    """Without the indentation that they have there."""
    described = schema.schema()["$defs"]["Frame"]["description"].splitlines()
    assert described[0].startswith("One WebSocket message")
    assert not any(line.startswith(" ") for line in described)


def test_the_page_has_it_folded():
    """Whole, in a block of its own."""
    page = schema.markdown()
    assert page.startswith("<details")
    assert json.loads(page.partition("```json\n")[2].partition("```")[0]) == schema.schema()

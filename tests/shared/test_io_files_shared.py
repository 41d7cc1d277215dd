"""The tests of execution-apis, imported, exported, and played."""

import asyncio

import pytest
from otherfiles import exported, imported

from recorder.api import load_script
from recorder.capture import FORMAT
from recorder.interchange.files import write_capture
from recorder.model import Header, Scenario
from recorder.replay import PlaySettings
from recorder.server import play_parties
from recorder.server.thread import NodeThread
from recorder.timeline.script import NODE


@pytest.fixture
def files(shared):
    """Their folder."""
    folder = shared / "io"
    if not folder.is_dir():
        pytest.skip(f"no .io files at {folder}")
    return folder


def test_all_are_a_capture_and_come_back_to_the_byte(files, tmp_path):
    """A scenario a file."""
    events = imported(files)
    known = {path.relative_to(files).as_posix(): path.read_bytes() for path in files.rglob("*.io")}
    assert sum(isinstance(event, Scenario) for event in events) == len(known) > 100
    assert exported("io", events, tmp_path / "out") == {}
    made = tmp_path / "out"
    assert {path.relative_to(made).as_posix(): path.read_bytes() for path in made.rglob("*") if path.is_file()} == known


def test_all_play(files, tmp_path):
    """A mock answers each call as the file does."""
    write_capture(tmp_path / "a.jsonl", Header(format=FORMAT, run="r", recorder="0"), imported(files))
    script = load_script(tmp_path / "a.jsonl")
    with NodeThread(script, PlaySettings(ends=frozenset({NODE}))) as node:
        settings = PlaySettings(ends=frozenset(script.parties.values()))
        outcome = asyncio.run(play_parties(script, settings, node.urls[0]))
    assert outcome.ok, outcome

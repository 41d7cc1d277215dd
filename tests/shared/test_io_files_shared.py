"""The tests of execution-apis, imported, exported, and played."""

import pytest
from otherfiles import exported, imported, played

from recorder.model import Scenario


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
    outcome, _url = played(imported(files), tmp_path)
    assert outcome.ok, outcome

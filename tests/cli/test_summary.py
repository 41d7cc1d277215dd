"""What a recording says at its end."""

import io

import pytest

from recorder import capture
from recorder.cli.summary import summarise
from recorder.model import Header, Opened
from recorder.sinks import counting as counts
from recorder.sinks.console import Console
from recorder.sinks.counting import Counting


@pytest.fixture
def said(tmp_path):
    """What is said of a capture of one session."""
    path = tmp_path / "a run.jsonl"
    path.write_bytes(
        capture.dump(Header(format=capture.FORMAT, run="r", recorder="0"))
        + capture.dump(Opened(session=1, party="a", url="ws://n"))
    )

    def say() -> list[str]:
        out, counting = io.StringIO(), Counting(path, "auto")
        counting.begin()
        summarise(counting, Console(out, colour=False), out)
        counting.close()
        return out.getvalue().replace(str(path.parent), "captures").splitlines()

    return say


def test_the_figures_of_the_capture_are_said(said):
    """After a line that sets them apart."""
    assert said()[:3] == ["", "1 session, 0 errors", "to node:   0 frames, 0 bytes"]


def test_what_takes_long_to_count_is_left_to_stats(said, monkeypatch):
    """Nobody waits for it who has pressed Ctrl-C."""
    monkeypatch.setattr(counts, "MOMENT", 1)
    assert said() == ["", "the recording is long: `recorder stats 'captures/a run.jsonl'` shows its statistics"]

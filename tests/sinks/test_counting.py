"""A capture is counted while it is written, and never in the way of that."""

import math
from contextlib import closing

import pytest

from recorder import capture
from recorder.model import Header, Note, Opened
from recorder.sinks import counting
from recorder.sinks.counting import BUSY, Counting

HEADER = capture.dump(Header(format=capture.FORMAT, run="r", recorder="0"))


@pytest.fixture
def path(tmp_path):
    """A capture that has just begun."""
    found = tmp_path / "run.jsonl"
    found.write_bytes(HEADER)
    return found


def append(path, *events) -> None:
    """Write on."""
    with path.open("ab") as file:
        file.write(capture.dump_all(events))


def opened(number):
    """A session."""
    return Opened(session=number, party="a")


def test_what_is_written_later_is_counted_later(path):
    """Each event once."""
    with closing(Counting(path, "auto")) as count:
        count.begin()
        seen = []
        for number in range(3):
            append(path, opened(number))
            assert count.turn(math.inf)
            seen.append(count.statistics.opened)
    assert seen == [1, 2, 3]


def test_a_turn_takes_only_its_time(path):
    """What is left waits for the next."""
    now = iter(range(100))
    append(path, *map(opened, range(5)))
    with closing(Counting(path, "auto", clock=lambda: next(now))) as count:
        count.begin()
        assert [count.turn(2), count.statistics.opened] == [False, 2]
        assert [count.turn(9), count.statistics.opened] == [True, 5]


def test_what_is_counted_in_a_moment_is_left_for_later(path):
    """Nothing is to be done beside the traffic for it."""
    append(path, opened(1))
    with closing(Counting(path, "auto")) as count:
        count.begin()
        count.idle()
        assert count.statistics.opened == 0
        assert count.finish()
        assert count.statistics.opened == 1


def test_nothing_is_counted_while_much_is_written(path, monkeypatch):
    """Traffic comes first; when it has passed, it is counted."""
    monkeypatch.setattr(counting, "LEFT", 0)
    with closing(Counting(path, "auto")) as count:
        count.begin()
        append(path, opened(1), Note(text="x" * BUSY))
        count.idle()
        assert count.statistics.opened == 0
        count.idle()
        assert count.statistics.opened == 1


def test_what_takes_too_long_at_the_end_is_left(path, monkeypatch):
    """Ctrl-C is obeyed at once; and a capture that has been counted so far is counted to its end."""
    monkeypatch.setattr(counting, "MOMENT", 1000)
    append(path, opened(1), Note(text="x" * 1000))
    with closing(Counting(path, "auto")) as count:
        count.begin()
        assert not count.finish()
        count.turn(math.inf)
        append(path, opened(2))
        assert count.finish()
        assert count.statistics.opened == 2


def test_a_broken_line_ends_the_counting(path):
    """After a disk was full, what is written may go on in the middle of a line; the recorder goes on too."""
    with closing(Counting(path, "auto")) as count:
        count.begin()
        append(path, opened(1))
        with path.open("ab") as file:
            file.write(b'{"event":"opened",\n')
        assert count.turn(math.inf)
        append(path, opened(2))
        count.idle()
        assert not count.finish()
        assert count.statistics.opened == 1


def test_before_there_is_a_capture_nothing_is_counted(path):
    """A recording that could not start says no more than why."""
    with closing(Counting(path, "auto")) as count:
        count.idle()
        assert count.turn(1)

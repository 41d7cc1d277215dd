"""The file of a capture: indexed once, read again at any place, followed while it grows."""

import io
import os
import sys
import threading
import time

import pytest
import zstandard
from viewing import HEADER, said, traffic

from recorder.capture import dump, dump_all
from recorder.errors import InputError
from recorder.live import source as module
from recorder.live.source import Source


def read(source):
    """Index everything."""
    while source.turn():
        pass


def until(source, condition):
    """Index until a condition holds that another thread fulfils."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        if not source.turn():
            time.sleep(0.001)


def test_events_are_read_again_as_they_were(source):
    """Events are read again unchanged: one by one, in a row, some of them, and by another reader."""
    shown, events = source(traffic()), traffic()
    assert [shown.event(number) for number in range(15)] == events
    assert [*shown.events(range(15))] == events
    assert [*shown.events([2, 7, 11])] == [events[2], events[7], events[11]]
    assert [*shown.events([])] == []
    assert [*shown.again(9)] == events[:9]
    assert (shown.whole, shown.trouble, shown.torn) == (True, "", "")


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 17])
def test_lines_are_found_wherever_a_slice_ends(written, monkeypatch, size):
    """A slice may end within a line, at its end, or at its beginning."""
    monkeypatch.setattr(module, "SLICE", size)
    shown = Source(str(written(traffic())))
    read(shown)
    assert [*shown.events(range(15))] == traffic()
    shown.close()


def test_a_carriage_return_ends_no_line(source):
    """Only a newline ends a line."""
    events = [said('{"a":"\u2028\x85"}'.encode(), 1), said(b'{"a":1}\r{"b":2}', 2)]
    assert [*source(events).events(range(2))] == events


def test_a_last_line_that_is_torn_is_said_and_left_out(written):
    """An incomplete last line is left out with a warning, as in `stats`."""
    path = written(traffic())
    path.write_bytes(path.read_bytes()[:-5])
    shown = Source(str(path))
    read(shown)
    assert (len(shown.index), shown.whole) == (14, True)
    assert shown.torn == "run.jsonl:16: the last line is incomplete (its recorder was killed) and is left out"
    shown.close()


def test_what_another_process_writes_is_followed(written):
    """Lines of another process are added as soon as they are complete."""
    path = written(traffic()[:3])
    shown = Source(str(path), follow=True)
    read(shown)
    line = dump(traffic()[3])
    with path.open("ab", buffering=0) as file:
        file.write(line[:10])
        read(shown)
        assert (len(shown.index), shown.torn) == (3, "")
        file.write(line[10:] + dump(traffic()[4]))
    read(shown)
    assert [*shown.events(range(5))] == traffic()[:5]
    shown.close()


def test_a_capture_that_is_cut_off_is_said(written):
    """A truncation is reported, and reading raises an error instead of a crash."""
    path = written(traffic())
    shown = Source(str(path), follow=True)
    read(shown)
    os.truncate(path, 300)
    read(shown)
    assert "was truncated" in shown.trouble
    with pytest.raises(InputError, match="truncated"):
        shown.event(12)
    with pytest.raises(InputError, match="truncated"):
        [*shown.again(12)]
    shown.close()


def test_a_capture_that_is_replaced_is_said(written, tmp_path):
    """A replacement is reported; the opened file is still shown."""
    path = written(traffic())
    shown = Source(str(path), follow=True)
    read(shown)
    other = tmp_path / "other.jsonl"
    other.write_bytes(dump_all([HEADER]))
    other.replace(path)
    read(shown)
    assert "was replaced" in shown.trouble
    assert shown.event(1) == traffic()[1]
    shown.close()


def test_a_malformed_line_is_said_with_its_number(written):
    """A malformed line is reported with its number; all events before it are shown."""
    path = written(traffic())
    lines = path.read_bytes().splitlines(keepends=True)
    lines[5] = b'{"event":"frame"}\n'
    path.write_bytes(b"".join(lines))
    shown = Source(str(path))
    read(shown)
    assert len(shown.index) == 4
    assert shown.trouble.startswith("run.jsonl:6: malformed event")
    shown.close()


def test_what_is_no_capture_is_refused(tmp_path):
    """A file that is not a capture is refused, as by every command."""
    path = tmp_path / "x.md"
    path.write_text("# no capture\n")
    with pytest.raises(InputError, match="not a capture"):
        Source(str(path))
    with pytest.raises(InputError, match="No such file"):
        Source(str(tmp_path / "absent"))


def test_a_compressed_capture_is_shown(written):
    """A compressed capture is shown from a temporary file."""
    path = written(traffic())
    compressed = path.with_suffix(".jsonl.zst")
    compressed.write_bytes(zstandard.compress(path.read_bytes()))
    shown = Source(str(compressed))
    until(shown, lambda: shown.whole)
    assert [*shown.events(range(15))] == traffic()
    shown.close()


def test_standard_input_is_shown_as_it_comes(monkeypatch):
    """Standard input is shown before it ends."""
    reading, writing = os.pipe()
    os.write(writing, dump_all([HEADER, *traffic()[:2]]))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(os.fdopen(reading, "rb")))
    shown = Source("-")
    until(shown, lambda: len(shown.index) == 2)
    assert (shown.name, shown.following, shown.whole) == ("standard input", True, False)
    os.write(writing, dump(traffic()[2]))
    os.close(writing)
    until(shown, lambda: len(shown.index) == 3 and shown.whole)
    shown.close()


def test_a_long_line_takes_its_time_once(written, monkeypatch):
    """A long line is joined once, not for every slice."""
    monkeypatch.setattr(module, "SLICE", 1 << 12)
    event = said({"id": 1, "method": "m", "params": ["x" * (1 << 21)]}, 1)
    shown = Source(str(written([event])))
    read(shown)
    assert shown.event(0) == event
    shown.close()


def test_another_thread_may_read_while_events_come(source, written):
    """Another thread can read with a reader of its own."""
    events = traffic() * 200
    shown, found = source(events), []
    thread = threading.Thread(target=lambda: found.extend(shown.again(len(events))))
    thread.start()
    assert [*shown.events(range(0, len(events), 50))] == events[::50]
    thread.join()
    assert found == events

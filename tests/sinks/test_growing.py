"""Lines of a capture that is still written come whole, each once; and a file that is another one is told."""

import fcntl
import os
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.errors import InputError
from recorder.sinks.growing import FIRST, Growing


@pytest.fixture
def path(tmp_path):
    """A file with two lines."""
    found = tmp_path / "run.jsonl"
    found.write_bytes(b"header\none\n")
    return found


def add(path, data):
    """More of it."""
    with path.open("ab") as file:
        file.write(data)


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"") + b"\n"), min_size=1), st.data())
def test_lines_come_whole(tmp_path_factory, lines, data):
    """However they are written, and however little is read at once."""
    text, found, at = b"".join(lines), [], len(lines[0])
    path = tmp_path_factory.mktemp("growing") / "run.jsonl"
    path.write_bytes(text[:at])
    with closing(Growing.open(path)) as growing:
        assert growing.header == lines[0]
        while at < len(text):
            more = data.draw(st.integers(1, len(text) - at))
            add(path, text[at : at + more])
            at += more
            size = data.draw(st.integers(1, 40))
            while (new := growing.turn(size)) is not None:
                found += new
            assert b"".join(found) + text[at - growing.torn : at] == text[len(lines[0]) : at]
            assert growing.read == growing.size == at
        assert found == lines[1:]
        growing.rewind()
        assert growing.turn(len(text)) == (lines[1:] or None)


def test_a_long_header(tmp_path):
    """Longer than what is read at once; or one that is not whole yet."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"x" * (2 * FIRST) + b"\none\n")
    with closing(Growing.open(path)) as growing:
        assert growing.header == b"x" * (2 * FIRST) + b"\n"
        assert growing.turn(100) == [b"one\n"]
    path.write_bytes(b"x")
    with closing(Growing.open(path)) as growing:
        assert growing.header == b"x"


def test_what_has_no_lines(tmp_path):
    """An empty file has no header; one that is not there is an error."""
    (tmp_path / "run.jsonl").touch()
    with closing(Growing.open(tmp_path / "run.jsonl")) as growing:
        assert (growing.header, growing.turn(100)) == (b"", None)
    with pytest.raises(InputError, match=r"none\.jsonl: cannot read: No such file"):
        Growing.open(tmp_path / "none.jsonl")


def test_a_file_that_grows_has_not_changed(path):
    """Nor one that was moved, or removed: what is open can still be read."""
    with closing(Growing.open(path)) as growing:
        growing.turn(100)
        add(path, b"two\n")
        assert growing.changed == ""
        path.rename(path.with_name("other.jsonl"))
        assert growing.changed == ""
        assert growing.turn(100) == [b"two\n"]


def test_a_file_that_was_cut(path):
    """Below what was read."""
    with closing(Growing.open(path)) as growing:
        growing.turn(100)
        os.truncate(path, 7)
        assert growing.changed == "was truncated"
        assert growing.again(7, 11) == b""


@pytest.mark.parametrize("anew", [True, False])
def test_another_file_in_its_place(path, anew):
    """By another name, or written over it: it begins with another header."""
    with closing(Growing.open(path)) as growing:
        growing.turn(100)
        other = path if anew else path.with_name("other.jsonl")
        other.write_bytes(b"another\none\ntwo\n")
        other.replace(path)
        assert growing.changed == "was replaced by another"


def test_whether_it_is_still_written(path):
    """Its recorder holds a lock."""
    with closing(Growing.open(path)) as growing, path.open("ab") as file:
        assert not growing.written
        fcntl.flock(file, fcntl.LOCK_EX)
        assert growing.written
        fcntl.flock(file, fcntl.LOCK_UN)
        assert not growing.written

"""Printing aside: nobody waits for who looks."""

import os
import threading

import pytest

from recorder.cli import terminal
from recorder.cli.terminal import Terminal

BIG = "x" * (1 << 20)
"""More than any pipe holds."""


@pytest.fixture
def pipe():
    """Both ends of a pipe: what is read from, and a text file that writes to it."""
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader, os.fdopen(write, "w", encoding="ascii") as writer:
        yield reader, writer


def test_what_is_written_comes_out_in_order(pipe):
    """Letters that the output lacks come by their numbers; what the file itself held back comes first."""
    reader, writer = pipe
    writer.write("0 ")
    with Terminal(writer) as out:
        out.write("1 æ\n")
        out.write("2 …\n")
    writer.close()
    assert reader.read() == b"0 1 \\xe6\n2 \\u2026\n"


def test_a_reader_that_pauses_holds_up_nobody(pipe, monkeypatch):
    """Writing returns at once, it is said that the output takes nothing, and the end does not wait for ever."""
    monkeypatch.setattr(terminal, "PAUSED", 0.01)
    reader, writer = pipe
    before = set(threading.enumerate())
    with Terminal(writer) as out:
        assert out.ready
        out.write(BIG)
        out.write("later")
        assert not out.ready
    reader.close()  # lets the thread go
    for thread in set(threading.enumerate()) - before:
        thread.join()


def test_a_reader_that_went_away_is_no_reason_to_stop(pipe):
    """Nor is it one to print less when somebody comes to look."""
    reader, writer = pipe
    reader.close()
    before = threading.active_count()
    with Terminal(writer) as out:
        out.write(BIG)
        out.write("again")
    assert out.ready
    assert threading.active_count() == before


def test_what_a_command_is_at_stands_beside_its_output(capsys):
    """One line, whatever a peer has put into it."""
    terminal.note("the node says\x1b[2J\n")
    assert tuple(capsys.readouterr()) == ("", "recorder: the node says\\x1b[2J\\n\n")


@pytest.mark.parametrize("say", [terminal.tell, terminal.warn, terminal.note])
def test_a_line_of_a_command_controls_no_terminal(capsys, say):
    """It may hold what a peer chose, as the name that a run of a stream has given itself."""
    say("run \x1b[2J\nrecorder: all is well")
    printed = "".join(capsys.readouterr())
    assert printed.endswith("run \\x1b[2J\\nrecorder: all is well\n")
    assert printed.count("\n") == 1

"""Errors are one line each and say where."""

import errno
import os
import socket

import pytest

from recorder.errors import CaptureWriteError, DecodeError, InputError, reason_of


def test_an_input_error_names_file_and_line():
    """A user's mistake is found by file and line, counted from 1."""
    assert str(InputError("no such thing", file="run.jsonl", line=3)) == "run.jsonl:3: no such thing"
    assert str(InputError("no such thing", file="run.jsonl")) == "run.jsonl: no such thing"
    assert str(InputError("no such thing")) == "no such thing"


def test_a_write_error_carries_the_systems_reason():
    """A full disk is said in the system's own words."""
    error = CaptureWriteError("run.jsonl", OSError(28, "No space left on device"))
    assert str(error) == "run.jsonl: cannot write the capture: No space left on device"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EADDRINUSE, "error while attempting to bind"), os.strerror(errno.EADDRINUSE)),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError("no socket"), "no socket"),
    ],
)
def test_a_reason_is_the_system_s(error, reason):
    """Whatever a library has made of it; names that are not found have numbers of their own."""
    assert reason_of(error) == reason


def test_a_decode_error_names_the_path_and_the_offset():
    """The element that is wrong is named by path and offset."""
    assert (
        str(DecodeError("not an id", path="signed_tx.signatures", offset=7))
        == "signed_tx.signatures: not an id (offset 7)"
    )
    assert str(DecodeError("too short")) == "too short (offset 0)"

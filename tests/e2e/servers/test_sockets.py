"""A language server behind a TCP port: recorded, played and verified by the commands that the guide shows.

Rule: the commands are those of the page; only the ports and the capture's name are others.
"""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedRWPair
from pathlib import Path
from typing import TypeVar

import pytest
from installing import INSTALLING, program
from pages import blocks
from pairings import python
from ports import free_port
from verdicts import ENV, RUNNING, STARTING

from recorder.framing import encode

pytestmark = [pytest.mark.servers, pytest.mark.timeout(INSTALLING + 4 * RUNNING)]

GUIDE = "docs/guides/stdio.md"
RECORDER = Path(sys.executable).with_name("recorder")
TURN = 0.05
TALK = [
    {"id": 1, "method": "initialize", "params": {"capabilities": {}}},
    {"id": 2, "method": "shutdown"},
]

T = TypeVar("T")


def shown(server: int, port: int) -> list[list[str]]:
    """The guide's commands: to record, to play and to verify."""
    lines = "".join(block.text for block in blocks(GUIDE, "bash"))
    for old, new in {"5000": str(server), "5001": str(port), "recorder ": f"{RECORDER} "}.items():
        lines = lines.replace(old, new)
    return [shlex.split(line) for line in lines.splitlines()]


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[None]:
    """A process that ends with the block."""
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV
    ) as started:
        try:
            yield
        finally:
            started.terminate()


def soon(attempt: Callable[[], T], expected: type[Exception]) -> T:
    """What an attempt gives that fails until something is there."""
    end = time.monotonic() + STARTING
    while True:
        try:
            return attempt()
        except expected:
            if time.monotonic() > end:
                raise
        time.sleep(TURN)


def talk(port: int) -> list[dict[str, object]]:
    """What an editor is answered."""
    with soon(lambda: socket.create_connection(("127.0.0.1", port)), ConnectionRefusedError) as there:
        there.settimeout(RUNNING)
        with there.makefile("rwb") as file:
            return [asked(file, message) for message in TALK]


def asked(file: BufferedRWPair, message: dict[str, object]) -> dict[str, object]:
    """The answer to one request."""
    file.write(encode(json.dumps({"jsonrpc": "2.0", **message}).encode(), with_length=True))
    file.flush()
    length = 0
    while line := file.readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return json.loads(file.read(length))


def recorded(folder: Path) -> Path:
    """The one capture of a folder, once its session has ended."""
    [capture] = folder.glob("run-*.jsonl")
    if '"event":"closed"' not in capture.read_text().splitlines()[-1]:
        raise FileNotFoundError("it is not whole yet")
    return capture


def test_a_server_behind_a_port(tmp_path):
    """It is recorded as it answers, it verifies, and its mock answers the same."""
    program("socat")
    server, port, mock = free_port(), free_port(), free_port()
    record, _, verify = shown(server, port)
    _, play, _ = shown(server, mock)
    with running([python(), "-m", "pylsp", "--tcp", "--host", "127.0.0.1", "--port", str(server)], tmp_path):
        direct = talk(server)
        with running(record, tmp_path):
            assert talk(port) == direct
        soon(lambda: recorded(tmp_path), FileNotFoundError).rename(tmp_path / "run.jsonl")
        verified = subprocess.run(
            verify, cwd=tmp_path, capture_output=True, text=True, timeout=RUNNING, env=ENV, check=False
        )
        assert verified.stdout.endswith("same\n"), verified
    with running(play, tmp_path):
        assert talk(mock) == direct

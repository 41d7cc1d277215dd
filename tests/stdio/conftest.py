"""A recorder that stands in for a server, as a client starts it."""

import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest

from recorder.api import load

PATIENCE = 20.0


class Starting:
    """Starts recorders that write to a file."""

    def __init__(self, file):
        self.file = file

    @contextmanager
    def __call__(self, *command, options=(), **how):
        """A recorder in front of a server; it is gone at the end."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        recorder = [sys.executable, "-m", "recorder", "stdio", "-o", str(self.file), *options, "--"]
        child = subprocess.Popen([*recorder, *map(str, command)], **(pipes | how))
        try:
            yield child
        finally:
            child.kill()
            child.wait()
            for pipe in filter(None, (child.stdin, child.stdout, child.stderr)):
                with suppress(BrokenPipeError):  # what it has not taken
                    pipe.close()

    def talk(self, *command, said=b"", **how):
        """Say all at once, and hear all: exit code, output, errors."""
        with self(*command, **how) as child:
            out, err = child.communicate(said, timeout=PATIENCE)
            return child.returncode, out, err

    @property
    def events(self):
        """What is in the capture."""
        with load(self.file) as capture:
            return list(capture)

    def frames(self, direction):
        """What is in the capture of a direction."""
        return [event.payload for event in self.events if getattr(event, "direction", "") == direction]


@pytest.fixture
def start(tmp_path):
    """Starts recorders that write to `run.jsonl`."""
    return Starting(tmp_path / "run.jsonl")

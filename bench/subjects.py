"""What is measured: each a child process between the load generator and the node, and the children it is done with.

Rule: every subject starts the same way a user starts it, with the settings that favour it; whoever starts a process
here ends it. A new subject is a function and a line in `SUBJECTS`.
"""

from __future__ import annotations

import dataclasses
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from load import Spec

HERE = Path(__file__).parent
PATIENCE = 20.0  # seconds for a process to start or to end
MITMDUMP = Path(sys.executable).parent / "mitmdump"


def _recorder(node: int, port: int, folder: Path) -> Sequence[str | Path]:
    address = f"127.0.0.1:{port}"
    output = folder / f"{port}.jsonl"
    return [
        sys.executable,
        "-m",
        "recorder",
        "record",
        f"ws://127.0.0.1:{node}",
        "--listen",
        address,
        "-o",
        output,
        "-q",
    ]


def _mitmdump(node: int, port: int, folder: Path) -> Sequence[str | Path]:
    mode = f"reverse:http://127.0.0.1:{node}@127.0.0.1:{port}"
    return [MITMDUMP, "-q", "--set", f"confdir={folder / 'mitmproxy'}", "--mode", mode]


def _passthrough(node: int, port: int, folder: Path) -> Sequence[str | Path]:
    return [sys.executable, HERE / "passthrough.py", str(node), str(port), folder / f"{port}.log"]


RECORDER, CONTROL, BARE, PASSTHROUGH, DIRECT = "recorder", "recorder again", "mitmdump", "pass-through", "direct"
SUBJECTS: dict[str, Callable[[int, int, Path], Sequence[str | Path]] | None] = {
    RECORDER: _recorder,
    BARE: _mitmdump,
    PASSTHROUGH: _passthrough,
    CONTROL: _recorder,  # the A/A control: what differs between these two is noise
    DIRECT: None,  # no proxy: the floor
}
WRITES = {RECORDER: "jsonl", CONTROL: "jsonl", PASSTHROUGH: "log"}


class Child:
    """A process of ours, whose output begins with a line where that is asked for, and which ends with the block."""

    def __init__(self, command: Sequence[str | Path], *, talks: bool = False) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talks else subprocess.DEVNULL,
            text=True,
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()  # which is how our own scripts learn that they are done
        else:
            self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        if code and error is None:
            raise ChildProcessError(f"{self._process.args!r} ended with code {code}")

    def read(self) -> str:
        """Its next line.

        Raises:
            ChildProcessError: it has ended; why stands on the terminal.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"{self._process.args!r} ended, code {self._process.wait()}")
        return line

    def write(self, line: str) -> None:
        """Send it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def listens(self, port: int) -> None:
        """Wait until somebody accepts on this port."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise ChildProcessError(f"{self._process.args!r} does not listen on {port}") from None
                time.sleep(0.02)  # between two looks
            else:
                return


class Subject(Child):
    """A subject in front of the node."""

    def __init__(self, name: str, node: int, folder: Path) -> None:
        make = SUBJECTS[name]
        assert make is not None
        self.name, self.port = name, _free_port()
        self._written = folder / f"{self.port}.{WRITES.get(name, 'nothing')}"
        super().__init__(make(node, self.port, folder))
        self.carried = 0.0  # bytes of payload in the frames that were measured

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self.name in WRITES and error is None and self._written.stat().st_size < self.carried:
            raise ValueError(f"{self.name} carried {self.carried:,.0f} bytes and did not write them all down")
        self._written.unlink(missing_ok=True)


class Load(Child):
    """The load generator's process."""

    def __init__(self) -> None:
        super().__init__([sys.executable, HERE / "load.py"], talks=True)

    def measure(self, spec: Spec) -> dict[str, float]:
        """Carry out one order."""
        self.write(json.dumps(dataclasses.asdict(spec)))
        figures: dict[str, float] = json.loads(self.read())
        return figures


class Node(Child):
    """The node's process."""

    def __init__(self) -> None:
        super().__init__([sys.executable, HERE / "node.py"], talks=True)
        self.port = int(self.read())


def _free_port() -> int:
    """A port of this machine's loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

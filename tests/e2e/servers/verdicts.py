"""Records each pairing twice and asks `recorder` what it makes of it; run by itself, prints the verdicts as a table.

Rule: everything is done through the command and real processes, without a rules file; nothing is judged here, so that
the tests and the table say the same. Every process ends by its own handle.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from pairings import PAIRINGS, Pairing  # noqa: E402 - found beside this file, also when it is run by itself
from ports import free_port  # noqa: E402

STARTING = 60.0  # seconds
RUNNING = 60.0
ENDING = 20.0
ENV = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


class Process:
    """A process that prints into a file, and ends by its own handle."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("wb") as output:
            self.handle = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env or ENV
            )

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until it prints something."""
        limit = time.monotonic() + STARTING
        while not (found := re.search(pattern, self.said)):
            assert self.handle.poll() is None, f"{self.handle.args} ended: {self.said}"
            assert time.monotonic() < limit, f"{self.handle.args} does not say {pattern!r}: {self.said}"
            time.sleep(0.02)
        return found

    def listens(self, port: int) -> None:
        """Wait until something answers where it listens, which some say before it is so."""
        limit = time.monotonic() + STARTING
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                return
            assert self.handle.poll() is None, f"{self.handle.args} ended: {self.said}"
            assert time.monotonic() < limit, f"{self.handle.args} does not listen: {self.said}"
            time.sleep(0.02)

    def wait(self, seconds: float) -> int | None:
        """Its exit code; nothing if it goes on."""
        try:
            return self.handle.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self, number: int = signal.SIGINT) -> int:
        """End it, if it has not ended, and say its exit code."""
        if self.handle.poll() is None:
            self.handle.send_signal(number)
        if self.wait(ENDING) is None:
            self.handle.kill()
        return self.handle.wait()


@dataclass
class Replayed:
    """What came of a client in front of the mock."""

    client: int | None
    said: str
    code: int | None
    seconds: float
    text: str


@dataclass
class Verified:
    """What came of the capture's parties in front of a fresh server."""

    code: int
    differences: int
    seconds: float
    text: str


@dataclass
class Trial:
    """A pairing, recorded twice with a given `recorder`, and what the commands say of it."""

    pairing: Pairing
    folder: Path
    recorder: list[str]
    options: list[str] = field(default_factory=list)

    def capture(self, run: str) -> Path:
        """The capture of a run, `a` or `b`."""
        return self.folder / f"{self.pairing.name}-{run}.jsonl"

    @contextlib.contextmanager
    def server(self, log: str) -> Iterator[tuple[str, str]]:
        """A fresh server: its address, and the path that it told."""
        port, home = free_port(), Path(tempfile.mkdtemp(dir=self.folder))
        process = Process(self.pairing.start(port, home), self.folder / f"{log}.log", {**ENV, "PORT": str(port)})
        try:
            told = process.says(self.pairing.ready).groupdict()
            process.listens(port)
            yield f"127.0.0.1:{port}", told.get("path", "")
        finally:
            process.end(signal.SIGTERM)

    def client(self, address: str, path: str, log: str) -> tuple[int | None, str]:
        """Run the client: its exit code, if it ended, and what it said."""
        command = self.pairing.command(self.folder, address, path)
        process = Process(command, self.folder / f"{log}.log")
        try:
            code = process.wait(RUNNING)
        finally:
            process.end(signal.SIGKILL)
        return code, process.said

    def record(self, run: str) -> str:
        """Record the client and a fresh server; what the client said."""
        with self.server(f"server-{run}") as (address, path):
            command = [*self.recorder, "record", f"ws://{address}", "--listen", "127.0.0.1:0", "--overwrite"]
            process = Process(
                [*command, "-o", str(self.capture(run)), *self.options], self.folder / f"record-{run}.log"
            )
            try:
                there = process.says(r"listening on (?:\w+://)?(?P<address>127\.0\.0\.1:\d+)")["address"]
                code, said = self.client(there, path, f"client-{run}")
            finally:
                ended = process.end()
        assert code == 0, f"the client exits with {code}: {said}"
        assert ended == 0, process.said
        self.capture(run).with_suffix(".path").write_text(path)
        self.capture(run).with_suffix(".said").write_text(said)
        return said

    def said(self, run: str) -> str:
        """What the client said while it was recorded."""
        return self.capture(run).with_suffix(".said").read_text()

    def path(self, run: str) -> str:
        """The path that the server told while it was recorded."""
        return self.capture(run).with_suffix(".path").read_text()

    @property
    def frames(self) -> int:
        """How many frames the first run has."""
        return self.capture("a").read_text().count('"event":"frame"')

    def ask(self, *arguments: str) -> tuple[int, str]:
        """Run a command of the recorder: its exit code, and what it prints."""
        done = subprocess.run(
            [*self.recorder, *arguments], capture_output=True, text=True, timeout=4 * RUNNING, check=False, env=ENV
        )
        return done.returncode, done.stdout + done.stderr

    def diff(self) -> tuple[int, int, str]:
        """Compare both runs: exit code, differences, and what is said."""
        code, text = self.ask("diff", str(self.capture("a")), str(self.capture("b")))
        found = re.findall(r"^(\d+) differences? in", text, re.MULTILINE)
        return code, int(found[-1]) if found else -1, text

    @contextlib.contextmanager
    def mock(self, log: str, *options: str) -> Iterator[tuple[str, Process]]:
        """A mock of the first run: its address, and its process, which may end by itself."""
        command = [*self.recorder, "replay", str(self.capture("a")), "--listen", "127.0.0.1:0", "-q", *options]
        process = Process(command, self.folder / f"{log}.log")
        try:
            yield process.says(r"listening on (?:\w+://)?(?P<address>127\.0\.0\.1:\d+)")["address"], process
        finally:
            process.end()

    def replay(self) -> Replayed:
        """Play the first run to the same client."""
        begun = time.monotonic()
        with self.mock("replay") as (address, process):
            client, said = self.client(address, self.path("a"), "client-replay")
            code = process.wait(ENDING / 2)
        ended = process.handle.returncode
        return Replayed(client, said, code, time.monotonic() - begun, f"{process.said}\n(exit code {ended})")

    def verify(self) -> Verified:
        """Play the first run's clients to a fresh server."""
        with self.server("server-verify") as (address, path):
            return self._verified(f"ws://{address}{path}", "--timeout", "10")

    def mirror(self) -> Verified:
        """Play the first run's clients to its mock; what either waits for longer than it has to is missing."""
        with self.mock("mirror", "--loop") as (address, _process):
            return self._verified(f"ws://{address}", "--timeout", "10", "--patience", "1")

    def _verified(self, url: str, *options: str) -> Verified:
        begun = time.monotonic()
        code, text = self.ask("verify", str(self.capture("a")), url, *options)
        seconds = time.monotonic() - begun
        rows = re.findall(r"^.*\s(\d+)\s+(\d+)\s+(?:same|differs)$", text, re.MULTILINE)
        differences = sum(int(row[1]) for row in rows) if rows else -1
        return Verified(code, differences, seconds, text)


def _row(trial: Trial) -> list[str]:
    """The verdicts on a pairing, a cell each."""
    head = [trial.pairing.server, trial.pairing.client]
    try:
        for run in "ab":
            trial.record(run)
    except AssertionError as error:
        (trial.folder / "record.txt").write_text(str(error))
        return [*head, "not recorded", "", "", "", ""]
    code, differences, text = trial.diff()
    (trial.folder / "diff.txt").write_text(text)
    replayed = trial.replay()
    (trial.folder / "replay.txt").write_text(replayed.text)
    counts = re.findall(r"(\d+) extra, (\d+) missing", replayed.text)
    unexpected, unused = counts[-1] if counts else (("0", "0") if "nothing else" in replayed.text else ("?", "?"))
    same = "same" if replayed.said == trial.said("a") else "other"
    verified = trial.verify()
    (trial.folder / "verify.txt").write_text(verified.text)
    return [
        *head,
        str(trial.frames),
        f"{differences} (exit {code})",
        f"client exit {replayed.client}, output {same}",
        f"exit {replayed.code}, {unexpected} unexpected, {unused} unused, {replayed.seconds:.1f} s",
        f"{verified.differences} (exit {verified.code}), {verified.seconds:.1f} s",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What a recorder makes of real servers and clients.")
    parser.add_argument("--recorder", default="recorder", help="its command")
    parser.add_argument("--keep", type=Path, help="a folder for captures, logs and what the commands said")
    parser.add_argument("--only", default=".", help="pairings whose names match this")
    parser.add_argument("options", nargs="*", help="options of `recorder record`, after --")
    given = parser.parse_args()
    kept = given.keep or Path(tempfile.mkdtemp())
    head = ["server", "client", "frames", "diff", "replay: client", "replay", "verify"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    for pairing in PAIRINGS:
        if re.search(given.only, pairing.name):
            folder = kept / pairing.name
            folder.mkdir(parents=True, exist_ok=True)
            try:
                row = _row(Trial(pairing, folder, given.recorder.split(), given.options))
            except pytest.skip.Exception as reason:
                row = [pairing.server, pairing.client, f"skipped: {reason}", "", "", "", ""]
            print(f"| {' | '.join(row)} |", flush=True)
    if not given.keep:
        shutil.rmtree(kept)


if __name__ == "__main__":
    main()

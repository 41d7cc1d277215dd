"""What the tests of a fleet share: captures that grow, commands in processes, a network that fails, and the comparison.

Rule: what happens at "random" moments happens when a capture has so many lines, which a seed says: a test that fails can be
run again. Nothing sleeps for luck, and everything ends by its own handle.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Thread
from typing import Self

from recorder import capture
from recorder.model import Closed, Header, Opened

LIMIT = 40
"""Seconds that anything may take; reached only when a test fails."""

STREAM = "TRAFFIC"
BEGAN = 1_795_000_000 * 10**9  # nanoseconds


def wait_for(condition: Callable[[], object]) -> None:
    """Look until something is so."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class Growing:
    """A capture that a recorder writes: sessions of numbered messages, a few lines at a time, until so many are there.

    Args:
        path: the file.
        run: the id in its header.
        lines: how many there will be, with the header.
        sessions: how many are open at once.
        pause: seconds between two batches of lines; the pace of traffic.
    """

    BATCH = 10

    def __init__(self, path: Path, run: str, lines: int, *, sessions: int = 3, pause: float = 0.01) -> None:
        self.path, self.run, self.lines, self._sessions, self._pause = path, run, lines, sessions, pause
        self.written, self._grown = 0, Condition()
        self._put(capture.dump(Header(format=capture.FORMAT, run=run, recorder="test")), 1)
        self._thread = Thread(target=self._write, daemon=True)

    def _put(self, text: bytes, lines: int) -> None:
        with self.path.open("ab") as file:
            file.write(text)
        with self._grown:
            self.written += lines
            self._grown.notify_all()

    def _events(self):
        for session in range(1, self._sessions + 1):
            yield Opened(time=BEGAN, session=session, party=f"{self.run}-{session}", url="ws://node/")
        for number in range(self.lines - 1 - 2 * self._sessions):
            text = json.dumps({"jsonrpc": "2.0", "method": "count", "params": [self.run, number, "x" * (number % 200)]})
            yield capture.frame(
                text.encode(),
                time=time.time_ns(),
                session=1 + number % self._sessions,
                direction="to_node" if number % 3 else "from_node",
            )
        for session in range(1, self._sessions + 1):
            yield Closed(time=time.time_ns(), session=session, code=1000)

    def _write(self) -> None:
        batch = []
        for event in self._events():
            batch.append(event)
            if len(batch) == self.BATCH:
                self._put(capture.dump_all(batch), len(batch))
                batch = []
                time.sleep(self._pause)
        if batch:
            self._put(capture.dump_all(batch), len(batch))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.join(LIMIT)

    def reaches(self, line: int) -> None:
        """Wait until it has so many lines."""
        with self._grown:
            assert self._grown.wait_for(lambda: self.written >= line, LIMIT), f"{self.written} lines of {line}"

    def ends(self) -> None:
        """Wait until it is whole."""
        self.reaches(self.lines)


class Command:
    """A command of ours in a process, and what it has said."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.arguments = arguments
        self._log = folder / f"{arguments[0]}-{len([*folder.glob('*.log')])}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "recorder", *arguments],
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, "NO_COLOR": "1"},
            )

    @property
    def said(self) -> str:
        """All that it has printed."""
        return self._log.read_text()

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until it has printed this."""
        wait_for(lambda: re.search(pattern, self.said) or self.process.poll() is not None)
        found = re.search(pattern, self.said)
        assert found, f"{self.arguments} ended: {self.said}"
        return found

    def end(self, number: int | None = signal.SIGINT) -> int:
        """Send it a signal, or none, and wait for its exit code."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(LIMIT)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(folder: Path, *arguments: str):
    """A command, killed at the end if it still runs."""
    one = Command(folder, *arguments)
    try:
        yield one
    finally:
        one.kill()


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    """Run a command to its end: what it printed."""
    with running(folder, *arguments) as one:
        assert one.end(None) == code, one.said
        return one.said


class Network:
    """A proxy between a client and a server, which can stop to forward, break its connections, or be slow.

    Args:
        port: of the server.

    Attributes:
        port: of the proxy.
    """

    CHUNK = 1 << 14

    def __init__(self, port: int, *, rate: float = 0) -> None:
        self._server, self._rate, self.port = port, rate, 0
        self._loop = asyncio.new_event_loop()
        self._open: asyncio.Event
        self._writers: set[asyncio.StreamWriter] = set()
        self._started = Condition()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._run(),), daemon=True)

    async def _run(self) -> None:
        self._open, self._over = asyncio.Event(), asyncio.Event()
        self._open.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        with self._started:
            self.port = server.sockets[0].getsockname()[1]
            self._started.notify_all()
        await self._over.wait()
        server.close()
        self._break()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, far_writer}
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._forward(reader, far_writer), self._forward(far_reader, writer))
        for one in (writer, far_writer):
            self._writers.discard(one)
            one.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(self.CHUNK):
            await self._open.wait()
            writer.write(data)
            await writer.drain()
            if self._rate:
                await asyncio.sleep(len(data) / self._rate)
        writer.transport.abort()

    def _break(self) -> None:
        for writer in [*self._writers]:
            writer.transport.abort()

    def part(self) -> None:
        """Forward nothing any more, and refuse nobody: connections hang."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def heal(self, *, broken: bool) -> None:
        """Forward again: over the connections that there are, or over new ones."""
        if broken:
            self._loop.call_soon_threadsafe(self._break)
        self._loop.call_soon_threadsafe(self._open.set)

    def __enter__(self) -> Self:
        with self._started:
            self._thread.start()
            assert self._started.wait_for(lambda: self.port, LIMIT)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(LIMIT)
        self._loop.close()

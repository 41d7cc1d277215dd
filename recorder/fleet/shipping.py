"""Ships a capture to a stream: as it is, or also what is still written.

Rule: the capture itself is the queue: what the stream does not accept waits there, and nothing else is stored. Which lines
the stream has, the stream is asked. If lines wait for some seconds, that is reported; and at the end what is missing.
"""

from __future__ import annotations

import asyncio
import math
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from recorder import capture
from recorder.errors import InputError
from recorder.fleet.address import StreamAddress
from recorder.fleet.connection import AGAIN, MADE, UNREACHED, Say, connected, opened, why
from recorder.fleet.packing import MOST, Packing
from recorder.fleet.parcels import Parcel, token
from recorder.fleet.window import Another, Gone, Mark, Window
from recorder.interchange.files import ZSTD_MAGIC, torn, unpacked
from recorder.sinks.growing import Growing

SLICE = 1 << 20
"""Bytes that are read at once."""

LOOK = 0.5
"""Seconds between two looks at a capture that grows slowly: what is written meanwhile goes together, because a parcel costs a
hundred times as much as a line. It is shorter than the time for which followers of a stream hold lines back."""

WATCH = 1.0
"""Seconds between two checks of the progress."""

BEHIND = 3.0
"""Seconds after which it is reported that lines wait."""

TOLD = 5.0
"""Seconds between two lines about the progress."""

PATIENCE, REST = 30.0, 5.0
"""Seconds without progress until a file is given up; and seconds for the rest when the recording has ended."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """How much of a capture has been shipped.

    Args:
        lines: how many of its lines, from the first, are in the stream.
        missing: how many more lines it has.
        size: how many bytes those have.
        why: why they are not in the stream.
    """

    lines: int
    missing: int
    size: int
    why: str


class Shipping:
    """One capture on its way to a stream.

    Args:
        path: the file of the capture, plain or zstd-compressed.
        address: the address of the stream.
        say: called with one line about progress, and about trouble.
        until: set when nothing more is to be followed; None for a file that is shipped as it is.

    Raises:
        InputError: it cannot be read, or is not a capture.
    """

    def __init__(self, path: Path, address: StreamAddress, say: Say, until: asyncio.Event | None = None) -> None:
        self._path, self._address, self._say, self._until = path, address, say, until
        self._growing = _opened(path, follow=until is not None)
        try:
            self._run = capture.load([self._growing.header], file=str(path))[0].run
        except InputError:
            self.close()
            raise
        self._over: asyncio.Task[Literal[True]] | None = None
        self._window: Window | None = None
        self._trouble = "no server has answered"
        self._make = True  # if the stream is not there
        self._deadline = math.inf
        self._goal, self._since = 0, time.monotonic()
        self._behind = False
        self._told = time.monotonic() + TOLD

    def close(self) -> None:
        """Close the capture."""
        self._growing.close()

    async def run(self) -> Shipped:
        """Ship it.

        Raises:
            InputError: the stream cannot be used, or a line of the capture is malformed.
        """
        shipping = asyncio.create_task(self._ship())
        if self._until is not None:
            self._over = asyncio.create_task(self._until.wait())
        try:
            while not shipping.done() and (left := self._deadline - time.monotonic()) > 0:
                awaited = {shipping, *self._ending}
                await asyncio.wait(awaited, timeout=min(left, WATCH), return_when=asyncio.FIRST_COMPLETED)
                self._watch()
            if shipping.done():
                shipping.result()
        finally:
            tasks = [shipping, *self._ending]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._shipped()

    @property
    def _ending(self) -> set[asyncio.Task[Literal[True]]]:
        """The task that waits until nothing more is to be followed; empty if it has ended, or there was nothing to follow."""
        return {self._over} if self._over is not None and not self._over.done() else set()

    @property
    def _taken(self) -> Mark:
        return self._window.taken if self._window is not None else Mark(0, 0)

    def _watch(self) -> None:
        """Report progress and trouble, and set the deadline."""
        now, taken, size = time.monotonic(), self._taken.offset, self._growing.size
        if taken >= self._goal:
            if self._behind:
                self._say(f"{self._path}: caught up, after {now - self._since:.0f} s")
            self._behind, self._since = False, now
            self._goal = size if self._until is not None else taken + 1
        elif now - self._since > BEHIND and not self._behind:
            since = time.strftime("%H:%M:%S", time.localtime(time.time() - (now - self._since)))
            self._say(f"{self._path}: {size - taken:,} bytes wait since {since}{self._because}")
            self._behind = True
        if now > self._told and self._until is None and not self._behind:
            self._say(f"{self._path}: {taken:,} of {size:,} bytes")
            self._told = now + TOLD
        if self._until is None:
            self._deadline = self._since + PATIENCE
        elif self._until.is_set():
            self._deadline = min(self._deadline, now + REST)

    @property
    def _because(self) -> str:
        trouble = (self._window.trouble if self._window is not None else "") or self._trouble
        return f": {trouble}" if trouble else ""

    def _shipped(self) -> Shipped:
        taken, missing = self._taken, 0
        begin, end = taken.offset, self._growing.size
        while begin < end and (data := self._growing.again(begin, min(begin + SLICE, end))):
            missing += data.count(b"\n")
            begin += len(data)
        return Shipped(taken.line, missing, end - taken.offset if missing else 0, self._because.removeprefix(": "))

    async def _ship(self) -> None:
        async with connected(self._address, say=self._say, patient=self._until is not None) as client:
            known = True  # whether the last parcel in the stream says which lines it has
            while True:
                try:
                    await self._through(client, known=known)
                except Gone as gone:
                    known = not isinstance(gone, Another)
                    self._say(f"{self._address}: {gone}; what it lacks is shipped again when it is there")
                    self._growing.rewind()
                    self._window, self._trouble = None, str(gone)
                    await asyncio.sleep(AGAIN)
                else:
                    return

    async def _through(self, client: Client, *, known: bool) -> None:
        """Ship everything that the stream does not have."""
        stream, most, had = await self._reached(client)
        last = await self._last(stream) if known else None
        begin, emptied = (last.taken, last.emptied) if last is not None else (0, had)
        growing, packing = self._growing, Packing(self._growing.header, str(self._path), most)
        window = Window(client, stream, self._address.stream, Mark(begin, 0), emptied, had)
        self._window = window
        header = [*packing.add([])]
        window.put([] if begin else header, Mark(1, len(growing.header)))
        try:
            try:
                await self._follow(window, packing, begin)
            except InputError:
                await self._drained(window)
                raise
            await self._end(window, packing, last)
        finally:
            window.forget()

    async def _follow(self, window: Window, packing: Packing, begin: int) -> None:
        """Ship lines until nothing more is to be followed, and the stream has them all."""
        growing, look = self._growing, 0.0
        while True:
            now, over = time.monotonic(), self._until is None or self._until.is_set()
            if window.room and (now >= look or over):
                if changed := growing.changed:
                    raise InputError(f"{changed} while it was shipped; ship it again", file=str(self._path))
                before = growing.read
                lines = growing.turn(SLICE)
                look = now + LOOK * (growing.read - before < SLICE)
                if lines:
                    self._pack(lines, window, packing, begin)
                elif lines is None and over and window.empty:
                    return
            await window.turn(max(0.0, look - now) if window.room else LOOK, self._ending)

    def _pack(self, lines: list[bytes], window: Window, packing: Packing, begin: int) -> None:
        """Put those lines into the window that the stream does not have."""
        end = self._growing.read - self._growing.torn
        if skipped := lines[: max(0, begin - packing.number)]:
            lines = lines[len(skipped) :]
            for _ in packing.add(skipped):
                pass  # the stream has them
            window.put([], Mark(packing.number, end - sum(map(len, lines))))
        first = packing.number
        before = Mark(first, end - sum(map(len, lines)))
        try:
            for parcel in packing.add(lines):
                window.put([parcel], before)
        finally:  # also of what stands before a malformed line
            window.put([], Mark(packing.number, end - sum(map(len, lines[packing.number - first :]))))

    async def _end(self, window: Window, packing: Packing, last: Parcel | None) -> None:
        """Send the end of the capture, unless the capture is still written or the stream has its end."""
        if self._growing.torn and not self._growing.written:
            self._say(torn(str(self._path), packing.number + 1))
        if last is not None and last.taken > packing.number:
            self._say(
                f"{self._path}: the stream has {last.taken:,} lines of this run, and the capture {packing.number:,} only"
            )
        elif not self._growing.written and not (last and last.kind == "ended" and last.taken == packing.number):
            window.put([packing.ended()], window.taken)
            await self._drained(window)

    async def _drained(self, window: Window) -> None:
        while not window.empty:
            await window.turn(LOOK)

    async def _reached(self, client: Client) -> tuple[JetStreamContext, int, int]:
        """The stream, the most bytes of lines in a parcel, and how many messages the stream has had."""
        while True:
            try:
                if not self._make:  # it was created by somebody else, who knows how to create it again
                    await client.jetstream().stream_info(self._address.stream)
                stream = await opened(client, self._address, make=True)
                found = await stream.stream_info(self._address.stream)
            except UNREACHED as error:
                self._trouble = why(error)
                await asyncio.sleep(AGAIN)
            except InputError as error:  # may be put right while a capture is followed
                if self._until is None:
                    raise
                if error.reason != self._trouble:
                    self._say(f"{error}; it is tried again until it works")
                self._trouble = error.reason
                await asyncio.sleep(AGAIN)
            else:
                self._trouble = ""
                self._make = found.config.description == MADE
                limit, own = client.max_payload, found.config.max_msg_size or 0
                limit = min(limit, own) if own > 0 else limit
                lines = max(limit * 3 // 4 - 1024, limit // 4)  # the rest is for headers
                return stream, min(MOST, lines), found.state.last_seq

    async def _last(self, stream: JetStreamContext) -> Parcel | None:
        """The last parcel of the run in the stream."""
        while True:
            try:
                found = await stream.get_last_msg(self._address.stream, f"{self._address.stream}.{token(self._run)}.>")
            except NotFoundError:
                return None
            except UNREACHED as error:
                self._trouble = why(error)
                await asyncio.sleep(AGAIN)
            else:
                return Parcel.read(found.subject or "", found.headers, found.data or b"")


def _opened(path: Path, *, follow: bool) -> Growing:
    """The capture at a path; a compressed one is unpacked into a temporary file.

    Raises:
        InputError: it cannot be read.
    """
    growing = Growing.open(path)
    if not growing.header.startswith(ZSTD_MAGIC):
        return growing
    growing.close()
    if follow:
        raise InputError("is compressed, and grows no more; leave out --follow", file=str(path))
    file = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - closed with what reads it
    with unpacked(str(path)) as source:
        shutil.copyfileobj(source, file)
    return Growing(file)

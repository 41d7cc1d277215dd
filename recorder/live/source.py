"""The file of a capture: read once in order, for the index, and again at any offset.

Rule: read by offset and never memory-mapped: a truncated file raises an error instead of a crash, and memory is only
that of the index. An incomplete line waits for its rest. Compressed files and standard input are copied to a temporary
file first.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import BinaryIO, cast

from recorder import capture
from recorder.errors import InputError
from recorder.interchange.files import BUFFER, STDIN, ZSTD_MAGIC, read_lines, torn
from recorder.live.index import Index
from recorder.model import AnyEvent
from recorder.sinks.growing import Growing

SLICE = 1 << 16
"""Bytes that are read and indexed in one turn: a few milliseconds, during which no request is served."""

CLOSE, APART = 1 << 14, 1 << 11
"""Events are read in one go if they span at most `CLOSE` bytes, or `APART` bytes per event."""


class Source:
    """A capture that is shown: its index, and its events by number.

    Args:
        path: the file, plain or zstd-compressed; `-` is standard input.
        follow: whether another process may still be writing it.

    Attributes:
        index: the index of the events read so far.
        trouble: why reading has stopped; empty if nothing is wrong.

    Raises:
        InputError: the file cannot be read, or is not a capture.
    """

    def __init__(self, path: str, *, follow: bool = False) -> None:
        self.path = path
        self.name = "standard input" if path == STDIN else os.fsencode(Path(path).name).decode(errors="replace")
        self.trouble = ""
        self.following = follow or path == STDIN
        self._pump, self._growing = _opened(path)
        self._header = self._growing.header
        try:
            self._reader = capture.Reader(self._header, self.name)
            self.index = Index(self._reader.header)
        except InputError:
            self.close()
            raise
        self.index.begin(len(self._header))

    def close(self) -> None:
        """Close the file."""
        self._growing.close()

    @property
    def whole(self) -> bool:
        """Whether the whole file, as it is now, has been indexed."""
        if self.trouble:
            return True
        return (self._pump is None or self._pump.done) and self._growing.read >= self.size

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self._growing.size

    @property
    def torn(self) -> str:
        """A warning if the last line is incomplete; empty otherwise."""
        return torn(self.name, len(self.index) + 2) if self._growing.torn and self.whole and not self.following else ""

    def turn(self) -> bool:
        """Index the next slice; False if there was nothing new."""
        if self.trouble:
            return False
        if self._pump is not None and self._pump.trouble:
            self.trouble = self._pump.trouble
            return False
        lines = self._growing.turn(SLICE)
        if lines is None:
            self._check()
            return False
        self._index(lines)
        return True

    def _index(self, lines: list[bytes]) -> None:
        events: list[AnyEvent] = []
        try:
            events.extend(self._reader.events(lines, len(self.index) + 2))  # until one is malformed
        except InputError as error:
            self.trouble = str(error)
        self.index.add(events, lines[: len(events)])

    def _check(self) -> None:
        """Set `trouble` if what was read is not there any more."""
        changed = self._growing.changed if self.following or self.size < self._growing.read else ""
        if changed:
            self.trouble = f"{self.name} {changed} while it was shown; restart `recorder view`"

    def line(self, number: int) -> bytes:
        """The line of an event.

        Raises:
            InputError: the file was changed.
        """
        return self.read(self.index.at[number], self.index.at[number + 1])

    def event(self, number: int) -> AnyEvent:
        """An event, read again.

        Raises:
            InputError: the file was changed.
        """
        return self._reader.event(self.line(number), number + 2)

    def events(self, numbers: Sequence[int]) -> Iterator[AnyEvent]:
        """Events in order, read again; in one go if they are close together.

        Raises:
            InputError: the file was changed.
        """
        at = self.index.at
        first, last = (numbers[0], numbers[-1]) if numbers else (0, -1)
        begin = at[first]
        if at[last + 1] - begin > max(CLOSE, len(numbers) * APART):
            yield from map(self.event, numbers)
            return
        data = self.read(begin, at[last + 1])
        for number in numbers:
            yield self._reader.event(data[at[number] - begin : at[number + 1] - begin], number + 2)

    def again(self, until: int) -> Iterator[AnyEvent]:
        """All events before one, by a reader of its own, so that another thread can use it.

        Raises:
            InputError: the file was changed.
        """
        return self._reader.events(self._lines(self.index.at[until]), 2)

    def _lines(self, end: int) -> Iterator[bytes]:
        growing = self._growing.rewound()
        while growing.read < end:
            lines = growing.turn(min(BUFFER, end - growing.read))
            if lines is None:
                raise self._truncated()
            yield from lines

    def read(self, begin: int, end: int) -> bytes:
        """The bytes between two offsets.

        Raises:
            InputError: the file was truncated.
        """
        found = self._growing.again(begin, end)
        if len(found) != end - begin:
            raise self._truncated()
        return found

    def _truncated(self) -> InputError:
        return InputError("was truncated while it was shown", file=self.name)

    @property
    def header_line(self) -> bytes:
        """Line 1 of the file."""
        return self._header


def _opened(path: str) -> tuple[_Pump | None, Growing]:
    """The file, or a copy of what is in it."""
    if path != STDIN:
        growing = Growing.open(Path(path))
        if not growing.header.startswith(ZSTD_MAGIC):
            return None, growing
        growing.close()
    pump = _Pump(path)
    return pump, Growing(pump.file)


class _Pump:
    """Copies its input into a temporary file, in a thread.

    Attributes:
        file: the temporary file, which has the first line.
        done: whether the input has ended.
        trouble: why the input failed; empty if it did not.
    """

    def __init__(self, path: str) -> None:
        self._lines = read_lines(path)
        self.file = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - the source closes it
        self._write = os.dup(self.file.fileno())
        os.write(self._write, next(self._lines, b""))
        self.done, self.trouble = False, ""
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            for line in self._lines:
                os.write(self._write, line)
        except (InputError, OSError) as error:
            self.trouble = str(error)
        finally:
            os.close(self._write)
            self.done = True

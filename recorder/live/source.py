"""The file of a capture: read once from its beginning, for the index, and again at any place.

Rule: read by offset and never mapped, so that a file that is cut off meanwhile harms nobody and the memory stays what
the index takes. A line that is not whole waits for its rest. What is compressed, or standard input, goes through a
plain file of its own that is gone afterwards.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import BinaryIO, cast

from recorder import capture
from recorder.errors import InputError
from recorder.interchange.files import BUFFER, STDIN, ZSTD_MAGIC, read_lines, torn
from recorder.live.index import Index
from recorder.model import AnyEvent

SLICE = 1 << 15
"""Bytes that are read and indexed at once: a few milliseconds, in which nobody is answered."""

CLOSE, APART = 1 << 14, 1 << 11
"""Bytes, and for each event so many, in which events stand close together."""


class Source:
    """A capture that is shown: its index, and its events by their numbers.

    Args:
        path: the file, plain or zstd-compressed; `-` is standard input.
        follow: whether somebody may still be writing it.

    Attributes:
        index: what is known of its events, as far as they have been read.
        trouble: why no more of it is read; empty while nothing is wrong.

    Raises:
        InputError: it cannot be read, or is no capture.
    """

    def __init__(self, path: str, *, follow: bool = False) -> None:
        self.path = path
        self.name = "standard input" if path == STDIN else os.fsencode(Path(path).name).decode(errors="replace")
        self.trouble = ""
        self._pump = _Pump(path) if path == STDIN or _compressed(path) else None
        self.following = follow or path == STDIN
        self._file: BinaryIO = self._pump.file if self._pump is not None else _open(path)
        self._rest: list[bytes] = []  # of a line that is not whole
        self._read = 0
        try:
            self._header = self._first_line()
            self.index = Index(capture.load([self._header], file=self.name)[0])
        except InputError:
            self.close()
            raise
        self.index.begin(len(self._header))
        self._reader = self._begin()

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _first_line(self) -> bytes:
        line = self._file.readline() if self._pump is None else self._pump.header
        self._read = len(line)
        return line

    @property
    def whole(self) -> bool:
        """Whether all that is in the file by now has been indexed, and no more is coming from elsewhere."""
        if self.trouble:
            return True
        return (self._pump is None or self._pump.done) and self._read >= self.size

    @property
    def done(self) -> bool:
        """Whether nothing more is coming."""
        return bool(self.trouble) or (self.whole and not self.following)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def torn(self) -> str:
        """What is to be said of a last line that is not whole; empty where there is none."""
        return torn(self.name, len(self.index) + 2) if self._rest and self.whole and not self.following else ""

    def turn(self) -> bool:
        """Index a slice of what is new; whether there was anything."""
        if self.trouble:
            return False
        if self._pump is not None and self._pump.trouble:
            self.trouble = self._pump.trouble
            return False
        data = os.pread(self._file.fileno(), SLICE, self._read)
        if not data:
            self._check()
            return False
        self._read += len(data)
        self._rest.append(data)
        if b"\n" in data:
            lines = _lines(b"".join(self._rest))
            self._rest = [] if lines[-1].endswith(b"\n") else [lines.pop()]
            self._index(lines)
        return True

    def _index(self, lines: list[bytes]) -> None:
        index, end = self.index, self.index.at[-1]
        try:
            for line, event in zip(lines, capture.load(chain([self._header], lines))[1], strict=True):
                end += len(line)
                index.add(event, end)
        except InputError as error:
            self.trouble = str(InputError(error.reason, file=self.name, line=len(index) + 2))

    def _begin(self) -> Iterator[AnyEvent]:
        """Events of lines that are fed to it: a capture's header need not be read for each."""
        self._fed: deque[bytes] = deque([self._header])
        return capture.load(iter(self._fed.popleft, None), file=self.name)[1]

    def _load(self, line: bytes) -> AnyEvent:
        self._fed.append(line)
        try:
            return next(self._reader)
        except InputError:
            self._reader = self._begin()
            raise

    def _check(self) -> None:
        """Whether the file is still the one that was opened, and no shorter than what was read of it."""
        if self.size < self._read:
            self.trouble = f"{self.name} was cut off while it was shown; show it again to see what is in it"
        elif self.following and self._pump is None:
            try:
                there, here = Path(self.path).stat(), os.fstat(self._file.fileno())
            except FileNotFoundError:
                return  # it is shown as it was
            if (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino):
                self.trouble = f"{self.name} was replaced by another file; show it again to see that one"

    def line(self, number: int) -> bytes:
        """The line of an event.

        Raises:
            InputError: the file is no longer what it was.
        """
        return self.read(self.index.at[number], self.index.at[number + 1])

    def event(self, number: int) -> AnyEvent:
        """An event, read again.

        Raises:
            InputError: the file is no longer what it was.
        """
        return self._load(self.line(number))

    def events(self, numbers: Sequence[int]) -> Iterator[AnyEvent]:
        """Events in their order, read again: in one go where they stand close together.

        Raises:
            InputError: the file is no longer what it was.
        """
        at = self.index.at
        first, last = (numbers[0], numbers[-1]) if numbers else (0, -1)
        begin = at[first]
        if at[last + 1] - begin > max(CLOSE, len(numbers) * APART):
            yield from map(self.event, numbers)
            return
        data = self.read(begin, at[last + 1])
        for number in numbers:
            yield self._load(data[at[number] - begin : at[number + 1] - begin])

    def again(self, until: int) -> Iterator[AnyEvent]:
        """All events before one, by a reading of its own: another thread may go through them.

        Raises:
            InputError: the file is no longer what it was.
        """
        return capture.load(
            chain([self._header], self._lines(len(self._header), self.index.at[until])), file=self.name
        )[1]

    def _lines(self, begin: int, end: int) -> Iterator[bytes]:
        rest = b""
        while begin < end:
            data = self.read(begin, min(begin + BUFFER, end))
            begin += len(data)
            if b"\n" not in data:
                rest += data
                continue
            lines = _lines(rest + data)
            rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
            yield from lines

    def read(self, begin: int, end: int) -> bytes:
        """Bytes of the file.

        Raises:
            InputError: it is no longer what it was.
        """
        found = os.pread(self._file.fileno(), end - begin, begin)
        if len(found) != end - begin:
            raise InputError("was cut off while it was shown", file=self.name)
        return found

    @property
    def header_line(self) -> bytes:
        """Line 1 as it stands in the file."""
        return self._header


class _Pump:
    """Copies what comes into a plain file of its own, which has no name.

    Attributes:
        file: it.
        header: its first line, which has come.
        done: whether all has come.
        trouble: why no more comes.
    """

    def __init__(self, path: str) -> None:
        self._lines = read_lines(path)
        self.file = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - the source closes it
        self.header = next(self._lines, b"")
        self._write = os.dup(self.file.fileno())
        os.write(self._write, self.header)
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


def _lines(data: bytes) -> list[bytes]:
    """Lines as a capture has them, each with its newline."""
    return BytesIO(data).readlines()


def _open(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb", buffering=0)
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", file=path) from error


def _compressed(path: str) -> bool:
    with _open(path) as file:
        return file.read(len(ZSTD_MAGIC)) == ZSTD_MAGIC

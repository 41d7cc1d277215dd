"""A capture that its recorder may still be writing: whole lines, as it grows.

Rule: read by offset and never memory-mapped, so that a truncated file is noticed instead of a crash. An incomplete line waits
for its rest, and only that line is held.
"""

from __future__ import annotations

import fcntl
import os
from copy import copy
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from recorder.errors import InputError

FIRST = 1 << 12
"""Bytes that are read at once until the header is whole."""


class Growing:
    """A capture in an open file.

    Args:
        file: the capture, unbuffered; `close` closes it.
        path: its path, by which it is noticed that another file has replaced it; None if it has none.

    Attributes:
        header: line 1; without a newline if the file has none.
        read: how many bytes have been read.
    """

    def __init__(self, file: BinaryIO, path: Path | None = None) -> None:
        self._file, self._path = file, path
        self._rest: list[bytes] = []  # an incomplete line
        self.header, self.read = b"", 0
        while not self.header.endswith(b"\n") and (data := os.pread(file.fileno(), FIRST, self.read)):
            line = data[: data.find(b"\n") + 1] or data
            self.header, self.read = self.header + line, self.read + len(line)

    @classmethod
    def open(cls, path: Path) -> Growing:
        """The capture at a path.

        Raises:
            InputError: it cannot be read.
        """
        try:
            return cls(path.open("rb", buffering=0), path)
        except OSError as error:
            raise InputError(f"cannot read: {error.strerror}", file=str(path)) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def rewind(self) -> None:
        """Read again what comes after the header."""
        self._rest, self.read = [], len(self.header)

    def rewound(self) -> Growing:
        """The same file to be read again after the header, by another thread if need be; closed with this one."""
        other = copy(self)
        other.rewind()
        return other

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def torn(self) -> int:
        """How many bytes have been read of a line that is incomplete."""
        return sum(map(len, self._rest))

    def turn(self, size: int) -> list[bytes] | None:
        """The lines that the next bytes complete, each with its newline; None if there is nothing new.

        Args:
            size: most bytes that are read.
        """
        data = os.pread(self._file.fileno(), size, self.read)
        if not data:
            return None
        self.read += len(data)
        self._rest.append(data)
        if b"\n" not in data:
            return []
        lines = BytesIO(b"".join(self._rest)).readlines()
        self._rest = [] if lines[-1].endswith(b"\n") else [lines.pop()]
        return lines

    def again(self, begin: int, end: int) -> bytes:
        """The bytes between two offsets; fewer if the file was truncated."""
        return os.pread(self._file.fileno(), end - begin, begin)

    @property
    def changed(self) -> str:
        """What has happened to the file, if it does not begin with what was read any more; else an empty text."""
        if self.size < self.read:
            return "was truncated"
        if self._path is None:
            return ""
        try:
            same = os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return ""  # the open file is still readable
        if same and self.again(0, len(self.header)) == self.header:
            return ""
        return "was replaced by another"

    @property
    def written(self) -> bool:
        """Whether a recorder is writing it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

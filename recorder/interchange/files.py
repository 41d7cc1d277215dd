"""Captures from disk, and text to disk.

Rule: reading is lazy, in constant memory; writing replaces the target only when everything has been made.
"""

from __future__ import annotations

import fcntl
import io
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, Self, cast
from weakref import WeakSet

import zstandard

from recorder import capture
from recorder.errors import InputError
from recorder.model import AnyEvent, Header

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
CRLF = "\r\n"
STDIN = "-"
BUFFER = 1 << 20

PACKAGES = "node_modules"
"""The folder of what others wrote, beside files that npm builds."""


class Capture:
    """A capture on disk, plain or zstd-compressed: its header, and its events as often as they are iterated over.

    It is closed when it has been read to its end, or with `close` (or `with`) before.

    Args:
        path: the file; `-` is standard input, which can be iterated over once.
        warn: called with one line about an incomplete last line, which is left out.

    Raises:
        InputError: it does not exist, or is not a capture; malformed lines raise when they are reached.
    """

    def __init__(self, path: str | Path, warn: Callable[[str], None] = lambda _text: None) -> None:
        self.path, self._warn = str(path), warn
        self._reading: WeakSet[Generator[bytes]] = WeakSet()
        self.header, self._first = self._read()
        self._used = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End what is still being read."""
        for lines in list(self._reading):
            lines.close()

    def __iter__(self) -> Iterator[AnyEvent]:
        if not self._used:
            self._used = True
            return self._first
        self._warn = lambda _text: None  # it has been reported
        return self._read()[1]

    def _read(self) -> tuple[Header, Iterator[AnyEvent]]:
        lines = _lines(_open(self.path), self.path)
        self._reading.add(lines)
        try:
            return capture.load(lines, file=self.path, torn=self._torn)
        except InputError:
            self.close()
            raise

    def _torn(self, line: int) -> None:
        self._warn(torn(self.path, line))


class TextFile:
    """A UTF-8 text on disk: its lines, newlines included, as often as they are iterated over; no byte order mark.

    Args:
        path: the file; one that cannot be read, or is no text, raises an InputError when it is reached.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[str]:
        try:
            with self._path.open(encoding="utf-8-sig", newline="\n") as lines:
                yield from _in_our_lines(lines)
        except OSError as error:
            raise InputError(f"cannot read: {error.strerror}", file=str(self._path)) from error
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text", file=str(self._path)) from error


def read_text(path: Path) -> str:
    """A whole document, with the line ends that it has.

    Raises:
        InputError: it cannot be read, or is no text.
    """
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", file=str(path)) from error


def _in_our_lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a document that was checked out with CRLF, as it was committed: line ends are no content."""
    foreign = False
    for number, line in enumerate(lines):
        foreign = foreign or (number == 0 and line.endswith(CRLF))
        yield f"{line[:-2]}\n" if foreign and line.endswith(CRLF) else line


def as_committed(text: str) -> str:
    """A whole document; one in which each line ends with CRLF was checked out so."""
    return text.replace(CRLF, "\n") if text.count(CRLF) == text.count("\n") else text


def torn(name: str, line: int) -> str:
    """The warning about a capture whose last line is incomplete."""
    return f"{name}:{line}: the last line is incomplete (its recorder was killed) and is left out"


def read_lines(name: str) -> Iterator[bytes]:
    """The lines of a file, plain or zstd-compressed, each with its newline; `-` is standard input.

    Raises:
        InputError: it cannot be read.
    """
    return _lines(_open(name), name)


def read_short_lines(name: str, most: int) -> Iterator[bytes]:
    """The lines of a file, as of `read_lines`; what has no lines is never held whole.

    Raises:
        InputError: it cannot be read, or a line has more than so many bytes.
    """
    with _open(name) as file, _unpacked(file, name) as source:
        for number, line in enumerate(iter(partial(source.readline, most + 1), b""), 1):
            if len(line) > most:
                raise InputError(f"this line has more than {most >> 20} MiB", file=name, line=number)
            yield line


def read_head(name: str, size: int) -> bytes:
    """The first bytes of a file, unpacked where it is zstd-compressed.

    Raises:
        InputError: it cannot be read.
    """
    with unpacked(name) as file:
        return file.read(size)


@contextmanager
def unpacked(name: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where it is zstd-compressed; `-` is standard input.

    Raises:
        InputError: it cannot be read.
    """
    with _open(name) as file, _unpacked(file, name) as source:
        yield source


def _open(name: str) -> BinaryIO:
    if name == STDIN:  # as its reader's own: Python cannot end while another thread waits for its own `sys.stdin`
        try:
            return cast("BinaryIO", cast("io.TextIOWrapper", sys.stdin).detach())
        except ValueError as error:  # somebody has it
            raise InputError("standard input can be read only once; give a file") from error
    try:
        return Path(name).open("rb", buffering=BUFFER)
    except IsADirectoryError as error:
        raise InputError("is a folder; name a file in it", file=name) from error
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", file=name) from error


def _lines(file: BinaryIO, name: str) -> Generator[bytes]:
    with file, _unpacked(file, name) as source:
        yield from source


@contextmanager
def _unpacked(file: BinaryIO, name: str) -> Iterator[IO[bytes]]:
    """What is in a file, unpacked where it is zstd-compressed."""
    try:
        if isinstance(file, io.BufferedReader) and file.peek(len(ZSTD_MAGIC)).startswith(ZSTD_MAGIC):
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            yield io.BufferedReader(reader, BUFFER)
        else:
            yield file
    except (OSError, zstandard.ZstdError) as error:
        raise InputError(f"cannot read on: {error}", file=name) from error


def files_in(folder: str | Path, endings: tuple[str, ...]) -> list[str]:
    """The files in a folder whose names end so, at any depth, in order; what is hidden, and what is a package, is left out."""
    found = []
    for inner, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if not one.startswith(".") and one != PACKAGES]
        found += [str(Path(inner, one)) for one in files if not one.startswith(".") and one.lower().endswith(endings)]
    return sorted(found)


def same_file(one: Path, other: Path) -> bool:
    """Whether both paths lead to the same file; not, where one leads nowhere."""
    return one.is_file() and other.is_file() and one.samefile(other)


def write_capture(target: Path, header: Header, events: Iterable[AnyEvent]) -> None:
    """Write a whole capture, or nothing.

    Raises:
        InputError: it cannot be written, or making an event failed.
    """
    with staging() as stage, stage.open(target) as file:
        for piece in capture.pieces(chain([header], events)):
            file.write(piece)


def write_all(files: Iterable[tuple[Path, Iterable[str]]]) -> list[Path]:
    """Write texts, all of them or none: each stands aside until the last is made. The paths written.

    Raises:
        InputError: one cannot be written, or making its text failed.
    """
    with staging() as stage:
        for target, pieces in files:
            with stage.open(target) as file:
                for piece in pieces:
                    file.write(piece.encode())
    return stage.targets


class Stage:
    """Files that are being made; each stands aside until the last is done."""

    def __init__(self) -> None:
        self._made: dict[Path, Path] = {}

    @property
    def targets(self) -> list[Path]:
        """The files that have been opened."""
        return list(self._made)

    @contextmanager
    def open(self, target: Path) -> Iterator[BinaryIO]:
        """Begin a file, which `target` will be.

        Raises:
            InputError: it cannot be written.
        """
        with _understandable(target):
            self._made[target] = _make_room(target)
            with self._made[target].open("wb", buffering=BUFFER) as file:
                yield file

    def put(self) -> None:
        """Have each file replace its target."""
        for target, made in self._aside():
            with _understandable(target):
                made.replace(_real(target))

    def clear(self) -> None:
        """Remove what has not replaced its target."""
        for _target, made in self._aside():
            made.unlink(missing_ok=True)

    def _aside(self) -> list[tuple[Path, Path]]:
        return [(target, made) for target, made in self._made.items() if made != target]


@contextmanager
def staging() -> Iterator[Stage]:
    """Files that are all written when the block ends, or none of them.

    Raises:
        InputError: one cannot be written.
    """
    stage = Stage()
    try:
        yield stage
        stage.put()
    finally:
        stage.clear()


def _make_room(target: Path) -> Path:
    """A new file beside the target; the target itself where it is a device or a pipe, which nothing may replace."""
    if target.is_dir():
        raise InputError("is a folder; name a file", file=str(target))
    mode = 0o666 & ~_umask()
    if target.exists():
        if not target.is_file():
            return target
        mode = stat.S_IMODE(target.stat().st_mode)
        _check_unused(target)
    folder = _real(target).parent
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    os.fchmod(handle, mode)
    os.close(handle)
    return Path(name)


def _real(target: Path) -> Path:
    """Where a link points, for a link stays one; unlike `Path.resolve`, this raises nothing on circles."""
    return Path(os.path.realpath(target))


def _check_unused(target: Path) -> None:
    with target.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError("a recorder is writing this capture; name another file", file=str(target)) from error


@contextmanager
def _understandable(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", file=str(target)) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current

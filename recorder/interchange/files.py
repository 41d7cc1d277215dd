"""Captures from disk, and text to disk.

Rule: reading is lazy, in constant memory; writing replaces the target only when everything has been made.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import zstandard

from recorder import capture
from recorder.errors import InputError
from recorder.model import AnyEvent, Header

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
STDIN = "-"
BUFFER = 1 << 20


def read_capture(
    path: str | Path, torn: Callable[[str], None] = lambda _warning: None
) -> tuple[Header, Iterator[AnyEvent]]:
    """The header and the events of a capture, plain or zstd-compressed; `-` is standard input.

    Args:
        path: the file.
        torn: told (in one line) of a torn last line, which is skipped.

    Raises:
        InputError: no such file, or no capture; malformed lines raise when they are reached.
    """
    name = str(path)
    lines = _lines(_open(name), name)
    return capture.load(
        lines,
        file=name,
        torn=lambda line: torn(f"{name}:{line}: the last line is torn (its recorder was killed) and left out"),
    )


def _open(name: str) -> BinaryIO:
    try:
        return sys.stdin.buffer if name == STDIN else Path(name).open("rb", buffering=BUFFER)
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", file=name) from error


def _lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    with file:
        source: IO[bytes] = file
        if isinstance(file, io.BufferedReader) and file.peek(len(ZSTD_MAGIC)).startswith(ZSTD_MAGIC):
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            source = io.BufferedReader(reader, BUFFER)
        try:
            yield from source
        except (OSError, zstandard.ZstdError) as error:
            raise InputError(f"cannot read on: {error}", file=name) from error


def write_all(files: Iterable[tuple[Path, Iterable[str]]]) -> list[Path]:
    """Write texts, all of them or none: each stands aside until the last is made. The paths written.

    Raises:
        InputError: one cannot be written, or making its text failed.
    """
    staged: dict[Path, Path] = {}
    try:
        for target, pieces in files:
            with _understandable(target):
                staged[target] = _make_room(target)
                with staged[target].open(
                    "w", encoding="utf-8", errors="surrogateescape", newline="", buffering=BUFFER
                ) as file:
                    for piece in pieces:
                        file.write(piece)
        for target, made in staged.items():
            with _understandable(target):
                made.replace(target)
    finally:
        for made in staged.values():
            made.unlink(missing_ok=True)
    return list(staged)


def _make_room(target: Path) -> Path:
    if target.is_dir():
        raise InputError("is a folder; name a file, or give --split to fill a folder", file=str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.fchmod(handle, 0o666 & ~_umask())
    os.close(handle)
    return Path(name)


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

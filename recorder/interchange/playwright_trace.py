"""Playwright's traces (`trace.zip`), and its HAR files that are zipped with their bodies (`.har.zip`): read only.

Rule: what they say of the network are entries as in a HAR; here is only where these, and their bodies, stand in a zip.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import msgspec

from recorder.errors import InputError
from recorder.interchange.formats import Source
from recorder.interchange.har_entries import MOST, Entries, Entry, Har
from recorder.interchange.recording import Recording
from recorder.model import UNREADABLE, AnyEvent

ZIP = b"PK\x03\x04"
HAR = "har.har"
NETWORK = ".network"
"""What ends the names of lines that tell of requests: each context of a test may have such a file."""

RESOURCES = "resources/"
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
"""What Python raises for zips that are torn, encrypted, or packed in a way that it does not know."""


T = TypeVar("T")


class Line(msgspec.Struct):
    """A line of a trace; other kinds tell what the test did."""

    type: str = ""
    snapshot: Entry | None = None


def recognises(source: Source) -> bool:
    """Whether a file is a zip with what Playwright puts there."""
    if not source.head.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(source.path) as packed:
            return bool(_logs(packed))
    except BROKEN:
        return False


def read(source: Source) -> Iterator[AnyEvent]:
    """The events of a trace, in the order of time.

    Raises:
        InputError: it is torn, malformed or too large.
    """
    recording = Recording(source)
    with ExitStack() as stack:
        with _whole(source.name):
            packed = stack.enter_context(zipfile.ZipFile(source.path))
        files = _Files(packed, source.name)
        entries = Entries(recording, source.name, files.resource)
        for name in _logs(packed):
            for entry in _entries(name, files.read(name), source.name):
                entries.tell(entry)
    yield from recording.events()
    for line in entries.warnings():
        source.warn(line)


@contextmanager
def _whole(name: str) -> Iterator[None]:
    """Around what reads the zip."""
    try:
        yield
    except BROKEN as error:
        raise InputError(f"is no whole Playwright trace: {error}", file=name) from error


def _logs(packed: zipfile.ZipFile) -> list[str]:
    return [name for name in packed.namelist() if name == HAR or (name.endswith(NETWORK) and "/" not in name)]


def _entries(name: str, log: bytes, file: str) -> Iterator[Entry]:
    """The entries of a log in a zip."""
    if name == HAR:
        yield from _decoded(log, Har, f"{file}: {name}").log.entries
        return
    for number, line in enumerate(log.split(b"\n"), 1):
        if b'"resource-snapshot"' in line and (told := _decoded(line, Line, f"{file}: {name}", number).snapshot):
            yield told


def _decoded(raw: bytes, kind: type[T], file: str, line: int = 0) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE as error:
        raise InputError(f"cannot be read: {error}", file=file, line=line) from error


class _Files:
    """The files of a zip, all of them together no larger than a file that is held whole."""

    def __init__(self, packed: zipfile.ZipFile, name: str) -> None:
        self._packed, self._name, self._left = packed, name, MOST

    def read(self, name: str) -> bytes:
        with _whole(self._name), self._packed.open(name) as file:
            found = file.read(self._left + 1)
        self._left -= len(found)
        if self._left < 0:
            raise InputError(f"holds more than {MOST >> 20} MiB of traffic", file=self._name)
        return found

    def resource(self, name: str) -> bytes | None:
        """A body: named by its path, or as in older traces by its hash."""
        for path in (name, RESOURCES + name):
            if path in self._packed.NameToInfo:
                return self.read(path)
        return None

"""The files of other tools that are read into captures, and written from them.

Rule: one module a format, named in one table; it is imported only when a file may be of it. `read` yields events as they
come and holds nothing, unless its format forces it to; what cannot be read raises an InputError before anything is written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from recorder.errors import InputError, lacking
from recorder.interchange.files import Capture, Stage, read_head, read_short_lines
from recorder.masking import Masking
from recorder.model import AnyEvent
from recorder.profiles import AUTO

MOST = 1 << 28
"""Bytes that a line may have."""

BOM = b"\xef\xbb\xbf"
CAPTURE = re.compile(rb'\{"format":\d+,"run":')
"""How a capture of this recorder begins."""

HEAD = 1 << 16
"""Bytes by which a file is recognised."""


@dataclass(frozen=True)
class Source:
    """A file (or folder) to read, and what its reader wants to be known.

    Args:
        path: where it is.
        called: the name that errors carry, if that is not its path.
        profile: the name of the profile, or `auto`.
        partial: whether the log of each session may begin late.
        sent: whether all messages went to the node (True) or came from it (False); None: as the file says.
        keys: a file with the keys of TLS, for captures of the network.
        masking: masks secrets, as in what is recorded.
        warn: called with one line about what cannot be kept.
    """

    path: Path
    called: str = ""
    profile: str = AUTO
    partial: bool = False
    sent: bool | None = None
    keys: Path | None = None
    masking: Masking = field(default_factory=Masking)
    warn: Callable[[str], None] = lambda _text: None

    @property
    def name(self) -> str:
        """The name that errors carry."""
        return self.called or str(self.path)

    @cached_property
    def head(self) -> bytes:
        """The first bytes of the file, unpacked and without a byte order mark; none of a folder.

        Raises:
            InputError: it cannot be read.
        """
        return b"" if self.path.is_dir() else read_head(str(self.path), HEAD).removeprefix(BOM)

    @property
    def head_lines(self) -> list[bytes]:
        """The lines of that, without their ends; one that goes on is left out, unless it is the first."""
        lines = self.head.split(b"\n")
        return lines[:-1] if len(self.head) == HEAD and len(lines) > 1 else lines

    def lines(self) -> Iterator[bytes]:
        """The lines of the file, unpacked and without a byte order mark, each with its newline.

        Raises:
            InputError: it cannot be read, or one has more than `MOST` bytes.
        """
        lines = read_short_lines(str(self.path), MOST)
        yield next(lines, b"").removeprefix(BOM)
        yield from lines

    def whole(self, most: int) -> bytes:
        """All of the file, unpacked and without a byte order mark, for a format that can only be read at once.

        Raises:
            InputError: it cannot be read, or has more than so many bytes.
        """
        found = read_head(str(self.path), most + 1)
        if len(found) > most:
            raise InputError(f"has more than {most >> 20} MiB, and is held whole; export it in parts", file=self.name)
        return found.removeprefix(BOM)


class Module(Protocol):
    """What the module of a format has; `write` only where the table says so."""

    def recognises(self, source: Source) -> bool:
        """Whether a file is of the format, by its head or, for folders, by its path; quick, and raises nothing."""
        ...

    def read(self, source: Source) -> Iterator[AnyEvent]:
        """The events of a file, in the order of the timeline.

        Raises:
            InputError: the file is torn or malformed (with the line, where it has lines).
        """
        ...

    def write(self, capture: Capture, target: Path, stage: Stage) -> Counter[str]:
        """Write the events of a capture.

        Args:
            capture: may be gone through several times.
            target: the file, or the folder, to make.
            stage: opens each file.

        Returns:
            What the format cannot hold, counted by what it is called in the plural (`notes`).

        Raises:
            InputError: the capture is malformed.
        """
        ...


class Format(NamedTuple):
    """A kind of file.

    Args:
        title: what people call it.
        module: its module in this package.
        suffixes: the ends of names by which it is known when it is written; empty where it is not written.
        reads: whether it is read.
        noted: whether the info lines of a transcript stand in it as notes, rather than being derived from the traffic.
        extra: the extra of the package with its libraries, if it needs one.
    """

    title: str
    module: str
    suffixes: tuple[str, ...] = ()
    reads: bool = True
    noted: bool = False
    extra: str = ""

    def load(self) -> Module:
        """Its module.

        Raises:
            InputError: its libraries are not installed.
        """
        try:
            return cast("Module", import_module(f"recorder.interchange.{self.module}"))
        except ModuleNotFoundError as error:
            if not self.extra:
                raise
            raise lacking(self.title, str(error.name), self.extra) from error


FORMATS: dict[str, Format] = {
    "har": Format("a HAR file", "har", (".har",)),
    "playwright": Format("a Playwright trace", "playwright_trace"),
    "devtools": Format("a log of Chrome's DevTools protocol", "devtools_log"),
    "pcap": Format("a capture of the network", "pcap"),
    "mitm": Format("a mitmproxy file", "mitm", (".mitm", ".flow", ".flows")),
    "io": Format("an .io file", "io_files", (".io",)),
    "console": Format("what wscat or websocat prints", "console_logs"),
    "mcp": Format("a log of MCP messages", "mcp_log"),
    "messages": Format("a list of messages", "messages", (".ndjson",)),
    "openrpc": Format("OpenRPC", "openrpc", ("openrpc.json",), reads=False, extra="openrpc"),
    "parquet": Format("Parquet", "parquet", (".parquet",), reads=False, extra="parquet"),
    "transcript": Format("a published transcript", "markdown", noted=True),
    "trace": Format("a trace of a language server", "trace_log"),
    "log": Format("a log with messages in its lines", "log_lines"),
}
"""By the name that `--format` takes; a file is of the first that recognises it."""


def format_of(source: Source) -> Format:
    """The format of a file, by what is in it.

    Raises:
        InputError: it is of none, or cannot be read.
    """
    if not source.head and not source.path.is_dir():
        raise InputError("is empty", file=source.name)
    if CAPTURE.match(source.head):
        raise InputError("is a capture already; every command takes it as it is", file=source.name)
    for known in FORMATS.values():
        if known.reads and known.load().recognises(source):
            return known
    raise InputError(
        f"is of no known format ({', '.join(readable())}); give --format if you know better", file=source.name
    )


def named(name: str, *, written: bool = False) -> Format:
    """The format with a name.

    Raises:
        InputError: there is none, or it is not read (or not written).
    """
    names = writable() if written else readable()
    if name not in names:
        raise InputError(f"--format {name!r}: choose one of {', '.join(names)}")
    return FORMATS[name]


def format_for(target: Path) -> Format:
    """The format to write, by the end of a file's name; the longest that fits.

    Raises:
        InputError: it fits none.
    """
    ends = {end: known for known in FORMATS.values() for end in known.suffixes if target.name.endswith(end)}
    if not ends:
        known = ", ".join(end for one in FORMATS.values() for end in one.suffixes)
        raise InputError(f"its name says no format; end it with one of {known}, or give --format", file=str(target))
    return ends[max(ends, key=len)]


def readable() -> list[str]:
    """The names of formats that are read."""
    return [name for name, known in FORMATS.items() if known.reads]


def writable() -> list[str]:
    """The names of formats that are written."""
    return [name for name, known in FORMATS.items() if known.suffixes]


__all__ = ["FORMATS", "Format", "Module", "Source", "format_for", "format_of", "named", "readable", "writable"]

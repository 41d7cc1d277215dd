"""Captures of the network (pcap, pcapng): what passed over HTTP/1.1 and WebSockets, plain or with the keys of TLS.

Rule: `tshark` puts the bytes of each connection in their order and undoes TLS; what they mean is read by the same code as
live traffic (`connections`). Nothing is looked up in the network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from tempfile import TemporaryFile
from typing import NamedTuple

from recorder.errors import InputError
from recorder.interchange.connections import Connection, Piece
from recorder.interchange.formats import Source
from recorder.interchange.recording import Recording
from recorder.model import SECOND, AnyEvent
from recorder.wording import counted

MAGIC = (b"\x0a\x0d\x0d\x0a", b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1")
"""How files begin: pcapng; pcap in microseconds, and in nanoseconds, in both orders of bytes."""

AT_ONCE = 100
"""Connections that tshark is asked for in one run."""

BEGINS = b"peers:"
_END = re.compile(rb"  - peer: (\d+)\n    host: ?(\S*)\n    port: (\d+)\n")
_PIECE = re.compile(rb"    peer: (\d+)\n    timestamp: ([\d.]+)\n    data: !!binary \|\n((?:      .*\n)*)")
KEYS = "--keylog FILE gives the keys of TLS (what SSLKEYLOGFILE names)"
WANTED = "http.request or http.response or http2 or tls.handshake.type == 1"


class _Stream(NamedTuple):
    """A connection over TCP, by the number that tshark gives it, and whether TLS is spoken over it."""

    number: int
    secure: bool


def recognises(source: Source) -> bool:
    """Whether a file begins as captures of the network do."""
    return source.head.startswith(MAGIC)


def read(source: Source) -> Iterator[AnyEvent]:
    """The events of a file, in the order of time; all of them are held.

    Raises:
        InputError: tshark is not there, or cannot read the file.
    """
    recording = Recording(source)
    for secure, found in _connections(source):
        Connection(recording, found.ends, secure=secure, called=source.name, warn=source.warn).tell(found.pieces)
    yield from recording.events()


def _connections(source: Source) -> Iterator[tuple[bool, _Followed]]:
    """The connections over which HTTP/1.1 was spoken: whether over TLS, and what was said."""
    streams = _streams(source)
    for secure in (False, True):
        some = [one.number for one in streams if one.secure == secure]
        for begin in range(0, len(some), AT_ONCE):
            how = "tls" if secure else "tcp"
            wanted = [word for one in some[begin : begin + AT_ONCE] for word in ("-z", f"follow,{how},yaml,{one}")]
            for found in _followed(_tshark(source, "-q", *wanted), source):
                yield secure, found


def _streams(source: Source) -> list[_Stream]:
    """The connections with HTTP/1.1; what cannot be read of others is said."""
    fields = ("-T", "fields", "-e", "tcp.stream", "-e", "frame.protocols", "-Y", WANTED)
    found: dict[int, set[str]] = {}
    for line in _tshark(source, *fields):
        number, _tab, protocols = line.decode().strip().partition("\t")
        if number.isdigit():
            found.setdefault(int(number), set()).update(protocols.split(":"))
    for what, count in {
        "HTTP/2": sum("http2" in one for one in found.values()),
        f"TLS without its keys; {KEYS}": sum("tls" in one and not {"http", "http2"} & one for one in found.values()),
    }.items():
        if count:
            source.warn(f"{source.name}: {counted(count, 'connection')} left out: {what}")
    known = [_Stream(number, "tls" in one) for number, one in sorted(found.items()) if "http" in one]
    if not known:
        raise InputError(f"holds no HTTP and no WebSockets that can be read; {KEYS}", file=source.name)
    return known


def _tshark(source: Source, *arguments: str) -> Iterator[bytes]:
    """The lines that tshark prints of a file.

    Raises:
        InputError: it is not there, or cannot read the file.
    """
    program = shutil.which("tshark")
    if program is None:
        raise InputError("reading it needs tshark; install it (Debian: `apt install tshark`)", file=source.name)
    keys = ["-o", f"tls.keylog_file:{source.keys}"] if source.keys is not None else []
    command = [program, "-n", *keys, "-r", str(source.path), *arguments]
    with TemporaryFile() as said, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process:  # noqa: S603 - no shell
        assert process.stdout is not None
        yield from process.stdout
        if process.wait():
            said.seek(0)
            why = said.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise InputError(f"tshark cannot read it: {why}", file=source.name)


class _Followed(NamedTuple):
    """What was said over a connection, and by whom: host and port of each end, by its number.

    Of TLS, tshark 4.0 knows one end alone; the other one's host is empty.
    """

    ends: dict[int, tuple[str, str]]
    pieces: list[Piece]


def _followed(lines: Iterator[bytes], source: Source) -> Iterator[_Followed]:
    """The connections in the YAML that tshark's `follow` prints, a document each."""
    document: list[bytes] = []
    for line in chain(lines, [BEGINS]):
        if line.startswith(BEGINS) and document:
            yield _read(b"".join(document), source)
            document = []
        document.append(line)


def _read(document: bytes, source: Source) -> _Followed:
    ends = {int(number): (host.decode(), port.decode()) for number, host, port in _END.findall(document)}
    try:
        pieces = [
            Piece(int(Decimal(time.decode()) * SECOND), int(end), b64decode(data))
            for end, time, data in _PIECE.findall(document)
        ]
    except Error as error:
        raise InputError(f"tshark prints what is not base64: {error}", file=source.name) from error
    return _Followed(ends, [one for one in pieces if one.data])

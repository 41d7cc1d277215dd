"""The files of mitmproxy: what `mitmdump -w` writes, and mitmweb saves.

Rule: mitmproxy's own reader and writer; only what stands in a flow is for `flows` to say. It takes a while to import, so
that happens when a file is of the format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from recorder.errors import InputError
from recorder.interchange.files import Capture, Stage, unpacked
from recorder.interchange.formats import Source
from recorder.interchange.recording import Recording
from recorder.memory import gc_paused
from recorder.model import AnyEvent

if TYPE_CHECKING:
    from mitmproxy.flow import Flow

_BEGINS = re.compile(rb"[1-9][0-9]{0,11}:[1-9][0-9]?:[a-z_]+;")
"""A tnetstring of a dictionary whose first key is a short name."""

STEP = 1 << 20
"""Bytes that are read at once."""


def recognises(source: Source) -> bool:
    """Whether a file begins as mitmproxy's do."""
    return _BEGINS.match(source.head) is not None


def read(source: Source) -> Iterator[AnyEvent]:
    """The events of a file's flows, in the order of time; all of them are held.

    Raises:
        InputError: a flow is malformed.
    """
    from recorder.interchange import flows  # noqa: PLC0415 - mitmproxy takes a third of a second

    recording, others = Recording(source), Counter[str]()
    for number, flow in enumerate(_flows(source), 1):
        try:
            flows.tell(recording, flow, others)
        except (AttributeError, TypeError) as error:
            raise InputError(f"flow {number} is malformed; delete it in mitmweb", file=source.name) from error
    if others:
        source.warn(f"{source.name}: left out: {', '.join(f'{count} {what}' for what, count in others.items())}")
    yield from recording.events()


def write(capture: Capture, target: Path, stage: Stage) -> Counter[str]:
    """Write a capture as flows, one for each WebSocket and each exchange over HTTP.

    Raises:
        InputError: the capture is malformed.
    """
    from mitmproxy.io import FlowWriter  # noqa: PLC0415 - it takes a third of a second

    from recorder.interchange import flows  # noqa: PLC0415 - as mitmproxy

    lost = Counter[str]()
    with stage.open(target) as file:
        writer = FlowWriter(file)
        for flow in _uncollected(flows.flows_of(capture, lost)):
            writer.add(flow)
    return lost


def _flows(source: Source) -> Iterator[Flow]:
    from mitmproxy.exceptions import FlowReadException  # noqa: PLC0415 - as its reader
    from mitmproxy.io import FlowReader  # noqa: PLC0415 - it takes a third of a second

    number = 1
    with unpacked(str(source.path)) as file:
        bounded = _Bounded(file)
        flows = _uncollected(iter(FlowReader(cast("BinaryIO", bounded)).stream()))  # it reads and peeks, no more
        while True:
            try:
                flow = next(flows, None)
            except Exception as error:  # mitmproxy's parts raise whatever they raise
                if bounded.ended and number > 1:
                    source.warn(f"{source.name}: flow {number}, the last, is incomplete and is left out")
                    return
                why = f": {error}" if isinstance(error, FlowReadException) else ""
                raise InputError(
                    f"flow {number} cannot be read{why}; is it what mitmproxy {_version()} or an older one wrote?",
                    file=source.name,
                ) from error
            if flow is None:
                return
            yield flow
            number += 1


def _uncollected(made: Iterator[Flow]) -> Iterator[Flow]:
    """Flows, each made while the garbage collector is paused: among so many objects it takes a fourth of the time."""
    while True:
        with gc_paused():
            flow = next(made, None)
        if flow is None:
            return
        yield flow


def _version() -> str:
    from mitmproxy.version import VERSION  # noqa: PLC0415 - as its reader

    return VERSION


class _Bounded:
    """A file that is read by lengths that stand in it: never is room made for more than comes.

    Args:
        file: that is read.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.ended = False

    def peek(self, _size: int) -> bytes:
        """Nothing: it is known that the file is none of the other kinds that mitmproxy reads."""
        return b""

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer where the file ends."""
        if size <= STEP:
            read = self._file.read(size)
            self.ended = self.ended or len(read) < size
            return read
        parts: list[bytes] = []
        while size and (part := self._file.read(min(size, STEP))):
            parts.append(part)
            size -= len(part)
        self.ended = self.ended or size > 0
        return b"".join(parts)

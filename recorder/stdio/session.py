"""One client's session with its server, as the events of a capture.

Rule: used by two threads, one for each direction; when a method returns, the bytes may pass.
"""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from recorder import capture
from recorder.close_codes import ABNORMAL, NORMAL
from recorder.framing import Framing, PipeMessage
from recorder.model import SENDERS, AnyEvent, Closed, Direction, End, Opened
from recorder.settings import STDIO
from recorder.sinks import Sink

if TYPE_CHECKING:  # a client waits for its server to start
    from recorder.masking import Masking

PARTY = "client"
"""The client that started the server."""

"""The end that sends in a direction."""


def url_of(command: Iterable[str]) -> str:
    """The URL of a server that is started with a command."""
    return f"{STDIO}:{shlex.join(command)}"


class Session:
    """The session; the first of a capture, and the only one.

    Args:
        sinks: the capture, and further sinks.
        url: the server's.
        masking: what is masked in messages; by default nothing.
    """

    def __init__(self, sinks: Sequence[Sink], url: str, masking: Masking | None = None) -> None:
        self._sinks, self._url, self._lock = sinks, url, Lock()
        self._masked = masking.of_session() if masking is not None else {}
        self._framings: dict[Direction, Framing] = {"to_node": Framing(), "from_node": Framing()}
        self._left: tuple[End, int] | None = None  # which end went first, and when

    def opened(self) -> None:
        """The server has been started."""
        self._tell([Opened(time=time.time_ns(), session=1, party=PARTY, url=self._url)])

    def passes(self, direction: Direction, data: bytes) -> None:
        """Bytes are about to pass.

        Raises:
            CaptureWriteError: what they complete could not be written down.
        """
        with self._lock:
            self._frames(direction, self._framings[direction].feed(data))

    def ends(self, direction: Direction) -> None:
        """No more bytes come in a direction: a line that nothing has ended is whole, and a message that is not stays raw.

        Raises:
            CaptureWriteError: that could not be written down.
        """
        self.leaves(SENDERS[direction])
        with self._lock:
            messages, rest = self._framings[direction].end()
            self._frames(direction, messages)
            if rest:
                now = time.time_ns()
                self._tell([capture.frame(rest, time=now, session=1, direction=direction, opcode="raw")])

    def leaves(self, end: End) -> None:
        """An end goes, or is told to; the first is who ends the session."""
        self._left = self._left or (end, time.time_ns())

    def closed(self, returned: int) -> None:
        """The server is gone.

        Args:
            returned: its exit code; below 0, the signal that has ended it.

        Raises:
            CaptureWriteError: that could not be written down.
        """
        by, when = self._left or ("node", time.time_ns())
        reason = f"exit code {returned}" if returned >= 0 else f"signal {_name(-returned)}"
        code = ABNORMAL if returned else NORMAL
        self._lock.acquire()  # for ever: nothing passes any more, whoever may still have something to say
        self._tell([Closed(time=when, session=1, code=code, reason=reason, by=by)])

    def _frames(self, direction: Direction, messages: Iterable[PipeMessage]) -> None:
        now, masked = time.time_ns(), self._masked.get(direction, bytes)
        frames = [
            capture.frame(masked(one.payload), time=now, session=1, direction=direction, headers=list(one.headers))
            for one in messages
        ]
        if frames:
            self._tell(frames)

    def _tell(self, events: Sequence[AnyEvent]) -> None:
        for sink in self._sinks:
            sink.write(events)


def _name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return str(number)

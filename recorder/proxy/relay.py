"""Forwards a session's bytes unchanged, and records what they mean before they go on.

Rule: nothing is forwarded that is not in the capture, nothing is changed, added or held back otherwise; an end of one
side (half-close, reset) becomes the same end of the other. Memory is bounded by one message and two socket buffers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from recorder.close_codes import INTERNAL_ERROR
from recorder.errors import CaptureWriteError
from recorder.model import Direction
from recorder.proxy import wire
from recorder.proxy.session import Session
from recorder.proxy.takeover import GRACE, Tap, TransportEnd


class Relay:
    """One session between its two ends; the `Owner` of both.

    Args:
        tap: the way to the session's transports.
        session: where its messages are recorded.
        extensions: the `Sec-WebSocket-Extensions` that were agreed on.
        done: called once, when both ends are over.
    """

    def __init__(self, tap: Tap, session: Session, extensions: str, done: Callable[[Relay], None]) -> None:
        self._tap, self._session, self._done = tap, session, done
        self._client, self._node = tap.client, tap.node
        to_node, from_node = wire.parse_deflate(extensions)
        self._readers = {
            tap.client: wire.Reader(masked=True, deflate=to_node),
            tap.node: wire.Reader(masked=False, deflate=from_node),
        }
        self._directions: dict[TransportEnd, Direction] = {tap.client: "to_node", tap.node: "from_node"}
        self._between = {tap.client: True, tap.node: True}  # what was forwarded from here ends between two frames
        self._finished: list[TransportEnd] = []  # in the order in which they sent their half-close
        self._retiring: tuple[int, str] | None = None  # what the ends are to be told after the frames under way
        self._over: set[TransportEnd] = set()  # what they send now goes nowhere, not into the capture either
        self._stopping = False  # they have been told
        tap.start(self)

    def received(self, end: TransportEnd, data: bytes) -> None:
        """Record what these bytes complete, then forward them."""
        if end in self._over:
            self._drop(end, data)
        elif self._retiring is None:
            self._forward(end, data)
        else:
            last = self._readers[end].rest_of_frame(data)
            self._forward(end, data[:last])
            self._retire(*self._retiring)
            self._drop(end, data[last:])

    def _drop(self, end: TransportEnd, data: bytes) -> None:
        """Look in what goes nowhere for the answer to our Close frame."""
        farewell = any(message.opcode is None for message in self._readers[end].feed(data))
        if farewell and self._stopping:
            end.close()

    def _forward(self, end: TransportEnd, data: bytes) -> None:
        reader = self._readers[end]
        if messages := reader.feed(data):
            try:
                self._session.take(self._directions[end], messages)
            except CaptureWriteError as error:
                self.stop(INTERNAL_ERROR, str(error.cause.strerror))
                return
        self._between[end] = reader.at_boundary
        end.peer.send(data)

    def half_closed(self, end: TransportEnd) -> None:
        """Pass the half-close on; when both ends have sent theirs, close."""
        if end in self._finished:
            return
        self._finished.append(end)
        self._rest(end)
        if end.peer in self._finished:
            self._ended(end, reset=False)
            end.close()
            end.peer.close()
        elif self._stopping:
            end.close()
        else:
            end.peer.finish()

    def lost(self, end: TransportEnd, *, reset: bool) -> None:
        """A transport is gone: by a reset, which the other end gets too, or because it was closed in order."""
        self._rest(end)
        self._ended(end, reset=reset)
        if end.peer.gone or self._stopping:
            pass  # told to go, the other end has its moment to answer
        elif reset:
            end.peer.abort()
        else:
            end.peer.close()
        if end.gone and end.peer.gone:
            if (closed := self._session.closed) is not None:
                self._tap.ended(closed.code, closed.reason, by_client=closed.by == "party")
            self._done(self)

    def retire(self, code: int, reason: str) -> None:
        """End the session when the frames under way are whole, or after a moment: a Close frame fits only there."""
        if self._retiring is None:
            self._retiring = code, reason
            asyncio.get_running_loop().call_later(GRACE, self.stop, code, reason)
            self._retire(code, reason)

    def _retire(self, code: int, reason: str) -> None:
        for end in self._readers:
            if not self._under_way(end):
                self._leave(end)
        if len(self._over) == len(self._readers):
            self.stop(code, reason)

    def _under_way(self, end: TransportEnd) -> bool:
        return not (self._between[end] or self._readers[end].broken or end in self._finished)

    def stop(self, code: int, reason: str) -> None:
        """End the session at once: a Close frame to both ends where one fits, and a moment to answer it."""
        if self._stopping:
            return
        self._stopping = True
        for end in self._readers:
            self._leave(end)
        with suppress(CaptureWriteError):  # it is why we stop, or happens while we do: said elsewhere, once
            self._session.stopped(code, reason)
        for end in (self._client, self._node):
            if end.gone:
                continue
            if self._between[end.peer]:
                end.send(wire.close_frame(code, reason, masked=end is self._node))
            else:
                end.abort()
            end.listen()  # for the answer, behind whatever back-pressure held up
        asyncio.get_running_loop().call_later(GRACE, self._give_up)

    def _give_up(self) -> None:
        for end in (self._client, self._node):
            if not end.gone:
                end.close()

    def _leave(self, end: TransportEnd) -> None:
        self._rest(end)
        self._over.add(end)

    def _rest(self, end: TransportEnd) -> None:
        if end not in self._over:
            self._record(lambda: self._session.take(self._directions[end], self._readers[end].rest()))

    def _ended(self, end: TransportEnd, *, reset: bool) -> None:
        first = self._finished[0] if self._finished and not reset else end
        self._record(lambda: self._session.ended(self._directions[first], "reset" if reset else "eof"))

    def _record(self, write: Callable[[], None]) -> None:
        try:
            write()
        except CaptureWriteError as error:
            self.stop(INTERNAL_ERROR, str(error.cause.strerror))

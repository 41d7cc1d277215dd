"""Forwards a session's bytes unchanged, and records what they mean before they go on.

Rule: nothing is forwarded that is not in the capture, nothing is changed, added or held back otherwise; an end of one
side (half-close, reset) becomes the same end of the other. Memory is bounded by one message and two socket buffers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from recorder import wire
from recorder.close_codes import INTERNAL_ERROR
from recorder.errors import CaptureWriteError
from recorder.journal.session import Session
from recorder.model import Direction
from recorder.proxy.states import (
    HAS_ENDED,
    IS_IGNORED,
    RELAYING,
    SENDING,
    Do,
    RelayEvent,
    Relaying,
    Rest,
    Sending,
    SendingEvent,
)
from recorder.proxy.takeover import GRACE, Tap, TransportEnd


class _Sender:
    """What one end sends, and how far it has been read."""

    def __init__(self, direction: Direction, reader: wire.Reader, take: Take) -> None:
        self.direction, self.reader = direction, reader
        self.state, self.take = Sending.FLOWING, take  # what the state means, at hand for every chunk
        self.between = True  # what was forwarded from here ends between two frames

    @property
    def under_way(self) -> bool:
        """Whether the other end has a part of a frame, and more of it may come."""
        return not (self.between or self.reader.broken or self.state in HAS_ENDED)


Take = Callable[[TransportEnd, _Sender, bytes], None]
"""Does with what an end sends what its state says."""


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
        to_node, from_node = wire.parse_deflate(extensions)
        self._senders = {
            tap.client: _Sender("to_node", wire.Reader(masked=True, deflate=to_node), self._forward),
            tap.node: _Sender("from_node", wire.Reader(masked=False, deflate=from_node), self._forward),
        }
        self._state = Relaying.FORWARDING
        self._farewell = 0, ""  # code and reason for the Close frames
        self._take: dict[Sending, Take] = {
            Sending.FLOWING: self._forward,
            Sending.LAST_FRAME: self._forward_frame,
            Sending.ENDED: self._drop,
            Sending.IGNORED: self._drop,
            Sending.IGNORED_ENDED: self._drop,
        }
        self._do: dict[Do, Callable[[TransportEnd], None]] = {
            Do.NOTHING: lambda _end: None,
            Do.FINISH_PEER: lambda end: end.peer.finish(),
            Do.CLOSE_PEER: lambda end: end.peer.close(),
            Do.ABORT_PEER: lambda end: end.peer.abort(),
            Do.CLOSE_END: lambda end: end.close(),
            Do.CLOSE_BOTH: self._close_both,
            Do.SAY_OVER: self._say_over,
        }
        tap.start(self)

    def received(self, end: TransportEnd, data: bytes) -> None:
        """Record what these bytes complete, then forward them."""
        sender = self._senders[end]
        sender.take(end, sender, data)

    def half_closed(self, end: TransportEnd) -> None:
        """Pass the half-close on; when both ends have sent theirs, close."""
        if self._senders[end].state in HAS_ENDED:
            return
        self._sending(end, SendingEvent.HALF_CLOSE)
        last = self._senders[end.peer].state in HAS_ENDED
        self._do[self._happens(RelayEvent.LAST_HALF_CLOSE if last else RelayEvent.HALF_CLOSE)](end)

    def lost(self, end: TransportEnd, *, reset: bool) -> None:
        """A transport is gone: by a reset, which the other end gets too, or because it was closed in order."""
        self._sending(end, SendingEvent.LOSS)
        ended_before = self._senders[end.peer].state in HAS_ENDED
        self._ended(end.peer if ended_before and not reset else end, reset=reset)
        event = RelayEvent.RESET if reset else RelayEvent.LOSS
        self._do[self._happens(RelayEvent.LAST_LOSS if end.peer.gone else event)](end)

    def retire(self, code: int, reason: str) -> None:
        """End the session when the frames under way are whole, or after a moment: a Close frame fits only there."""
        if self._happens(RelayEvent.RETIRE) is Do.RETIRE:
            self._farewell = code, reason
            asyncio.get_running_loop().call_later(GRACE, self.stop, code, reason)
            self._retire()

    def stop(self, code: int, reason: str) -> None:
        """End the session at once: a Close frame to both ends where one fits, and a moment to answer it."""
        if self._happens(RelayEvent.STOP) is Do.TELL:
            self._tell(code, reason)

    def _happens(self, event: RelayEvent) -> Do:
        self._state, do = RELAYING[self._state, event]
        return do

    def _sending(self, end: TransportEnd, event: SendingEvent) -> None:
        """Change what becomes of what an end sends, and of what was begun of it."""
        sender = self._senders[end]
        sender.state, rest = SENDING[sender.state, event]
        sender.take = self._take[sender.state]
        if rest is Rest.RECORDED:
            self._record(lambda: self._session.take(sender.direction, sender.reader.rest()))

    def _forward(self, end: TransportEnd, sender: _Sender, data: bytes) -> None:
        if messages := sender.reader.feed(data):
            try:
                self._session.take(sender.direction, messages)
            except CaptureWriteError as error:
                self.stop(INTERNAL_ERROR, str(error.cause.strerror))
                return
        sender.between = sender.reader.at_boundary
        end.peer.send(data)

    def _forward_frame(self, end: TransportEnd, sender: _Sender, data: bytes) -> None:
        """Forward the rest of the frame under way, the last of its end."""
        last = sender.reader.rest_of_frame(data)
        self._forward(end, sender, data[:last])
        self._retire()
        self._drop(end, sender, data[last:])

    def _drop(self, end: TransportEnd, sender: _Sender, data: bytes) -> None:
        """Look in what goes nowhere for the answer to our Close frame."""
        farewell = any(message.opcode is None for message in sender.reader.feed(data))
        if farewell and self._state is Relaying.STOPPING:
            end.close()

    def _retire(self) -> None:
        for end, sender in self._senders.items():
            self._sending(end, SendingEvent.RETIRE if sender.under_way else SendingEvent.LEAVE)
        if all(sender.state in IS_IGNORED for sender in self._senders.values()):
            self.stop(*self._farewell)

    def _tell(self, code: int, reason: str) -> None:
        for end in self._senders:
            self._sending(end, SendingEvent.LEAVE)
        with suppress(CaptureWriteError):  # it is why we stop, or happens while we do: said elsewhere, once
            self._session.stopped(code, reason)
        for end in self._senders:
            if end.gone:
                continue
            if self._senders[end.peer].between:
                end.send(wire.close_frame(code, reason, masked=end is self._tap.node))
            else:
                end.abort()
            end.listen()  # for the answer, behind whatever back-pressure held up
        asyncio.get_running_loop().call_later(GRACE, self._give_up)

    def _give_up(self) -> None:
        for end in self._senders:
            if not end.gone:
                end.close()

    def _close_both(self, end: TransportEnd) -> None:
        self._ended(end.peer, reset=False)  # the first to end
        end.close()
        end.peer.close()

    def _say_over(self, _end: TransportEnd) -> None:
        if (closed := self._session.closed) is not None:
            self._tap.ended(closed.code, closed.reason, by_client=closed.by == "party")
        self._done(self)

    def _ended(self, end: TransportEnd, *, reset: bool) -> None:
        direction = self._senders[end].direction
        self._record(lambda: self._session.ended(direction, "reset" if reset else "eof"))

    def _record(self, write: Callable[[], None]) -> None:
        try:
            write()
        except CaptureWriteError as error:
            self.stop(INTERNAL_ERROR, str(error.cause.strerror))

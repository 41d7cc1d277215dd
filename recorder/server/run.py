"""One player, and its live sessions.

Rule: actions are carried out one after another, in the player's order, whatever the sockets do meanwhile. No session
waits for another's socket: what a slow end has not read yet stays in memory, at most the whole capture. Only a party's
opening (of a session, or of a stream in it) and closing, and the start of a scenario, are awaited.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Literal, Protocol

from recorder import capture
from recorder.close_codes import ABNORMAL, NORMAL
from recorder.headers import Headers
from recorder.model import MESSAGE, OPPOSITE, SENDERS, AnyEvent, Closed, Direction, Opened, Refused
from recorder.replay import Player
from recorder.replay.actions import Action, Begin, Close, Listen, Open, Send
from recorder.server.streams import Stream
from recorder.timeline import urls

Tell = Callable[[AnyEvent], None]

Received = Callable[[bytes, bool], None]
"""Takes a message, and whether it is a binary one."""

Lost = Callable[[int, str], None]
"""Takes the code and the reason with which a session has ended."""


def now() -> float:
    """The loop's clock, in seconds."""
    return asyncio.get_running_loop().time()


class Wire(Protocol):
    """A live session, as far as a run needs it."""

    def send(self, action: Send) -> None:
        """Send a frame."""
        ...

    def close(self, code: int = NORMAL, reason: str = "", lost: Literal["", "eof", "reset"] = "", /) -> None:
        """End it like this."""
        ...

    def leave(self) -> None:
        """End it because we go."""
        ...

    async def closed(self) -> None:
        """Wait until it has ended."""
        ...


class FrameWire(Wire, Protocol):
    """A live session that brings whole frames."""

    def listen(self, received: Received, lost: Lost) -> None:
        """From here on frames, and at last the end, go to these two."""
        ...


class Responder(Protocol):
    """The way back for one live HTTP request."""

    def send(self, action: Send) -> None:
        """Answer, or send the next event of an answer that is a stream."""
        ...

    def drop(self, *, with_reset: bool = False) -> None:
        """End its connection without an answer."""
        ...


class Run:
    """A player at work.

    Args:
        player: says what to do.
        act: opens a live session or a stream in one, or begins a scenario, where the player plays parties.
        tell: called with what happens, as the events of a capture.
        first: the number before that of the first session in these events.
        ended: called when nothing more can happen.
    """

    def __init__(
        self,
        player: Player,
        act: Callable[[Open | Listen | Begin], Awaitable[None]] | None = None,
        tell: Tell | None = None,
        first: int = 0,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.player, self._act, self._tell, self._first, self._ended = player, act, tell, first, ended
        self._sends: Direction = "from_node" if act is None else "to_node"  # our ends do
        self.wires: dict[int, Wire] = {}
        self.streams: dict[tuple[int, int], Stream] = {}  # by session and number, those for pushes to clients over HTTP
        self.answering: list[Stream] = []  # that are answers, or were
        # Of the HTTP requests that wait for an answer, or for the rest of one.
        self._responders: dict[int, Responder] = {}
        self._exchanges = itertools.count(1)
        self._closing: set[int] = set()  # sessions that our end has closed
        self.over = asyncio.Event()
        self.error: Exception | None = None  # what ended the run before its time
        self.now = asyncio.get_running_loop().time  # as `now`, of which each frame wants several
        self.moved = self.now()  # when something happened last
        self._actions: Iterator[Action] = iter(())
        self._asked = self.moved  # when they became due
        self._busy = self._again = False  # doing something that takes its time; asked to do more meanwhile
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def opened(self, session: int, url: str, wire: Wire | None = None) -> None:
        """A live session is there; one with a node over HTTP has no wire of its own."""
        if wire is not None:
            self.wires[session] = wire
        self.player.opened(session, url, self.now())
        self.tell_opened(session, url)
        self.pump()

    def refuses(self, url: str) -> Refused | None:
        """The recorded refusal that a handshake with this URL gets now, if any."""
        refused = self.player.refuses(url, self.now())
        if refused is not None:
            if self._tell is not None:
                live = urls.request_target(url)
                self._tell(Refused(time=time.time_ns(), status=refused.status, url=live, party=refused.party))
            self.pump()
        return refused

    def asked(self, session: int, payload: bytes, responder: Responder, headers: Headers) -> bool:
        """A live session has brought an HTTP request; whether it was expected."""
        exchange = next(self._exchanges)
        self._responders[exchange] = responder
        return self.received(session, payload, exchange=exchange, headers=headers)

    def received(
        self,
        session: int,
        payload: bytes,
        *,
        binary: bool = False,
        exchange: int = 0,
        status: int = 200,
        headers: Headers = (),
        event_type: str = MESSAGE,
        ends: bool = False,
    ) -> bool:
        """A live session has brought a frame, or the end of an answer; whether it was expected."""
        if not ends:
            how = {"exchange": exchange, "status": status, "event_type": event_type}
            self._tell_frame(OPPOSITE[self._sends], session, payload, binary=binary, **how)
        expected = self.player.received(session, payload, self.now(), exchange, headers)
        self.pump()
        return expected

    def closed(self, session: int, code: int = ABNORMAL, reason: str = "") -> None:
        """A live session is over."""
        if self.wires.pop(session, None) is not None and self._tell is not None:
            by = SENDERS[self._sends if session in self._closing else OPPOSITE[self._sends]]
            self._tell(Closed(time=time.time_ns(), session=self._first + session, code=code, reason=reason, by=by))
        self.player.closed(session, self.now())
        self.pump()

    def deleted(self, session: int) -> None:
        """A live client has ended its session over HTTP."""
        if self._tell is not None:
            self._tell(Closed(time=time.time_ns(), session=self._first + session))
        self.player.closed(session, self.now())
        self.pump()

    def pump(self) -> None:
        """Do what is due, and come back when more will be."""
        self.moved = self.now()
        self._do()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside the run; what it raises ends the run."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: work.close())  # which had not begun where the run ended first
        return task

    def fail(self, error: Exception) -> None:
        """End the run before its time."""
        self.error = self.error or error
        self.over.set()
        self._ended()

    def tell_opened(self, session: int, url: str) -> None:
        """Say that a session is there."""
        if self._tell is not None:
            party = self.player.script.parties.get(session, "")
            self._tell(Opened(time=time.time_ns(), session=self._first + session, party=party, url=url))

    def attach(
        self,
        session: int,
        wire: FrameWire,
        failed: Callable[[], None] = lambda: None,
        left: Callable[[], None] = lambda: None,
    ) -> None:
        """Take what a live session brings, as this recorded one.

        Args:
            session: the recorded session that it is.
            wire: the live one.
            failed: called where something goes wrong here; the run ends then.
            left: called when the session has ended.
        """

        def guarded(work: Callable[[], object]) -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - raised again where the run is waited for
                self.fail(error)
                failed()

        def lost(code: int, reason: str) -> None:
            guarded(lambda: self.closed(session, code, reason))
            left()

        wire.listen(lambda payload, binary: guarded(lambda: self.received(session, payload, binary=binary)), lost)

    async def stop(self) -> None:
        """Close what is open, and do nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        for responder in list(self._responders.values()):
            responder.drop()
        wires = list(self.wires.values())
        self._closing.update(self.wires)
        for wire in wires:
            wire.leave()
        await asyncio.gather(*(wire.closed() for wire in wires))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _do(self) -> None:
        self._again = True
        while not self._busy:
            action = next(self._actions, None)
            if action is not None:
                if (work := self._carry_out(action)) is not None:
                    self._busy = True
                    self.start(self._finish(work))
            elif self._again:
                self._again = False
                self._asked = self.now()
                self._actions = self.player.due(self._asked)
            else:
                break
        else:
            return  # what takes its time goes on with the rest
        if self.player.over and not self.over.is_set():
            self.over.set()
            self._ended()
        self._wake()

    async def _finish(self, work: Awaitable[None]) -> None:
        await work
        self._busy = False
        self._do()

    def _carry_out(self, action: Action) -> Awaitable[None] | None:
        """Do something; what takes its time is given back."""
        if isinstance(action, Open | Listen | Begin):
            assert self._act is not None
            return self._act(action)
        if self._act is None and action.exchange:
            self._reply(action)
        elif (wire := self.wires.get(action.session)) is not None:
            if isinstance(action, Send):
                self._tell_sent(action)
                wire.send(action)
            else:
                self._closing.add(action.session)
                wire.close(action.code, action.reason, action.lost)
                return None if self._act is None else wire.closed()  # a node waits for no party that does not agree
        elif isinstance(action, Send) and (stream := self.streams.get((action.session, action.stream))):
            self._tell_sent(action)
            stream.send(action.payload, action.event_type)
        return None

    def _reply(self, action: Send | Close) -> None:
        """Answer a live HTTP request; nothing, where that is done: a fault has doubled it, or its client is gone."""
        responder = self._responders.get(action.exchange)
        if responder is None:
            return
        if isinstance(action, Close) or action.last:
            del self._responders[action.exchange]
        if isinstance(action, Close):
            responder.drop(with_reset=action.lost == "reset")
        else:
            self._tell_sent(action)
            responder.send(action)

    def _tell_frame(self, direction: Direction, session: int, payload: bytes, *, binary: bool, **how: Any) -> None:
        """Say that a frame has passed; for the other members see `Frame`."""
        if self._tell is not None:
            opcode = "binary" if binary else "text"
            number, now = self._first + session, time.time_ns()
            self._tell(capture.frame(payload, time=now, session=number, direction=direction, opcode=opcode, **how))

    def _tell_sent(self, action: Send) -> None:
        self._tell_frame(
            self._sends,
            action.session,
            action.payload,
            binary=action.binary,
            exchange=action.exchange,
            status=action.status,
            event_type=action.event_type,
            stream=action.stream,
        )

    def _wake(self) -> None:
        when = None if self.over.is_set() else self.player.wake(self._asked)
        if self._timer is not None:
            if when is not None and self._timer.when() <= when and not self._timer.cancelled():
                return  # it will ask again when it strikes
            self._timer.cancel()
            self._timer = None
        if when is not None:
            self._timer = asyncio.get_running_loop().call_at(when, self._strike)

    def _strike(self) -> None:
        self._timer = None
        try:
            self._do()  # only a clock has struck: that is no movement
        except Exception as error:  # noqa: BLE001 - raised again where the run is waited for
            self.fail(error)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - raised again where the run is waited for
            self.fail(error)

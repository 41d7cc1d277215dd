"""One player, and the live sessions it speaks through.

Rule: actions are carried out one after another, in the player's order, whatever the sockets do meanwhile. No session
waits for another's socket: what a slow end does not read yet stays in memory, at most what the capture holds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed, ProtocolError

from recorder import capture
from recorder.model import AnyEvent, Closed, Direction, End, Opened
from recorder.replay import Action, Player, Step

GOING_AWAY = 1001  # RFC 6455, section 7.4.1
ABNORMAL = 1006  # never on the wire: the transport was lost
UNBOUNDED = 1 << 40  # bytes that may wait for an end that does not read

Tell = Callable[[AnyEvent], None]


class Transport(Protocol):
    """What is below a live session."""

    def abort(self) -> None:
        """Cut it."""
        ...


class Wire(Protocol):
    """A live session, as far as a run needs it; WebSocket connections of both sides are such."""

    @property
    def transport(self) -> Transport:
        """What is below it."""
        ...

    async def send(self, message: bytes, *, text: bool) -> None:
        """Send a message."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with this code and reason, and wait until it is closed."""
        ...


class Run:
    """A player at work.

    Args:
        player: says what to do.
        connect: opens a live session, or begins a scenario, where the player plays parties.
        tell: told what happens, as the events of a capture.
        first: what the numbers of the told sessions begin after.
        ended: called when nothing more can happen.
    """

    def __init__(
        self,
        player: Player,
        connect: Callable[[Action], Awaitable[None]] | None = None,
        tell: Tell | None = None,
        first: int = 0,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.player, self._connect, self._tell, self._first, self._ended = player, connect, tell, first, ended
        self.wires: dict[int, Wire] = {}
        self.answers: dict[tuple[int, int], asyncio.Future[tuple[int, bytes]]] = {}  # HTTP, by session and exchange
        self._closing: set[int] = set()  # sessions that our end has closed
        self.over = asyncio.Event()
        self.error: Exception | None = None  # what ended the run before its time
        self.moved = self.now()  # when something happened last
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @staticmethod
    def now() -> float:
        """The loop's clock, in seconds."""
        return asyncio.get_running_loop().time()

    async def opened(self, session: int, url: str, wire: Wire | None = None) -> None:
        """A live session is there; one over HTTP has no wire of its own."""
        if wire is not None:
            self.wires[session] = wire
        self.player.opened(session, url, self.now())
        self.tell_opened(session, url)
        await self.pump()

    async def received(self, session: int, payload: bytes) -> Step | None:
        """A live session has brought a message; the step that it is, if any."""
        self.tell_frame(session, "to_node" if self._connect is None else "from_node", payload)
        step = self.player.received(session, payload, self.now())
        await self.pump()
        return step

    async def closed(self, session: int, code: int = ABNORMAL, reason: str = "") -> None:
        """A live session is over."""
        if self.wires.pop(session, None) is not None and self._tell is not None:
            ours: End = "node" if self._connect is None else "party"
            theirs: End = "party" if self._connect is None else "node"
            by = ours if session in self._closing else theirs
            self._tell(Closed(time=time.time_ns(), session=self._first + session, code=code, reason=reason, by=by))
        self.player.closed(session, self.now())
        await self.pump()

    def answer(self, session: int, exchange: int) -> asyncio.Future[tuple[int, bytes]]:
        """What will be the status (0 for none) and the body of the answer to an HTTP request."""
        return self.answers.setdefault((session, exchange), asyncio.get_running_loop().create_future())

    async def pump(self) -> None:
        """Do what is due, and come back when more will be."""
        self.moved = self.now()
        await self._do()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside the run; what it raises ends the run."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def fail(self, error: Exception) -> None:
        """End the run before its time."""
        self.error = self.error or error
        self.over.set()
        self._ended()

    def tell_opened(self, session: int, url: str) -> None:
        """Say that a session is there."""
        if self._tell is not None:
            party = self.player.script.parties[session]
            self._tell(Opened(time=time.time_ns(), session=self._first + session, party=party, url=url))

    async def stop(self) -> None:
        """Close what is open, and do nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*(_close(wire, GOING_AWAY) for wire in list(self.wires.values())))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _do(self) -> None:
        async with self._lock:
            asked = self.now()
            for action in self.player.due(asked):
                await self._act(action)
        if self.player.over and not self.over.is_set():
            self.over.set()
            self._ended()
        self._wake(asked)

    async def _act(self, action: Action) -> None:
        if action.kind in {"open", "scenario"}:
            assert self._connect is not None
            await self._connect(action)
        elif self._connect is None and action.exchange:
            answer = self.answer(action.session, action.exchange)
            if not answer.done():  # duplicated on purpose: HTTP has one answer a request
                self.tell_frame(action.session, "from_node", action.payload)
                answer.set_result((action.status, action.payload) if action.kind == "send" else (0, b""))
        elif (wire := self.wires.get(action.session)) is not None:
            await self._put(wire, action)

    async def _put(self, wire: Wire, action: Action) -> None:
        if action.kind == "send":
            self.tell_frame(action.session, "from_node" if self._connect is None else "to_node", action.payload)
            with suppress(ConnectionClosed):
                await wire.send(action.payload, text=not action.binary)
            return
        self._closing.add(action.session)
        if self._connect is None:
            self.start(_close(wire, action.code, action.reason))  # nobody waits for a party that does not agree
        else:
            await _close(wire, action.code, action.reason)

    def tell_frame(self, session: int, direction: Direction, payload: bytes) -> None:
        """Say that a message has passed."""
        if self._tell is not None:
            self._tell(capture.frame(payload, time=time.time_ns(), session=self._first + session, direction=direction))

    def _wake(self, asked: float) -> None:
        when = None if self.over.is_set() else self.player.wake(asked)
        if self._timer is not None:
            if when is not None and self._timer.when() <= when and not self._timer.cancelled():
                return  # it will ask again when it strikes
            self._timer.cancel()
            self._timer = None
        if when is not None:
            self._timer = asyncio.get_running_loop().call_at(when, self._strike)

    def _strike(self) -> None:
        self._timer = None
        self.start(self._do())  # only a clock has struck: that is no movement

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - raised again where the run is waited for
            self.fail(error)


async def _close(wire: Wire, code: int, reason: str = "") -> None:
    """Close a session as it was recorded, or as near as the protocol lets us."""
    if code == ABNORMAL:
        wire.transport.abort()
        return
    with suppress(ConnectionClosed):
        try:
            await wire.close(code, reason)
        except ProtocolError:  # a code that may not be sent, as 1005: there was none
            await wire.close()

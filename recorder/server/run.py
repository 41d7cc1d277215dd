"""One player, and the live sessions it speaks through.

Rule: actions are carried out one after another, in the player's order, whatever the sockets do meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from websockets.exceptions import ConnectionClosed  # noqa: TID251 - this package is its door

from recorder.replay import Action, Player, Step


class Wire(Protocol):
    """A live session, as far as a run needs it; WebSocket connections of both sides are such."""

    async def send(self, message: str | bytes) -> None:
        """Send a message."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with this code and reason."""
        ...


class Run:
    """A player at work.

    Args:
        player: says what to do.
        connect: opens a live session, or begins a scenario, where the player plays parties.
    """

    def __init__(self, player: Player, connect: Callable[[Action], Awaitable[None]] | None = None) -> None:
        self.player, self._connect = player, connect
        self.wires: dict[int, Wire] = {}
        self.answers: dict[tuple[int, int], asyncio.Future[tuple[int, bytes]]] = {}  # HTTP, by session and exchange
        self.finished = asyncio.Event()
        self.moved = 0.0  # when something happened last
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @staticmethod
    def now() -> float:
        """The loop's clock, in seconds."""
        return asyncio.get_running_loop().time()

    async def opened(self, session: int, wire: Wire, url: str) -> None:
        """A live session is there."""
        self.wires[session] = wire
        self.player.opened(session, url, self.now())
        await self.pump()

    async def received(self, session: int, message: str | bytes) -> Step | None:
        """A live session has brought a message; the step that it is, if any."""
        step = self.player.received(session, message.encode() if isinstance(message, str) else message, self.now())
        await self.pump()
        return step

    async def closed(self, session: int) -> None:
        """A live session is over."""
        self.wires.pop(session, None)
        self.player.closed(session, self.now())
        await self.pump()

    def answer(self, session: int, exchange: int) -> asyncio.Future[tuple[int, bytes]]:
        """What will be the status and the body of the answer to an HTTP request."""
        return self.answers.setdefault((session, exchange), asyncio.get_running_loop().create_future())

    async def pump(self) -> None:
        """Do what is due, and come back when more will be."""
        self.moved = self.now()
        async with self._lock:
            for action in self.player.due(self.now()):
                await self._act(action)
        if self.player.finished:
            self.finished.set()
        self._wake()

    async def _act(self, action: Action) -> None:
        if action.kind in {"open", "scenario"}:
            assert self._connect is not None
            await self._connect(action)
            return
        if action.exchange and action.kind == "send" and self._connect is None:
            self.answer(action.session, action.exchange).set_result((action.status, action.payload))
            return
        wire = self.wires.get(action.session)
        if wire is None:
            return
        with suppress(ConnectionClosed):
            if action.kind == "send":
                await wire.send(action.payload if action.binary else action.payload.decode())
            else:
                await wire.close(action.code, action.reason)

    def _wake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        when = None if self.finished.is_set() else self.player.wake()
        if when is not None:
            self._timer = asyncio.get_running_loop().call_at(when, self._pump_later)

    def _pump_later(self) -> None:
        task = asyncio.ensure_future(self._pump_again())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump_again(self) -> None:
        moved = self.moved  # only a clock has struck: that is no movement
        await self.pump()
        self.moved = moved

    async def stop(self) -> None:
        """Close what is open, and do nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        for wire in list(self.wires.values()):
            with suppress(ConnectionClosed):
                await wire.close()

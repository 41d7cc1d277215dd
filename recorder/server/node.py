"""A capture as a mock node: live parties connect to it as they would to the node that was recorded.

Rule: every live session belongs to one run of the script; a session that no run has room for begins the next run where
the capture is looped, and is refused with the reason where it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from websockets.asyncio.server import ServerConnection, serve  # noqa: TID251 - this package is its door
from websockets.exceptions import ConnectionClosed  # noqa: TID251
from websockets.typing import Subprotocol  # noqa: TID251

from recorder.errors import InputError
from recorder.model import Frame
from recorder.replay import Outcome, Player, PlaySettings, Script
from recorder.replay.script import query
from recorder.server.http import NO_CONTENT, HttpNode
from recorder.server.run import Run
from recorder.settings import Address

REFUSED = 1008  # RFC 6455, section 7.4.1: policy violation
UNRECORDED_ANSWER = (
    b'{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"the recorder has no such request on record"}}'
)


class MockNode:
    """A mock node, listening while its `async with` block lasts.

    Args:
        script: what was recorded.
        settings: how to play it; its ends hold `node`.
        listen: where to listen; of a capture with both, HTTP here and WebSockets one port on.
        loop: begin the script again for further parties, for ever.

    Raises:
        InputError: the address cannot be listened on (when the block is entered).
    """

    def __init__(self, script: Script, settings: PlaySettings, listen: Address, *, loop: bool = False) -> None:
        self.script, self._settings, self._listen, self._loop = script, settings, listen, loop
        self.runs: list[tuple[Run, tuple[str, ...]]] = []
        self._finished: list[Outcome] = []
        self._refused: list[str] = []
        self._places: dict[str, tuple[Run, int]] = {}  # HTTP: the session that a path speaks to now
        self._answered = {
            (step.session, step.event.exchange, step.direction)
            for step in script.steps
            if isinstance(step.event, Frame)
        }
        self._stack = AsyncExitStack()
        self.port = listen.port
        self.http_port = 0

    async def __aenter__(self) -> Self:
        urls = [url for url in self.script.urls.values() if url]
        over_http = any(url.startswith("http") for url in urls)
        try:
            if over_http:
                http = HttpNode(self._exchange, self._listen)
                self._stack.callback(http.close)
                self.port = self.http_port = http.port
            if not over_http or any(url.startswith("ws") for url in urls):
                self.port = await self._serve(Address(self._listen.host, self._listen.port + over_http))
        except OSError as error:
            raise InputError(
                f"cannot listen on {self._listen}: {error.strerror}; choose another with --listen HOST:PORT"
            ) from error
        return self

    async def _serve(self, listen: Address) -> int:
        server = await self._stack.enter_async_context(
            serve(self._session, listen.host, listen.port, max_size=None, ping_interval=None, select_subprotocol=_first)
        )
        return int(next(iter(server.sockets)).getsockname()[1])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for run, _key in self.runs:
            await run.stop()
        await self._stack.aclose()

    async def _exchange(self, path: str, body: bytes) -> tuple[int, bytes]:
        """One HTTP request: its session is the one that is open for its path, or the next recorded one."""
        place = self._places.get(path)
        if place is None or place[0].finished.is_set():
            place = self._take(path)
            if place is None:
                self._refused.append(f"unexpected: a request to {path}: nothing recorded is left for it")
                return 404, b""
            self._places[path] = place
            place[0].player.opened(place[1], path, place[0].now())
        run, session = place
        step = await run.received(session, body)
        if step is None or not isinstance(step.event, Frame):
            return 500, UNRECORDED_ANSWER
        exchange = step.event.exchange
        if (session, exchange, "from_node") not in self._answered:
            return NO_CONTENT, b""
        return await run.answer(session, exchange)

    async def finished(self) -> None:
        """Return when everything recorded has happened; never, where the capture is looped."""
        self._run(())  # so that there is one to wait for
        await self.runs[0][0].finished.wait()

    def outcome(self) -> Outcome:
        """How all runs went, so far."""
        total = Outcome(unexpected=list(self._refused))
        ended = self._finished + [
            run.player.end() for run, _key in self.runs if run.player.started or not self._finished
        ]
        for outcome in ended:
            total.unused += outcome.unused
            total.unexpected += outcome.unexpected
            total.notes += outcome.notes
        return total

    async def _session(self, wire: ServerConnection) -> None:
        assert wire.request is not None
        path = wire.request.path
        taken = self._take(path)
        if taken is None:
            self._refused.append(f"unexpected: a session with {path}: nothing recorded is left for it")
            await wire.close(REFUSED, "nothing recorded is left for this session; replay with --loop")
            return
        run, session = taken
        await run.opened(session, wire, path)
        try:
            async for message in wire:
                await run.received(session, message)
        except ConnectionClosed:
            pass  # without a Close frame: over all the same
        await run.closed(session)
        self._sweep()

    def _take(self, url: str) -> tuple[Run, int] | None:
        """The run and the recorded session that a live session is."""
        parameters = query(url)
        key = tuple(parameters.get(f"{party}_id", "") for party in sorted(self.script.accounts))
        for run, known in self.runs:
            if (not any(known) or not any(key) or known == key) and (session := run.player.wants(url)):
                if any(key) and not any(known):
                    self.runs[self.runs.index((run, known))] = (run, key)
                return run, session
        if self.runs and not self._loop:
            return None
        run = self._run(key)
        session = run.player.wants(url)
        return (run, session) if session else None

    def _run(self, key: tuple[str, ...]) -> Run:
        if not self.runs or self._loop:
            self.runs.append((Run(Player(self.script, self._settings)), key))
        return self.runs[-1][0]

    def _sweep(self) -> None:
        """Forget looped runs that are over, all but their outcome."""
        if self._loop:
            over = [(run, key) for run, key in self.runs if run.finished.is_set() and not run.wires]
            self._finished += [run.player.end() for run, _key in over]
            self.runs = [pair for pair in self.runs if pair not in over]


def _first(_wire: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None

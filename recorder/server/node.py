"""A capture as a mock node: live parties connect to it as they would to the node that was recorded.

Rule: every live session belongs to one run of the script; a session that no run has room for begins the next run where
the capture is looped, and is refused with the reason where it is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from recorder.errors import InputError
from recorder.model import Frame, Opened
from recorder.replay import Outcome, PlaySettings, Script
from recorder.replay.refusals import refusal
from recorder.server.http import JSON, NO_CONTENT, HttpNode, post
from recorder.server.passing import pass_on
from recorder.server.places import HttpPlaces
from recorder.server.run import ABNORMAL, UNBOUNDED, Run, Tell
from recorder.server.runs import USED, Runs
from recorder.settings import Address

OK, BAD_GATEWAY = 200, 502
REFUSED, INTERNAL_ERROR = 1008, 1011  # RFC 6455, section 7.4.1
GRACE = 2.0  # seconds that clients have to go when nothing more can happen
CLOSE_TIMEOUT = 2.0  # seconds that a client has to agree to a close

logger = logging.getLogger(__name__)
logger.addFilter(lambda record: "handshake" not in str(record.msg))  # a probe of the port is no trouble


class MockNode:
    """A mock node, listening while its `async with` block lasts.

    Args:
        script: what was recorded.
        settings: how to play it; its ends hold `node`.
        listen: where to listen (of a capture with both, HTTP here and WebSockets one port on); None for any free
            port of this machine's loopback.
        loop: begin the script again for further parties, for ever.
        tell: told what happens, as the events of a capture.
        beyond: a node (`ws://…`) to pass those sessions on to that no run has room for, instead of refusing them.

    Raises:
        InputError: the address cannot be listened on (when the block is entered).
    """

    def __init__(
        self,
        script: Script,
        settings: PlaySettings,
        listen: Address | None = None,
        *,
        loop: bool = False,
        tell: Tell | None = None,
        beyond: str = "",
    ) -> None:
        self.script, self._listen, self._loop, self._beyond, self._passed = script, listen, loop, beyond, 0
        self._changed = asyncio.Event()  # set when a run may be over
        self.runs = Runs(script, settings, loop=loop, tell=tell, changed=self._changed.set)
        self._refused: list[str] = []
        self._places = HttpPlaces()
        self._error: Exception | None = None  # what made an answer over HTTP fail
        self._answered = {
            (step.session, step.event.exchange)
            for step in script.steps
            if isinstance(step.event, Frame) and step.direction == "from_node"
        }
        openings = [step.event for step in script.steps if isinstance(step.event, Opened)]
        self._subprotocols = {event.subprotocol for event in openings if event.url}
        self._stack = AsyncExitStack()
        self.host = listen.host if listen else "127.0.0.1"
        self.port = self.http_port = 0
        self._since = 0.0  # when something happened last in what is gone

    @property
    def urls(self) -> list[str]:
        """Where it listens: `ws://…`, `http://…`, or both."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return [f"{kind}://{host}:{port}" for kind, port in (("ws", self.port), ("http", self.http_port)) if port]

    async def __aenter__(self) -> Self:
        kinds = {url.partition(":")[0] for url in self.script.urls.values()}
        over_http = bool(kinds & {"http", "https"})
        port = self._listen.port if self._listen else 0
        beside = Address(self.host, port + 1).port if port and over_http else port
        try:
            if over_http:
                http = HttpNode(self._exchange, self.host, port)
                self._stack.push_async_callback(http.close)
                self.http_port = http.port
            if kinds - {"http", "https"} or not over_http:
                self.port = await self._serve(beside)
        except OSError as error:
            await self._stack.aclose()
            raise InputError(
                f"cannot listen on {self._listen}: {error.strerror}; choose another with --listen HOST:PORT"
            ) from error
        self._since = Run.now()
        return self

    async def _serve(self, port: int) -> int:
        server = await self._stack.enter_async_context(
            serve(
                self._session,
                self.host,
                port,
                compression=None,  # on a loopback it only costs
                max_size=None,
                ping_interval=None,
                close_timeout=CLOSE_TIMEOUT,
                write_limit=UNBOUNDED,
                select_subprotocol=self._subprotocol,
                logger=logger,
            )
        )
        return int(next(iter(server.sockets)).getsockname()[1])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(run.stop() for run in self.runs))
        await self._stack.aclose()

    async def over(self, silence: float = 0, grace: float = GRACE) -> None:
        """Return when nothing can happen any more and the clients are gone, or do not go; never, where it is looped.

        Args:
            silence: give up after so many seconds without anything happening; 0 for never.
            grace: seconds that clients have to go.

        Raises:
            Exception: what ended the run before its time.
        """
        while not (left := self._over()):
            wait = self._moved + silence - Run.now() if silence else None
            if wait is not None and wait <= 0:
                return
            await self._change(wait)
        until = Run.now() + grace
        while any(run.wires for run in left) and Run.now() < until:
            await self._change(until - Run.now())

    def _over(self) -> list[Run]:
        for error in (self._error, *(run.error for run in self.runs)):
            if error is not None:
                raise error
        return [run for run in self.runs if run.over.is_set() and not self._loop]

    async def _change(self, seconds: float | None) -> None:
        self._changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    @property
    def _moved(self) -> float:
        """When something happened last."""
        return max([self._since, *(run.moved for run in self.runs)])

    @property
    def open(self) -> bool:
        """Whether a client is there, over WebSockets."""
        return self._passed > 0 or any(run.wires for run in self.runs)

    def outcome(self) -> Outcome:
        """How all runs went, so far."""
        return self.runs.outcome(self._refused)

    async def _session(self, wire: ServerConnection) -> None:
        assert wire.request is not None
        path = wire.request.path
        place = self.runs.take(path)
        if place is None and self._beyond:
            self._passed += 1
            try:
                await pass_on(wire, self._beyond)
            finally:
                self._passed -= 1
                self._changed.set()
            return
        if place is None:
            reason = self.runs.refusal(path)
            self._refused.append(f"unexpected: a session with {path}: {reason}")
            hint = "; replay with --loop" if reason == USED and not self._loop else ""
            await wire.close(REFUSED, f"this session: {reason}{hint}")
            return
        run, session = place
        try:
            await run.opened(session, path, wire)
            while True:
                await run.received(session, await wire.recv(decode=False))
        except ConnectionClosed:  # with or without a Close frame: over all the same
            await run.closed(session, wire.close_code or ABNORMAL, wire.close_reason or "")
        except Exception as error:  # noqa: BLE001 - raised again where the end is waited for
            run.fail(error)
            await wire.close(INTERNAL_ERROR, "the mock node failed")
        self._sweep()
        self._changed.set()

    async def _exchange(self, client: tuple[str, int], path: str, body: bytes) -> tuple[int, bytes]:
        """One HTTP request."""
        try:
            return await self._reply(client, path, body)
        except Exception as error:
            self._error = self._error or error
            self._changed.set()
            raise
        finally:
            self._sweep()

    async def _reply(self, client: tuple[str, int], path: str, body: bytes) -> tuple[int, bytes]:
        """The answer to a request: its session is an open one that expects it, or the next recorded one."""
        place = await self._places.find(client, path, body, lambda: self.runs.take(path, body))
        if self._beyond and (place is None or not place.run.player.fits(place.session, body)):
            url = self._beyond.replace("ws", "http", 1) + path
            try:
                return OK, await asyncio.to_thread(post, url, body, JSON, None)
            except InputError as error:
                return BAD_GATEWAY, str(error).encode()
        if place is None:
            self._refused.append(f"unexpected: a request to {path}: {self.runs.refusal(path)}")
            step = None
        else:
            step = await place.run.received(place.session, body)
        if place is None or step is None or not isinstance(step.event, Frame):
            answer = refusal(body)
            if answer and place is not None:
                place.run.tell_frame(place.session, "from_node", answer)
            return (OK, answer) if answer else (NO_CONTENT, b"")
        if (place.session, step.event.exchange) not in self._answered:
            return NO_CONTENT, b""
        return await place.run.answer(place.session, step.event.exchange)

    def _sweep(self) -> None:
        self._since = Run.now()
        if self.runs.forget():
            self._places.keep(set(self.runs))

    def _subprotocol(self, _wire: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """The recorded subprotocol; any, where it is not known."""
        known = self._subprotocols
        return next((one for one in offered if one in known or not known), None)

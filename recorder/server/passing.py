"""Forwards sessions and requests that are not in the capture to a node.

Rule: messages, bodies and headers are forwarded unchanged in both directions; when one end closes a session, the other
end gets the same close.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from websockets.exceptions import InvalidHandshake

from recorder.close_codes import BAD_GATEWAY
from recorder.errors import InputError
from recorder.headers import passed_on
from recorder.replay.actions import Send
from recorder.server.answers import TEXT
from recorder.server.http import HttpClient
from recorder.server.listener import Answer, Request
from recorder.server.websocket import WebSocket, connect
from recorder.timeline.urls import over_http

UNREACHABLE = 502  # RFC 9110, section 15.6.3


class Passing:
    """Carries traffic to the node at `url` (`ws://…`), and back.

    Args:
        url: the node's.
        changed: called when something that was carried is over.
    """

    def __init__(self, url: str, changed: Callable[[], None]) -> None:
        self._url, self._changed = url, changed
        self._client = HttpClient(over_http(url))
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[WebSocket] = set()

    @property
    def busy(self) -> bool:
        """Whether a session is open."""
        return bool(self._open)

    def carry(self, wire: WebSocket) -> None:
        """Let a client talk to the node, until one of them ends it."""
        self._open.add(wire)
        self._start(self._carried(wire))

    def ask(self, request: Request, answer: Answer) -> None:
        """Let the node answer a request."""
        self._start(self._asked(request, answer))

    async def stop(self) -> None:
        """Carry nothing more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        wires = list(self._open)
        for wire in wires:
            wire.leave()
        await asyncio.gather(*(wire.closed() for wire in wires))
        self._client.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carried(self, wire: WebSocket) -> None:
        try:
            there = await connect(self._url + wire.path, subprotocols=filter(None, [wire.subprotocol]))
        except (OSError, InvalidHandshake) as error:
            wire.close(BAD_GATEWAY, str(error))
            self._left(wire)
            return
        self._open.add(there)
        for one, other in ((wire, there), (there, wire)):
            self._join(one, other)

    def _join(self, here: WebSocket, there: WebSocket) -> None:
        def lost(code: int, reason: str) -> None:
            there.close(code, reason)
            self._left(here)

        here.listen(lambda payload, binary: there.send(Send(0, payload, binary)), lost)

    def _left(self, wire: WebSocket) -> None:
        self._open.discard(wire)
        self._changed()

    async def _asked(self, request: Request, answer: Answer) -> None:
        try:
            response = await self._client.request(
                request.method, request.target, passed_on(request.headers), request.body
            )
            headers = passed_on(response.headers)
            if not response.is_stream:
                answer.send(response.status, headers, await response.body())
                return
            answer.send(response.status, headers, b"", last=False)
            async for piece in response.pieces:
                answer.send(response.status, headers, piece, last=False)
            answer.send(response.status, headers, b"")
        except InputError as error:
            answer.send(UNREACHABLE, TEXT, str(error).encode())
        finally:
            self._changed()

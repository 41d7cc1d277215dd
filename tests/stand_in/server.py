"""A node that listens: WebSockets on a free loopback port, in a thread of its own, by a clock that a test may speed up.

Rule: a session whose client sends nothing, not even a ping, is ended when the node's silence is over.
"""

import asyncio
import threading
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve

from stand_in.behaviour import Behaviour
from stand_in.node import Node


class Connection(ServerConnection):
    """A client's connection, which tells when anything at all has come."""

    heard = staticmethod(lambda: None)

    def data_received(self, data: bytes) -> None:
        """Hear the client: a message, a ping, a part of either."""
        self.heard()
        super().data_received(data)


class StandIn:
    """A node, while its `with` block lasts.

    Args:
        behaviour: how it behaves.
        speed: how many seconds of the node's pass in one of ours.
    """

    def __init__(self, behaviour: Behaviour | None = None, speed: float = 1.0) -> None:
        self.behaviour, self._speed = behaviour or Behaviour(), speed
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stand-in node", daemon=True)
        self._node = Node(self.behaviour, self._later)
        self._server: Server
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_about: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await serve(
            self._serve, "127.0.0.1", 0, create_connection=Connection, ping_interval=None, compression=None
        )
        (address,) = {listening.getsockname()[1] for listening in self._server.sockets}
        self.url = f"ws://127.0.0.1:{address}"

    async def _stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, connection: Connection) -> None:
        outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        assert connection.request is not None
        session = self._node.opened(connection.request.path, outgoing.put_nowait, lambda: outgoing.put_nowait(None))
        silent = self._silence(outgoing)

        def heard() -> None:
            nonlocal silent
            silent.cancel()
            silent = self._silence(outgoing)

        connection.heard = heard
        telling = asyncio.create_task(self._tell(connection, outgoing))
        try:
            async for payload in connection:
                self._node.received(session, payload.encode() if isinstance(payload, str) else payload)
        finally:
            self._node.closed(session)
            silent.cancel()
            telling.cancel()

    async def _tell(self, connection: Connection, outgoing: asyncio.Queue[bytes | None]) -> None:
        while (payload := await outgoing.get()) is not None:
            await connection.send(payload.decode())
        await connection.close()

    def _silence(self, outgoing: asyncio.Queue[bytes | None]) -> asyncio.TimerHandle:
        return self._later(self.behaviour.silence, lambda: outgoing.put_nowait(None))

    def _later(self, seconds: float, step: object) -> asyncio.TimerHandle:
        return self._loop.call_later(seconds / self._speed, step)  # type: ignore[arg-type]

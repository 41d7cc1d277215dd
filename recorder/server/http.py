"""JSON-RPC over HTTP on both sides of a player: the mock node's server, and the parties' client.

Rule: the standard library carries the bodies, in threads of its own; runs stay in their loop.
"""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from recorder.errors import InputError
from recorder.settings import Address

Exchange = Callable[[str, bytes], Awaitable[tuple[int, bytes]]]
"""From a request's path and body: status and body of its answer."""

NO_CONTENT = 204
PATIENCE = 30.0  # seconds until a request that gets no answer is given up
JSON = {"content-type": "application/json"}


class HttpNode:
    """An HTTP server for a mock node.

    Args:
        exchange: answers a request, in the loop that started this.
        listen: where to listen.

    Raises:
        OSError: the address cannot be listened on.
    """

    def __init__(self, exchange: Exchange, listen: Address) -> None:
        loop = asyncio.get_running_loop()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, answer = asyncio.run_coroutine_threadsafe(_answered(exchange, self.path, body), loop).result(
                    PATIENCE
                )
                self.send_response(status)
                if status != NO_CONTENT:
                    self.send_header("content-type", JSON["content-type"])
                    self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Say nothing: the run says what is worth saying."""

        self._server = ThreadingHTTPServer((listen.host, listen.port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


async def _answered(exchange: Exchange, path: str, body: bytes) -> tuple[int, bytes]:
    return await exchange(path, body)


class HttpWire:
    """A party's session with a node over HTTP: what it sends is posted, what is answered has been received.

    Args:
        url: where to post.
        received: takes the body of each answer that has one.
    """

    def __init__(self, url: str, received: Callable[[bytes], Awaitable[object]]) -> None:
        self._url, self._received = url, received
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, message: str | bytes) -> None:
        """Post a body; its answer comes in when it comes."""
        task = asyncio.create_task(self._exchange(message.encode() if isinstance(message, str) else message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, _code: int = 1000, _reason: str = "") -> None:
        """Wait for the answers that are still to come."""
        await asyncio.gather(*self._tasks)

    async def _exchange(self, body: bytes) -> None:
        answer = await asyncio.to_thread(_post, self._url, body)
        if answer:
            await self._received(answer)


def _post(url: str, body: bytes) -> bytes:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=PATIENCE)
    try:
        connection.request("POST", parts.path or "/", body, JSON)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise InputError(f"no answer from {url}: {error}") from error
    finally:
        connection.close()

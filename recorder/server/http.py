"""JSON-RPC over HTTP on both sides of a player: the mock node's server, and the parties' client.

Rule: the standard library carries the bodies, in threads of its own; runs stay in their loop.
"""

from __future__ import annotations

import asyncio
import http.client
import ssl
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from recorder.errors import InputError

Exchange = Callable[[tuple[str, int], str, bytes], Awaitable[tuple[int, bytes]]]
"""From a client's address, a request's path and its body: status and body of the answer; no status, no answer."""

NO_CONTENT = 204
PATIENCE = 30.0  # seconds until a request that gets no answer is given up
LAST_ANSWERS = 1.0  # seconds that a server that ends waits for them
POLL = 0.02  # seconds until the server's thread sees that it shall end
JSON = {"content-type": "application/json"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def server_bind(self) -> None:
        """Bind without asking a name server for our name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no trouble of ours."""


class HttpNode:
    """An HTTP server for a mock node.

    Args:
        exchange: answers a request, in the loop that started this.
        host: where to listen.
        port: where to listen; 0 for any free port.

    Raises:
        OSError: the address cannot be listened on.
    """

    def __init__(self, exchange: Exchange, host: str, port: int) -> None:
        loop, node = asyncio.get_running_loop(), self
        self.busy = _Busy()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                with node.busy:
                    self._exchange(_body(self))

            def _exchange(self, body: bytes) -> None:
                work = exchange(self.client_address[:2], self.path, body)
                try:
                    status, answer = asyncio.run_coroutine_threadsafe(_awaited(work), loop).result(PATIENCE)
                except (TimeoutError, CancelledError):
                    status, answer = 0, b""
                if status:
                    self._answer(status, answer)
                else:
                    self.close_connection = True

            def _answer(self, status: int, answer: bytes) -> None:
                self.send_response(status)
                if status != NO_CONTENT:
                    self.send_header("content-type", JSON["content-type"])
                    self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Say nothing: the run says what is worth saying."""

        family = _Server.address_family
        if ":" in host:
            family = AF_INET6
        self._server = type("_Server", (_Server,), {"address_family": family})((host, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    async def close(self) -> None:
        """Stop listening, when the answers that are on their way have been written."""
        await asyncio.to_thread(self._server.shutdown)
        await asyncio.to_thread(self.busy.wait, LAST_ANSWERS)
        self._server.server_close()
        self._thread.join()


class _Busy:
    """Counts the requests that are being answered, to wait for their end."""

    def __init__(self) -> None:
        self._count, self._changed = 0, threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_error: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until none is; so long at the most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._count, seconds)


def _body(request: BaseHTTPRequestHandler) -> bytes:
    """A request's body, in one piece or in chunks (RFC 9112, section 7.1)."""
    if "chunked" not in request.headers.get("transfer-encoding", "").lower():
        length = int(request.headers.get("content-length", 0))
        body = request.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError
        return body
    pieces = []
    while size := int(request.rfile.readline().partition(b";")[0], 16):
        pieces.append(request.rfile.read(size))
        request.rfile.readline()
    while request.rfile.readline().strip():
        pass  # trailers
    return b"".join(pieces)


async def _awaited(work: Awaitable[tuple[int, bytes]]) -> tuple[int, bytes]:
    return await work


class HttpWire:
    """A party's session with a node over HTTP: what it sends is posted, what is answered has been received.

    Args:
        url: where to post.
        agent: what the client calls itself: a recorder tells clients apart by it.
        received: takes the body of each answer that has one.
        start: does work beside the run.
        tls: how a node's certificate is verified.
    """

    def __init__(
        self,
        url: str,
        agent: str,
        received: Callable[[bytes], Awaitable[object]],
        start: Callable[[Any], asyncio.Task[None]],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._url, self._headers, self._received, self._start = url, {"user-agent": agent, **JSON}, received, start
        self._exchanges: set[asyncio.Task[None]] = set()

    @property
    def transport(self) -> HttpWire:
        """What is below it: HTTP is its own."""
        return self

    async def send(self, message: bytes, *, text: bool = True) -> None:  # noqa: ARG002 - HTTP has one kind of body
        """Post a body; its answer comes in when it comes."""
        task = self._start(self._exchange(message))
        self._exchanges.add(task)
        task.add_done_callback(self._exchanges.discard)

    async def close(self, _code: int = 1000, _reason: str = "") -> None:
        """Wait for the answers that are still to come."""
        await asyncio.gather(*self._exchanges, return_exceptions=True)

    def abort(self) -> None:
        """Wait for nothing."""
        for task in self._exchanges:
            task.cancel()

    async def _exchange(self, body: bytes) -> None:
        answer = await asyncio.to_thread(post, self._url, body, self._headers, self._tls)
        if answer:
            await self._received(answer)


def post(url: str, body: bytes, headers: dict[str, str], tls: ssl.SSLContext | None) -> bytes:
    """Post a body; the body of the answer.

    Raises:
        InputError: there was none.
    """
    parts = urlsplit(url)
    connection = (
        http.client.HTTPSConnection(parts.netloc, timeout=PATIENCE, context=tls)
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
    )
    try:
        connection.request("POST", f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", body, headers)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise InputError(f"no answer from {url}: {error}") from error
    finally:
        connection.close()

"""What the end-to-end tests share: a node and parties at byte level, and recorders in this process or in their own.

Rule: nothing sleeps for luck: every wait is for a condition and has a limit. Everything ends by its own handle.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode

from recorder import capture
from recorder.model import AnyEvent, Closed, Frame, Header, Opened
from recorder.proxy.host import Host
from recorder.settings import RecordSettings, parse_upstreams

LIMIT = 20.0  # seconds that anything may take; reached only when a test fails
ACCEPT = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
KEY, ANSWER = "dGhlIHNhbXBsZSBub25jZQ==", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, section 1.3

T = TypeVar("T")
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


OPEN: list[asyncio.StreamWriter] = []
"""Every connection that a scene holds, to be ended with it."""


def hang_up() -> None:
    """End all connections of the scene."""
    for writer in OPEN:
        writer.transport.abort()
    OPEN.clear()


def play(scene: Coroutine[Any, Any, None]) -> None:
    """Run a test's scene, for a limited time."""
    asyncio.run(asyncio.wait_for(scene, 5 * LIMIT))


async def until(condition: Callable[[], Any], what: str = "the condition") -> None:
    """Wait until something is so."""
    try:
        async with asyncio.timeout(LIMIT):
            while not condition():  # noqa: ASYNC110 - what is waited for sets no event
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"{what} did not come about") from None


async def soon(work: Awaitable[T]) -> T:
    """Wait for something that must not take long."""
    return await asyncio.wait_for(work, LIMIT)


def frame(payload: bytes, opcode: int = 1, *, masked: bool = False, fin: bool = True, rsv1: bool = False) -> bytes:
    """A WebSocket frame as the `websockets` library writes it."""
    return WireFrame(Opcode(opcode), payload, fin, rsv1).serialize(mask=masked)


def close(code: int, reason: str = "", *, masked: bool = False) -> bytes:
    """A Close frame."""
    return frame(struct.pack("!H", code) + reason.encode(), 8, masked=masked)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a TCP connection with RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Node:
    """A node of our own at byte level: answers the handshake, and hands over the streams."""

    def __init__(self) -> None:
        self.port = 0
        self.after = b""  # what follows the 101 in the same segment
        self.extensions = ""
        self.requests: list[bytes] = []
        self.accepted = 0
        self.answers = asyncio.Event()  # while it is not set, handshakes wait for their 101
        self.answers.set()
        self.sessions: asyncio.Queue[Streams] = asyncio.Queue()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        OPEN.append(writer)
        self.accepted += 1
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, OSError):
            return
        await self.answers.wait()
        extensions = f"Sec-WebSocket-Extensions: {self.extensions}\r\n".encode() if self.extensions else b""
        writer.write(ACCEPT + b"Sec-WebSocket-Accept: " + ANSWER + b"\r\n" + extensions + b"\r\n" + self.after)
        self.sessions.put_nowait((reader, writer))

    @contextlib.asynccontextmanager
    async def listening(self, tls: Any = None) -> AsyncIterator[Node]:
        """Listen until the end of the scene."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            hang_up()


async def connect(
    port: int, path: str = "/channel?role=initiator", *, extensions: str = "", after: bytes = b"", tls: Any = None
) -> Streams:
    """A party's handshake, with bytes that follow it in the same segment; returns after the 101."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, limit=1 << 20, ssl=tls, server_hostname="localhost" if tls else None
    )
    OPEN.append(writer)
    offer = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{offer}\r\n".encode()
        + after
    )
    assert b"101" in await soon(reader.readuntil(b"\r\n\r\n"))
    return reader, writer


async def pair(port: int, node: Node, **how: Any) -> tuple[Streams, Streams]:
    """A session through the recorder: the party's streams and the node's."""
    party = await connect(port, **how)
    return party, await soon(node.sessions.get())


async def post(port: int, path: str, body: bytes, **headers: str) -> tuple[int, bytes, bytes]:
    """An HTTP request on a connection of its own: status, head and body of its answer."""
    return await http(port, "POST", path, body, {"Content-Type": "application/json", **headers})


async def http(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, bytes]:
    """An HTTP request, spelled out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = {"Host": f"127.0.0.1:{port}", "Connection": "close", "Content-Length": str(len(body)), **headers}
    text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode() + body)
    answer = await soon(reader.read())
    writer.close()
    await writer.wait_closed()
    head, _, rest = answer.partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else 0), head, rest


class Recording:
    """A recorder at work, and what stands in its capture."""

    def __init__(self, file: Path, port: int = 0) -> None:
        self.file, self.port = file, port
        self.said: list[str] = []
        self.torn: list[int] = []
        self.code: int | None = None

    def load(self) -> tuple[Header, list[AnyEvent]]:
        """Everything in the capture."""
        with self.file.open("rb") as lines:
            header, events = capture.load(lines, file=str(self.file), torn=self.torn.append)
            return header, list(events)

    @property
    def events(self) -> list[AnyEvent]:
        """The events so far."""
        return self.load()[1]

    def frames(self, *opcodes: str) -> list[tuple[str, str, bytes]]:
        """Direction, opcode and payload of the frames so far."""
        shown = opcodes or ("text", "binary", "raw")
        return [(e.direction, e.opcode, e.payload) for e in self.events if isinstance(e, Frame) and e.opcode in shown]

    @property
    def closed(self) -> list[Closed]:
        """How the sessions so far ended."""
        return [event for event in self.events if isinstance(event, Closed)]

    @property
    def opened(self) -> list[Opened]:
        """The sessions so far."""
        return [event for event in self.events if isinstance(event, Opened)]

    async def ending(self, count: int = 1) -> list[Closed]:
        """Wait until so many sessions have ended."""
        await until(lambda: len(self.closed) >= count, f"{count} closed events in the capture")
        return self.closed


@contextlib.asynccontextmanager
async def recording(
    folder: Path,
    node_port: int,
    *,
    scheme: str = "ws",
    behind: str = "",
    node: str = "localhost",
    listen: str = "127.0.0.1:0",
    **settings: Any,
) -> AsyncIterator[Recording]:
    """A recorder inside this process, until the end of the scene; `behind` is the path of the node's URL."""
    rec = Recording(folder / "run.jsonl")
    upstreams = parse_upstreams([f"{scheme}://{node}:{node_port}{behind}"], [listen])
    host = Host(RecordSettings(capture=rec.file, upstreams=upstreams, **settings), [], rec.said.append)
    started = asyncio.Event()
    running = asyncio.create_task(host.run(started.set))
    starting = asyncio.create_task(started.wait())
    await asyncio.wait([running, starting], return_when=asyncio.FIRST_COMPLETED)
    starting.cancel()
    try:
        if running.done():
            running.result()
        rec.port = host.addresses[0].port
        yield rec
    finally:
        hang_up()
        host.stop()
        rec.code = await soon(running)


class Child:
    """A recorder (or mitmproxy) in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, rec: Recording) -> None:
        self.process, self.rec = process, rec
        self.out: list[str] = []
        self._reading = asyncio.create_task(self._read(process.stdout))

    async def _read(self, stream: asyncio.StreamReader | None) -> None:
        while stream and (line := await stream.readline()):
            self.out.append(line.decode().rstrip("\n"))

    async def says(self, text: str) -> None:
        """Wait for a line."""
        await until(lambda: any(text in line for line in self.out) or self._reading.done(), f"{text!r} in {self.out}")
        assert any(text in line for line in self.out), self.out

    async def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal, and wait for the exit code."""
        self.process.send_signal(number)
        return await self.wait()

    async def wait(self) -> int:
        """Wait for the exit code, and for all that was printed."""
        code = await soon(self.process.wait())
        await soon(self._reading)
        return code


@contextlib.asynccontextmanager
async def child(rec: Recording, *arguments: str, module: str = "recorder", **how: Any) -> AsyncIterator[Child]:
    """A process that runs a module of ours, killed at the end of the scene if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(["-m", module] if module else []),
        *arguments,
        stdout=how.pop("screen", asyncio.subprocess.PIPE),
        stderr=asyncio.subprocess.STDOUT,
        limit=1 << 20,
        env={**os.environ, "NO_COLOR": "1", **how.pop("env", {})},
        **how,
    )
    one = Child(process, rec)
    try:
        yield one
    finally:
        if process.returncode is None:
            process.kill()
        await one.wait()


@contextlib.asynccontextmanager
async def record(folder: Path, node_port: int, *options: str, scheme: str = "ws", **how: Any) -> AsyncIterator[Child]:
    """`recorder record` in front of a node, listening."""
    rec = Recording(folder / "run.jsonl")
    url = f"{scheme}://127.0.0.1:{node_port}"
    async with child(rec, "record", url, "--listen", "127.0.0.1:0", "-o", str(rec.file), *options, **how) as one:
        await one.says("recording to")
        rec.port = int(
            next(line for line in one.out if line.startswith("listening on")).partition(",")[0].split(":")[1]
        )
        yield one

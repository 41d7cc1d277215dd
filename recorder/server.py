"""Real WebSockets around a capture: a stand-in node, and parties that talk to it through a recorder.

Rule: the only module that imports websockets; it carries frames and knows nothing of what they mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect  # noqa: TID251 - this module is its door
from websockets.asyncio.server import Server, ServerConnection, serve  # noqa: TID251
from websockets.exceptions import ConnectionClosed, WebSocketException  # noqa: TID251

from recorder.errors import InputError
from recorder.model import PRINTED, AnyEvent, Closed, Frame, Opened, Scenario

PATIENCE = 10.0  # seconds until what was sent must have come through


@dataclass
class StandInNode:
    """A node that accepts every session and says what it is told to; listens on a free port of this machine."""

    server: Server
    accepted: asyncio.Queue[ServerConnection] = field(default_factory=asyncio.Queue)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(next(iter(self.server.sockets)).getsockname()[1])


@asynccontextmanager
async def stand_in_node() -> AsyncIterator[StandInNode]:
    """A stand-in node for the length of a block."""
    accepted: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def accept(session: ServerConnection) -> None:
        await accepted.put(session)
        await session.wait_closed()

    async with serve(accept, "127.0.0.1", 0, max_size=None, ping_interval=None) as server:
        yield StandInNode(server, accepted)


async def perform(
    events: Iterable[AnyEvent], node: StandInNode, address: str, begin: Callable[[str], Awaitable[None]]
) -> int:
    """Perform a capture's traffic in its recorded order, each frame once the one before has arrived.

    Args:
        events: the capture's timeline, WebSocket sessions only.
        node: the node's part.
        address: `HOST:PORT` where the parties connect: a recorder in front of the node.
        begin: begins a scenario in that recorder.

    Returns:
        How many frames were passed.

    Raises:
        InputError: a frame did not arrive, or not as it was sent.
    """
    ends: dict[int, tuple[ClientConnection, ServerConnection]] = {}
    passed = 0
    async with AsyncExitStack() as stack:
        for event in events:
            if isinstance(event, Opened):
                parts = urlsplit(event.url)
                path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                ends[event.session] = await _connect(stack, node, f"ws://{address}{path}")
            elif isinstance(event, Frame) and event.opcode in PRINTED:
                await _pass(event, *ends[event.session])
                passed += 1
            elif isinstance(event, Closed):
                party, accepted = ends[event.session]
                await party.close(event.code, event.reason)
                await asyncio.wait_for(accepted.wait_closed(), PATIENCE)
            elif isinstance(event, Scenario):
                await begin(event.name)
    return passed


async def _connect(stack: AsyncExitStack, node: StandInNode, url: str) -> tuple[ClientConnection, ServerConnection]:
    try:
        party = await stack.enter_async_context(connect(url, max_size=None, ping_interval=None))
        return party, await asyncio.wait_for(node.accepted.get(), PATIENCE)
    except (OSError, WebSocketException) as error:  # a timeout is an OSError too
        raise InputError(f"no session came about at {url}: {error or type(error).__name__}") from error


async def _pass(frame: Frame, party: ClientConnection, node: ServerConnection) -> None:
    sender, receiver = (party, node) if frame.direction == "to_node" else (node, party)
    message = frame.payload if frame.opcode == "binary" else frame.payload.decode()
    try:
        await sender.send(message)
        arrived = await asyncio.wait_for(receiver.recv(), PATIENCE)
    except (ConnectionClosed, TimeoutError) as error:
        raise InputError(f"a frame of session {frame.session} did not arrive: {error!r}") from error
    if arrived != message:
        raise InputError(f"a frame of session {frame.session} arrived changed")

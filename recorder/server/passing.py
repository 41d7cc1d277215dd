"""Sessions that no capture has, passed on to a node that knows them.

Rule: messages are carried as they are, both ways, and a session ends at both ends as it ended at one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, ProtocolError
from websockets.typing import Subprotocol

BAD_GATEWAY = 1014  # registered with IANA: the server behind could not be reached


async def pass_on(wire: ServerConnection, url: str) -> None:
    """Let a client talk to the node at `url`, until one of them ends it."""
    assert wire.request is not None
    offered = [Subprotocol(wire.subprotocol)] if wire.subprotocol else None
    try:
        there = await connect(
            url + wire.request.path,
            subprotocols=offered,
            compression=None,
            max_size=None,
            ping_interval=None,
            proxy=None,
        )
    except (OSError, InvalidHandshake) as error:
        await wire.close(BAD_GATEWAY, str(error)[:100])
        return
    await asyncio.gather(_carry(wire, there), _carry(there, wire))


async def _carry(here: ServerConnection | ClientConnection, there: ServerConnection | ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            message = await here.recv()
            await there.send(message)
    with suppress(ConnectionClosed):
        try:
            await there.close(here.close_code or 1000, here.close_reason or "")
        except ProtocolError:  # a code that may not be sent
            await there.close()

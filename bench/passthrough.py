"""What one writes in an afternoon instead of a recorder: a proxy on the `websockets` library that logs each message.

Rule: as good as such a script gets (no compression, no limits, a buffered log), for it is what must be beaten.

    python bench/passthrough.py NODE_PORT LISTEN_PORT LOG
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from contextlib import suppress
from typing import Any, TextIO

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PLAIN: dict[str, Any] = {"compression": None, "max_size": None, "ping_interval": None}


async def forward(source: Any, target: Any, log: TextIO, direction: str) -> None:
    with suppress(ConnectionClosed):
        async for message in source:
            log.write(json.dumps({"time": time.time_ns(), "direction": direction, "message": message}) + "\n")
            await target.send(message)
    await target.close()


async def main(node: int, port: int, path: str) -> None:
    with open(path, "a", encoding="utf-8") as log:  # noqa: ASYNC230, PTH123 - as such a script does it

        async def session(party: ServerConnection) -> None:
            assert party.request is not None
            async with connect(f"ws://127.0.0.1:{node}{party.request.path}", **PLAIN) as upstream:
                await asyncio.gather(forward(party, upstream, log, "to"), forward(upstream, party, log, "from"))

        async with serve(session, "127.0.0.1", port, **PLAIN) as server:
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, server.close)
            await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))

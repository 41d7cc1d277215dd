"""How fast a mock node answers: one client and two hundred, frames a second in one process.

Rule: the node alone is in the measured process; clients are cheap and in another, and what the node's process used of
its core is printed beside its result. A round plays the same capture as many times as it fits.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode

from recorder import api, capture
from recorder.model import Closed, Frame, Header, Opened
from recorder.server import MockNode
from recorder.timeline import read

TARGET = 5_000  # frames a second, both directions, in one process
CLIENTS = (1, 200)
EXCHANGES = 100  # requests a session
SEED = Path(__file__).parents[1] / "transcripts" / "two_withdrawals.jsonl"
HANDSHAKE = (
    b"GET /channel?role=initiator HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass
class Figures:
    """What came of one round.

    Args:
        clients: how many there were at once.
        frames: how many frames went, both directions.
        seconds: how long it took.
        busy: seconds of the node's process on its core.
    """

    clients: int
    frames: int
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds

    def __str__(self) -> str:
        reached = "reached" if self.rate >= TARGET else "missed"
        return (
            f"{self.clients:>4} clients  {self.frames:>7,} frames  {self.rate:>8,.0f} frames/s"
            f"  {1e6 * self.busy / self.frames:>5.0f} us of CPU a frame  target {TARGET:,} {reached}"
        )


def session(exchanges: int = EXCHANGES) -> list[Opened | Frame | Closed]:
    """A party that asks and is answered, with frames as an æternity node sends them."""
    taken = list(api.load(SEED))
    pushed = next(e.payload for e in taken if isinstance(e, Frame) and b"sign.withdraw_tx" in e.payload)
    signed = next(e.payload for e in taken if isinstance(e, Frame) and b"channels.withdraw_tx" in e.payload)
    events: list[Opened | Frame | Closed] = [
        Opened(session=1, party="initiator", url="ws://node/channel?role=initiator")
    ]
    for _ in range(exchanges):
        events.append(capture.frame(signed, session=1, direction="to_node"))
        events.append(capture.frame(pushed, session=1, direction="from_node"))
    return [*events, Closed(session=1, code=1000)]


async def _client(port: int, ask: bytes, answer: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(EXCHANGES):
        writer.write(ask)
        await reader.readexactly(answer)
    writer.write(WireFrame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
    await reader.read()
    writer.close()


def _clients(port: int, count: int, seconds: float, ask: bytes, answer: int) -> None:
    async def often() -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await _client(port, ask, answer)

    async def everybody() -> None:
        await asyncio.gather(*(often() for _ in range(count)))

    asyncio.run(everybody())


async def measure(count: int, seconds: float) -> Figures:
    """One round."""
    events = session()
    ask, answer = (WireFrame(Opcode.TEXT, events[at].payload) for at in (1, 2))  # type: ignore[union-attr]
    script = read(Header(format=1, run="bench", recorder="0", profile="aeternity"), events)
    async with MockNode(script, api.play_settings(script), loop=True) as node:
        work = (node.port, count, seconds, ask.serialize(mask=True), len(answer.serialize(mask=False)))
        others = multiprocessing.get_context("spawn").Process(target=_clients, args=work)
        others.start()
        while not node.runs.begun:  # noqa: ASYNC110 - the first client sets no event
            await asyncio.sleep(0.01)
        began, used = time.monotonic(), _used()
        await asyncio.to_thread(others.join)
        took, busy = time.monotonic() - began, _used() - used
        assert node.outcome().unexpected == []
        return Figures(count, 2 * EXCHANGES * node.runs.begun, took, busy)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and show; a missed target is a finding, not a failure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="of each round")
    seconds = options.parse_args().seconds
    print(f"{os.cpu_count()} cores, {EXCHANGES} exchanges a session, --speed instant --loop")
    for count in CLIENTS:
        print(asyncio.run(measure(count, seconds)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

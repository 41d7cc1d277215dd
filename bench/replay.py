"""How fast a mock node answers: one client and two hundred, frames a second in one process, over WebSockets, HTTP, and
in large batches.

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

TARGETS = {"WebSocket": 5_000, "HTTP": 4_000, "batch": 4_000}
"""Messages a second, both directions, in one process: 2,000 calls by HTTP."""

CLIENTS = (1, 200)
EXCHANGES = 100  # requests a session
MEMBERS = 2_000  # calls in the one batch of a session
SEED = Path(__file__).parents[1] / "transcripts" / "two_withdrawals.jsonl"
HANDSHAKE = (
    b"GET /channel?role=initiator HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass
class Figures:
    """What came of one round.

    Args:
        transport: a key of `TARGETS`.
        clients: how many there were at once.
        frames: how many frames, or messages of batches, went, both directions.
        seconds: how long it took.
        busy: seconds of the node's process on its core.
    """

    transport: str
    clients: int
    frames: int
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds

    def __str__(self) -> str:
        target = TARGETS[self.transport]
        reached = "reached" if self.rate >= target else "missed"
        return (
            f"{self.transport:<9} {self.clients:>4} clients  {self.frames:>7,} frames  {self.rate:>8,.0f} frames/s"
            f"  {1e6 * self.busy / self.frames:>5.0f} us of CPU a frame  target {target:,} {reached}"
        )


def web_socket() -> list[Opened | Frame | Closed]:
    """A party that asks and is answered, with frames as an æternity node sends them."""
    taken = list(api.load(SEED))
    pushed = next(e.payload for e in taken if isinstance(e, Frame) and b"sign.withdraw_tx" in e.payload)
    signed = next(e.payload for e in taken if isinstance(e, Frame) and b"channels.withdraw_tx" in e.payload)
    events: list[Opened | Frame | Closed] = [
        Opened(session=1, party="initiator", url="ws://node/channel?role=initiator")
    ]
    for _ in range(EXCHANGES):
        events.append(capture.frame(signed, session=1, direction="to_node"))
        events.append(capture.frame(pushed, session=1, direction="from_node"))
    return [*events, Closed(session=1, code=1000)]


def _called(number: int) -> tuple[bytes, bytes]:
    """A call for the balance of an account, and its answer."""
    told = b'"method":"eth_getBalance","params":["0x%040x","latest"]' % number, b'"result":"0x%x"' % (number << 60)
    called, answered = (b'{"jsonrpc":"2.0","id":%d,%s}' % (number, one) for one in told)
    return called, answered


def http() -> list[Opened | Frame | Closed]:
    """A client that asks for the balances of accounts, one call after the other on a kept connection."""
    events: list[Opened | Frame | Closed] = [Opened(session=1, party="client", url="http://node/")]
    for number in range(1, EXCHANGES + 1):
        events += _exchange(number, *_called(number))
    return events


def batch() -> list[Opened | Frame | Closed]:
    """A client that asks for all of them at once."""
    asked, answered = zip(*map(_called, range(MEMBERS)), strict=True)
    opened = Opened(session=1, party="client", url="http://node/")
    return [opened, *_exchange(1, *(b"[%s]" % b",".join(messages) for messages in (asked, answered)))]


def _exchange(number: int, asked: bytes, answered: bytes) -> list[Frame]:
    """A request over HTTP, and its answer."""
    told = {"to_node": asked, "from_node": answered}
    return [
        capture.frame(payload, session=1, direction=direction, exchange=number) for direction, payload in told.items()
    ]


async def _by_web_socket(port: int, asks: list[bytes], answers: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    sizes = [len(WireFrame(Opcode.TEXT, answer).serialize(mask=False)) for answer in answers]
    wired = [WireFrame(Opcode.TEXT, ask).serialize(mask=True) for ask in asks]
    for ask, size in zip(wired, sizes, strict=True):
        writer.write(ask)
        await reader.readexactly(size)
    writer.write(WireFrame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
    await reader.read()
    writer.close()


async def _by_http(port: int, asks: list[bytes], answers: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    for ask, answer in zip(asks, answers, strict=True):
        writer.write((head % len(ask)).encode() + ask)
        assert b" 200 " in (await reader.readuntil(b"\r\n\r\n")).splitlines()[0]
        assert await reader.readexactly(len(answer)) == answer
    writer.close()
    await writer.wait_closed()


TRANSPORTS = {
    "WebSocket": (web_socket, _by_web_socket, EXCHANGES),
    "HTTP": (http, _by_http, EXCHANGES),
    "batch": (batch, _by_http, MEMBERS),
}
"""What is played, the clients, and how many calls there are in a session."""


def _clients(transport: str, port: int, count: int, seconds: float, asks: list[bytes], answers: list[bytes]) -> None:
    client = TRANSPORTS[transport][1]

    async def often() -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await client(port, asks, answers)

    async def everybody() -> None:
        await asyncio.gather(*(often() for _ in range(count)))

    asyncio.run(everybody())


async def measure(transport: str, count: int, seconds: float) -> Figures:
    """One round."""
    events = TRANSPORTS[transport][0]()
    asks, answers = (
        [event.payload for event in events if isinstance(event, Frame) and event.direction == direction]
        for direction in ("to_node", "from_node")
    )
    script = read(Header(format=1, run="bench", recorder="0", profile="auto"), events)
    async with MockNode(script, api.play_settings(script), loop=True) as node:
        work = (transport, node.port, count, seconds, asks, answers)
        others = multiprocessing.get_context("spawn").Process(target=_clients, args=work)
        others.start()
        while not node.runs.begun:  # noqa: ASYNC110 - the first client sets no event
            await asyncio.sleep(0.01)
        began, used = time.monotonic(), _used()
        await asyncio.to_thread(others.join)
        took, busy = time.monotonic() - began, _used() - used
        assert others.exitcode == 0
        assert node.outcome().unexpected == []
        return Figures(transport, count, 2 * TRANSPORTS[transport][2] * node.runs.begun, took, busy)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and show; a missed target is a finding, not a failure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="of each round")
    seconds = options.parse_args().seconds
    print(f"{os.cpu_count()} cores, {EXCHANGES} exchanges a session, --speed instant --loop")
    for transport in TRANSPORTS:
        for count in CLIENTS:
            print(asyncio.run(measure(transport, count, seconds)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What an event of a stream costs: this recorder beside bare mitmdump that streams the same, interleaved.

Beside both, the floor: a loop without asyncio that reads a piece, appends it to a file and sends it on, and knows nothing.

Rule: node and client are in this process, so that the figure is the subject's alone: its CPU between two moments, by the
events that passed. Paced, each event waits for the one before it to arrive; in a burst all are sent at once.

    python bench/streams.py [ROUNDS]
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import process
import subjects
from subjects import BARE, RECORDER, Subject

ROUNDS = 7
EVENTS = {"paced": 1_500, "burst": 15_000}
WARM = 300
TARGET = 0.5
CALL = b'{"jsonrpc":"2.0","id":1,"method":"listen"}'
MESSAGE = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x" * 200}}).encode()
EVENT = b"event: message\ndata: " + MESSAGE + b"\n\n"
END = MESSAGE[-2:] + b"\n\n"
CHUNK = b"%x\r\n%s\r\n" % (len(EVENT), EVENT)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
ASKED = b"POST /mcp HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(CALL),
    CALL,
)


def _streaming(node: int, port: int, folder: Path) -> Sequence[str | Path]:
    """mitmdump as it is best at this: all bodies pass as they come, and nothing is kept of them."""
    script = folder / "streaming.py"
    script.write_text("def responseheaders(flow):\n    flow.response.stream = True\n")
    return [*bare(node, port, folder), "-s", script]


FLOOR = "floor"


def _loop(node: int, port: int, folder: Path) -> Sequence[str | Path]:
    """The floor."""
    return [sys.executable, Path(__file__).parent / "loop.py", str(node), str(port), folder / f"{port}.log"]


bare: Callable[[int, int, Path], Sequence[str | Path]] = subjects.SUBJECTS[BARE]  # type: ignore[assignment]
subjects.SUBJECTS |= {BARE: _streaming, FLOOR: _loop}


class Streams:
    """The node: hands over what it can write its events to."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # who only looks whether somebody listens
            await reader.readuntil(CALL)
            writer.write(HEAD)
            self.asked.put_nowait(writer)


async def measure(streams: Streams, subject: Subject, pace: str) -> float:
    """Microseconds of CPU an event."""
    reader, writer = await asyncio.open_connection("127.0.0.1", subject.port, limit=1 << 22)
    writer.write(ASKED)
    says = await asyncio.wait_for(streams.asked.get(), subjects.PATIENCE)
    await reader.readuntil(b"\r\n\r\n")

    async def pass_(count: int, each: int) -> None:
        for _ in range(count // each):
            says.write(CHUNK * each)
            for _ in range(each):  # however they are cut into chunks now
                await asyncio.wait_for(reader.readuntil(END), subjects.PATIENCE)

    await pass_(WARM, 1)
    events = EVENTS[pace]
    before = process.cpu_seconds(subject.pid)
    await pass_(events, 1 if pace == "paced" else 1_000)
    used = process.cpu_seconds(subject.pid) - before
    says.close()
    writer.close()
    return used / events * 1e6


async def main(rounds: int) -> None:
    """Measure, and print a line for each pace."""
    streams = Streams()
    server = await asyncio.start_server(streams.serve, "127.0.0.1", 0)
    node = server.sockets[0].getsockname()[1]
    found: dict[str, dict[str, list[float]]] = {pace: {RECORDER: [], BARE: [], FLOOR: []} for pace in EVENTS}
    async with server:
        for number in range(rounds):
            order = [RECORDER, BARE, FLOOR] if number % 2 else [FLOOR, BARE, RECORDER]
            with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
                for name in order:
                    subject = Subject(name, node, Path(folder))
                    try:
                        await asyncio.to_thread(subject.listens, subject.port)
                        for pace in EVENTS:
                            found[pace][name].append(await measure(streams, subject, pace))
                    finally:
                        await asyncio.to_thread(subject.__exit__, None, None, None)
    for pace, by in found.items():
        ratios = [ours / theirs for ours, theirs in zip(by[RECORDER], by[BARE], strict=True)]
        ratio, low, high = statistics.median(ratios), min(ratios), max(ratios)
        floor = statistics.median(least / theirs for least, theirs in zip(by[FLOOR], by[BARE], strict=True))
        print(
            f"events of a stream, {pace}, {len(MESSAGE)} B: CPU per event {statistics.median(by[RECORDER]):.1f} us, "
            f"mitmdump {statistics.median(by[BARE]):.1f} us, ratio {ratio:.2f} ({low:.2f}-{high:.2f}), floor {floor:.2f}, "
            f"<= {TARGET} {'yes' if ratio <= TARGET else 'NO'}"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))

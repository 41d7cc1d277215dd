"""The load generator: sends frames that are built beforehand, counts answers by their bytes, reads clocks.

Rule: a fraction of the CPU of any subject, so that the subject is what a figure is about. Every answer is one of the
node's own frames, unchanged: their number is that of their bytes, and the last one is compared.

    python bench/load.py        reads orders (a `Spec` as JSON a line), answers each with a line of figures
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import socket
import sys
from abc import abstractmethod
from array import array
from time import perf_counter

import process
import traffic

PATIENCE = 30.0  # seconds without which a subject is taken for dead


@dataclasses.dataclass(frozen=True)
class Spec:
    """One order. `warm` and `length` count seconds, or frames with `unit="frames"`."""

    port: int
    pid: int
    mode: str  # pipelined | pingpong | burst
    size: int
    sessions: int = 1
    window: int = 1  # frames in flight of each session
    unit: str = "seconds"
    warm: float = 0
    length: float = 0
    rate: float = 0  # burst: bytes a second that the slow reader takes


class Party(asyncio.Protocol):
    """A client's end: the handshake, then whatever its subclass does with the node's bytes."""

    def __init__(self, port: int, path: str) -> None:
        loop = asyncio.get_running_loop()
        self._request = traffic.upgrade(port, path)
        self._head = b""
        self.opened: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self.opened.done():
            self.frames_received(data)
            return
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end and b" 101 " in head.split(b"\r\n")[0]:
            self.opened.set_result(None)
            if rest:
                self.frames_received(rest)
        elif end:
            self.opened.set_exception(ConnectionError(head.decode("latin-1")))

    @abstractmethod
    def frames_received(self, data: bytes) -> None:
        """Take bytes that came after the handshake."""

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed during the handshake"))
        if not self.over.done():
            self.over.set_result(None)


class Run:
    """What the sessions of one order share."""

    def __init__(self, spec: Spec) -> None:
        frames = traffic.requests(spec.size)
        self.request_size, self.answer = len(frames[0]), traffic.answer(spec.size)
        self.requests = memoryview(b"".join(frames) * (2 * (spec.window // len(frames) + 1)))
        self.window = spec.window
        self.count = 0
        self.goal = float("inf")
        self.reached = asyncio.Event()
        self.stopping = False
        self.trips = array("d")


class Pump(Party):
    """Keeps a number of frames in flight; with one in flight it times each round trip."""

    def __init__(self, port: int, run: Run) -> None:
        super().__init__(port, "/channel?role=initiator")
        self._run = run
        self._bytes, self._seen, self._sent_at = 0, 0, 0.0
        self._in_flight, self._finished = 0, False
        self._last = b""

    def send(self, count: int) -> None:
        run = self._run
        at = (self._seen % traffic.VARIANTS) * run.request_size
        self._in_flight += count
        self._sent_at = perf_counter()
        self.transport.write(run.requests[at : at + count * run.request_size])

    def frames_received(self, data: bytes) -> None:
        run = self._run
        if self._finished:
            return
        self._bytes += len(data)
        self._last = data
        answered = self._bytes // len(run.answer) - self._seen
        if not answered:
            return
        if run.window == 1:
            run.trips.append(perf_counter() - self._sent_at)
        self._seen += answered
        self._in_flight -= answered
        run.count += answered
        if run.count >= run.goal:
            run.reached.set()
        if not run.stopping:
            self.send(answered)
        elif not self._in_flight:
            self._finish()

    def _finish(self) -> None:
        answer = self._run.answer
        if self._bytes % len(answer) or not answer.endswith(self._last[-len(answer) :]):
            self.over.set_exception(ValueError("the answers that came are not those the node sent"))
        self._finished = True
        self.transport.write(traffic.close(masked=True))


class SlowReader(Party):
    """Takes a burst at its own pace, by not reading in between."""

    def __init__(self, spec: Spec, frames: int) -> None:
        super().__init__(spec.port, f"/burst?frames={frames}&size={spec.size}")
        self._rate, self._missing = spec.rate, frames * len(traffic.answer(spec.size))

    def frames_received(self, data: bytes) -> None:
        if not self._missing:
            return  # the answer to our Close frame
        self._missing -= len(data)
        if not self._missing:
            self.transport.write(traffic.close(masked=True))
            return
        self.transport.pause_reading()
        asyncio.get_running_loop().call_later(len(data) / self._rate, self.transport.resume_reading)


async def pump(spec: Spec) -> dict[str, float]:
    """Sessions under load: figures of the stretch after the warm-up."""
    run, loop = Run(spec), asyncio.get_running_loop()
    parties: list[Pump] = []
    for _ in range(spec.sessions):
        _, party = await loop.create_connection(lambda: Pump(spec.port, run), "127.0.0.1", spec.port)
        parties.append(party)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(party.opened for party in parties))
    for party in parties:
        party.send(spec.window)
    await _pass(run, spec, spec.warm, 1)
    del run.trips[:]
    before = (run.count, perf_counter(), process.cpu_seconds(spec.pid), process.rss(spec.pid))
    await _pass(run, spec, spec.length, 4)
    after = (run.count, perf_counter(), process.cpu_seconds(spec.pid), process.rss(spec.pid))
    run.stopping = True  # each session ends with the answer to its last frame
    trips = sorted(run.trips)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(party.over for party in parties))
    frames, seconds, cpu, grown = (b - a for a, b in zip(before, after, strict=True))
    frames *= 2  # each request and its answer pass the subject
    figures = {"frames": frames, "rate": frames / seconds, "cpu": cpu / frames, "rss": after[3], "grown": grown}
    if spec.window == 1:
        figures |= {"p50": trips[len(trips) // 2], "p99": trips[len(trips) * 99 // 100]}
    return figures


async def _pass(run: Run, spec: Spec, length: float, turns: int) -> None:
    """Let seconds or frames pass, and as many answers as are in flight some times over: slow subjects answer in gusts."""
    goal = run.count + turns * spec.window * spec.sessions
    if spec.unit == "seconds":
        await asyncio.sleep(length)
    else:
        goal = max(goal, run.count + int(length / 2))
    if run.count < goal:
        run.goal = goal
        run.reached.clear()
        async with asyncio.timeout(PATIENCE * 10):
            await run.reached.wait()


async def burst(spec: Spec) -> dict[str, float]:
    """A burst of `length` bytes from the node to a slow reader: how far the subject's memory rises."""
    reader = SlowReader(spec, int(spec.length) // spec.size)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # or the kernel reads ahead for us
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, ("127.0.0.1", spec.port))
    await loop.create_connection(lambda: reader, sock=connection)
    await reader.opened
    before = process.rss(spec.pid)
    process.reset_peak(spec.pid)
    began = perf_counter()
    reader.transport.write(traffic.requests(300)[0])
    async with asyncio.timeout(PATIENCE):
        await reader.over
    return {"peak": process.peak_rss(spec.pid) - before, "seconds": perf_counter() - began}


def main() -> None:
    gc.disable()
    for line in sys.stdin:
        spec = Spec(**json.loads(line))
        print(json.dumps(asyncio.run(burst(spec) if spec.mode == "burst" else pump(spec))), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()

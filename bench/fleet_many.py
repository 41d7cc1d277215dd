"""A fleet of recorders on one machine: how many frames a second it sustains, and whether anything is lost.

Rule: what runs is what a user runs: `recorder record --ship` in a process for each recorder, a broker, `recorder view`
of the stream, `recorder gather` at the end. One node and one process of clients drive all of them at a fixed pace: a
client sends a request whenever one is due, whether answers came or not, so that what is too much is seen as answers
that are late. Every line of every capture must be in the gathered capture once, in order.

    python bench/fleet_many.py [--recorders 50] [--rate 500] [--seconds 120] [--alone]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import process
import traffic
from load import Party
from subjects import Node

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from brokers import broker

SIZE = 300
STREAM = "BENCH"
PATIENCE = 300.0
PAGE = 1.0
"""Seconds within which the page must answer."""

LATE = 1.0
"""Seconds after which an answer is late: a pace with such answers is not sustained."""

TICK = 0.01
"""Seconds between two looks at which clients are due."""

_SECONDS = re.compile(rb'"time":([0-9]+)')
_SESSION = re.compile(rb'"session":([0-9]+)')


class Client(Party):
    """Sends numbered requests through one recorder, and notes how long answers take."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(port, f"/client-{number}")
        self._sent: list[float] = []
        self._bytes = 0
        self._answer = len(traffic.answer(SIZE))
        self.answered, self.longest = 0, 0.0
        self.requests = traffic.requests(SIZE)

    def send(self, now: float) -> None:
        """Send one request."""
        self.transport.write(self.requests[len(self._sent) % traffic.VARIANTS])
        self._sent.append(now)

    @property
    def waiting(self) -> int:
        """How many answers have not come."""
        return len(self._sent) - self.answered

    def frames_received(self, data: bytes) -> None:
        """Take answers, which come in order."""
        self._bytes += len(data)
        if (count := self._bytes // self._answer) > self.answered:
            self.longest = max(self.longest, time.perf_counter() - self._sent[self.answered])
            self.answered = count


async def drive(ports: Sequence[int], rate: float, seconds: float) -> dict[str, float]:
    """Have a client talk through each recorder, half of the frames requests and half answers."""
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for number, port in enumerate(ports):
        _transport, client = await loop.create_connection(lambda p=port, n=number: Client(p, n), "127.0.0.1", port)  # type: ignore[misc]
        clients.append(client)
        async with asyncio.timeout(PATIENCE):
            await client.opened
    began, sent, gap = time.perf_counter(), [0] * len(clients), 2 / rate
    while (now := time.perf_counter()) < began + seconds:
        for number, client in enumerate(clients):
            due = began + (sent[number] + number / len(clients)) * gap
            while due <= now:
                client.send(now)
                sent[number] += 1
                due += gap
        await asyncio.sleep(TICK)
    took = time.perf_counter() - began
    async with asyncio.timeout(PATIENCE):
        while any(client.waiting for client in clients):  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(TICK)
    behind = time.perf_counter() - began - took
    for client in clients:
        client.transport.write(traffic.close(masked=True))
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(client.over for client in clients))
    return {
        "frames": 2 * sum(sent),
        "rate": 2 * sum(sent) / took,
        "longest": max(client.longest for client in clients),
        "behind": behind,
    }


def used(parts: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Seconds of CPU that the processes of each part have used so far."""
    return {name: sum(process.cpu_seconds(pid) for pid in pids) for name, pids in parts.items()}


class Watcher:
    """A browser's requests to the page, twice a second: how long the longest took."""

    def __init__(self, port: int) -> None:
        self._port, self._over = port, Event()
        self.longest, self.asked, self.events = 0.0, 0, 0
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            for path in ("/api/capture", "/api/events?from=end&count=40&fold=1"):
                began = time.perf_counter()
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
                connection.request("GET", path)
                told = json.loads(connection.getresponse().read())
                connection.close()
                self.longest, self.asked = max(self.longest, time.perf_counter() - began), self.asked + 1
                self.events = int(told.get("events", self.events)) if "capture" in path else self.events

    def end(self) -> None:
        """Ask no more."""
        self._over.set()
        self._thread.join()


class Recorder:
    """`recorder record` in a process of its own."""

    def __init__(self, node: int, capture: Path, url: str) -> None:
        self.capture = capture
        self._log = capture.with_suffix(".log")
        command = [sys.executable, "-m", "recorder", "record", f"ws://127.0.0.1:{node}", "--listen", "127.0.0.1:0"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "-o", str(capture), "-q", *(["--ship", url] if url else [])], stdout=log, stderr=log
            )
        self.pid, self.port = self._process.pid, 0

    def ready(self) -> None:
        """Wait until it listens.

        Raises:
            ChildProcessError: it has ended.
        """
        end = time.monotonic() + PATIENCE
        while not (found := re.search(r"listening on 127\.0\.0\.1:(\d+)", self.said)):
            if self._process.poll() is not None or time.monotonic() > end:
                raise ChildProcessError(self.said)
            time.sleep(0.05)
        self.port = int(found[1])

    @property
    def said(self) -> str:
        """All that it has printed."""
        return self._log.read_text()

    @property
    def children(self) -> list[int]:
        """The processes that it has started."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def interrupt(self) -> None:
        """Ask it to end."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Wait for its end: its exit code."""
        return self._process.wait(PATIENCE)

    def kill(self) -> None:
        """End it in any case."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def fleet(count: int, node: int, folder: Path, url: str) -> Iterator[list[Recorder]]:
    """Recorders that listen."""
    recorders: list[Recorder] = []
    try:
        for first in range(0, count, 4):  # each start takes a second of CPU
            group = [Recorder(node, folder / f"{at}.jsonl", url) for at in range(first, min(first + 4, count))]
            recorders += group
            for one in group:
                one.ready()
        yield recorders
    finally:
        for one in recorders:
            one.kill()


@contextmanager
def viewed(url: str) -> Iterator[tuple[int, int]]:
    """`recorder view` of the stream: the port of its page, and its process."""
    command = [sys.executable, "-m", "recorder", "view", url, "--port", "0", "--attached"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line := child.stdout.readline())
        if found is None:
            raise ChildProcessError(f"recorder view printed no address: {line}")
        yield int(found[1]), child.pid
        child.stdin.close()


def gathered(url: str, output: Path, captures: Sequence[Path]) -> str:
    """Gather the stream, and compare it with the captures: what is wrong, or nothing."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "recorder", "gather", url, "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        return f"gather ended with code {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"
    lines = Counter(frame for capture in captures for frame in _events(capture))
    told = list(_events(output))
    print(f"  gathered: {len(told):,} events in {took:.0f} s, {len(told) / took:,.0f} a second")
    missing, more = lines - Counter(told), Counter(told) - lines
    times = [int(found[1]) for line in told if (found := _SECONDS.search(line))]
    disorder = sum(after < before for before, after in pairwise(times))
    wrong = [
        f"{missing.total()} events are missing" if missing else "",
        f"{more.total()} events are there that nobody wrote" if more else "",
        f"{disorder} events are before what came earlier" if disorder else "",
    ]
    return ", ".join(one for one in wrong if one)


def _events(capture: Path) -> Iterator[bytes]:
    """Its events, without the numbers of sessions: these are others after gathering."""
    with capture.open("rb") as file:
        next(file)
        for line in file:
            yield _SESSION.sub(b"", line, count=1)


def measured(options: argparse.Namespace, folder: Path) -> bool:
    """Run a fleet, and print what was found; whether all of it is as it should be."""
    with ExitStack() as stack:
        url = "" if options.alone else stack.enter_context(broker(folder / "broker")).url(STREAM)
        node = stack.enter_context(Node())
        began = time.perf_counter()
        recorders = stack.enter_context(fleet(options.recorders, node.port, folder, url))
        print(f"  {len(recorders)} recorders listen after {time.perf_counter() - began:.0f} s")
        page = stack.enter_context(viewed(url)) if url else None
        watcher = Watcher(page[0]) if page else None
        parts = {"recorders": [one.pid for one in recorders], "node": [node.pid], "clients": [os.getpid()]}
        if page is not None:
            parts |= {"shippers": [pid for one in recorders for pid in one.children], "page": [page[1]]}
        before = used(parts)
        gc.freeze()
        figures = asyncio.run(drive([one.port for one in recorders], options.rate, options.seconds))
        alive = watcher.longest if watcher is not None else 0.0
        cpu = {name: after - before[name] for name, after in used(parts).items()}
        memory = sum(process.rss(pid) for pids in parts.values() for pid in pids)
        print(
            f"  {figures['frames']:,.0f} frames, {figures['rate']:,.0f} a second; the slowest answer took "
            f"{figures['longest'] * 1e3:,.0f} ms; all had come {figures['behind']:.1f} s after the last request"
        )
        print(
            "  CPU us/frame: "
            + ", ".join(f"{name} {seconds / figures['frames'] * 1e6:.1f}" for name, seconds in cpu.items())
            + f"; memory {memory >> 20:,} MiB"
        )
        for one in recorders:
            one.interrupt()
        codes = [one.end() for one in recorders]
        wrong = [f"exit codes {codes}"] if any(codes) else []
        unsent = [one.said for one in recorders if "not sent" in one.said]
        wrong += [f"{len(unsent)} recorders say that something was not sent: {unsent[0][-300:]}"] if unsent else []
        if watcher is not None:
            watcher.end()
            print(
                f"  page: {watcher.asked} requests, the slowest {alive * 1e3:,.0f} ms while frames passed, "
                f"{watcher.longest * 1e3:,.0f} ms while all recorders ended at once"
            )
            wrong += [f"the page took {alive:.1f} s"] if alive > PAGE else []
        wrong += [f"answers came {figures['longest']:.1f} s late"] if figures["longest"] > LATE else []
        if url and (problem := gathered(url, folder / "all.jsonl", [one.capture for one in recorders])):
            wrong.append(problem)
    print("  " + ("; ".join(wrong) if wrong else "nothing lost, in order"))
    return not wrong


def main() -> int:
    """Measure one fleet."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--recorders", type=int, default=50, help="processes (50)")
    parser.add_argument(
        "--rate", type=float, default=500, help="frames a second through each, half of them answers (500)"
    )
    parser.add_argument("--seconds", type=float, default=120, help="how long (120)")
    parser.add_argument("--alone", action="store_true", help="record only: no broker, no page")
    options = parser.parse_args()
    print(f"{options.recorders} recorders, {options.rate:g} frames a second each, {options.seconds:g} s", flush=True)
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
        return 0 if measured(options, Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())

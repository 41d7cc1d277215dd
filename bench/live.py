"""What the page of `recorder view` costs: for a long capture that is scrolled and searched, and during a recording.

Rule: runs `recorder view` as a user does, and sends the requests of the page. Recordings with and without a page are
interleaved; CPU is that of the recorder's process alone.

    python bench/live.py [--frames N] [--rounds N] [--only opening|recording]
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import process
import traffic
from load import Spec
from subjects import RECORDER, Load, Node, Subject

from recorder import capture
from recorder.model import AnyEvent, Header, Opened

FRAMES, ROUNDS = 1_000_000, 7
SIZE = 300
PLACES, PINGS = 60, 40
FILTERS = (
    "method:channels.update",
    "kind:answer party:client-2",
    '"round":100007',
    "path:round>100050",
    "error:",
    "not-in-there",
    "open:",
)
MIB = 1 << 20


class Page:
    """A client of the page's API, on one connection, like a browser's."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def __call__(self, path: str, **parameters: object) -> tuple[dict[str, object], float]:
        """The response, and its latency in seconds."""
        began = time.perf_counter()
        self._connection.request("GET", f"/api/{path}?{urlencode(parameters)}")
        value = json.loads(self._connection.getresponse().read())
        return value, time.perf_counter() - began


def generate(path: Path, frames: int) -> None:
    """Write a capture of four sessions, requests and answers in turn."""
    header = Header(format=capture.FORMAT, run="benchmark", recorder="benchmark")
    events: list[Header | AnyEvent] = [header]
    events += [Opened(session=n, party=f"client-{n}", url="ws://127.0.0.1:3014/") for n in range(1, 5)]
    requests = [traffic.message(SIZE, n) for n in range(traffic.VARIANTS)]
    answers = [traffic.message(SIZE, n, answer=True) for n in range(traffic.VARIANTS)]
    with path.open("wb") as file:
        for number in range(frames // 2):
            turn, moment, session = number % traffic.VARIANTS, number * 100_000, 1 + number % 4
            events.append(capture.frame(requests[turn], time=moment + 1, session=session, direction="to_node"))
            events.append(capture.frame(answers[turn], time=moment + 50_000, session=session, direction="from_node"))
            if len(events) > 512:
                file.write(capture.dump_all(events))
                events = []
        file.write(capture.dump_all(events))


@contextmanager
def viewed(path: Path, *options: str) -> Iterator[tuple[int, int]]:
    """`recorder view` of a capture: the port of its page, and the id of its process."""
    command = [sys.executable, "-m", "recorder", "view", str(path), "--port", "0", "--attached", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        yield _port(child.stdout.readline()), child.pid
        child.stdin.close()


def _port(line: str) -> int:
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    if found is None:
        raise ChildProcessError(f"recorder view printed no address: {line}")
    return int(found[1])


def opening(frames: int, folder: Path) -> None:
    """Measure a long capture: indexing, scrolling, opening frames, filters, memory."""
    path = folder / "long.jsonl"
    generate(path, frames)
    print(f"a capture of {frames:,} frames, {path.stat().st_size / 1e6:.0f} MB")
    began = time.perf_counter()
    with viewed(path) as (port, pid):
        page = Page(port)
        page("events", count=100)
        tell("first rows", time.perf_counter() - began, "s", 3)
        early = [page("events", **{"from": 0, "count": 100})[1] for _ in range(PLACES)]
        tell("rows during indexing, p95", _share(early) * 1e3, "ms", 100)
        while not page("capture")[0]["indexed"]:
            time.sleep(0.02)
        tell("indexed", time.perf_counter() - began, "s", 15)
        tell("CPU per indexed frame", process.cpu_seconds(pid) / frames * 1e6, "us", 15)
        places = random.Random(1)
        there = [
            page("events", **{"from": places.randrange(frames), "count": 100, "fold": 0})[1] for _ in range(PLACES)
        ]
        tell("rows at a random place, p95", _share(there) * 1e3, "ms", 100)
        opened = [page(f"events/{places.randrange(frames)}")[1] for _ in range(PLACES)]
        tell("details of a frame, p95", _share(opened) * 1e3, "ms", 300)
        for text in FILTERS:
            tell(f"first rows of {text}", page("events", count=100, filter=text)[1] * 1e3, "ms", 300)
        tell("peak memory", process.peak_rss(pid) / MIB, "MiB", 300)


class Watcher:
    """Acts as the page: reads the stream, and requests the newest rows after each message."""

    def __init__(self, port: int) -> None:
        self._page, self._stream = Page(port), http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._stream.request("GET", "/api/stream")
        self._answer = self._stream.getresponse()
        self.events, self._changed = 0, threading.Condition()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        with suppress(OSError, http.client.HTTPException):  # the recording has ended
            for line in self._answer:
                if line.startswith(b"data: "):
                    events = json.loads(line[6:])["events"]
                    self._page("events", **{"from": "end", "count": 40, "fold": 1})
                    with self._changed:
                        self.events = events
                        self._changed.notify_all()

    def until(self, events: int) -> None:
        """Wait until the page has so many events."""
        with self._changed:
            self._changed.wait_for(lambda: self.events >= events, 60)


@contextmanager
def recorded(node: Node, folder: Path, *, page: bool) -> Iterator[tuple[Subject, Watcher | None]]:
    """A recorder in front of the node, with or without an open page."""
    with Subject(RECORDER, node.port, folder) as subject:
        subject.listens(subject.port)
        if not page:
            yield subject, None
            return
        with viewed(folder / f"{subject.port}.jsonl", "--follow") as (port, _pid):
            yield subject, Watcher(port)


def recording(rounds: int, folder: Path) -> None:
    """Measure the CPU that a page costs the recorder, and the delay from a frame to the page."""
    cpu: dict[bool, list[float]] = {False: [], True: []}
    rates: list[float] = []
    with Node() as node, Load() as load:
        for number in range(rounds):
            for page in (False, True) if number % 2 else (True, False):
                with recorded(node, folder, page=page) as (subject, _watcher):
                    spec = Spec(subject.port, subject.pid, "pipelined", SIZE, sessions=2, window=64, warm=0.3, length=1)
                    figures = load.measure(spec)
                    cpu[page].append(figures["cpu"])
                    rates.append(figures["rate"])
        with recorded(node, folder, page=True) as (subject, watcher):
            assert watcher is not None
            waits = sorted(_pings(subject.port, watcher))
    ratios = [beside / alone for alone, beside in zip(cpu[False], cpu[True], strict=True)]
    print(f"recording with and without a page, {statistics.median(rates):,.0f} frames per second")
    tell("CPU per frame, with a page / without", statistics.median(ratios), "", 1.15)
    tell("frame to page, p50", statistics.median(waits) * 1e3, "ms", 150)
    tell("frame to page, p95", _share(waits) * 1e3, "ms", 300)


def _pings(port: int, watcher: Watcher) -> Iterator[float]:
    """Seconds from a request until its answer is on the page, for one request after the other."""
    frames = traffic.requests(SIZE)
    with socket.create_connection(("127.0.0.1", port), 20) as party:
        party.sendall(traffic.upgrade(port, "/"))
        party.recv(1 << 16)
        for number in range(PINGS):
            known, began = watcher.events, time.perf_counter()
            party.sendall(frames[number % len(frames)])
            watcher.until(known + 2)
            yield time.perf_counter() - began
            time.sleep(0.05 + number % 10 / 100)  # vary the moment between two checks of the file


def tell(what: str, figure: float, unit: str, most: float) -> None:
    """Print a line of the table."""
    print(f"  {what:42} {figure:9.2f} {unit:4} <= {most:g} {'yes' if figure <= most else 'NO'}", flush=True)


def _share(seconds: Sequence[float]) -> float:
    return sorted(seconds)[len(seconds) * 95 // 100]


def main() -> None:
    """Measure, and print a line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--frames", type=int, default=FRAMES, help="frames of the long capture")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of recordings")
    parser.add_argument("--only", choices=("opening", "recording"), help="measure only this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
        if options.only != "recording":
            opening(options.frames, Path(folder))
        if options.only != "opening":
            recording(options.rounds, Path(folder))


if __name__ == "__main__":
    main()

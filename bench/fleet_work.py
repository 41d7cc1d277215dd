"""How fast workers do the units of a stream, where the time goes, and what a question costs a server.

Rule: the server is a real one, on this machine, with its stream on disk; each worker is a process. A unit is a channel of
four sessions, whose two parties were recorded by two hosts. A rate is of the time between the first unit and the last:
the start of the processes, about a second, is none of it.

    python bench/fleet_work.py [--channels N]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from process import cpu_seconds

from recorder import capture
from recorder.assessing import assessing
from recorder.fleet import working
from recorder.fleet.address import StreamAddress
from recorder.fleet.connection import connected, opened
from recorder.fleet.finding import Finder
from recorder.fleet.packing import Packing
from recorder.fleet.parcels import Parcel
from recorder.fleet.units import Session
from recorder.model import Header
from recorder.profiles.aeternity import chain
from recorder.transcript import data_folder
from recorder.unit_work import Units

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from brokers import broker

CHANNELS, WORKERS = 300, (1, 2, 4)
STREAMS = (100, 1_000, 10_000)  # channels of streams that are asked
SESSIONS, APART = 4, 50_000_000  # of a channel; nanoseconds between two
SLICE, UNDER_WAY, ASKED = 200, 1_000, 50

_PLACE = re.compile(rb'"time":(\d+),"session":(\d+)')


def channels(number: int) -> Iterator[tuple[int, int, bytes]]:
    """The time, the session and the line of each event of so many channels: a recorded one, with other ids."""
    lines = (data_folder("transcripts") / "channel_lifecycle.jsonl").read_bytes().splitlines(keepends=True)
    own = next(iter(re.findall(rb'"(ch_\w+)"', b"".join(lines))))
    for at in range(number):
        other = chain.encode_text("ch", hashlib.sha256(b"%d" % at).digest()).encode()
        for line in lines:
            if (place := _PLACE.search(line[:100])) is not None:
                when, session = int(place[1]) + at * APART, int(place[2]) + at * SESSIONS
                yield (
                    when,
                    session,
                    _PLACE.sub(b'"time":%d,"session":%d' % (when, session), line.replace(own, other), 1),
                )


def parcels(number: int) -> Iterator[Parcel]:
    """The parcels of what two hosts recorded of so many channels, each of one party."""
    events = sorted(channels(number), key=lambda event: event[0])
    for host in (0, 1):
        header = Header(format=capture.FORMAT, run=f"host{host}", recorder="benchmark")
        packing = Packing(capture.dump(header), "capture")
        lines = [line for _time, session, line in events if session % 2 == host]
        for first in range(0, len(lines), SLICE):
            yield from packing.add(lines[first : first + SLICE])


async def publish(url: str, made: Iterator[Parcel]) -> int:
    """Put parcels into a stream; returns how many."""
    address = StreamAddress.parse(url)
    async with connected(address) as client:
        stream = await opened(client, address, make=True)
        count = 0
        for parcel in made:
            await stream.publish_async(
                parcel.subject(address.stream), parcel.lines, headers=parcel.headers, wait_stall=60
            )
            count += 1
        await stream.publish_async_completed()
        return count


def worked(url: str, folder: Path, workers: int, channels: int, server: int) -> str:
    """What so many workers reach."""
    command = [sys.executable, "-m", "recorder", "work", url, "--render", str(folder), "--once", "--lint"]
    command += ["--name", f"work-{workers}"]
    before, own = cpu_seconds(server), children()
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _worker in range(workers)]
    shares = [sum(1 for _line in process.stdout or ()) for process in processes]
    codes = [process.wait() for process in processes]
    times = sorted(path.stat().st_mtime for path in folder.glob("*.json"))
    if any(codes) or len(times) != channels or sum(shares) != channels:
        raise ChildProcessError(f"{codes}, {shares}, {len(times)}")
    rate = (len(times) - 1) / (times[-1] - times[0])
    served, used = ((now - then) / channels * 1e3 for now, then in ((cpu_seconds(server), before), (children(), own)))
    return (
        f"{workers} workers: {rate:.1f} units/s, shares {shares}; CPU a unit: {used:.0f} ms of the workers, their start "
        f"included, {served:.0f} ms of the server"
    )


def children() -> float:
    """Seconds of CPU of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Parts:
    """Where the time of one worker goes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def awaited(self, name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A call that is measured."""

        async def measured(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return await call(*given, **named)
            finally:
                self.seconds[name] += time.perf_counter() - began

        return measured

    def called(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same, of what is not awaited."""

        def measured(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                self.seconds[name] += time.perf_counter() - began

        return measured


def parts(url: str, folder: Path, channels: int) -> str:
    """Where the time of one worker goes, by unit."""
    found = Parts()
    finder: Any = Finder
    finder.alone, finder.whole = found.awaited("alone", Finder.alone), found.awaited("whole", Finder.whole)
    module: Any = working
    module.spooled = found.awaited("fetch", module.spooled)
    module.collected = found.called("join", module.collected)
    folder.mkdir()
    units: Any = Units(folder, "transcript", assessing(lint=True), print, print)
    units.do = found.called("do", units.do)
    how = working.Working(StreamAddress.parse(url), "parts", 60, once=True, say=print)
    with redirect_stdout(StringIO()):
        asyncio.run(working.work(how, units, asyncio.Event()))
    told = ", ".join(f"{name} {seconds / channels * 1e3:.1f} ms" for name, seconds in found.seconds.items())
    return f"of a unit: {told}"


async def questions(url: str, number: int) -> str:
    """What finding a session and a channel takes."""
    address = StreamAddress.parse(url)
    async with connected(address) as client:
        stream = await opened(client, address)
        finder = Finder(client, stream, address.stream)
        took = {"alone": 0.0, "whole": 0.0}
        for at in range(ASKED):
            session = SESSIONS * (at * number // ASKED) + 1
            began = time.perf_counter()
            unit = await finder.alone(Session(f"host{session % 2}", session))
            took["alone"] += time.perf_counter() - began
            began = time.perf_counter()
            if unit is None or len((await finder.whole(unit)).members) != SESSIONS:
                raise ValueError(session)
            took["whole"] += time.perf_counter() - began
    return ", ".join(f"{name} {seconds / ASKED * 1e3:.2f} ms" for name, seconds in took.items())


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--channels", type=int, default=CHANNELS, help=f"of the stream that is worked on ({CHANNELS})")
    asked = parser.parse_args().channels
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as name, broker(Path(name) / "broker") as one:
        url, folder = one.url("WORK"), Path(name)
        count = asyncio.run(publish(url, parcels(asked)))
        print(f"{asked} channels of {SESSIONS} sessions by 2 hosts, {count} messages", flush=True)
        print(parts(url, folder / "parts", asked), flush=True)
        for workers in WORKERS:
            print(worked(url, folder / str(workers), workers, asked, one.process.pid), flush=True)
        for number in STREAMS:
            asyncio.run(publish(one.url(f"OF{number}"), parcels(number)))
            print(f"of {number} channels: {asyncio.run(questions(one.url(f'OF{number}'), number))}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

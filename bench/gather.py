"""How fast the captures of eight hosts become one timeline, and in how much memory.

Rule: the time is that of the whole command, its start included; its CPU time and its memory are those of all its processes.
Memory that processes share counts once. The captures are generated: hosts whose clocks differ by seconds, of plain JSON-RPC, and of state channels with a transaction in most
frames, each another one.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rendering import MB, SIZES
from traffic import VARIANTS, message

from recorder import capture
from recorder.interchange.files import Capture
from recorder.model import AnyEvent, Frame, Header, Opened
from recorder.profiles.aeternity import chain
from recorder.transcript import data_folder

HOSTS = 8
RATE, MEMORY = 200_000, 300  # events a second, MB: the targets
BEGAN, STEP, SKEW = 1_795_000_000 * 10**9, 50_000, 3 * 10**9  # nanoseconds
HASH = 32
CHUNK = 256
OFTEN = 0.1  # seconds between two looks at the memory

Payload = tuple[int, str, bytes]
"""The host of a frame, its direction, what is in it."""


def plain() -> Iterator[Payload]:
    """Calls and answers, on all hosts."""
    made = [
        [message(size + 150, number, answer=answer).replace(b"channels.", b"stock.") for answer in (False, True)]
        for size in SIZES
        for number in range(VARIANTS)
    ]
    for number in itertools.count():
        call, answer = made[number * 7 % len(made)]
        yield number % HOSTS, "to_node", call
        yield number % HOSTS, "from_node", answer


def channels() -> Iterator[Payload]:
    """Transfers in four channels, whose parties are on two hosts each: what was recorded of one, with other hashes."""
    with Capture(data_folder("transcripts") / "channel_lifecycle.jsonl") as recorded:
        frames = [event for event in recorded if isinstance(event, Frame)]
    begins = next(at for at, frame in enumerate(frames) if b"update.new" in frame.payload)
    ends = next(at for at, frame in enumerate(frames) if at > begins and b"get.balances" in frame.payload)
    for number in itertools.count():
        fresh = hashlib.sha256(b"%d" % number).digest()
        for frame in frames[begins:ends]:
            yield 2 * (number % (HOSTS // 2)) + frame.session - 1, frame.direction, _with_hash(frame.payload, fresh)


def _with_hash(payload: bytes, fresh: bytes) -> bytes:
    """A payload with another hash of the state in its transaction, which ends with it."""
    begin = payload.find(b'"tx_') + 1
    if not begin:
        return payload
    end = payload.index(b'"', begin)
    data = chain.decode_text(payload[begin:end].decode()).data
    return payload[:begin] + chain.encode_text("tx", data[:-HASH] + fresh).encode() + payload[end:]


def generate(folder: Path, size: int, profile: str, payloads: Iterator[Payload]) -> tuple[list[Path], int]:
    """Captures of this many bytes each, and how many events they have."""
    paths = [folder / f"host-{host}.jsonl" for host in range(HOSTS)]
    events: list[list[Header | AnyEvent]] = []
    for host in range(HOSTS):
        header = Header(format=capture.FORMAT, run=f"host {host}", recorder="benchmark", profile=profile)
        url = "ws://127.0.0.1:3014/"
        events.append([header, Opened(time=BEGAN + host * SKEW, session=1, party=f"party-{host}", url=url)])
    count, written = HOSTS, 0
    files = [path.open("wb") for path in paths]
    while written < size * HOSTS:
        for number, (host, direction, payload) in enumerate(itertools.islice(payloads, CHUNK * HOSTS)):
            at = BEGAN + (count + number) * STEP + host * SKEW
            events[host].append(capture.frame(payload, time=at, session=1, direction=direction))
        count += CHUNK * HOSTS
        written += sum(file.write(capture.dump_all(items)) for file, items in zip(files, events, strict=True))
        events = [[] for _ in range(HOSTS)]
    for file in files:
        file.close()
    return paths, count


def measured(paths: Iterable[Path | str], output: Path) -> tuple[float, float, float, str]:
    """Seconds, seconds of CPU, megabytes at the most, and what was said of the second host."""
    command = [sys.executable, "-m", "recorder", "gather", *map(str, paths), "-o", str(output), "--overwrite"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    peak, ended = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(OFTEN):
            peak = max(peak, _memory(process.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    said = process.stdout.read().split("\n")[0]
    ended.set()
    watching.join()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ChildProcessError(f"{command!r} ended with code {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, peak, said.rpartition("/")[2]


def _memory(pid: int) -> float:
    """Megabytes that a process and its children use now; 0 where it has ended."""
    about = Path(f"/proc/{pid}")
    try:
        children = (about / "task" / str(pid) / "children").read_text().split()
        own = next(line for line in (about / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0.0
    return int(own.split()[1]) / 1024 + sum(_memory(int(child)) for child in children)


def main() -> int:
    """Measure each kind of traffic and print it; a missed target is a finding, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--megabytes", type=int, default=100, help="of each of the eight captures (100)")
    size = parser.parse_args().megabytes * MB
    kinds: dict[str, tuple[str, Callable[[], Iterator[Payload]]]] = {
        "plain JSON-RPC": ("auto", plain),
        "state channels": ("aeternity", channels),
    }
    for label, (profile, payloads) in kinds.items():
        with tempfile.TemporaryDirectory(prefix="recorder-bench-") as name:
            paths, events = generate(Path(name), size, profile, payloads())
            seconds, cpu, peak, said = measured(paths, Path(name) / "all.jsonl")
        reached = events / seconds >= RATE and peak <= MEMORY
        print(
            f"{label}, {HOSTS} x {size / MB:.0f} MB, {events:,} events: {seconds:.1f} s, {events / seconds:,.0f} events/s, "
            f"{events / cpu:,.0f} a second of CPU, {peak:.0f} MB  target {RATE:,}, {MEMORY} MB "
            f"({'reached' if reached else 'missed'})\n  {said}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast a capture reaches a stream, and what `record --ship` costs the traffic.

Rule: the server is a real one, on this machine, with its stream on disk. The time of shipping is that of the whole
command, its start included; its CPU time is that of the command alone, without the server's. For the traffic see `beside`.

    python bench/fleet.py [--events N] [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from beside import ROUNDS, measure, show
from traffic import VARIANTS, message

from recorder import capture
from recorder.model import AnyEvent, Header, Opened

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from brokers import broker

EVENTS = 1_000_000
SESSIONS, SIZE = 8, 300
RATE = 50_000  # events a second: the target
BEGAN, STEP = 1_795_000_000 * 10**9, 50_000  # nanoseconds
CHUNK = 1 << 13


def generate(path: Path, events: int) -> None:
    """A capture of this many frames, of calls and answers in some sessions."""
    made = [message(SIZE, number, answer=answer) for number in range(VARIANTS) for answer in (False, True)]
    header = Header(format=capture.FORMAT, run=f"{time.time_ns()}", recorder="benchmark", profile="auto")
    items: list[Header | AnyEvent] = [header]
    url = "ws://127.0.0.1:3014/"
    items += [Opened(time=BEGAN, session=one + 1, party=f"party-{one}", url=url) for one in range(SESSIONS)]
    with path.open("wb") as file:
        for number in range(events):
            session, answer = number // 2 % SESSIONS + 1, number % 2
            payload = made[number // SESSIONS * 2 % len(made) + answer]
            direction = "from_node" if answer else "to_node"
            items.append(capture.frame(payload, time=BEGAN + number * STEP, session=session, direction=direction))
            if len(items) >= CHUNK:
                file.write(capture.dump_all(items))
                items.clear()
        file.write(capture.dump_all(items))


def shipped(path: Path, url: str) -> tuple[float, float, float]:
    """Seconds, seconds of CPU, and megabytes at the most."""
    command = [sys.executable, "-m", "recorder", "ship", str(path), url]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ChildProcessError(f"{command!r} ended with code {process.returncode}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    """Measure and show; a missed target is a finding, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"of the capture that is shipped ({EVENTS:,})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of traffic with and without ({ROUNDS})")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as name, broker(Path(name) / "broker") as one:
        path = Path(name) / "run.jsonl"
        generate(path, asked.events)
        seconds, cpu, peak = shipped(path, one.url("FILES"))
        rate = asked.events / seconds
        print(
            f"ship, {asked.events:,} events, {path.stat().st_size / 1e6:.0f} MB: {seconds:.1f} s, {rate:,.0f} events/s, "
            f"{asked.events / cpu:,.0f} a second of CPU, {peak:.0f} MB  target {RATE:,} "
            f"({'reached' if rate >= RATE else 'missed'})"
        )
        if asked.rounds:
            show(measure(["--ship", one.url("TRAFFIC")], asked.rounds, Path(name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast a capture becomes a transcript: a generated capture, and `recorder render` in one process.

Rule: the time is that of the whole command, its start included; the figure is megabytes of transcript written a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import traffic

from recorder import capture
from recorder.model import AnyEvent, Header, Opened

MB = 1_000_000
BATCH = 512  # frames of one write
SIZES = (180, 300, 450, 900, 2_000)  # bytes of a message, about as often as each other


def generate(path: Path, size: int) -> None:
    """A capture of two parties, of about this many bytes."""
    header = Header(format=capture.FORMAT, run="benchmark", recorder="benchmark", profile="aeternity")
    url = "ws://127.0.0.1:3014/channel?role="
    opened = [Opened(session=n, party=p, role=p, url=url + p) for n, p in ((1, "initiator"), (2, "responder"))]
    requests = [traffic.message(size + 150, n) for size in SIZES for n in range(traffic.VARIANTS)]
    answers = [traffic.message(size + 150, n, answer=True) for size in SIZES for n in range(traffic.VARIANTS)]
    events: list[Header | AnyEvent] = [header, *opened]
    number, written = 0, 0
    with path.open("wb") as file:
        while written < size:
            written += file.write(b"".join(map(capture.dump, events)))
            events = []
            for _ in range(BATCH):
                payloads, direction = ((requests, "to_node"), (answers, "from_node"))[number % 2]
                payload = payloads[number * 7 % len(payloads)]
                session = 1 + number // 2 % 2
                events.append(capture.frame(payload, time=number, session=session, direction=direction))
                number += 1


def measure(size: int, rounds: int, folder: Path, say: Callable[[str], None]) -> list[dict[str, float]]:
    """Figures of each round; none where this recorder cannot render yet."""
    command = [sys.executable, "-m", "recorder", "render"]
    if subprocess.run([*command, "--help"], capture_output=True, check=False).returncode:
        say("render: this recorder has no such command; not measured")
        return []
    source, output = folder / "big.jsonl", folder / "big.md"
    say(f"render: a capture of {size // MB} MB")
    generate(source, size)
    samples = []
    for _ in range(rounds):
        began = time.perf_counter()
        process = subprocess.Popen([*command, str(source), "-o", str(output)], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise ChildProcessError(f"{process.args!r} ended with code {process.returncode}")
        samples.append({"rate": output.stat().st_size / seconds, "peak": usage.ru_maxrss * 1024.0, "seconds": seconds})
        output.unlink()
    source.unlink()
    return samples

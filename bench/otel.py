"""What `record --otel` costs the traffic: the same frames recorded with it and without, interleaved.

Rule: a collector is there, in a process of its own, and takes what comes; a ratio is of two figures of one round. CPU is the
recorder's process alone: what sends runs beside it, and its own CPU is a figure too.

    python bench/otel.py [ROUNDS]
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

import subjects
from load import Spec
from subjects import RECORDER, SUBJECTS, WRITES, Child, Load, Node, Subject

ROUNDS = 9
WITH = "recorder --otel"
WARM, LENGTH = 2.0, 1.0  # what sends has started before figures are taken
PHASES = {
    "pipelined": Spec(0, 0, "pipelined", 300, 1, window=128, warm=WARM, length=LENGTH),
    "pingpong": Spec(0, 0, "pingpong", 300, 1, warm=WARM, length=LENGTH),
}


class _Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""


def collect() -> None:
    """A collector, until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Collector)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


def measure(rounds: int, folder: Path) -> dict[str, dict[str, list[dict[str, float]]]]:
    """The figures of each round, by phase and subject."""
    plain = SUBJECTS[RECORDER]
    assert plain is not None
    found: dict[str, dict[str, list[dict[str, float]]]] = {phase: {RECORDER: [], WITH: []} for phase in PHASES}
    with Child([sys.executable, __file__, "--collect"], talks=True) as collector, Node() as node, Load() as load:
        port = int(collector.read())

        def sending(node: int, own: int, folder: Path) -> Sequence[str | Path]:
            assert plain is not None
            return [*plain(node, own, folder), "--otel", f"http://127.0.0.1:{port}"]

        SUBJECTS[WITH], WRITES[WITH] = sending, "jsonl"
        for number in range(rounds):
            for phase, spec in PHASES.items():
                taken: dict[str, list[dict[str, float]]] = {RECORDER: [], WITH: []}
                order = [RECORDER, WITH] if number % 2 else [WITH, RECORDER]
                for name in order + order[::-1]:  # there and back: a drift of the machine cancels out
                    taken[name].append(_once(name, spec, node, load, folder))
                for name, (there, back) in taken.items():
                    found[phase][name].append({key: (there[key] + back[key]) / 2 for key in there})
    return found


def _once(name: str, spec: Spec, node: Node, load: Load, folder: Path) -> dict[str, float]:
    with Subject(name, node.port, folder) as subject:
        subject.listens(subject.port)
        return load.measure(dataclasses.replace(spec, port=subject.port, pid=subject.pid))


def main() -> int:
    """Measure and show."""
    if sys.argv[1:] == ["--collect"]:
        collect()
        return 0
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    subjects.PATIENCE = 60.0
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
        found = measure(rounds, Path(folder))
    for phase, key, label, scale in (
        ("pipelined", "cpu", "CPU per frame, us", 1e6),
        ("pipelined", "rate", "frames a second", 1),
        ("pingpong", "cpu", "CPU per frame, us", 1e6),
        ("pingpong", "p50", "round trip p50, us", 1e6),
        ("pingpong", "p99", "round trip p99, us", 1e6),
    ):
        without, sent = ([one[key] for one in found[phase][name]] for name in (RECORDER, WITH))
        ratio = median(b / a for a, b in zip(without, sent, strict=True))
        print(f"{phase:10} {label:20} {median(without) * scale:10.1f} {median(sent) * scale:10.1f}  ratio {ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

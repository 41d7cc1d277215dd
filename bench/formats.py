"""How fast other tools' files are read and written: `recorder import` and `export`, from their start to their end.

Rule: one function a format, which makes its file; a child process each, from a cold start to its exit. Its time is that of its
processor, which others on the machine do not change. Its peak of memory is also that of a file of a tenth, so that it shows what grows with the file.

    python bench/formats.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SIZE, TENTH, TARGET = 200, 20, 40
MB = 1_000_000
LENGTHS = (2, 5, 12, 40)
"""Values in an answer, in turn: messages of some 90 to 3,000 bytes."""


class Made(NamedTuple):
    """A file of a format.

    Args:
        name: of the format.
        name_of_file: by which it is exported; empty where it is only read.
        lines: it, for ever.
    """

    name: str
    name_of_file: str
    lines: Iterator[str]


def main() -> int:
    """Measure and show; a missed target is a finding, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--size", type=int, default=SIZE, help="of each file, in MB")
    parser.add_argument("--only", action="append", choices=[*FORMATS], help="this format alone; may be repeated")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
        for name in options.only or FORMATS:
            measure(FORMATS[name], options.size, Path(folder))
    return 0


def measure(make: Callable[[], Made], size: int, folder: Path) -> None:
    """Import a file, and export it again; beside it a small one, for the memory."""
    made = make()
    peaks = {}
    for megabytes in (min(TENTH, size), size):
        source, capture = folder / "source", folder / "capture.jsonl"
        _write(source, made.lines, megabytes * MB)
        took = {"import": _run("import", source, capture, "--format", made.name)}
        if made.name_of_file:
            took["export"] = _run("export", capture, folder / made.name_of_file)
        for what, (seconds, peak) in took.items():
            peaks[what, megabytes] = peak
            if megabytes == size:
                speed = source.stat().st_size / MB / seconds
                verdict = "reached" if speed >= TARGET else "missed"
                small = peaks[what, min(TENTH, size)]
                print(f"{what} {made.name}: {speed:.0f} MB/s (target {TARGET}: {verdict}), ", end="")
                print(f"{peak / MB:.0f} MB of memory ({small / MB:.0f} MB for a tenth)", flush=True)


def _run(command: str, source: Path, target: Path, *options: str) -> tuple[float, int]:
    """Seconds of the processor that a command takes, and its peak of memory in bytes."""
    called = [sys.executable, "-m", "recorder", command, str(source), "-o", str(target), "--overwrite", *options]
    child = subprocess.Popen(called, cwd=ROOT)
    _pid, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, called
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def _write(target: Path, lines: Iterator[str], size: int) -> None:
    written = 0
    with target.open("w") as file:
        while written < size:
            written += file.write(next(lines))


def _calls() -> Iterator[tuple[str, str]]:
    """Calls and their answers, as an Ethereum node's."""
    for number in count(1):
        address = f"0x{number:040x}"
        values = [f"0x{number + other:064x}" for other in range(LENGTHS[number % len(LENGTHS)])]
        call = {"jsonrpc": "2.0", "id": number, "method": "eth_getProof", "params": [address, [], "latest"]}
        answer = {"jsonrpc": "2.0", "id": number, "result": {"address": address, "accountProof": values}}
        yield json.dumps(call, separators=(",", ":")), json.dumps(answer, separators=(",", ":"))


def io_files() -> Made:
    """An .io file."""
    return Made("io", "back.io", (f"// a call\n>> {call}\n<< {answer}\n" for call, answer in _calls()))


def messages() -> Made:
    """Messages, one a line."""
    return Made("messages", "back.ndjson", (f"{call}\n{answer}\n" for call, answer in _calls()))


def mcp() -> Made:
    """Messages with their directions and times."""
    lines = (
        f'{{"ts":{number + 1.75e9:.3f},"dir":"{way}","msg":{text}}}\n'
        for number, pair in enumerate(_calls())
        for way, text in zip(("client->server", "server->client"), pair, strict=True)
    )
    return Made("mcp", "", lines)


FORMATS = {"io": io_files, "messages": messages, "mcp": mcp}

if __name__ == "__main__":
    sys.exit(main())

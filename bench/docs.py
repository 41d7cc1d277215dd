"""How fast a guide is checked against many captures: `recorder docs check`, as a user waits for it.

Rule: a child process each round, from a cold start to its exit; the figure is the median. The published guide and
transcripts are used where they are at hand (RECORDER_SHARED, or `shared` beside the repository), repeated until there are
enough frames; else the project's own.

    python bench/docs.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recorder.capture import dump
from recorder.interchange.markdown import numbered
from recorder.model import AnyEvent, Frame, Header

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("RECORDER_SHARED") or ROOT.parent / "shared")
ROUNDS, FRAMES, TARGET = 5, 28_000, 3.0
HEADER = Header(format=2, run="bench", recorder="bench", info="noted")


def main() -> int:
    """Measure and show; a missed target is a finding, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    guide, transcripts = _published() or _own()
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
        frames = _captures(transcripts, Path(folder))
        command = [sys.executable, "-m", "recorder", "docs", "check", str(guide), "--against", folder]
        seconds, last = [], ""
        for _ in range(rounds):
            began = time.perf_counter()
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT)
            seconds.append(time.perf_counter() - began)
            last = done.stdout.rstrip().rpartition("\n")[2]
    median = statistics.median(seconds)
    size = guide.stat().st_size / 1000
    print(f"docs check {size:,.0f} kB against {frames:,} frames: {median:.2f} s", end=" ")
    print(f"(target {TARGET:.0f} s: {'reached' if median < TARGET else 'missed'}), {last}")
    return 0


def _published() -> tuple[Path, list[Path]] | None:
    guide = SHARED / "documents" / "channels_api_usage.md"
    return (guide, sorted((SHARED / "corpus").rglob("*.md"))) if guide.is_file() else None


def _own() -> tuple[Path, list[Path]]:
    transcript = ROOT / "transcripts" / "channel_lifecycle.md"
    return transcript, [transcript]


def _captures(transcripts: list[Path], folder: Path) -> int:
    """Write captures until they hold enough frames; how many they hold."""
    runs: list[list[AnyEvent]] = [
        [event for _line, event in numbered(path.read_text().splitlines(keepends=True), "auto", partial=True)]
        for path in transcripts
    ]
    frames = number = 0
    while frames < FRAMES:
        for events in runs:
            number += 1
            (folder / f"{number:05}.jsonl").write_bytes(b"".join(map(dump, [HEADER, *events])))
            frames += sum(isinstance(event, Frame) for event in events)
    return frames


if __name__ == "__main__":
    raise SystemExit(main())

"""How fast transactions are read, beside the JavaScript SDK under Node, and how fast whole captures are annotated.

Rule: the same transactions for both, each in one warm process, round by round in turn; the figure is the median.
Recorded traffic is used where it is at hand (RECORDER_SHARED, or `shared` beside the repository), else the project's
own example. The SDK is installed into a temporary folder, or found in the one that AEPP_SDK names.

    python bench/decode.py
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recorder.capture import load
from recorder.interchange.markdown import numbered
from recorder.model import AnyEvent, Frame, Header
from recorder.profiles.aeternity import chain
from recorder.timeline.annotating import Annotations
from recorder.transcript import views
from recorder.transcript.template import Template

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("RECORDER_SHARED") or ROOT.parent / "shared")
SDK = "@aeternity/aepp-sdk@14"
ROUNDS, LEAST = 15, 1000
TARGET_RATIO, TARGET_SPEED = 1.2, 15
HEADER = Header(format=1, run="bench", recorder="bench", profile="aeternity", info="noted")

Captures = list[list[AnyEvent]]


def main() -> int:
    """Measure and show; a missed target is a finding, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    captures, source = _captures()
    texts = _transactions(captures)
    print(f"{source}: {sum(map(len, captures)):,} events, {len(texts):,} transactions")
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder, _sdk(texts, Path(folder)) as sdk:
        decoding(texts, sdk, rounds)
    annotating(captures)
    return 0


def decoding(texts: list[str], sdk: subprocess.Popen[str] | None, rounds: int) -> None:
    """Transactions a second of both, in turn."""
    if sdk is not None and sdk.stdout is not None:
        texts = [texts[index] for index in json.loads(sdk.stdout.readline())]  # those that both can read
    ours, theirs = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        for text in texts:
            chain.decode(text)
        ours.append(time.perf_counter() - began)
        if sdk is not None and sdk.stdin is not None and sdk.stdout is not None:
            sdk.stdin.write("\n")
            sdk.stdin.flush()
            theirs.append(float(sdk.stdout.readline()))
    speed = len(texts) / statistics.median(ours)
    print(f"decode    {speed:10,.0f} transactions/s ({1e6 / speed:.1f} us each), of {len(texts):,} that both read")
    if theirs:
        other = len(texts) / statistics.median(theirs)
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        print(f"unpackTx  {other:10,.0f} transactions/s ({1e6 / other:.1f} us each), {SDK}")
        print(f"ratio     {ratio:10.2f} (target {TARGET_RATIO}: {'reached' if ratio >= TARGET_RATIO else 'missed'})")


def annotating(captures: Captures) -> None:
    """Every capture annotated and rendered, in one process: once as it starts, with what is imported then, and once more."""
    first, again = _annotated(captures), _annotated(captures)
    verdict = "reached" if again >= TARGET_SPEED else "missed"
    print(f"annotated {again:10.1f} MB/s of CPU time (target {TARGET_SPEED}: {verdict}), {first:.1f} the first time")


def _annotated(captures: Captures) -> float:
    """MB/s of what is written."""
    template = Template("annotated")
    began, written = time.process_time(), 0
    for events in captures:
        annotations = Annotations(HEADER.profile, {}, ())
        annotations.scan(events)
        items = views(HEADER, events, annotations=annotations, follow=template.following)
        written += sum(len(piece) for piece in template.render(HEADER, items))
    return written / 1e6 / (time.process_time() - began)


def _captures() -> tuple[Captures, str]:
    found = sorted(SHARED.glob("corpus/**/*.md"))
    captures: Captures = []
    for path in found:
        with path.open(encoding="utf-8", newline="\n") as lines:
            captures.append([event for _line, event in numbered(lines, HEADER.profile, file=str(path))])
    if captures:
        return captures, f"{len(captures)} recorded transcripts"
    for path in sorted((ROOT / "transcripts").glob("*.jsonl")):
        with path.open("rb") as raw:
            captures.append(list(load(raw)[1]))
    return captures, "the project's own examples (no shared data)"


def _transactions(captures: Captures) -> list[str]:
    """Each transaction of the captures once; again and again where they are few."""
    found = {
        item.text: None
        for events in captures
        for event in events
        if isinstance(event, Frame)
        for item in chain.occurrences(event.payload.decode(errors="replace"))
        if item.text.startswith("tx_")
    }
    texts = [*found]
    return texts * (LEAST // len(texts) + 1) if len(texts) < LEAST else texts


@contextmanager
def _sdk(texts: list[str], folder: Path) -> Iterator[subprocess.Popen[str] | None]:
    """The SDK in a process of its own; None where there is no Node, or it cannot be installed."""
    if shutil.which("node") is None:
        print("no Node here: measured alone", file=sys.stderr)
        yield None
        return
    given = os.environ.get("AEPP_SDK")
    install = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--silent", SDK]
    if not given and subprocess.run(install, cwd=folder, check=False, stdout=subprocess.DEVNULL).returncode:
        print(f"{SDK} cannot be installed: measured alone", file=sys.stderr)
        yield None
        return
    if given:
        (folder / "node_modules").symlink_to(Path(given).resolve() / "node_modules")
    (folder / "texts.json").write_text(json.dumps(texts))
    shutil.copy(Path(__file__).with_name("unpack.mjs"), folder)
    command = ["node", "--preserve-symlinks", "unpack.mjs", "texts.json"]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        with suppress(BrokenPipeError):
            process.communicate()


if __name__ == "__main__":
    sys.exit(main())

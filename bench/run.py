"""`make bench`: this recorder beside bare mitmdump and a plain pass-through, interleaved in one run.

Rule: here are the order of the sections and where results go; what is measured stands in `rounds` and `rendering`,
what it means in `report`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import rendering
import report
import rounds
from rounds import BURST, PINGPONG, PIPELINED, QUICK, RENDER, RSS, Plan, Samples
from subjects import RECORDER

SECTIONS = (PIPELINED, PINGPONG, RSS, BURST, RENDER)
RESULTS = Path(__file__).parent / "results.json"
PACKAGES = ("jsonrpc-recorder", "mitmproxy", "websockets", "msgspec")


def main() -> int:
    """Measure, show, and write down; a missed target is a finding, not a failure."""
    options = _options()
    plan = QUICK if options.quick else Plan()
    plan = dataclasses.replace(plan, rounds=options.rounds or plan.rounds)
    began = time.monotonic()
    about = _about(plan)
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
        samples = measure(plan, options.only or list(SECTIONS), Path(folder))
    table = list(report.rows(samples))
    about["seconds"] = round(time.monotonic() - began)
    missed = [row.label for row in table for _, reached in row.targets if not reached]
    if not (options.quick or options.only or options.rounds):  # a part of the figures does not replace all of them
        RESULTS.write_text(json.dumps({"about": about, "missed": missed, "samples": samples}, indent=1) + "\n")
    print(f"{report.text(table)}\n\n{report.conditions(about)}")
    return 0


def measure(plan: Plan, sections: list[str], folder: Path) -> Samples:
    """The samples of these sections."""
    samples: Samples = {}
    if modes := [mode for mode in (PIPELINED, PINGPONG) if mode in sections]:
        samples |= rounds.loaded(plan, modes, folder, _say)
    if RSS in sections:
        samples |= rounds.memory(plan, folder, _say)
    if BURST in sections:
        samples |= rounds.bursts(plan, folder, _say)
    if RENDER in sections:
        samples[RENDER] = {RECORDER: rendering.measure(plan.render, plan.render_rounds, folder, _say)}
    return samples


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="one short round: whether it works, not what it measures")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="this section alone; may be repeated")
    parser.add_argument("--rounds", type=int, help="how many, instead of 9")
    return parser.parse_args()


def _about(plan: Plan) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load before": round(os.getloadavg()[0], 2),
        "versions": {name: version(name) for name in PACKAGES},
        "plan": dataclasses.asdict(plan),
        "command": " ".join(["python", "bench/run.py", *sys.argv[1:]]),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

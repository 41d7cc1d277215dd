"""The table of the benchmark, from what `bench/run.py` measured last.

Rule: what a figure means stands in `bench/report.py`; here it is only asked for.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def markdown(bench: Path) -> str:
    """The table, and what it was measured on.

    Args:
        bench: the folder of the benchmark, whose scripts find each other there.
    """
    if str(bench) not in sys.path:
        sys.path.append(str(bench))
    import report  # noqa: PLC0415 - it has just come within reach

    measured = json.loads((bench / "results.json").read_text(encoding="utf-8"))
    return f"{report.markdown(list(report.rows(measured['samples'])))}\n\n{report.conditions(measured['about'])}\n"

"""Statistics of a timeline: calls, errors, how long answers took, which calls are still open.

Rule: pure. Counted in `figures`, put into words in `printed`.
"""

from __future__ import annotations

from recorder.stats.figures import Durations, Method, Named, Oddity, Statistics, by_use
from recorder.stats.printed import SHARES, as_json, end_of, lines, waiting

__all__ = [
    "SHARES",
    "Durations",
    "Method",
    "Named",
    "Oddity",
    "Statistics",
    "as_json",
    "by_use",
    "end_of",
    "lines",
    "waiting",
]

"""Statistics of a timeline: calls, errors, how long answers took, which calls are still open.

Rule: pure. Counted in `figures`, put into words in `printed`.
"""

from __future__ import annotations

from recorder.stats.figures import Durations, Method, Oddity, Session, Statistics
from recorder.stats.printed import SHARES, as_json, end_of, lines, waiting

__all__ = [
    "SHARES",
    "Durations",
    "Method",
    "Oddity",
    "Session",
    "Statistics",
    "as_json",
    "end_of",
    "lines",
    "waiting",
]

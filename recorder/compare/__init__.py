"""Compares two captures: did the same happen in both?

Rule: pure. A volatile value is not ignored: all frames together decide which value is bound to which, and a frame that
disagrees is a difference. One deviation is one finding.
"""

from __future__ import annotations

from recorder.compare.comparison import compare
from recorder.compare.findings import Comparison, Decision, Finding
from recorder.compare.suggestions import suggest
from recorder.rules import NO_RULES, Rule, Rules

__all__ = ["NO_RULES", "Comparison", "Decision", "Finding", "Rule", "Rules", "compare", "suggest"]

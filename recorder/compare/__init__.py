"""Two captures side by side: is what happened in one what happened in the other?

Rule: pure. A volatile value is not ignored: what stands for what is decided from all frames together, and a frame that
says otherwise is a difference. One thing that went wrong is one finding.
"""

from __future__ import annotations

from recorder.compare.comparison import compare
from recorder.compare.rules import NO_RULES, Rule, Rules
from recorder.compare.terms import Comparison, Decision, Detail, Finding

__all__ = ["NO_RULES", "Comparison", "Decision", "Detail", "Finding", "Rule", "Rules", "compare"]

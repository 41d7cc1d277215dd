"""Two captures side by side: is what happened in one what happened in the other?

Rule: pure. A volatile value is not ignored: what stands for what is decided from all frames together, and a frame that
says otherwise is a difference. One thing that went wrong is one finding.
"""

from __future__ import annotations

from recorder.compare.comparison import compare
from recorder.compare.findings import Comparison, Decision, Finding
from recorder.compare.suggestions import suggest
from recorder.rules import NO_RULES, Rule, Rules

__all__ = ["NO_RULES", "Comparison", "Decision", "Finding", "Rule", "Rules", "compare", "suggest"]

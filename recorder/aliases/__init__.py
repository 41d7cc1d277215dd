"""Stable names for volatile values: what was recorded, and what stands for it in a live run.

Rule: pure joins. A value is never ignored because it is volatile: where it first appears it is bound, and from then on
it must be what it was bound to, inside encoded transactions too.
"""

from __future__ import annotations

from recorder.aliases.bindings import Bindings
from recorder.aliases.comparison import Difference, compare
from recorder.aliases.rewriting import Rewriter

__all__ = ["Bindings", "Difference", "Rewriter", "compare"]

"""Bindings of live values to recorded ones: found when messages are compared, used when they are sent.

Rule: pure joins. A volatile value is never ignored: it is bound when it first appears, and must be the same from then on,
inside encoded texts too.
"""

from __future__ import annotations

from recorder.bindings.bindings import Bindings
from recorder.bindings.comparison import Comparator, compare
from recorder.bindings.kinds import Kinds

__all__ = ["Bindings", "Comparator", "Kinds", "compare"]

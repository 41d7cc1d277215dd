"""What stands for what: live values in the place of recorded ones, found by comparing and put in place when sending.

Rule: pure joins. A value is never ignored because it is volatile: where it first appears it is bound, and from then on
it must be what it was bound to, inside encoded texts too.
"""

from __future__ import annotations

from recorder.bindings.bindings import Bindings
from recorder.bindings.comparison import Comparator, compare
from recorder.bindings.kinds import Kinds

__all__ = ["Bindings", "Comparator", "Kinds", "compare"]

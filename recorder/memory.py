"""Python's garbage collector, paused for a stretch of code.

Rule: it runs again behind the stretch, however that ends, if it ran before.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector: for code that makes many objects, none of which refers to itself in a circle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

"""How much work Python does for memory.

Rule: only for a stretch of code, and only as long as it runs.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_cycles() -> Iterator[None]:
    """Python looks for no cycles meanwhile: for code that makes many objects, none of which is in one."""
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()

"""The garbage collector is paused only for a stretch of code."""

import gc

import pytest

from recorder.memory import gc_paused


@pytest.mark.parametrize("enabled", [True, False])
def test_it_runs_again_afterwards(enabled):
    """If it did before; also after an error."""
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(ZeroDivisionError), gc_paused():
            1 // (0 if not gc.isenabled() else 1)
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()

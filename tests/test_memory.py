"""Work for memory is saved only for a stretch of code."""

import gc

import pytest

from recorder.memory import no_cycles


@pytest.mark.parametrize("looks", [True, False])
def test_cycles_are_looked_for_again_afterwards(looks):
    """If they were before; also after an error."""
    before = gc.isenabled()
    try:
        (gc.enable if looks else gc.disable)()
        with pytest.raises(ZeroDivisionError), no_cycles():
            1 // (0 if not gc.isenabled() else 1)
        assert gc.isenabled() == looks
    finally:
        (gc.enable if before else gc.disable)()

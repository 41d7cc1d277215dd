"""Reading RLP: what the library writes."""

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from recorder.profiles.rlp import item

ITEMS = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=8), max_leaves=20)


@given(ITEMS, st.binary(max_size=3))
def test_what_was_written_is_read(value, more):
    """Any nested lists of bytes, and where they end."""
    data = rlp.encode(value)
    assert item(data + more) == (value, len(data))


@given(ITEMS, st.data())
def test_what_is_cut_off_is_an_error(value, drawn):
    """At any byte: nothing is read that is not there."""
    data = rlp.encode(value)
    with pytest.raises((ValueError, IndexError)):
        item(data[: drawn.draw(st.integers(0, len(data) - 1))])

"""What a peer chose stands on one line of ours, and obeys nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.escaping import escape


@given(st.text())
def test_escaped_text_is_printable(text):
    """No text at all has a control character left."""
    assert escape(text).isprintable()


@given(st.text().filter(str.isprintable))
def test_printable_text_is_left_as_it_is(text):
    """Other alphabets are no control characters."""
    assert escape(text) == text


@pytest.mark.parametrize(
    ("raw", "visible"), [("\x1b", "\\x1b"), ("\n", "\\n"), ("'\t\"", "'\\t\""), ("é\u200b", "é\\u200b")]
)
def test_a_control_character_is_shown_as_python_writes_it(raw, visible):
    """An escaped character can be recognised."""
    assert escape(raw) == visible


@given(st.text())
def test_twice_is_once(text):
    """Who prints need not know who has escaped before."""
    assert escape(escape(text)) == escape(text)

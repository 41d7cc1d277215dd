"""How numbers of things are told."""

import pytest

from recorder.wording import counted


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 frames"), (1, "1 frame"), (2, "2 frames"), (999, "999 frames"), (12_345, "12,345 frames")],
)
def test_one_thing_is_told_in_the_singular(number, words):
    """And many with commas."""
    assert counted(number, "frame") == words


def test_none_may_have_a_word_of_its_own():
    """Of what is good not to have."""
    assert counted(0, "violation", none="no") == "no violations"

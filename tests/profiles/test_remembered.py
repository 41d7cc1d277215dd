"""Memory that is bounded."""

from __future__ import annotations

from recorder.profiles.remembered import MUCH_TEXT, Remembered, remembering


def test_what_is_remembered_is_bounded():
    """The entry used longest ago goes first; what weighs too much goes before there are too many."""
    remembered: Remembered[str, int] = Remembered(2)
    for name in "abc":
        remembered.keep(name, 1)
        remembered.recall("a")
    assert [*remembered] == ["c", "a"]
    heavy: Remembered[str, int] = Remembered(9, 4, len)
    for name in ("aaa", "bb", "c"):
        heavy.keep(name, 1)
    assert [*heavy] == ["bb", "c"]


def test_a_text_is_read_again_only_when_others_have_taken_its_room():
    """However little was found in it, and however few long texts came since."""
    read = []
    find = remembering(read.append)
    for text in ("a", "a", "b" * (MUCH_TEXT // 2), "a", "c" * (MUCH_TEXT // 2), "b" * (MUCH_TEXT // 2)):
        assert find(text) is None
    assert [text[0] for text in read] == ["a", "b", "c", "b"]

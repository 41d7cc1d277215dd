"""Memory that is bounded."""

from __future__ import annotations

from recorder.profiles.remembered import Remembered


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

"""Aligning the steps of two sessions."""

import pytest

from recorder.compare.alignment import align
from recorder.model import Frame
from recorder.timeline import Step


def steps(text, direction="from_node"):
    """A step for each letter; its shape is the letter, its event its place."""
    return [
        Step(at, at + 2, "frame", 1, direction, Frame(session=1, direction=direction), message=letter)
        for at, letter in enumerate(text)
    ]


def together(_step):
    """All steps in one row."""
    return ""


def aligned(recorded, live, row=together):
    """Pairs of letters, those that are missing, those that are extra; capitals may be changed into each other."""
    ours, theirs = steps(recorded), steps(live)
    shapes = tuple({step.index: ord(step.message) for step in one} for one in (ours, theirs))
    found = align(
        ours, theirs, shapes, lambda one, other: 1 if one.message.isupper() and other.message.isupper() else None, row
    )
    pairs = [
        (pair.recorded.index, pair.live.index) for pair in sorted(found.pairs, key=lambda pair: pair.recorded.index)
    ]
    return pairs, "".join(s.message for s in found.missing), "".join(s.message for s in found.extra)


@pytest.mark.parametrize(
    ("recorded", "live", "pairs", "missing", "extra"),
    [
        ("abc", "abc", [(0, 0), (1, 1), (2, 2)], "", ""),
        ("abc", "ac", [(0, 0), (2, 1)], "b", ""),
        ("ac", "abc", [(0, 0), (1, 2)], "", "b"),
        ("abcd", "acbd", [(0, 0), (1, 2), (2, 1), (3, 3)], "", ""),
        ("aXb", "aYb", [(0, 0), (1, 1), (2, 2)], "", ""),
        ("axb", "ayb", [(0, 0), (2, 2)], "x", "y"),
        ("aXYb", "aZb", [(0, 0), (1, 1), (3, 2)], "Y", ""),
        ("", "ab", [], "", "ab"),
        ("aa", "aaa", [(0, 0), (1, 1)], "", "a"),
        ("aba", "aa", [(0, 0), (2, 1)], "b", ""),
    ],
)
def test_align(recorded, live, pairs, missing, extra):
    """The same shape in order, then out of order, then what changed between the same neighbours."""
    assert aligned(recorded, live) == (pairs, missing, extra)


def test_directions_are_apart():
    """A frame is never the other end's."""
    ours, theirs = steps("a", "to_node"), steps("a", "from_node")
    found = align(ours, theirs, ({0: 1}, {0: 1}), lambda *_steps: 0, together)
    assert (len(found.pairs), len(found.missing), len(found.extra)) == (0, 1, 1)


def test_rows_are_aligned_by_themselves():
    """What has no order among the others does not lead them astray where something is missing."""
    assert aligned("a1a1", "1aa")[0] == [(0, 2), (1, 0), (2, 1)]
    rows = aligned("a1a1", "1aa", lambda step: str(step.message.isdigit()))
    assert rows == ([(0, 1), (1, 0), (2, 2)], "1", "")

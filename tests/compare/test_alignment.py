"""Aligning two rows of things."""

import random

import pytest

from recorder.compare import alignment
from recorder.compare.alignment import Likeness, align


def changed(one, other):
    """Capitals may be changed into each other."""
    return 1 if one.isupper() and other.isupper() else None


def aligned(recorded, live, likeness=None, shape=ord):
    """Pairs of places, those that are missing, those that are extra."""
    ours, theirs = list(enumerate(recorded)), list(enumerate(live))
    named = likeness or Likeness(lambda thing: thing, changed)
    about = Likeness(
        lambda one: named.label(one[1]), lambda one, other: named.cost(one[1], other[1]), anywhere=named.anywhere
    )
    found = align(ours, theirs, tuple([shape(letter) for _at, letter in side] for side in (ours, theirs)), about)
    pairs = sorted((one[0], other[0]) for one, other in found.pairs)
    return pairs, "".join(one for _at, one in found.missing), "".join(one for _at, one in found.extra)


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
        ("", "", [], "", ""),
        ("aa", "aaa", [(0, 0), (1, 1)], "", "a"),
        ("aba", "aa", [(0, 0), (2, 1)], "b", ""),
        ("abas", "basa", [(0, 1), (1, 0), (2, 3), (3, 2)], "", ""),
        ("XXXXXX", "XYXXYX", [(at, at) for at in range(6)], "", ""),
    ],
)
def test_align(recorded, live, pairs, missing, extra):
    """The same shape in order, then out of order, then what changed between the same neighbours."""
    assert aligned(recorded, live) == (pairs, missing, extra)


def test_things_of_different_shape_may_not_be_compared():
    """Sessions, say, are then compared in another way."""
    assert align("aX", "aY", ([1, 2], [1, 3]), None) == ([("a", "a")], ["X"], ["Y"])


def by_digit(one, other):
    """How far two digits are apart."""
    return abs(int(one) - int(other))


def test_the_nearest_of_a_name_is_taken():
    """Whatever its place."""
    near = Likeness(lambda _one: "digit", by_digit)
    assert aligned("159", "860", near, shape=lambda one: ord(one) if one == "x" else hash(one))[0] == [
        (0, 2),
        (1, 1),
        (2, 0),
    ]


@pytest.mark.parametrize(("anywhere", "pairs"), [(False, [(1, 0)]), (True, [(0, 1), (1, 0)])])
def test_one_that_changed_may_have_moved(anywhere, pairs):
    """Where nothing keeps their order, across what stands between them."""
    assert aligned("1x", "x2", Likeness(str.isdigit, lambda _one, _other: 1, anywhere=anywhere))[0] == pairs


def test_of_very_many_the_first_goes_with_the_first(monkeypatch):
    """Where searching would take longer than anybody waits; what stands in its place goes first."""
    monkeypatch.setattr(alignment, "SEARCHED", 3)
    assert aligned("xaaay", "zaaaaw")[0] == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [reversed, lambda things: random.Random(1).sample(things, len(things))])
def test_many_things_in_another_order_take_no_time(make):
    """Three thousand different ones, and as many of a few shapes."""
    many = list(range(3000))
    moved = list(make(many))
    found = align(many, moved, (many, moved), Likeness(str, by_digit))
    assert sorted(found.pairs) == [(one, one) for one in many]
    few = [one % 3 for one in many], [one % 3 for one in moved]
    assert len(align(many, moved, few, Likeness(str, by_digit)).pairs) == 3000


@pytest.mark.timeout(20)
def test_many_changed_things_are_not_all_compared():
    """Two thousand of a name, each another than before."""
    tried = []
    near = Likeness(lambda _one: "m", lambda one, other: tried.append(one) or abs(one - other))
    many = list(range(2000))
    found = align(many, many, (many, [one + 5000 for one in many]), near)
    assert found.pairs == [(one, one) for one in many]
    assert len(tried) < 20_000

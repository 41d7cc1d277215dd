"""Clocks from causes and effects: the simplest that keep every pair, and how exactly they are known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recorder.gathering.clocks import APART, Clock, Clocks
from recorder.gathering.pairs import Pair
from recorder.gathering.sightings import Place, Survey

DAY = 86_400 * 10**9
BEGAN = 1_795_000_000 * 10**9


def pair(cause, at, effect, then):
    """A cause in one capture and its effect in another, with their times since the captures began."""
    return Pair(Place(cause, 2, BEGAN + at), Place(effect, 2, BEGAN + then))


def found(count, *pairs):
    """The clocks of captures that began when their own clocks said the same."""
    clocks = Clocks([Survey(1, BEGAN) for _ in range(count)])
    for one in pairs:
        clocks.add(one)
    return clocks.found()


def test_clocks_without_pairs_are_taken_as_they_are():
    """Each is its own reference."""
    assert found(2) == ([Clock(0, BEGAN, BEGAN), Clock(1, BEGAN, BEGAN)], True)


def test_a_clock_that_keeps_its_pairs_is_taken_as_it_is():
    """Though another would keep them as well; how far it may be moved is known."""
    (_first, clock), kept = found(2, pair(0, 0, 1, 30_000), pair(1, 40_000, 0, 50_000))
    assert (clock.ahead, clock.rate, clock.pairs, kept) == (0, 1.0, 2, True)
    assert (clock.earlier, clock.later) == (30_000 - APART, 10_000 - APART)


def test_a_clock_that_breaks_a_pair_is_put_in_the_middle_of_where_it_may_be():
    """The effect came a second before its cause, and the way back took two seconds."""
    (_first, clock), _kept = found(2, pair(0, 10**9, 1, 0), pair(1, 5 * 10**9, 0, 8 * 10**9))
    assert clock.ahead == -2 * 10**9
    assert clock.earlier == clock.later == 10**9 - APART


@pytest.mark.parametrize(
    ("one", "ahead"), [(pair(0, 10**9, 1, 0), -(10**9) - APART), (pair(1, 10**9, 0, 0), 10**9 + APART)]
)
def test_pairs_in_one_direction_bound_a_clock_on_one_side(one, ahead):
    """It is moved as far as it must be, and no further."""
    (_first, clock), _kept = found(2, one)
    assert clock.ahead == ahead
    assert math.inf in {clock.earlier, clock.later}


def test_clocks_are_found_through_other_captures():
    """The first and the last have no pair: each has some with the second."""
    there = [
        pair(0, 0, 1, 5 * 10**9),
        pair(1, 5 * 10**9, 0, 2 * 10**6),
        pair(1, 0, 2, 7 * 10**9),
        pair(2, 7 * 10**9, 1, 2 * 10**6),
    ]
    clocks, _kept = found(3, *there)
    assert [round(clock.ahead / 10**9, 2) for clock in clocks] == [0, 5, 12]
    assert clocks[2].earlier + clocks[2].later == pytest.approx(2 * (clocks[1].earlier + clocks[1].later), rel=0.01)


def test_captures_that_only_know_each_other_are_held_against_each_other():
    """The first of them is taken as it is."""
    clocks, _kept = found(4, pair(1, 10**9, 3, 0), pair(3, 0, 1, 10**9 + 10**7))
    assert [clock.reference for clock in clocks] == [0, 1, 2, 1]


def test_a_drift_is_found_where_no_constant_keeps_all_pairs():
    """A day, at 50 parts of a million, with ways of a millisecond."""

    def told(time):
        return time + 3 * 10**9 + time * 50 // 10**6

    steps = range(0, DAY, DAY // 20)
    pairs = [pair(0, at, 1, told(at + 10**6)) for at in steps] + [pair(1, told(at), 0, at + 10**6) for at in steps]
    (_first, clock), kept = found(2, *pairs)
    assert clock.drift == pytest.approx(50, abs=0.1)
    assert clock.ahead == pytest.approx(3 * 10**9, abs=10**6)
    assert kept


def test_pairs_that_no_clocks_keep_are_said_to_be():
    """Each came before its cause: what is wrong is shared."""
    (first, second), kept = found(2, pair(0, 10**7, 1, 5 * 10**6), pair(1, 10**7, 0, 5 * 10**6))
    assert not kept
    assert first.ahead == second.ahead == 0


def test_one_odd_pair_does_not_move_a_clock():
    """An effect an hour before its cause, among others that agree."""
    steps = range(0, DAY, DAY // 20)
    pairs = [pair(0, at, 1, at + 10**10) for at in steps] + [pair(1, at + 10**10, 0, at + 10**6) for at in steps]
    (_first, clock), kept = found(2, *pairs, pair(0, DAY // 3, 1, DAY // 3 - 3600 * 10**9))
    assert not kept
    assert clock.ahead == pytest.approx(10**10, abs=10**6)


def test_a_clock_that_jumped_is_no_drift():
    """Ten seconds in the middle of a day: the pairs that break are as few parts of a second as may be."""

    def told(time):
        return time + (10**10 if time > DAY // 2 else 0)

    steps = range(0, DAY, DAY // 20)
    pairs = [pair(0, at, 1, told(at + 10**6)) for at in steps] + [pair(1, told(at), 0, at + 10**6) for at in steps]
    (_first, clock), kept = found(2, *pairs)
    assert not kept
    assert clock.drift < 500.1


@pytest.mark.untraced
def test_a_contradiction_of_many_captures_is_found_in_time():
    """Thirty in a row, each bound to the next: one odd pair is left out, and the last is where it was."""
    steps = range(0, DAY, DAY // 10)
    ways = [(one, one + 1) for one in range(29)]
    pairs = [pair(one, at, other, at + 10**6) for one, other in ways for at in steps]
    pairs += [pair(other, at, one, at + 10**6) for one, other in ways for at in steps]
    clocks, kept = found(30, *pairs, pair(7, DAY // 3, 8, DAY // 3 - 10**12))
    assert not kept
    assert [clock.ahead for clock in clocks] == [0] * 30


TRUE = some.integers(0, 3600 * 10**9)


@given(
    ahead=some.lists(some.integers(-60 * 10**9, 60 * 10**9), min_size=1, max_size=7),
    drifts=some.lists(some.floats(-100, 100), min_size=7, max_size=7),
    ways=some.lists(
        some.tuples(some.integers(0, 7), some.integers(0, 7), TRUE, some.integers(10**5, 10**8)), max_size=60
    ),
)
def test_every_pair_of_steady_clocks_is_kept(ahead, drifts, ways):
    """Hosts, a minute apart at most and drifting, in whatever way they depend on each other."""
    skews = [(0, 0.0), *zip(ahead, drifts, strict=False)]

    def told(host, time):
        return time + skews[host][0] + round(time * skews[host][1] / 1e6)

    pairs = [
        pair(one, told(one, time), other, told(other, time + long))
        for one, other, time, long in ways
        if one != other and max(one, other) < len(skews)
    ]
    clocks, kept = found(len(skews), *pairs)
    broken = [one for one in pairs if not clocks[one.cause.capture].keeps(one, clocks[one.effect.capture])]
    assert broken == [] or not kept
    if not any(drift for _ahead, drift in skews):
        assert kept


def test_many_pairs_are_held_as_few_corners():
    """And none is lost by it: the narrowest decides."""
    clocks = Clocks([Survey(1, BEGAN)] * 2)
    for number in range(5000):
        clocks.add(pair(0, number * 10**6, 1, number * 10**6 + 10**9 - (number == 2500)))
        clocks.add(pair(1, number * 10**6, 0, number * 10**6 - 10**9 + 10**7))
    (_first, clock), _kept = clocks.found()
    assert clock.earlier + clock.later == 10**7 - 1 - 2 * APART
    assert all(bound.corners < 2500 for bound in clocks._bounds.values())

"""What was gathered, in words."""

import math

from recorder.gathering.clocks import Clock
from recorder.gathering.pairs import Pair
from recorder.gathering.printed import held_line, impossible_line, lines
from recorder.gathering.sightings import Place

NAMES = ["a.jsonl", "b.jsonl", "c.jsonl"]
MS = 1_000_000


def said(*clocks):
    """The lines for captures after the first."""
    return [*lines(NAMES[: len(clocks) + 1], [Clock(0, 0, 0), *clocks])]


def test_a_clock_is_said_with_how_exactly_it_is_known():
    """And with its drift, if it has one."""
    behind = Clock(0, 0, 12_310 * MS, earlier=4 * MS, later=4 * MS, pairs=42)
    ahead = Clock(0, 3_000 * MS, 0, rate=1 / 1.00008, earlier=20 * MS, later=20 * MS, pairs=1)
    assert said(behind, ahead) == [
        "b.jsonl: clock 12.310 s behind a.jsonl (± 4.0 ms), from 42 pairs",
        "c.jsonl: clock 3.000 s ahead of a.jsonl (± 20 ms), drift +80 ppm, from 1 pair",
    ]


def test_a_clock_that_is_right_is_said_so():
    """As far as is known."""
    assert said(Clock(0, 5, 5, earlier=4 * MS, later=30 * MS, pairs=2), Clock(0, 5, 5, later=MS, pairs=2)) == [
        "b.jsonl: clock as a.jsonl (+ 4.0 ms, - 30 ms), from 2 pairs",
        "c.jsonl: clock as a.jsonl, from 2 pairs in one direction",
    ]


def test_a_clock_that_is_bound_on_one_side_is_said_so():
    """How far it is off at least."""
    assert said(Clock(0, 0, 2_000 * MS, earlier=0, later=math.inf, pairs=7)) == [
        "b.jsonl: clock at least 2.000 s behind a.jsonl, from 7 pairs in one direction"
    ]


def test_captures_without_pairs_are_said_so():
    """And others may be held against them."""
    assert said(Clock(1, 0, 0), Clock(1, 0, 0, pairs=3)) == [
        "b.jsonl: no frame depends on one of a.jsonl, or the other way round: its clock is taken as it is",
        "c.jsonl: clock as b.jsonl, from 3 pairs in one direction",
    ]


def test_what_no_steady_clocks_keep_is_said_with_its_places():
    """The widest."""
    clocks = [Clock(0, 0, 0)] * 3
    held = [Pair(Place(0, 5, 30 * MS), Place(1, 7, 10 * MS)), Pair(Place(0, 6, 80 * MS), Place(2, 9, 30 * MS))]
    assert held_line(NAMES, held, clocks) == (
        "2 frames come before what caused them, whatever steady clocks are tried, and were put behind it; "
        "the worst by 50 ms: c.jsonl:9 after a.jsonl:6"
    )
    assert held_line(NAMES, held[:1], clocks).startswith("1 frame comes before what caused it, whatever")


def test_what_no_order_keeps_is_said_with_its_places():
    """On one line."""
    assert impossible_line(NAMES, Pair(Place(0, 5, 0), Place(1, 7, 0))) == (
        "b.jsonl:7: stands before a.jsonl:5, which caused it: no order keeps both captures' own"
    )

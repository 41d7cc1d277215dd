"""From parcels back to lines: each once, in order, and what is missing is counted."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recorder.fleet.joining import Pieces, Tally, is_whole, joined
from recorder.fleet.parcels import Parcel


def line(number):
    """A line whose text is its number."""
    return b"line %d\n" % number


def parcel(session, place, *numbers, **told):
    """Lines of a session, whose text is their number."""
    return Parcel(run="r", session=session, numbers=numbers, place=place, lines=b"".join(map(line, numbers)), **told)


def lines_of(parcels, tally=None):
    """What parcels join to, given by their first lines."""
    ordered = sorted(parcels, key=lambda one: one.numbers[0])
    return b"".join(b"".join(lines) for lines in joined(ordered, tally or Tally()))


def cut(sessions, cuts):
    """The parcels of lines that belong to these sessions, cut into slices at these numbers."""
    places, made = {}, []
    edges = [0, *sorted(cuts), len(sessions)]
    for first, after in pairwise(edges):
        own = {}
        for number in range(first + 1, after + 1):
            own.setdefault(sessions[number - 1], []).append(number)
        for session, numbers in own.items():
            made.append(parcel(session, places.get(session, 0), *numbers, taken=first))
            places[session] = places.get(session, 0) + len(numbers)
    return made


@some.composite
def shipped(draw):
    """Lines of some sessions, shipped in two different ways, parcels doubled and shuffled."""
    sessions = draw(some.lists(some.integers(0, 4), min_size=1, max_size=60))
    ways = [cut(sessions, draw(some.sets(some.integers(1, len(sessions)), max_size=8))) for _way in range(2)]
    twice = draw(some.lists(some.sampled_from(ways[0] + ways[1]), max_size=8))
    return len(sessions), draw(some.permutations(ways[0] + draw(some.sampled_from([[], ways[1]])) + twice))


@given(shipped())
def test_each_line_comes_once_and_in_order(made):
    """Whatever the slices, however often, in whatever order."""
    count, parcels = made
    tally = Tally(taken=count, last=count)
    assert lines_of(parcels, tally) == b"".join(map(line, range(1, count + 1)))
    assert (tally.lines, tally.gone, tally.unsettled, [*tally.said()]) == (count, 0, 0, [])


@given(shipped(), some.data())
def test_what_does_not_come_is_counted(made, data):
    """As gone up to the line that the stream has had, as not there yet behind it."""
    count, parcels = made
    left = data.draw(some.lists(some.sampled_from(parcels), max_size=len(parcels)))
    there = {number for one in left for number in one.numbers}
    taken = data.draw(some.integers(0, count))
    tally = Tally(taken=taken, last=count)
    assert lines_of(left, tally) == b"".join(map(line, sorted(there)))
    assert tally.gone == len({*range(1, taken + 1)} - there)
    assert tally.unsettled == len({*range(taken + 1, count + 1)} - there)
    assert tally.missing.total() <= tally.gone


def test_what_is_missing_is_said_with_its_sessions():
    """And what is of sessions of which nothing later came."""
    tally = Tally(taken=20, last=20)
    lines_of([parcel(0, 0, 1), parcel(2, 3, 8, 9), parcel(1, 2, 10)], tally)
    assert [*tally.said()] == [
        "16 lines are missing, which the stream no longer has (3 of session 2, 2 of session 1, 11 of other sessions)"
    ]
    tally = Tally(taken=3, last=3)
    lines_of([parcel(0, 0, 1), parcel(0, 1, 2)], tally)
    assert [*tally.said()] == [
        "1 line is missing, which the stream no longer has (1 of sessions of which nothing later is left)"
    ]


def test_what_is_not_there_yet_is_said():
    """Its shipper sends it again."""
    tally = Tally(taken=1, last=4)
    lines_of([parcel(0, 0, 1), parcel(1, 1, 3, 4)], tally)
    assert [*tally.said()] == ["1 line is not in the stream yet, though later ones are: they have not been shipped"]


def test_of_some_sessions_only_their_own_gaps_count():
    """Lines of others were not asked for; nor what precedes a moment, after the opening."""
    tally = Tally(whole=False, taken=90, last=90)
    lines_of([parcel(0, 0, 1), parcel(4, 0, 7), parcel(4, 1, 20, 22), parcel(4, 5, 60)], tally)
    assert [*tally.said()] == ["2 lines are missing, which the stream no longer has (2 of session 4)"]
    tally = Tally(whole=False, taken=90, last=90, early={0: 1, 4: 1})
    lines_of([parcel(0, 0, 1), parcel(4, 0, 7), parcel(4, 40, 60), parcel(4, 42, 70)], tally)
    assert tally.missing == {4: 1}


@given(some.permutations(range(1, 5)), some.integers(1, 4))
def test_pieces_make_a_line_in_any_order(order, again):
    """With the last of them, whichever that is."""
    pieces = Pieces()
    text = line(7)
    made = [
        Parcel(
            run="r", session=1, numbers=[7], place=0, lines=text[at * 2 : at * 2 + 2 + 9 * (at == 3)], piece=(at + 1, 4)
        )
        for at in range(4)
    ]
    given_back = [pieces.add(made[number - 1]) for number in [order[0], *order]]
    assert [one is None for one in given_back[:-1]] == [True] * 4
    assert given_back[-1] == replace(made[order[-1] - 1], lines=text, piece=(1, 1))
    assert pieces.add(made[again - 1]) is None
    assert pieces.add(parcel(1, 0, 5)) == parcel(1, 0, 5)


@pytest.mark.parametrize(
    ("made", "whole"),
    [
        (parcel(1, 0, 5, 6), True),
        (replace(parcel(1, 0, 5, 6), lines=line(5)), False),
        (replace(parcel(1, 0, 5, 6), lines=line(5) + b"line"), False),
        (replace(parcel(1, 0, 5), lines=b"li", piece=(1, 2)), True),
        (replace(parcel(1, 0, 5), lines=b"ne 5\n", piece=(2, 2)), True),
        (replace(parcel(1, 0, 5), lines=b"ne", piece=(2, 2)), False),
        (Parcel(run="r", session=0, kind="ended", numbers=[9], place=0), True),
    ],
)
def test_a_parcel_is_whole_if_it_has_its_lines(made, whole):
    """Each with its newline; of a piece only the last has one."""
    assert is_whole(made) is whole

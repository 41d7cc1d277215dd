"""Lines of several runs on one timeline while they come: certain within a run, by corrected times between runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recorder.fleet.ordering import STEP, Ordering
from recorder.fleet.parcels import Parcel
from recorder.model import SECOND

NOW = 1_795_000_000 * SECOND


def event(number, time):
    """The line of an event."""
    return b'{"event":"note","time":%d,"text":"%d"}\n' % (time, number)


def parcel(numbers, *, run="a", session=0, place=None, taken=1, ahead=0, kind="traffic", at=NOW):
    """Lines that happened at their numbers, in seconds after a time, by a clock that is that much ahead."""
    return Parcel(
        run=run,
        session=session,
        kind=kind,
        numbers=numbers,
        place=numbers[0] - 1 if place is None else place,
        lines=b"".join(event(number, at + number * SECOND + ahead) for number in numbers) * (kind != "ended"),
        taken=taken,
        sent=at + numbers[-1] * SECOND + ahead,
    )


def numbers(lines):
    """The runs and numbers of lines."""
    return [(line.run, int(line.text.split(b'"text":"')[1].split(b'"')[0])) for line in lines]


def ordered(*parcels, whole=True, until=NOW + 1000 * SECOND, delay=0):
    """What is due after parcels which the stream took when they were sent, by a true clock."""
    ordering = Ordering(whole=whole)
    for one in parcels:
        ordering.add(one, NOW + one.numbers[-1] * SECOND + delay)
    return ordering, numbers(ordering.due(until))


def test_a_line_waits_for_those_before_it():
    """Of sessions whose parcels come one after the other."""
    ordering, due = ordered(parcel([2, 4], session=1, place=0), parcel([6], session=1, place=2))
    assert due == [("a", 2)]
    ordering.add(parcel([3, 5], session=2, place=0), NOW)
    assert numbers(ordering.due(NOW + 1000 * SECOND)) == [("a", 3), ("a", 4), ("a", 5), ("a", 6)]


def test_what_the_stream_has_had_is_not_waited_for():
    """It is missing, and that is said."""
    ordering, due = ordered(parcel([5, 6], taken=4), parcel([9], place=6, taken=6))
    assert due == [("a", 5), ("a", 6)]
    ordering.add(parcel([10], place=7, taken=8), NOW)
    assert numbers(ordering.due(NOW + 1000 * SECOND)) == [("a", 9), ("a", 10)]
    assert [*ordering.rest(NOW)] == []
    assert [*ordering.said()] == [
        ("a", "6 lines are missing, which the stream no longer has (4 of no session, 2 of other sessions)")
    ]


def test_what_comes_again_is_dropped():
    """In the same slices or in others."""
    _ordering, due = ordered(parcel([2, 3]), parcel([2, 3]), parcel([2, 3, 4]), parcel([3]))
    assert due == [("a", 2), ("a", 3), ("a", 4)]


def test_the_header_of_a_capture_is_no_line():
    """The timeline has one of its own."""
    assert ordered(parcel([1]), parcel([2]))[1] == [("a", 2)]


@pytest.mark.parametrize("ahead", [-60 * SECOND, 0, 60 * SECOND])
def test_runs_are_ordered_by_corrected_times(ahead):
    """Whatever their clocks say; how far one is behind comes with each line."""
    ordering, _due = ordered(
        parcel([2, 5], place=1, taken=4), parcel([3], run="b", place=1, ahead=ahead, taken=2), until=0
    )
    lines = [*ordering.due(NOW + 1000 * SECOND)]
    assert numbers(lines) == [("a", 2), ("b", 3), ("a", 5)]
    assert {line.behind for line in lines if line.run == "b"} == {-ahead}


def test_lines_are_due_when_they_are_old_enough():
    """So that those of other runs can still come before them."""
    ordering, due = ordered(parcel([2, 3, 4]), until=NOW + 3 * SECOND)
    assert due == [("a", 2), ("a", 3)]
    ordering.add(parcel([3], run="b", taken=2), NOW + 3 * SECOND)
    assert numbers(ordering.due(NOW + 5 * SECOND)) == [("b", 3), ("a", 4)]


def test_a_clock_is_corrected_anew_when_it_is_wrong():
    """By the last parcels, in both directions: somebody set it, or it drifts."""
    ordering = Ordering(whole=True)
    behind = []
    for number in range(2, 200):
        ahead = 0 if number < 70 else 2 * STEP
        ordering.add(parcel([number], ahead=ahead), NOW + number * SECOND + number % 7)
        behind += [line.behind for line in ordering.due(NOW + 1000 * SECOND)]
    assert behind[0] == 2
    assert behind[-1] == -2 * STEP
    assert len({*behind}) == 2


def test_a_line_is_never_later_than_the_stream_took_it():
    """Or a capture from the future would wait for its time."""
    _ordering, due = ordered(parcel([2], at=NOW + 10**6 * SECOND), until=NOW + 3 * SECOND)
    assert due == [("a", 2)]


def test_of_some_sessions_each_is_certain_for_itself():
    """Its places say what comes next; other sessions were not asked for."""
    ordering, due = ordered(
        parcel([7], session=1, place=0),
        parcel([20, 30], session=1, place=1),
        parcel([50], session=1, place=4),
        whole=False,
    )
    assert due == [("a", 7), ("a", 20), ("a", 30)]
    ordering.add(parcel([40], session=1, place=3), NOW)
    assert numbers(ordering.due(NOW + 1000 * SECOND)) == [("a", 40), ("a", 50)]


def test_midway_what_came_before_is_not_missing():
    """Of a run, and of its sessions."""
    ordering = Ordering(whole=True, midway=True)
    ordering.add(parcel([50, 51], session=3, place=9, taken=48), NOW)
    assert numbers(ordering.due(NOW + 1000 * SECOND)) == []
    ordering.add(parcel([49], session=4, place=2, taken=48), NOW)
    assert numbers(ordering.due(NOW + 1000 * SECOND)) == [("a", 49), ("a", 50), ("a", 51)]
    assert [*ordering.rest(NOW), *ordering.said()] == []


def test_an_opening_from_before_comes_before_what_its_session_says():
    """By the clock of its run, and missing nothing; the header of a capture is none."""
    ordering = Ordering(whole=True, midway=True)
    header = parcel([1], ahead=-SECOND)
    ordering.add(parcel([50, 51], place=4, taken=49, ahead=-SECOND), NOW + 51 * SECOND, header)
    opening = parcel([7], session=3, place=0, ahead=-SECOND, kind="opened")
    ordering.add(parcel([52], session=3, place=9, taken=49, ahead=-SECOND), NOW + 52 * SECOND, opening)
    due = [*ordering.due(NOW + 1000 * SECOND)]
    assert numbers(due) == [("a", 50), ("a", 51), ("a", 7), ("a", 52)]
    assert [line.session for line in due] == [0, 0, 3, 3]
    assert {line.behind for line in due} == {SECOND}
    assert [*ordering.rest(NOW), *ordering.said()] == []


def test_runs_have_ended_when_all_their_lines_are_given():
    """One that goes on has not."""
    ordering = Ordering(whole=True)
    assert not ordering.ended
    ordering.add(parcel([2]), NOW)
    assert not ordering.ended
    ordering.add(parcel([2], kind="ended", taken=2), NOW)
    assert not ordering.ended
    assert numbers(ordering.due(NOW + 1000 * SECOND)) == [("a", 2)]
    assert ordering.ended
    ordering.add(parcel([3]), NOW)
    assert numbers(ordering.due(NOW + 1000 * SECOND)) == [("a", 3)]
    assert not ordering.ended


def test_at_the_end_all_is_given():
    """What waited for lines that did not come, too, and that is said."""
    ordering, due = ordered(parcel([1]), parcel([2]), parcel([4, 5]), parcel([7]))
    assert due == [("a", 2)]
    assert numbers(ordering.rest(NOW)) == [("a", 4), ("a", 5), ("a", 7)]
    assert [text for _run, text in ordering.said()] == [
        "2 lines are not in the stream yet, though later ones are: they have not been shipped"
    ]


@given(some.data())
def test_a_run_stays_in_its_order_whatever_comes_when(data):
    """Parcels of slices in any order, some twice: each line once, ascending."""
    parcels, number, places = [], 2, {}
    for _slice in range(data.draw(some.integers(1, 6))):
        taken = number - 1
        sessions = data.draw(some.lists(some.integers(0, 3), min_size=1, max_size=8))
        own = {}
        for session in sessions:
            own.setdefault(session, []).append(number)
            number += 1
        for session, lines in own.items():
            parcels.append(parcel(lines, session=session, place=places.get(session, 0), taken=taken))
            places[session] = places.get(session, 0) + len(lines)
    # a parcel may be late, as long as no later one says that the stream has had it
    order = data.draw(some.permutations(parcels))
    order = [
        one if one.taken == 0 else Parcel(**{f: getattr(one, f) for f in one.__slots__} | {"taken": 0}) for one in order
    ]
    twice = [*order, *data.draw(some.lists(some.sampled_from(order), max_size=5))]
    ordering = Ordering(whole=True)
    found = []
    for one in [Parcel(run="a", session=0, numbers=[1], place=0, lines=event(1, NOW)), *twice]:
        ordering.add(one, NOW)
        found += numbers(ordering.due(NOW))
    assert found == [("a", at) for at in range(2, number)]

"""Lines of several captures in one order."""

from recorder.gathering.clocks import Clock
from recorder.gathering.merging import Merging
from recorder.gathering.pairs import Pair
from recorder.gathering.sightings import Place


def line(time, name, session=0):
    """A frame."""
    number = b"%d" % session
    return b'{"event":"frame","time":%d,"session":%b,"direction":"to_node","text":"%b"}\n' % (time, number, name)


def host(*times, session=1):
    """The lines of a capture with these times, numbered from 2 as lines of a capture are."""
    return [line(time, b"%d" % number, session) for number, time in enumerate(times, 2)]


def as_they_are(count):
    """Clocks that are right."""
    return [Clock(number, 0, 0) for number in range(count)]


def merged(merging):
    """The texts, with the sessions."""
    return [(int(one.split(b'"session":')[1].split(b",")[0]), int(one.split(b'"text":"')[1][:-3])) for one in merging]


def pair(cause, effect):
    """A cause and its effect, each by capture and line."""
    return Pair(Place(*cause, 0), Place(*effect, 0))


def test_lines_are_in_the_order_of_their_corrected_times():
    """Those of one capture in their own; of two at the same time the first capture's is first."""
    merging = Merging([host(10, 30, 20), host(110, 115, 140)], [Clock(0, 0, 0), Clock(0, 100, 0)])
    assert merged(merging) == [(1, 2), (2, 2), (2, 3), (1, 3), (1, 4), (2, 4)]


def test_times_are_corrected_for_a_drift():
    """Half as fast as the other."""
    (one, _other) = Merging([[line(1_000, b"x", 1), line(3_000, b"x", 1)]], [Clock(0, 1_000, 500, rate=0.5)])
    assert b'"time":500,' in one


def test_an_effect_waits_for_its_cause_and_all_behind_it_waits_too():
    """By its time it would come first."""
    merging = Merging([host(10, 11), host(20, 21)], as_they_are(2), [pair((1, 3), (0, 2))])
    assert merged(merging) == [(1, 2), (1, 3), (2, 2), (2, 3)]
    assert merging.impossible == []


def test_several_wait_for_each_other_in_turn():
    """Through three captures."""
    held = [pair((2, 2), (1, 2)), pair((1, 2), (0, 2))]
    merging = Merging([host(1), host(2), host(3)], as_they_are(3), held)
    assert merged(merging) == [(1, 2), (2, 2), (3, 2)]


def test_what_no_order_keeps_is_said_and_everything_is_there():
    """Two wait for each other: the earlier goes on."""
    held = [pair((1, 3), (0, 2)), pair((0, 3), (1, 2))]
    merging = Merging([host(10, 11), host(20, 21)], as_they_are(2), held)
    assert merged(merging) == [(1, 2), (1, 3), (2, 2), (2, 3)]
    assert merging.impossible == [held[0]]

"""What depends on what in another capture: certain pairs only."""

import pytest

from recorder.capture import frame
from recorder.gathering.pairs import MANY_TEXTS, MANY_THINGS, pairs
from recorder.gathering.sightings import seen
from recorder.model import Header, Opened
from recorder.profiles import PROFILES, Profile

HEADER = Header(format=2, run="r", recorder="0", profile="parcels")


class Parcels(Profile):
    """A protocol whose messages carry parcels, by number."""

    name = "parcels"

    def carries(self, message):
        """Its numbers."""
        return frozenset(message["parcels"]) if isinstance(message, dict) else frozenset()


@pytest.fixture(autouse=True)
def parcels(monkeypatch):
    """The protocol in the table."""
    monkeypatch.setitem(PROFILES, "parcels", Parcels())


def host(*said, session=1):
    """A capture: what goes to the node is `>` and the numbers, what comes from it `<`; and the time of each."""
    events = [Opened(time=1, session=session, party="p", url="ws://node/")]
    for time, arrow, *numbers in said:
        direction = "to_node" if arrow[0] == ">" else "from_node"
        own = int(arrow[1:] or session)
        payload = b'{"method":"m","parcels":%s}' % str(numbers).encode()
        events.append(frame(payload, time=time, session=own, direction=direction))
    return HEADER, events


def found(*hosts):
    """The pairs, as the capture and the time of each."""
    every = pairs(read.sightings for read in seen(hosts))
    return sorted(tuple((place.capture, place.time) for place in pair) for pair in every)


def test_what_one_party_made_others_get_after_it_was_sent():
    """All of them, the first time; whatever their clocks say."""
    hosts = host((10, ">", 7), (11, ">", 7)), host((5, "<", 7), (6, "<", 7)), host((90, "<", 7))
    assert found(*hosts) == [((0, 10), (1, 5)), ((0, 10), (2, 90))]


def test_what_the_node_gave_first_shows_nothing():
    """Who passed it on is unknown."""
    assert found(host((10, "<", 7), (11, ">", 7)), host((5, "<", 7))) == []


def test_what_two_made_shows_nothing():
    """Each knew it without the other."""
    assert found(host((10, ">", 7)), host((5, ">", 7)), host((6, "<", 7))) == []


def test_what_two_have_agreed_on_is_told_after_both_have_sent_it():
    """The node asked both, and told both."""
    one = host((10, "<", 7), (11, ">", 7), (15, "<", 7))
    other = host((52, "<", 7), (53, ">", 7), (54, "<", 7))
    assert found(one, other) == [((0, 11), (1, 54)), ((1, 53), (0, 15))]


@pytest.mark.parametrize("again", [(12, ">", 7), (9, ">", 7)])
def test_what_was_sent_again_is_not_told_of_once(again):
    """The node may have spoken of the first time."""
    one = host((8, "<", 7), *sorted([(11, ">", 7), again]), (15, "<", 7))
    assert found(one, host((52, "<", 7), (53, ">", 7), (54, "<", 7))) == []


def test_what_another_session_of_the_host_hears_is_not_told_to_the_party():
    """Only its own session is."""
    one = host((10, "<", 7), (11, ">", 7), (12, "<5", 7), (15, "<", 7))
    assert ((1, 53), (0, 15)) in found(one, host((52, "<", 7), (53, ">", 7), (54, "<", 7)))


def test_within_a_capture_there_are_no_pairs():
    """Its order is known."""
    assert found(host((10, ">", 7), (11, "<2", 7)), host((5, ">", 8))) == []


def test_times_never_go_back():
    """A line keeps its place, whatever its time."""
    assert found(host((20, ">", 1), (10, ">", 7)), host((30, "<", 7))) == [((0, 20), (1, 30))]


def test_only_so_many_things_are_remembered(monkeypatch):
    """The oldest is forgotten, and its pairs are told then."""
    monkeypatch.setattr("recorder.gathering.pairs.MANY_THINGS", 2)
    one, other = (
        host(*((time, ">", time) for time in range(10, 20))),
        host(*((time, "<", time - 1) for time in range(11, 21))),
    )
    assert len(found(one, other)) < 10 < MANY_THINGS


def test_only_so_many_texts_are_remembered(monkeypatch):
    """However few things they carry."""
    monkeypatch.setattr("recorder.gathering.pairs.MANY_TEXTS", 2)
    one = host(*((time, ">", time) for time in range(10, 20)))
    assert len(found(one, host(*((time, "<", time - 1) for time in range(11, 21))))) < 10 < MANY_TEXTS


def test_captures_are_read_side_by_side(monkeypatch):
    """So that what belongs together is remembered together."""
    second = 10**9
    monkeypatch.setattr("recorder.gathering.pairs.MANY_THINGS", 20)
    one = host(*((time * second, ">", time) for time in range(10, 200)))
    other = host(*((time * second + 1, "<", time) for time in range(10, 200)))
    assert len(found(one, other)) == 190

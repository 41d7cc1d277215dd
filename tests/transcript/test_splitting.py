"""Which transcript an event belongs to, and what each is called. Literals only."""

import pytest

from recorder.capture import FORMAT, frame
from recorder.model import Header, Opened, Scenario
from recorder.transcript import BEFORE, session_names, split_by_scenario, views

HEADER = Header(format=FORMAT, run="r", recorder="0", profile="aeternity")
INITIATOR = Opened(session=1, party="initiator", url="ws://node/channel?role=initiator")
RESPONDER = Opened(session=2, party="responder", url="ws://node/channel?role=responder")
CH = "ch_2BMQYgssMhC6X6vrZ4vwdoqMo5yAasWyUCTqY1rB4MLtqYXZQU"


def call(session=1):
    """A request to the node."""
    return frame(b'{"id":1,"method":"m"}', session=session, direction="to_node")


def said(payload, session=1):
    """Something from the node."""
    return frame(payload.encode(), session=session, direction="from_node")


def split(*events):
    """Scenario by scenario, its name and its events."""
    return [(name, [view.event for view in group]) for name, group in split_by_scenario(views(HEADER, events))]


def test_scenarios_are_contiguous_stretches():
    """What comes before the first has its own name; a name that comes again gets a number."""
    one, two, three = call("1"), call("2"), call("3")
    assert split(one, Scenario(name="a"), two, Scenario(name="b"), three, Scenario(name="a"), one) == [
        (BEFORE, [one]),
        ("a", [two]),
        ("b", [three]),
        ("a-2", [one]),
    ]


def test_no_two_scenarios_share_a_file():
    """Not by a number that looks like a name, nor by case, nor by what had to be replaced."""
    names = ["a", "b", "a", "a-2", "b", "A", "x/y", "x_y", BEFORE]
    events = [call(), *(event for name in names for event in (Scenario(name=name), call()))]
    made = [name for name, _events in split(*events)]
    assert len({name.casefold() for name in made}) == len(names) + 1


@pytest.mark.parametrize("name", ["../../etc/x", "/etc/x", "..", ".hidden", "a\0b", "a\nb", "\ud800", "é" * 300])
def test_no_scenarios_name_leaves_its_folder(name):
    """Whoever wrote the capture, a name is one file's, and short enough for one."""
    ((made, _events),) = split(Scenario(name=name), call())
    assert "/" not in made
    assert "\0" not in made
    assert not made.startswith(".")
    assert 0 < len(made.encode()) <= 200


def test_sessions_are_named_by_number_and_party():
    """Whatever the party is called, the name is a file's."""
    events = [INITIATOR, Opened(session=2, party="../x"), call(session=3)]
    assert session_names(HEADER, events, "session") == {1: "1-initiator", 2: "2-.._x", 3: "3-client"}


def test_sessions_of_one_channel_share_its_name():
    """The first channel a session speaks of is its own; one that names none stands alone."""
    of = f'{{"params":{{"channel_id":"{CH}"}}}}'
    other = of.replace("ch_2", "ch_3")
    events = [INITIATOR, RESPONDER, said("1"), said(of), said(other), said(of, 2), Opened(session=3, party="x")]
    assert session_names(HEADER, events, "channel") == {1: CH, 2: CH, 3: "3-x"}
    generic = Header(format=FORMAT, run="r", recorder="0", profile="generic")
    assert session_names(generic, events, "channel") == {1: "1-initiator", 2: "2-responder", 3: "3-x"}

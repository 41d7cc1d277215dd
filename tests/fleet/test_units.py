"""What workers decide about a notice, in any order in which things happen."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.fleet.units import LATEST, SELDOM, SOONEST, Member, Session, Unit, decide, pause

A, B = Session("a", 1), Session("b", 1)
CLOSED = Member(A, 5, closed=True)


def unit(*members, channel="shop", last=9, silent=0.0):
    """A unit."""
    return Unit(channel, members, last, silent)


def test_a_unit_is_done_when_all_its_sessions_are_over():
    """Closed, or their runs ended, or silent for so long."""
    joined = Member(B, 6)
    assert decide(unit(CLOSED), A, 60, 0) == "do"
    assert decide(unit(CLOSED, joined), B, 60, 0) == "wait"
    assert decide(unit(CLOSED, replace(joined, closed=True)), B, 60, 0) == "do"
    assert decide(unit(CLOSED, replace(joined, ended=True)), B, 60, 0) == "do"
    assert decide(unit(CLOSED, joined, silent=59), B, 60, 0) == "wait"
    assert decide(unit(CLOSED, joined, silent=60), B, 60, 0) == "do"


def test_who_joined_last_is_responsible():
    """The others leave it to that one, whether it is over or not; one whose opening is lost is told to nobody."""
    for joined in (Member(B, 6), Member(B, 6, closed=True)):
        assert decide(unit(CLOSED, joined), A, 60, 0) == "leave"
    assert decide(unit(CLOSED, Member(B, 6, noticed=False, closed=True)), A, 60, 0) == "do"


def test_a_unit_is_not_done_again_until_there_is_more_of_it():
    """What is done is done up to a place of the stream."""
    assert decide(unit(CLOSED), A, 60, 9) == "done"
    assert decide(unit(CLOSED, last=10), A, 60, 9) == "do"


def test_names_are_fit_for_files_and_differ():
    """Whatever channels and runs are called."""
    names = [
        unit(CLOSED, channel=channel).name
        for channel in ("ch_1", "a/b", "a_b", "..", "x" * 500, "x" * 499 + "y", "", "-", "é")
    ]
    assert names[0] == "ch_1"
    assert names[6] == "a-1"
    assert len({*names}) == len(names)
    assert all(len(name) < 200 and "/" not in name and not name.startswith(".") for name in names)


@given(st.integers(1, 10**6), st.floats(0, 10**9))
def test_one_looks_again_soon_at_first_and_seldom_where_nothing_comes(times, silent):
    """Thousands of sessions that last, or are dead, are asked for a few times a minute or an hour."""
    again = pause(times, silent)
    assert SOONEST <= again <= SELDOM
    assert again >= min(silent / 4, SELDOM)
    assert again <= max(LATEST, silent / 4)
    assert pause(times, 0) <= pause(times + 1, 0)
    assert sum(pause(time, 0) for time in range(1, 11)) > 25


happenings = st.lists(
    st.tuples(st.sampled_from(["speaks", "joins", "closes", "noticed"]), st.integers(0, 2)), min_size=12, max_size=30
)


class World:
    """A stream with sessions of one channel, and workers that look at notices as they come."""

    def __init__(self):
        self.place, self.idle = 0, 60
        self.opened, self.joined, self.last, self.closed, self.acknowledged = {}, {}, {}, set(), set()
        self.record = 0  # up to where the channel has been done
        self.members = frozenset()  # with whom
        self.times = 0

    def speaks(self, number):
        """It says something; at first, that it begins."""
        if number not in self.closed:
            self.place += 1
            self.opened.setdefault(number, self.place)
            self.last[number] = self.place

    def joins(self, number):
        """It says something of the channel."""
        if number not in self.closed:
            self.speaks(number)
            self.joined.setdefault(number, self.place)

    def closes(self, number):
        """It ends."""
        if number in self.opened:
            self.speaks(number)
            self.closed.add(number)

    def noticed(self, number):
        """A worker looks at its notice."""
        if number not in self.opened or number in self.acknowledged:
            return
        together = [*self.joined] if number in self.joined else [number]
        seen = Unit(
            "shop" if number in self.joined else "",
            [Member(Session("run", one), self.joined.get(one, 0), closed=one in self.closed) for one in together],
            max(self.last[one] for one in together),
            0,
        )
        decision = decide(seen, Session("run", number), self.idle, self.record if number in self.joined else 0)
        if decision == "do" and number in self.joined:
            assert (seen.last, frozenset(together)) != (self.record, self.members), "done twice"
            self.record, self.members = seen.last, frozenset(together)
            self.times += 1
        if decision != "wait":
            self.acknowledged.add(number)


@settings(max_examples=500)
@given(happenings)
def test_in_the_end_every_channel_was_done_with_all_its_sessions(story):
    """However sessions open, join, close and are looked at; and once for each view of it at the most."""
    world = World()
    for what, number in story:
        getattr(world, what)(number)
    for number in [*world.opened]:
        world.closes(number)
    for number in [*world.opened, *world.opened]:
        world.noticed(number)
    assert world.acknowledged == world.opened.keys()
    if world.joined:
        assert world.members == frozenset(world.joined)
        assert world.record == max(world.last[number] for number in world.joined)
        assert world.times <= len(world.joined)

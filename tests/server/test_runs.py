"""Which session an HTTP request belongs to, among those that clients speak to."""

import pytest

from recorder.replay.matching import FULL_FITNESS, NEARLY, NO_FITNESS
from recorder.server.runs import HttpRouter, untaken

PATH = "/rpc"
ONE, OTHER = ("127.0.0.1", 1), ("127.0.0.1", 2)


class Session:
    """A session of a run that goes on, which expects some bodies, others with values that are bound, and the like of others."""

    def __init__(self, *exactly, bound=(), nearly=()):
        self.exactly, self.bound, self.nearly = exactly, bound, nearly
        self.ended = self.begun = False
        self.run = self.over = self
        self.session = 1

    def is_set(self):
        """Whether its run is over."""
        return self.ended

    def opened(self, _session, _path):
        """A client speaks to it."""
        self.begun = True

    def knows(self, body):
        """Whether it expects just this."""
        return body in self.exactly

    def fitness(self, body):
        """How well it expects this."""
        return (
            FULL_FITNESS
            if body in {*self.exactly, *self.bound}
            else (NEARLY, -1)
            if body in self.nearly
            else NO_FITNESS
        )


def routed(*requests):
    """Where the last of several requests belongs: who asks, for what, and the session that nobody speaks to yet, if any."""
    router, found = HttpRouter(), None
    for client, body, fresh in requests:
        found = router.find(client, PATH, body, lambda fresh=fresh: fresh)
    return found


@pytest.mark.parametrize(("client", "mine"), [(ONE, 0), (OTHER, 1)])
@pytest.mark.parametrize("body", [b"both", b"alike", b"nobody"])
def test_what_several_sessions_expect_as_much_is_of_the_last_one_of_its_connection(client, mine, body):
    """Whether they expect just this, something like it, or nothing of the kind."""
    sessions = [Session(first, b"both", nearly=[b"alike"]) for first in (b"1", b"2")]
    requests = [(ONE, b"1", sessions[0]), (OTHER, b"2", sessions[1])]
    assert routed(*requests, (client, body, None)) is sessions[mine]


@pytest.mark.parametrize("alike", ["nearly", "bound"])
def test_a_session_that_expects_just_this_begins_before_one_goes_on_that_expects_its_like(alike):
    """Be it that only values differ that are bound."""
    old, new = Session(b"1", **{alike: [b"just"]}), Session(b"just")
    assert routed((ONE, b"1", old), (ONE, b"just", new)) is new
    assert new.begun


def test_no_session_begins_where_one_that_goes_on_expects_just_this():
    """Whoever asks."""
    old, new = Session(b"1", b"same"), Session(b"same")
    assert routed((ONE, b"1", old), (OTHER, b"same", new)) is old
    assert not new.begun


def test_a_request_is_of_a_session_that_is_over_only_where_there_is_no_other():
    """Then it is told there that it was not expected."""
    old, new = Session(b"1"), Session(b"2")
    begins = [(ONE, b"1", old), (OTHER, b"2", new)]
    assert routed(*begins, (ONE, b"3", None)) is old
    old.ended = True
    assert routed(*begins[:1], (ONE, b"3", None)) is old


@pytest.mark.parametrize(("taken", "name"), [((), "a"), (("a",), "a-2"), (("a", "a-2"), "a-3")])
def test_a_name_that_is_taken_gets_a_number(taken, name):
    """The first that is free."""
    assert untaken("a", taken, "-") == name

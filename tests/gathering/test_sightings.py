"""What frames of several captures carry: read once, side by side, here or in another process."""

import subprocess
import sys
from itertools import pairwise

import pytest

from recorder.capture import frame
from recorder.gathering.sightings import MOST, Sighting, seen
from recorder.model import Closed, Header, Opened
from recorder.profiles import PROFILES, Profile

HEADER = Header(format=2, run="r", recorder="0", profile="letters")


class Letters(Profile):
    """A protocol whose messages carry letters; a capital is another text for the same."""

    name = "letters"

    def carries(self, message):
        """Its letters."""
        return frozenset(message["letters"]) if isinstance(message, dict) else frozenset()


@pytest.fixture(autouse=True)
def letters(monkeypatch):
    """The protocol in the table."""
    monkeypatch.setitem(PROFILES, "letters", Letters())


def says(letters, time, session=1, direction="to_node"):
    """A frame with these letters."""
    return frame(b'{"letters":"%s"}' % letters.encode(), time=time, session=session, direction=direction)


def places(*captures):
    """Of each sighting its capture, line and time."""
    return [(one.place.capture, one.place.line, one.place.time) for read in seen(captures) for one in read.sightings]


def test_a_sighting_is_a_frame_and_what_it_carries():
    """What carries nothing is none; a time never goes back."""
    events = [Opened(time=1, session=7, party="p", url="ws://n/"), says("ab", 9, 7), says("", 10, 7), says("b", 5, 7)]
    (read,) = seen([(HEADER, [*events, Closed(time=11, session=7)])])
    first, second = read.sightings
    assert isinstance(first, Sighting)
    assert (first.place.line, first.place.time, first.session, first.to_node, len(first.carried)) == (3, 9, 7, True, 2)
    assert (second.place.line, second.place.time) == (5, 10)
    assert second.carried[0] in first.carried
    assert [(one.events, one.began) for one in read.surveys] == [(5, 1)]


def test_captures_are_read_side_by_side():
    """By their times, however long one is; and in parts, so that none is in memory as a whole."""
    second = 10**9
    one, other = ([says("a", at * 2 * second + shift) for at in range(1, 20)] for shift in (0, second))
    times = [time for _capture, _line, time in places((HEADER, one), (HEADER, other))]
    assert all(later > earlier - 4 * second for earlier, later in pairwise(times))
    many = [says("a", 5) for _ in range(2 * MOST + 1)]
    assert [len(read.sightings) for read in seen([(HEADER, many)])] == [MOST, MOST, 1]


def test_protocols_that_carry_nothing_are_not_searched(monkeypatch):
    """A frame of theirs costs nothing."""
    monkeypatch.setattr("recorder.gathering.sightings._Texts.carried", lambda *_: pytest.fail("searched"))
    plain = Header(format=2, run="r", recorder="0")
    captures = [(plain, [Opened(time=at, session=1, party="p", url="ws://n/"), says("a", at)]) for at in (1, 2)]
    assert places(*captures) == []


def test_what_is_wrong_is_told_with_what_was_read():
    """Once, in the order in which it was found."""
    warnings = ["one"]

    def events():
        yield says("a", 1)
        warnings.append("two")

    reads = list(seen([(HEADER, events())], warnings))
    assert [text for read in reads for text in read.warnings] == ["one", "two"]
    assert warnings == []


ELSEWHERE = """
from recorder.errors import InputError
from recorder.gathering.sightings import seen, seen_elsewhere
from recorder.profiles import PROFILES
from tests.gathering.test_sightings import HEADER, Letters, says

PROFILES["letters"] = Letters()
captures = [(HEADER, [says("ab", at), says("b", at + 1)]) for at in (1, 5)]
elsewhere, here = list(seen_elsewhere(captures, ["torn"])), list(seen(captures, ["torn"]))
assert [(one.sightings, one.warnings) for one in elsewhere] == [(one.sightings, one.warnings) for one in here]
assert elsewhere[-1].surveys == here[-1].surveys

def wrong():
    yield says("a", 1)
    raise InputError("is wrong; mend it", file="a.jsonl", line=3)

try:
    list(seen_elsewhere([(HEADER, wrong())], []))
except InputError as error:
    print(error, error.line)
"""


def test_another_process_sees_the_same():
    """And what is wrong with a capture is raised here."""
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PYTHONPATH": "."},
    )
    assert (done.stdout, done.stderr) == ("a.jsonl:3: is wrong; mend it 3\n", "")

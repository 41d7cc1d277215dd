"""What a parcel says of itself comes back from its message, whatever it is; and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.errors import InputError
from recorder.fleet.parcels import Parcel, named, numbers, pattern, ranges, token

NAMES = st.text(max_size=40)
NUMBERS = st.sets(st.integers(1, 300), min_size=1).map(sorted)


@st.composite
def parcels(draw):
    """Any parcel."""
    of, lines = draw(st.integers(1, 9)), draw(NUMBERS)
    return Parcel(
        run=draw(NAMES),
        session=draw(st.integers(0, 1 << 40)),
        profile=draw(NAMES),
        channel=draw(NAMES),
        kind=draw(st.sampled_from(["opened", "traffic", "closed", "ended"])),
        numbers=lines,
        place=draw(st.integers(0, 1 << 40)),
        lines=draw(st.binary(min_size=len(lines))),
        taken=draw(st.integers(0, 1 << 40)),
        sent=draw(st.integers(0, 1 << 62)),
        piece=(draw(st.integers(1, of)), of),
        emptied=draw(st.integers(0, 1 << 40)),
    )


@given(parcels())
def test_a_parcel_comes_back_from_its_message(parcel):
    """Names with dots, stars, spaces or no character at all, too."""
    subject = parcel.subject("TRAFFIC")
    assert len(subject.split(".")) == 6
    assert not set(subject) & set(" \t\r\n*>")
    assert all(subject.split("."))
    assert subject.isascii()
    assert Parcel.read(subject, parcel.headers, parcel.lines) == parcel


@given(NAMES, NAMES)
def test_a_name_is_one_token(one, other):
    """Different names are different tokens."""
    assert named(token(one)) == one
    assert (token(one) == token(other)) == (one == other)


@given(NUMBERS)
def test_numbers_come_back_from_their_ranges(given):
    """In order."""
    assert numbers(ranges(given), len(given)) == given


def test_more_numbers_than_lines_are_none():
    """Whatever a hostile message claims."""
    for text in ("1-99999999999", "1,2-99999999999", "1-3"):
        with pytest.raises(ValueError, match=text):
            numbers(text, 2)


@pytest.mark.parametrize(("given", "text"), [([1], "1"), ([5, 6, 7, 9, 12, 13], "5-7,9,12-13")])
def test_numbers_that_follow_each_other_are_a_range(given, text):
    """So that headers stay short."""
    assert ranges(given) == text


@pytest.mark.parametrize("text", ["", "-", "a", "3-1", "1,1", "5,3", "1-5,5", "1,"])
def test_what_is_no_ranges(text):
    """Is refused."""
    with pytest.raises(ValueError, match=r"."):
        numbers(text, 9)


def test_the_same_lines_have_the_same_id():
    """Whatever else is told of them; other lines, other runs and other pieces have others."""
    one = Parcel(run="7f", session=1, numbers=[4, 7, 9], place=2, lines=b"x", taken=3, sent=1)
    same = Parcel(run="7f", session=1, channel="ch_1", numbers=[4, 7, 9], place=2, lines=b"x", taken=8, sent=2)
    assert one.id == same.id == "7f 4-9"
    others = [
        Parcel(run="80", session=1, numbers=[4, 7, 9], place=2),
        Parcel(run="7f", session=1, numbers=[4, 7], place=2),
        Parcel(run="7f", session=1, numbers=[4, 7, 9], place=2, piece=(1, 2)),
        Parcel(run="7f", session=1, numbers=[4, 7, 9], place=2, piece=(2, 2)),
        Parcel(run="7f", session=1, numbers=[4, 7, 9], place=2, emptied=8),
        Parcel(run="7f", session=0, numbers=[9], place=2, kind="ended"),
        Parcel(run="7f", session=0, numbers=[9], place=2),
    ]
    assert len({one.id, *(other.id for other in others)}) == 1 + len(others)


def test_a_consumer_asks_for_one_channel_of_thousands():
    """Or one run, session or kind; what it does not say may be anything."""
    assert pattern("T") == "T.*.*.*.*.*"
    assert pattern("T", run="a.b", session="3", channel="ch_1", kind="opened") == "T.a%2Eb.3.*.ch_1.opened"


@pytest.mark.parametrize(
    ("subject", "headers"),
    [
        ("T.run.1.generic.-.traffic", {}),
        ("T.run.1.generic.-.traffic", None),
        ("T.run.1.generic.-", {"Recorder-Lines": "1"}),
        ("T.run.one.generic.-.traffic", {"Recorder-Lines": "1"}),
        ("T.run.1.generic.-.other", {"Recorder-Lines": "1"}),
        ("T.run.1.generic.-.traffic", {"Recorder-Lines": "2-1"}),
        ("T.run.1.generic.-.traffic", {"Recorder-Place": "x"}),
        ("T.run.1.generic.-.traffic", {"Recorder-Piece": "1"}),
    ],
)
def test_a_message_of_something_else(subject, headers):
    """Is said, with its subject."""
    rest = {"Recorder-Lines": "1", "Recorder-Place": "0", "Recorder-Taken": "0", "Recorder-Sent": "0"}
    told = {**rest, **headers} if headers else headers
    with pytest.raises(InputError, match=f"subject '{subject}' is not of a recorder"):
        Parcel.read(subject, told, b"")

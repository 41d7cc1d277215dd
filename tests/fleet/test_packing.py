"""Any lines in any slices come back in order, byte for byte; and each parcel says where it belongs."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder import capture
from recorder.errors import InputError
from recorder.fleet.packing import LONGEST, MOST, Packing
from recorder.model import Closed, Header, Note, Opened
from recorder.profiles import FIRST

HEADER = capture.dump(Header(format=capture.FORMAT, run="7f", recorder="0", profile="auto"))
CHANNEL = "ch_2BMQYgssMhC6X6vrZ4vwdoqMo5yAasWyUCTqY1rB4MLtqYXZQU"
CHANNELS = "ws://127.0.0.1:3014/channel?role=initiator"


def opened(session, url="ws://node/"):
    """A session that opens."""
    return Opened(time=session, session=session, party=f"party {session}", url=url)


def frame(session, payload=b'{"id":1,"method":"add"}'):
    """A frame of it."""
    return capture.frame(payload, time=9, session=session, direction="to_node")


def update(session, channel=CHANNEL):
    """A frame that names a channel."""
    payload = b'{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":"%s","data":{}}}' % channel.encode()
    return capture.frame(payload, time=9, session=session, direction="from_node")


def lines(*events):
    """Their lines."""
    return [capture.dump(event) for event in events]


def packed(found, *slices, most=MOST):
    """Parcels of lines, by slices."""
    packing = Packing(HEADER, "run.jsonl", most)
    for one in slices:
        found += packing.add(one)
    return packing


@st.composite
def captures(draw):
    """Lines of some sessions, and where they are cut."""
    made, known = [], set()
    for _ in range(draw(st.integers(0, 40))):
        session = draw(st.integers(1, 4))
        kind = draw(st.sampled_from(["frame", "frame", "frame", "update", "closed", "note"]))
        if kind == "note":
            made.append(Note(time=5, text=draw(st.text(max_size=200))))
            continue
        if session not in known:
            known.add(session)
            made.append(opened(session, draw(st.sampled_from([CHANNELS, "ws://node/"]))))
        if kind == "closed":
            made.append(Closed(time=9, session=session, code=1000))
        elif kind == "update":
            made.append(update(session))
        else:
            made.append(frame(session, draw(st.binary(max_size=400))))
    text = lines(*made)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return text, [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@given(captures(), st.integers(50, 700))
def test_all_lines_come_back(made, most):
    """Each once, by its number; each session's places are contiguous, and the pieces of a long line are all there."""
    text, slices = made
    found = []
    packing = packed(found, *slices, most=most)
    assert packing.number == len(text) + 1
    back, pieces, places = {}, defaultdict(list), defaultdict(int)
    for parcel in found:
        assert len(parcel.lines) <= most
        number, of = parcel.piece
        if of > 1:
            pieces[parcel.numbers[0]].append(parcel)
            assert (len(parcel.numbers), number) == (1, len(pieces[parcel.numbers[0]]))
            data = [b"".join(one.lines for one in pieces[parcel.numbers[0]])] if number == of else []
        else:
            data = parcel.lines.splitlines(keepends=True)
            assert len(data) == len(parcel.numbers)
        if data:
            assert parcel.place == places[parcel.session]
            places[parcel.session] += len(data)
            back |= dict(zip(parcel.numbers, data, strict=True))
    assert [back[number] for number in sorted(back)] == [HEADER, *text]
    assert len({parcel.id for parcel in found}) == len(found)


@given(captures())
def test_the_same_slices_make_the_same_parcels(made):
    """So that a server which has them drops them."""
    one, other = [], []
    packed(one, *made[1])
    packed(other, *made[1])
    assert one == other


def test_what_has_the_same_id_is_the_same():
    """However little the server takes: who reads joins pieces that two shippers sent, one of them to another server."""
    known = {}
    for most in range(60, 400, 7):
        found = []
        packed(found, lines(opened(1), *[frame(1, b"x" * 700)] * 2, frame(1)), most=most)
        for parcel in found:
            assert known.setdefault(parcel.id, parcel.lines) == parcel.lines


def test_the_header_is_first_and_what_happens_to_a_session_is_told():
    """A consumer finds openings and closings by the subject alone."""
    found = []
    packed(found, lines(opened(1), frame(1), frame(1), Closed(time=9, session=1, code=1000), Note(time=9, text="x")))
    assert [(one.session, one.kind, list(one.numbers), one.place) for one in found] == [
        (0, "traffic", [1], 0),
        (1, "opened", [2], 0),
        (1, "traffic", [3, 4], 1),
        (1, "closed", [5], 3),
        (0, "traffic", [6], 1),
    ]


def test_a_channel_is_told_when_it_is_known():
    """By all parcels that are made after the first frame which names it; each session has its own."""
    found = []
    packed(found, lines(opened(1, CHANNELS), opened(2), frame(1), update(1), frame(2)), lines(frame(1), frame(2)))
    told = [(one.session, one.profile, one.channel, one.kind) for one in found if one.session]
    assert told == [
        (1, "aeternity", "", "opened"),
        (2, "generic", "", "opened"),
        (1, "aeternity", CHANNEL, "traffic"),
        (2, "generic", "", "traffic"),
        (1, "aeternity", CHANNEL, "traffic"),
        (2, "generic", "", "traffic"),
    ]


def test_a_name_that_no_subject_can_hold():
    """Is no channel; a run is refused."""
    found = []
    packed(found, lines(opened(1, CHANNELS), update(1, "ch_" + "x" * LONGEST)))
    assert {one.channel for one in found} == {""}
    with pytest.raises(InputError, match=r"run\.jsonl:1: the name of its run is too long"):
        Packing(HEADER.replace(b"7f", b"7" * (LONGEST + 1)), "run.jsonl")


def test_a_profile_is_looked_for_in_the_first_frames_alone():
    """Then the lines of a session are sent as they are, and nobody reads them any more: it is fast."""
    found = []
    text = lines(opened(1), *[frame(1)] * (FIRST + 1))
    packed(found, text, [text[-1].replace(b'"direction"', b'"nothing"')])
    assert found[-1].lines.count(b"nothing") == 1


def test_a_malformed_line():
    """Is named by its number in the capture; those before it are given."""
    found = []
    with pytest.raises(InputError, match=r"run\.jsonl:4: malformed event"):
        packed(found, [*lines(opened(1), frame(1)), b"{}\n"])
    assert [number for parcel in found for number in parcel.numbers] == [1, 2, 3]


def test_the_end_is_a_parcel_without_lines():
    """It says how many there are, and how many of no session."""
    packing = packed([], lines(opened(1), frame(1)))
    ended = packing.ended()
    assert (ended.kind, ended.numbers, ended.place, ended.lines) == ("ended", [3], 1, b"")


def test_what_is_no_capture():
    """Is refused at once."""
    with pytest.raises(InputError, match=r"run\.jsonl:1: not a capture"):
        Packing(b"[]\n", "run.jsonl")

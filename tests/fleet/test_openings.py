"""What precedes the moment from which on a stream is read, and makes the rest readable."""

from dataclasses import replace

import pytest
from hosts import HEADER
from lanes import lines_of, parcels_of
from shipped import publish, run_in, stored

from recorder.capture import frame
from recorder.fleet.openings import Openings
from recorder.fleet.parcels import GENERAL
from recorder.fleet.units import Session
from recorder.model import Opened

LINES = lines_of(
    HEADER,
    [
        Opened(time=1, session=1, party="shop"),
        *(frame(b"%d" % number, time=2, session=1, direction="to_node") for number in range(3)),
    ],
)
HEAD, OPENED, *TALK = parcels_of(LINES, 1)
OPENING, GENERALS = Session(HEADER.run, 1), Session(HEADER.run, GENERAL)


@pytest.fixture
def stream(server, request):
    """The address of a stream that nobody else uses."""
    return server.url(request.node.name)


def before(url, since, *batches):
    """What precedes the parcels of each batch."""

    async def ask(context, name):
        openings = Openings(context, name, since)
        return [await openings.before(batch) for batch in batches]

    return run_in(url, ask)


def numbers(found):
    """By session, the numbers of the lines."""
    return {session: [*parcel.numbers] for session, parcel in found.items()}


def test_an_opening_and_a_header_from_before_are_found_once(stream):
    """With the first parcel that comes of the session."""
    publish(stream, [HEAD, OPENED, *TALK])
    found = before(stream, stored(stream)[2], TALK[:1], TALK[1:])
    assert [*map(numbers, found)] == [{OPENING: [2], GENERALS: [1]}, {}]
    assert found[0][OPENING].lines == LINES[1]


def test_what_comes_by_itself_is_not_found(stream):
    """Be it that all is read, that the session begins, or that its parcels come in another order."""
    publish(stream, [HEAD, OPENED, *TALK])
    assert before(stream, 0, TALK) == [{}]
    assert before(stream, stored(stream)[0], [HEAD, OPENED, *TALK]) == [{}]
    assert before(stream, stored(stream)[0], TALK) == [{}]


def test_what_the_stream_no_longer_has_is_left_out(stream):
    """As is what is no parcel."""
    torn = replace(OPENED, lines=OPENED.lines[:-1])
    publish(stream, [torn, *TALK])
    assert before(stream, stored(stream)[1], TALK) == [{}]


def test_an_opening_in_pieces_is_joined(stream):
    """A server may take small messages only."""
    half = len(OPENED.lines) // 2
    pieces = [
        replace(OPENED, lines=OPENED.lines[:half], piece=(1, 2)),
        replace(OPENED, lines=OPENED.lines[half:], piece=(2, 2)),
    ]
    publish(stream, [*pieces, *TALK])
    (found,) = before(stream, stored(stream)[2], TALK)
    assert found[OPENING].lines == LINES[1]

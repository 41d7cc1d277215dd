"""Event streams, in whatever pieces they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.event_stream import EVENTS, LINES, EventStream, JsonLines, NewIds, ServerEvent, encode, form_of, streams

STREAMS = {
    "one line of data": (b"data: a\n\n", [ServerEvent(b"a")]),
    "several lines of data": (b"data: a\ndata: b\ndata\n\n", [ServerEvent(b"a\nb\n")]),
    "one space is no data, two are one": (b"data:a\n\ndata:  a\n\n", [ServerEvent(b"a"), ServerEvent(b" a")]),
    "a colon in data": (b"data: a:b\n\n", [ServerEvent(b"a:b")]),
    "a name, for one event": (b"event: x\ndata: a\n\ndata: b\n\n", [ServerEvent(b"a", "x"), ServerEvent(b"b")]),
    "an id, from there on": (b"id: 7\ndata: a\n\ndata: b\n\n", [ServerEvent(b"a", id="7"), ServerEvent(b"b", id="7")]),
    "an id with a null is none": (b"id: 7\nid: 8\0\ndata: a\n\n", [ServerEvent(b"a", id="7")]),
    "an id without a value ends it": (b"id: 7\nid\ndata: a\n\n", [ServerEvent(b"a")]),
    "comments and unknown names": (b": hello\nretry: 10\nfoo: bar\ndata: a\n\n", [ServerEvent(b"a")]),
    "no data is no event": (b"event: x\n\nid: 1\n\n\n", []),
    "empty data are an event": (b"data\n\n", [ServerEvent(b"")]),
    "ends of lines of every kind": (b"data: a\r\ndata: b\rdata: c\n\r\n", [ServerEvent(b"a\nb\nc")]),
    "two returns end an event": (b"data: a\r\rdata: b\r\n\r\n", [ServerEvent(b"a"), ServerEvent(b"b")]),
    "a byte order mark at the beginning": (b"\xef\xbb\xbfdata: a\n\n", [ServerEvent(b"a")]),
    "a byte order mark elsewhere": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [ServerEvent(b"a")]),
    "bytes that are no text": (b"data: \xff\n\n", [ServerEvent(b"\xff")]),
    "what its stream does not complete": (b"data: a\n\ndata: b\n", [ServerEvent(b"a")]),
}


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_a_stream_is_read_as_the_standard_says(stream, events):
    """Whole, and byte by byte."""
    assert EVENTS.parse(stream) == events
    reader = EventStream()
    assert [event for at in range(len(stream)) for event in reader.feed(stream[at : at + 1])] == events


@given(
    st.lists(st.sampled_from([b"data", b"id", b"event", b":", b" ", b"\r", b"\n", b"x", b"\xef\xbb\xbf"])), st.data()
)
def test_a_stream_may_be_split_anywhere(words, data):
    """Pieces of any size bring the same events."""
    stream = b"".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    reader = EventStream()
    pieces = [stream[one:other] for one, other in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [event for piece in pieces for event in reader.feed(piece)] == EVENTS.parse(stream)


@given(st.lists(st.binary()))
def test_what_is_written_is_read_again(payloads):
    """Any payload, but for returns, which end lines too."""
    written = b"".join(map(encode, payloads))
    expected = [payload.replace(b"\r\n", b"\n").replace(b"\r", b"\n") for payload in payloads]
    assert EVENTS.parse(written) == [ServerEvent(payload) for payload in expected]


def test_an_event_comes_with_its_last_byte():
    """A return alone ends a line at once: nobody waits for a line feed that may not come."""
    reader = EventStream()
    assert reader.feed(b"data: a\r\r") == [ServerEvent(b"a")]
    assert reader.feed(b"\ndata: b\r\r") == [ServerEvent(b"b")]


def test_a_long_line_in_many_pieces_is_read_in_linear_time():
    """Sixty-four megabytes in pieces of sixteen thousand bytes are joined once."""
    reader, piece = EventStream(), b"x" * (1 << 14)
    reader.feed(b"data: ")
    for _ in range(1 << 12):
        assert reader.feed(piece) == []
    (event,) = reader.feed(b"\n\n")
    assert len(event.data) == 1 << 26


@pytest.mark.parametrize(
    ("kind", "is_one"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("application/json", False),
        ("text/event-streams", False),
        ("", False),
    ],
)
def test_a_stream_is_known_by_its_content_type(kind, is_one):
    """With parameters and in any case."""
    assert streams(kind) is is_one


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/jsonl; charset=utf-8", "Application/NDJSON"])
def test_lines_of_json_say_one_message_after_the_other_too(kind):
    """Each is an event, whatever ends it; empty lines are none, and the last may lack its end."""
    assert form_of(kind) is LINES
    assert LINES.parse(b'{"a":1}\r\n\n [2]\n{"b":3}') == [ServerEvent(one) for one in (b'{"a":1}', b"[2]", b'{"b":3}')]


@given(st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line and line.strip() == line)), st.data())
def test_lines_may_be_split_anywhere(lines, data):
    """What is written is read again, and a line comes with its last byte."""
    stream = b"".join(LINES.encode(line, "message", "") for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    reader = JsonLines()
    pieces = [stream[one:other] for one, other in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [event.data for piece in pieces for event in reader.feed(piece)] == lines
    assert reader.end() == []


def test_an_event_may_have_an_id():
    """What is written so is read so."""
    assert EVENTS.parse(encode(b"x", event_id="7-1")) == [ServerEvent(b"x", id="7-1")]


def test_an_id_is_new_where_the_event_before_had_another():
    """It counts for all that follow, so that it comes with each of them."""
    ids = NewIds()
    events = [ServerEvent(b"x", id=one) for one in ("", "1", "1", "", "1", "2")]
    assert [ids.only(one).id for one in events] == ["", "1", "", "", "1", "2"]

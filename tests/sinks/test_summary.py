"""What is counted on the way is what the last lines say."""

from recorder import capture
from recorder.model import Closed, Note, Opened
from recorder.sinks.summary import Summary


def summary(*events) -> Summary:
    """A summary that has seen these events."""
    sink = Summary()
    sink.write(events)
    return sink


def frame(payload: bytes, direction="from_node", **fields):
    """A frame of session 1."""
    return capture.frame(payload, session=1, direction=direction, **fields)


def test_frames_and_bytes_are_counted_each_way():
    """Each direction has its own count, in bytes of the wire."""
    sink = summary(frame(b"{}", "to_node"), frame("é".encode()), frame(b"\xff\x00\x00", opcode="binary"))
    assert (sink.frames, sink.bytes) == ({"to_node": 1, "from_node": 2}, {"to_node": 2, "from_node": 5})


def test_control_frames_are_not_counted():
    """Pings, pongs and raw bytes carry no message."""
    assert summary(*(frame(b"x", opcode=opcode) for opcode in ("ping", "pong", "raw"))).frames == {}


def test_sessions_are_counted_as_they_open():
    """A session counts once, whether it ended or not."""
    assert summary(Opened(session=1, party="a"), Opened(session=2, party="b"), Closed(session=1)).sessions == 2


def test_json_rpc_errors_are_counted():
    """Each error message counts, those of a batch too."""
    error = b'{"id":null,"error":{"code":1}}'
    assert summary(frame(error), frame(b"[" + error + b"," + error + b"]")).errors == 3


def test_speaking_of_errors_is_no_error():
    """A null error, an error within a result and text with the word are none."""
    sink = summary(
        frame(b'{"id":1,"result":1,"error":null}'),
        frame(b'{"id":1,"result":{"error":1}}'),
        frame(b'say "error"'),
    )
    assert sink.errors == 0


def test_the_words_of_nothing():
    """A recording without traffic is said to be that."""
    assert summary(Note(text="n")).lines() == [
        "0 sessions, 0 JSON-RPC errors",
        "to node:   0 frames, 0 bytes",
        "from node: 0 frames, 0 bytes",
    ]


def test_the_words_of_one_and_many():
    """One is said in the singular, and many bytes are grouped."""
    sink = summary(
        Opened(session=1, party="a"),
        frame(b'{"id":1,"error":{"code":1}}'),
        frame(b"x" * 1_000_000, "to_node"),
    )
    assert sink.lines() == [
        "1 session, 1 JSON-RPC error",
        "to node:   1 frame, 1,000,000 bytes",
        "from node: 1 frame, 27 bytes",
    ]

"""What is counted on the way is what the figures say."""

import pytest

from recorder import capture
from recorder.model import Closed, Frame, Note, Opened, Refused
from recorder.stats import Durations, Statistics, figures
from recorder.stats.figures import OTHERS

MS = 1_000_000
OPENED = Opened(time=1, session=1, party="a", url="ws://node")


def counted(*events, profile="auto") -> Statistics:
    """The figures of these events."""
    found = Statistics(profile)
    for event in events:
        found.see(event)
    return found


def frame(payload: bytes, direction="from_node", **fields) -> Frame:
    """A frame of session 1."""
    return capture.frame(payload, session=1, direction=direction, **fields)


def call(number=1, method="m", **fields) -> Frame:
    """A party's call."""
    return frame(b'{"id":%d,"method":"%s"}' % (number, method.encode()), "to_node", **fields)


def result(number=1, **fields) -> Frame:
    """Its answer."""
    return frame(b'{"id":%d,"result":0}' % number, **fields)


def rows(statistics: Statistics) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Calls, told, errors and bytes of each method."""
    return {name: (one.calls, one.notifications, one.errors, one.bytes) for name, one in statistics.methods.items()}


def test_frames_and_bytes_are_counted_each_way():
    """Each direction has its own count, in bytes of the wire."""
    found = counted(frame(b"{}", "to_node"), frame("é".encode()), frame(b"\xff\x00\x00", opcode="binary"))
    assert (found.frames, found.bytes) == ({"to_node": 1, "from_node": 2}, {"to_node": 2, "from_node": 5})


def test_control_frames_are_not_counted():
    """Pings, pongs and raw bytes carry no message."""
    found = counted(*(frame(b"x", opcode=opcode) for opcode in ("ping", "pong", "raw")))
    assert (found.frames, found.methods) == ({}, {})


def test_an_answer_without_a_body_is_no_frame_that_counts():
    """To what is told over HTTP nothing is answered."""
    told = frame(b'{"method":"m"}', "to_node", exchange=1)
    found = counted(OPENED, told, frame(b"", exchange=1, status=202, time=9))
    assert (found.frames, rows(found)) == ({"to_node": 1}, {("to_node", "m"): (0, 1, 0, 14)})
    assert found.methods["to_node", "m"].took.within(0.5) is None


def test_a_method_has_its_calls_and_their_answers():
    """Whoever sends it; an answer counts with its call."""
    found = counted(OPENED, call(), result(), frame(b'{"id":1,"method":"m"}'), frame(b'{"method":"m"}'))
    assert rows(found) == {("to_node", "m"): (1, 0, 0, 40), ("from_node", "m"): (1, 1, 0, 35)}


def test_errors_are_counted():
    """Each refusal with the method it refuses; a null error and the word are none."""
    found = counted(
        OPENED,
        call(1),
        call(2),
        frame(b'[{"id":1,"error":{"code":1}},{"id":2,"error":{"code":1}}]'),
        frame(b'{"id":null,"error":{"code":1}}'),
        frame(b'{"id":1,"result":1,"error":null}'),
        frame(b'say "error"'),
    )
    assert (found.errors, found.methods["to_node", "m"].errors) == (3, 2)


def test_a_refusal_over_http_is_an_error_of_its_call():
    """A proxy's 502 refuses all that was asked."""
    found = counted(OPENED, call(exchange=1, time=MS), frame(b"no", exchange=1, status=502, time=4 * MS))
    assert rows(found) == {("to_node", "m"): (1, 0, 1, 23)}
    assert found.errors == 1
    assert found.methods["to_node", "m"].took.within(0.5) == pytest.approx(3 * MS, rel=0.002)


def test_refusals_are_counted_by_status():
    """Handshakes and calls, with a JSON-RPC error or without; but for a status that nodes give to any such error."""
    found = counted(
        Refused(status=401, url="ws://n"),
        OPENED,
        call(1, exchange=1),
        frame(b"busy", exchange=1, status=503),
        call(2, exchange=2),
        frame(b'{"id":2,"error":{"code":1}}', exchange=2, status=500),
        call(3, exchange=3),
        frame(b'{"id":3,"error":{"code":1}}', exchange=3, status=429),
        call(4, exchange=4),
        frame(b"no", exchange=4, status=500),
    )
    assert found.refused == {401: 1, 503: 1, 429: 1, 500: 1}
    assert found.errors == 4


def test_calls_of_a_protocol_without_ids_are_calls():
    """Its parties ask without one; its replies answer by their names."""
    found = counted(
        Opened(session=1, party="a", url="ws://n/?role=initiator"),
        frame(b'{"method":"channels.get.balances"}', "to_node", time=MS),
        frame(b'{"method":"channels.get.balances.reply"}', time=3 * MS),
    )
    assert rows(found) == {("to_node", "channels.get.balances"): (1, 0, 0, 74)}
    assert found.methods["to_node", "channels.get.balances"].took.within(1) == pytest.approx(2 * MS, rel=0.002)


def test_what_is_no_json_rpc_has_a_row():
    """By what it is."""
    found = counted(OPENED, frame(b'{"event":1}'), frame(b"hi"), frame(b'{"id":5,"result":0}'))
    assert [*found.methods] == [
        ("from_node", "JSON that is not JSON-RPC"),
        ("from_node", "a frame that is not JSON-RPC"),
        ("from_node", "a result"),
    ]


def test_how_long_answers_took():
    """From the call to its answer, as shares of all; within 0.2 %."""
    took = Durations()
    for milliseconds in range(1, 101):
        took.add(milliseconds * MS)
    found = [took.within(share) for share in (0.5, 0.95, 0.99, 1)]
    assert found == [pytest.approx(one * MS, rel=0.002) for one in (50, 95, 99, 100)]
    assert Durations().within(0.5) is None


@pytest.mark.parametrize("nanoseconds", [1, 6_349_999, 814_400_000])
def test_a_duration_that_is_told_is_one_that_was(nanoseconds):
    """The median of a single answer is its own duration."""
    took = Durations()
    took.add(nanoseconds)
    assert [took.within(share) for share in (0.5, 0.99)] == [nanoseconds, nanoseconds]


def test_durations_are_counted_between_edges():
    """Up to each, and those that are beyond the last."""
    took = Durations()
    for nanoseconds in (5, 50, 60, 700, 8_000):
        took.add(nanoseconds)
    assert took.histogram([10, 100, 1_000]) == [1, 2, 1, 1]
    assert Durations().histogram([10]) == [0, 0]


def test_times_that_nobody_knows_are_no_durations():
    """A document tells none, and a clock that was set back neither."""
    found = counted(OPENED, call(), result(time=5), call(time=9), result(time=5))
    assert found.methods["to_node", "m"].took.within(0.5) is None


def test_sessions_are_counted_as_they_open():
    """Each with its frames and its end."""
    closed = Closed(time=7, session=1, code=1000)
    found = counted(OPENED, Opened(session=2, party="b"), call(time=3), closed, Note(text="n", time=9))
    assert (found.opened, found.now) == (2, 9)
    one, two = found.sessions.values()
    assert (one.party, one.frames, one.began, one.last, one.closed) == ("a", 1, 1, 7, closed)
    assert (two.party, two.frames, two.closed) == ("b", 0, None)


def test_calls_without_an_answer_are_known():
    """Those of sessions that are over, and those that are open, in their order."""
    found = counted(OPENED, call(1, "x", time=2), call(2, "y", time=1), result(2), call(3, "z", time=5))
    found.see(Closed(session=1))
    found.see(capture.frame(b'{"id":1,"method":"w"}', session=2, direction="to_node", time=3))
    assert [one.method for one in found.unanswered] == ["x", "w", "z"]
    assert [one.method for one in found.waiting] == ["w"]


def test_an_error_to_a_whole_batch_is_one_of_each_call():
    """Each has an equal share of its bytes, and none is open any more."""
    batch = capture.frame(b'[{"id":1,"method":"x"},{"id":2,"method":"y"}]', session=1, direction="to_node", exchange=1)
    error = b'{"id":null,"error":{"code":1}}'
    found = counted(OPENED, batch, capture.frame(error, session=1, direction="from_node", exchange=1))
    assert [(one.errors, one.bytes - 22) for one in found.methods.values()] == [(1, len(error) // 2)] * 2
    assert (found.errors, found.unanswered) == (2, [])


def test_what_is_out_of_place_is_counted():
    """With who sent it, when, and its id."""
    found = counted(OPENED, call(), call(time=4), result(8, time=5))
    assert [(one.what, one.name, one.direction, one.time, one.id) for one in found.odd] == [
        ("id in use", "m", "to_node", 4, "1"),
        ("no request", "a result", "from_node", 5, "8"),
    ]
    assert found.oddities == {"id in use": 1, "no request": 1}


def test_an_unexpected_answer_names_its_request():
    """With its id, because the answer has another."""
    found = counted(OPENED, call(exchange=1), result(8, exchange=1))
    assert [(one.what, one.id, one.of) for one in found.odd] == [("another id", "8", "m (id 1)")]


def test_what_is_kept_is_bounded(monkeypatch):
    """However many methods and sessions a peer makes up, the totals are right."""
    for name in ("MANY_METHODS", "MANY_SESSIONS"):
        monkeypatch.setattr(figures, name, 2)
    found = counted(
        *(Opened(session=number, party="a") for number in range(4)),
        *(call(number, f"m{number}") for number in range(4)),
    )
    assert [name for _direction, name in found.methods] == ["m0", "m1", OTHERS]
    assert found.methods["to_node", OTHERS].calls == 2
    assert (len(found.sessions), found.opened) == (2, 4)
    assert found.party(3) == "client-3"

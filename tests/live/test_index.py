"""The index of a capture."""

import sys

from viewing import said, traffic

from recorder.live.index import TONES
from recorder.model import Closed, Frame, Opened, Refused


def tones(index):
    """The kind of each event."""
    return [TONES[tone] for tone in index.tone]


def test_events_are_told_apart(source):
    """Each event has its kind."""
    expected = "open scenario request answer request error push push push note request answer open request close"
    assert tones(source(traffic()).index) == expected.split()


def test_answers_know_their_calls(source):
    """Calls and answers know each other, the latency, and whether it is slow."""
    index = source(traffic()).index
    assert [index.other[number] for number in (2, 3, 4, 5, 10)] == [3, 2, 5, 4, -1]
    assert (index.took(3), index.took(5), index.took(2), index.took(11)) == (12_000_000, 780_000_000, None, None)
    assert [number for number in range(15) if index.slow(number)] == [5]


def test_what_matters_is_counted(source):
    """Errors, open calls, unexpected messages, methods and parties are counted."""
    index = source(traffic()).index
    assert (index.errors, index.waiting, index.odd) == (1, 2, 1)
    assert index.methods() == {"stock.take": 4, "stock.changed": 3, "orders.close": 1, "stock.list": 1}
    assert index.parties() == {"alice": 9, "bob": 1}


def test_several_nodes_are_told_apart(source):
    """All nodes but the first have their address in their name."""
    index = source(traffic()).index
    assert [*index.nodes.values()] == ["node", "node 127.0.0.1:3015"]


def test_batches_are_followed_message_by_message(source):
    """A batch is open until all its calls are answered."""
    asked = said([{"id": 1, "method": "a"}, {"id": 2, "method": "b"}, {"method": "c"}], 1)
    one, both = (
        said({"id": 1, "result": 1}, 2, to_node=False),
        said([{"id": 2, "error": {"code": 1}}], 3, to_node=False),
    )
    index = source([asked, one]).index
    assert (index.waiting, index.other[1]) == (1, 0)
    index = source([asked, one, both]).index
    assert (index.waiting, index.errors, tones(index)) == (0, 1, ["request", "answer", "error"])
    assert [part.method for part in index.messages(0)] == ["a", "b", "c"]


def test_a_batch_counts_for_each_of_its_methods(source):
    """And its errors for the methods that have one; one frame counts once, whatever it says of a method."""
    asked = said([{"id": 1, "method": "a"}, {"id": 2, "method": "b"}, {"id": 3, "method": "b"}], 1)
    told = said([{"id": 1, "result": 1}, *({"id": one, "error": {}} for one in (2, 3))], 2, to_node=False)
    index = source([asked, told]).index
    assert index.methods() == {"a": 2, "b": 2}
    assert {name: index.refused[index.names[name]] for name in "ab"} == {"a": 0, "b": 1}


def test_a_status_refuses_all_methods_of_a_batch(source):
    """Whatever the answers say."""
    asked = said([{"id": 1, "method": "a"}, {"id": 2, "method": "b"}], 1, exchange=1)
    told = said([{"id": 1, "result": 1}, {"id": 2, "result": 1}], 2, to_node=False, exchange=1, status=500)
    index = source([asked, told]).index
    assert {name: index.refused[index.names[name]] for name in "ab"} == {"a": 1, "b": 1}


def test_ids_that_are_in_use_are_out_of_place(source):
    """A second call with an id in use is unexpected."""
    index = source([said({"id": 1, "method": "m"}, 1), said({"id": 1, "method": "m"}, 2)]).index
    assert index.odd == 1


def test_an_answer_over_http_answers_what_was_asked_in_its_exchange(source):
    """An HTTP response answers the requests of its exchange, even if it is not JSON-RPC."""
    events = [
        Opened(session=1, party="a", url="http://n/"),
        said({"id": 1, "method": "m"}, 1, exchange=1),
        said(b"<h1>busy</h1>", 5, to_node=False, exchange=1, status=503),
    ]
    index = source(events).index
    assert (tones(index)[2], index.other[2], index.waiting, index.errors) == ("error", 1, 0, 1)
    assert index.took(2) == 4_000_000


def test_pings_are_control(source):
    """Pings are control frames, and no messages."""
    index = source([Frame(session=1, direction="to_node", opcode="ping", binary=b"x")]).index
    assert tones(index) == ["control"]
    assert index.messages(0) == []
    assert not index.shows(0)


def test_refused_handshakes_are_errors(source):
    """Refused handshakes count as errors."""
    index = source([Refused(status=401, url="ws://n/", party="eve")]).index
    assert (tones(index), index.errors, index.party(0)) == (["refused"], 1, "eve")


def test_sessions_keep_their_numbers_and_parties(source):
    """Sessions keep number and party, even if a number is used again."""
    events = [
        Opened(session=1, party="a", url="ws://n/"),
        Closed(session=1),
        Opened(session=1, party="b", url="ws://n/"),
        said({"method": "m"}, 1),
        said({"method": "m"}, 1, session=9),
    ]
    index = source(events).index
    assert [index.party(number) for number in range(5)] == ["a", "a", "b", "b", "client-9"]


def test_an_event_takes_some_forty_bytes(source):
    """An event takes some forty bytes, so that a million fit."""
    index = source([said({"method": "m", "params": ["x" * 300]}, number) for number in range(2_000)]).index
    columns = (index.at, index.time, index.seat, index.method, index.bytes, index.other)
    columns += (index.tone, index.flags, index.profile)
    assert sum(map(sys.getsizeof, columns)) < 2_000 * 48
    assert index.parts == {}


def test_a_session_may_have_any_number(source):
    """However large."""
    assert source([Frame(session=1 << 70, direction="to_node", time=7, text="x")]).index.time[0] == 7

"""Bare messages: who sent which is told by what they are."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from otherfiles import exported, imported, shown

from recorder.capture import FORMAT, dump, frame, load
from recorder.errors import InputError
from recorder.interchange.formats import FORMATS, HEAD, Source
from recorder.interchange.messages import Directions
from recorder.model import Closed, Frame, Header, Note, Opened, Scenario
from recorder.transcript import data_folder

TO, FROM = "to_node", "from_node"


def call(number, method="m"):
    """A call."""
    return {"jsonrpc": "2.0", "id": number, "method": method}


def result(number):
    """Its answer."""
    return {"jsonrpc": "2.0", "id": number, "result": 0}


def told(method):
    """A notification."""
    return {"jsonrpc": "2.0", "method": method}


def ways(*messages, profile="generic"):
    """The directions of messages, one after the other."""
    directions = Directions(profile)
    return [directions.of(json.dumps(message).encode()) for message in messages]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([call(1), result(1)], [TO, FROM]),
        ([result(1)], [FROM]),  # its call is not in the file
        ([call(1), call(1, "asks"), result(1), result(1)], [TO, FROM, TO, FROM]),  # both ends use the same id
        ([call(1), call(2), result(2), result(1)], [TO, TO, FROM, FROM]),
        ([told("pushed")], [FROM]),
        ([call(1, "log"), told("log"), told("pushed")], [TO, TO, FROM]),  # clients call it
        ([call("1"), result(1), result("1")], [TO, FROM, FROM]),
        ([[call(1), told("log")], [result(1)]], [TO, FROM]),  # batches
        ([{"id": 1, "error": None, "result": 0}], [FROM]),
        ([{"x": 1}, [], [1], 5], [None] * 4),
    ],
)
def test_an_answer_goes_the_other_way_than_its_call(messages, expected):
    """And a call comes from the client, unless it cannot."""
    assert ways(*messages) == expected


def test_a_protocol_knows_which_end_says_what():
    """Where ids and kinds do not tell."""
    begun = {**call(0, "initialize"), "params": {"protocolVersion": "1", "capabilities": {}, "clientInfo": {}}}
    cancelled = {**told("notifications/cancelled"), "params": {"requestId": 7}}
    said = [begun, result(0), told("notifications/initialized"), call(0, "sampling/createMessage"), result(0)]
    assert ways(*said, call(7, "tools/call"), cancelled, profile="auto") == [TO, FROM, TO, FROM, TO, TO, TO]


@pytest.mark.parametrize("name", ["two_withdrawals", "ethereum_transfer", "mcp_tools", "devtools_page"])
def test_recorded_traffic_is_told_right(name):
    """Each frame of the project's own examples."""
    with (data_folder("transcripts") / f"{name}.jsonl").open("rb") as lines:
        _header, events = load(lines)
        one = {}
        for event in events:
            if isinstance(event, Frame) and event.json is not None and not event.bodiless:
                directions = one.setdefault(event.session, Directions("auto"))
                assert directions.of(event.payload) in {event.direction, None}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([call(1), result(1)]),
        json.dumps([call(1), result(1)], indent=4),
        f"{json.dumps(call(1))}\n{json.dumps(result(1))}\n",
        f"\n{json.dumps(call(1), indent=2)}\n\n{json.dumps(result(1), indent=2)}",
    ],
)
def test_a_list_and_values_in_a_row_are_the_same(tmp_path, text):
    """On a line, or over several."""
    (tmp_path / "a").write_text(text)
    opened, *frames = imported(tmp_path / "a")
    assert opened.url == ""
    assert [json.loads(event.payload) for event in frames] == [call(1), result(1)]
    assert [event.direction for event in frames] == [TO, FROM]


@pytest.mark.parametrize(
    "pair",
    [
        {"request": call(1), "response": result(1)},
        {"at": 5, "req": json.dumps(call(1)), "res": json.dumps(result(1))},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_calls_may_stand_with_their_answers(tmp_path, pair, indent):
    """As JSON or as texts; a call alone where it had no answer."""
    lone = {**pair, "response": None, "res": "timeout"}
    for text in (json.dumps([pair, lone], indent=indent), f"{json.dumps(pair)}\n{json.dumps(lone, indent=indent)}\n"):
        (tmp_path / "a").write_text(text)
        assert FORMATS["messages"].load().recognises(Source(tmp_path / "a"))
        _opened, *frames = imported(tmp_path / "a")
        assert [json.loads(event.payload) for event in frames] == [call(1), result(1), call(1)]
        assert [event.direction for event in frames] == [TO, FROM, TO]


def test_the_user_may_say_who_sent_all(tmp_path):
    """Also of what is no JSON-RPC."""
    (tmp_path / "a").write_text('{"method":"m","id":1}\n{"x":1}\n')
    assert [event.direction for event in imported(tmp_path / "a", sent=False)[1:]] == [FROM, FROM]
    assert [event.direction for event in imported(tmp_path / "a", sent=True)[1:]] == [TO, TO]
    with pytest.raises(InputError, match=r"a:2: is no JSON-RPC message: it has no method, no result and no error"):
        imported(tmp_path / "a")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (b'{"id":1,"result":null}', True),
        (b'[{"jsonrpc":"2.0","method":"m"}', True),  # a list that is not whole
        (b'{"jsonrpc":"2.0","result":"' + b"x" * HEAD, True),  # a message longer than what is looked at
        (dump(Header(format=FORMAT, run="r", recorder="0")), False),
        (b'{"log":{"entries":[]}}', False),
        (b'{"request":{"method":"POST"},"response":{}}', False),  # HTTP
        (b'{"request":{"method":"m","id":1}}', True),
        (b'{"request":{"body":"x"},"response":{}}', False),
        (b'{"openrpc":"1.0.0","methods":[]}', False),
        (b"[1,2]", False),
        (b"[]", False),
        (b"x" * HEAD, False),
        (b"", False),
    ],
)
def test_what_begins_with_a_message_is_known(tmp_path, text, known):
    """And no other JSON."""
    (tmp_path / "a").write_bytes(text)
    assert FORMATS["messages"].load().recognises(Source(tmp_path / "a")) == known


def test_what_a_list_cannot_hold_is_counted(tmp_path):
    """With the directions that it would get wrong."""
    events = [
        Scenario(name="s"),
        Opened(time=1, session=1, party="a", url="ws://n/"),
        Note(text="n"),
        frame(b'{"method":"m",\n"id":1}', session=1, direction="from_node"),
        frame(b"hello", session=1, direction="to_node"),
        frame(b"{}", session=1, direction="to_node"),
        Closed(session=1),
    ]
    assert exported("messages", events, tmp_path / "a.ndjson") == {
        "scenarios": 1,
        "times": 1,
        "URLs": 1,
        "notes": 1,
        "directions": 1,
        "frames that are no JSON-RPC": 2,
        "closings": 1,
    }
    assert (tmp_path / "a.ndjson").read_text() == '{"method":"m", "id":1}\n'


MESSAGES = st.builds(call, st.integers(0, 3)) | st.builds(result, st.integers(0, 3)) | st.builds(told, st.just("m"))


@given(st.lists(MESSAGES | st.lists(MESSAGES, min_size=1, max_size=3), min_size=1, max_size=6))
def test_what_goes_out_comes_back(tmp_path_factory, said):
    """The same events, of which only the directions may be others, and then that is said."""
    folder = tmp_path_factory.mktemp("m")
    (folder / "a").write_text(
        "".join(json.dumps(one) + "\n" for one in said) if len(said) > 1 else json.dumps([said[0]])
    )
    events = imported(folder / "a")
    assert exported("messages", events, folder / "b.ndjson") == {}
    assert imported(folder / "b.ndjson") == events


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"method":"m"}\n{"method":', "a:2: this JSON is not whole; the file ends within it"),
        (b'[{"method":"m"},', "a:1: this JSON is not whole"),
        (b'{"method":"m"}\nNaN\n', "a:2: is not JSON"),
    ],
)
def test_a_torn_file_is_refused_with_its_line(tmp_path, text, words):
    """Before anything is written."""
    (tmp_path / "a").write_bytes(text)
    with pytest.raises(InputError, match=re.escape(words)):
        imported(tmp_path / "a")


def test_a_message_is_kept_to_the_letter(tmp_path):
    """Its spaces, its numbers, its members given twice."""
    text = '{"id" : 1e400, "method":"m", "method":"n", "params":[1.10, 12345678901234567890123]}'
    (tmp_path / "a").write_text(text)
    assert shown(imported(tmp_path / "a"))[1:] == [f"> {text}"]

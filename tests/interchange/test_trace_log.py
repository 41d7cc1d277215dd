"""Traces of language servers, as extensions of VS Code show them: messages are put together of what is told of them."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from otherfiles import imported, shown

from recorder.errors import InputError
from recorder.interchange import trace_log
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.model import Frame

TRACE = """\
[Trace - 7:53:53 AM] Sending request 'initialize - (0)'.
Params: {
    "processId": 1,
    "x": {
        "y": []
    }
}


[Trace - 7:53:53 AM] Received response 'initialize - (0)' in 3ms.
Result: {
    "text": "[Trace - 7:53:53 AM] Sending request 'a - (1)'.\\n} {"
}


[Trace - 7:53:53 AM] Sending notification 'initialized'.
Params: {}


[Trace - 7:53:53 AM] Received notification 'told'.
Params: {
    "a": 1.50
}


[Trace - 7:53:53 AM] Received request 'ask - (s-0)'.
Params: [
    [
        1
    ]
]


[Trace - 7:53:53 AM] Sending response 'ask - (s-0)'. Processing request took 0ms.
Result: {
    "ok": true
}


[Trace - 7:53:53 AM] Sending request 'fail - (1)'.


[Trace - 7:53:53 AM] Received response 'fail - (1)' in 0ms. Request failed: no
way (1) (-32050).
Error data: {
    "why": 1
}


[Trace - 7:53:53 AM] Sending request 'missing - (2)'.
Params: [
    1
]


[Trace - 7:53:53 AM] Received response 'missing - (2)' in 0ms. Request failed: Unhandled method missing (-32601).
[Trace - 7:53:53 AM] Sending request 'nul - (3)'.
[Trace - 7:53:53 AM] Received response 'nul - (3)' in 0ms.
No result returned.


[Trace - 7:53:53 AM] Sending request 'str - (5)'.
Params: [
    "q"
]
[Trace - 7:53:53 AM] Received response 'str - (5)' in 0ms.
Result: "text"


[Trace - 7:53:53 AM] Sending notification 'exit'.
No parameters provided.
"""
"""What vscode-jsonrpc 10.0 shows of a server and a client of its own, in the lines of vscode-languageclient."""

MESSAGES = [
    '> {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"processId":1,"x":{"y":[]}}}',
    '< {"jsonrpc":"2.0","id":0,"result":{"text":"[Trace - 7:53:53 AM] Sending request \'a - (1)\'.\\n} {"}}',
    '> {"jsonrpc":"2.0","method":"initialized","params":{}}',
    '< {"jsonrpc":"2.0","method":"told","params":{"a":1.50}}',
    '< {"jsonrpc":"2.0","id":"s-0","method":"ask","params":[[1]]}',
    '> {"jsonrpc":"2.0","id":"s-0","result":{"ok":true}}',
    '> {"jsonrpc":"2.0","id":1,"method":"fail"}',
    '< {"jsonrpc":"2.0","id":1,"error":{"code":-32050,"message":"no\\nway (1)","data":{"why":1}}}',
    '> {"jsonrpc":"2.0","id":2,"method":"missing","params":[1]}',
    '< {"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"Unhandled method missing"}}',
    '> {"jsonrpc":"2.0","id":3,"method":"nul"}',
    '< {"jsonrpc":"2.0","id":3,"result":null}',
    '> {"jsonrpc":"2.0","id":5,"method":"str","params":["q"]}',
    '< {"jsonrpc":"2.0","id":5,"result":"text"}',
    '> {"jsonrpc":"2.0","method":"exit"}',
]


@pytest.fixture
def trace(tmp_path):
    """Writes a trace: its path."""

    def _written(text):
        (tmp_path / "a.log").write_text(text)
        return tmp_path / "a.log"

    return _written


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_each_entry_is_a_message(trace, ends):
    """With its numbers to the letter; an error may take several lines, and a text may look like an entry."""
    path = trace(TRACE.replace("\n", ends))
    assert format_of(Source(path)) is FORMATS["trace"]
    assert shown(imported(path)) == ["opened stdio:", *MESSAGES]


def test_a_trace_with_dates_tells_the_time(trace):
    """As newer versions of VS Code write them before each entry; without one it is unknown."""
    text = "2026-01-02 03:04:05.250 [trace] Sending notification 'exit'.\nNo parameters provided.\n"
    assert [event.time for event in imported(trace(text)) if isinstance(event, Frame)] == [1767323045250000000]
    assert {event.time for event in imported(trace(TRACE))} == {0}


def test_what_stands_between_entries_is_another_program_s(trace):
    """Behind the JSON of one, too."""
    text = f"Starting the server.\n{TRACE}[Error - 7:53:54 AM] server crashed {{1}}\n"
    assert shown(imported(trace(text)))[1:] == MESSAGES


def test_what_is_not_told_whole_is_left_out_and_counted(trace):
    """The file ends within an entry, a client refuses what it was asked, or an answer is to nobody knows what."""
    refused = "[Trace - 1] Sending response 'ask - (7)'. Processing request took 0ms.\n"
    unknown = "[Trace - 1] Received request 'ask'.\n"
    torn = "[Trace - 1] Received notification 'told'.\nParams: {\n"
    warned = []
    assert shown(imported(trace(TRACE + refused + unknown + torn), warned=warned))[1:] == MESSAGES
    assert [text.partition(": ")[2] for text in warned] == ["3 messages left out: the trace does not tell all of it"]


def test_a_trace_without_contents_is_no_capture(trace):
    """It says which setting is missing."""
    text = "[Trace - 1] Sending request 'a - (0)'.\n[Trace - 1] Received response 'a - (0)' in 1ms.\n"
    with pytest.raises(InputError, match=r'does not tell what messages hold; record it with "trace.server": "verbose"'):
        imported(trace(text))


@pytest.mark.parametrize(
    "text", ["", "Sending a letter\n", '{"a": "Sending request \'a - (0)\'."}\n', json.dumps(TRACE)]
)
def test_what_is_none_is_not_taken(trace, text):
    """Other texts, and JSON in which one stands."""
    assert not FORMATS["trace"].load().recognises(Source(trace(text)))


ENTRIES = TRACE.split("[Trace - 7:53:53 AM] ")[1:]


@given(
    st.lists(st.sampled_from([*ENTRIES, *TRACE.splitlines(), "{", "[" * 2_000, "\ud800", "Params: {} x"]), max_size=12)
)
def test_any_lines_are_read_or_refused(lines):
    """And what is read of them is messages."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.log"
        path.write_bytes(b"".join(f"{line}\n".encode(errors="surrogatepass") for line in lines))
        try:
            found = [event.payload for event in trace_log.read(Source(path)) if isinstance(event, Frame)]
        except InputError:
            return
    assert all(json.loads(payload)["jsonrpc"] == "2.0" for payload in found)

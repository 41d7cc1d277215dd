"""The Model Context Protocol: whose sessions, what is bound, and calls in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mocking import capture

from recorder.bindings import Bindings, Kinds, compare
from recorder.compare import compare as compare_captures
from recorder.difference import path_text
from recorder.model import Frame, Opened
from recorder.profiles import GENERIC, PROFILES, profile_for
from recorder.profiles.mcp import ANSWERS, CALLS, DETAILED

MCP = PROFILES["mcp"]
OPENED = Opened(session=1, party="client-1", url="http://127.0.0.1:3001/mcp")
INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "assistant", "version": "1.0.0"},
}


# Whose session it is


def test_a_beginning_claims_a_session():
    """`initialize` with a version of the protocol, who the client is and what it can do."""
    assert profile_for("auto", OPENED, [{"id": 1, "method": "initialize", "params": INITIALIZE}]) is MCP


@pytest.mark.parametrize("missing", [*INITIALIZE])
def test_a_language_server_begins_otherwise(missing):
    """One that misses any of them is another protocol's: a language server's has no version."""
    params = {name: value for name, value in INITIALIZE.items() if name != missing}
    assert profile_for("auto", OPENED, [{"id": 1, "method": "initialize", "params": params}]) is GENERIC


@pytest.mark.parametrize("header", ["Mcp-Session-Id", "mcp-protocol-version"])
def test_a_header_claims_a_session(header):
    """A client that was there before the recorder has the protocol's headers."""
    assert profile_for("auto", Opened(session=1, party="c", headers=[(header, "x")])) is MCP


@pytest.mark.parametrize("method", ["tools/call", "resources/read", "notifications/initialized", "server/discover"])
def test_a_method_of_its_own_claims_a_session(method):
    """Where nothing else tells."""
    assert profile_for("auto", OPENED, [None, 3, {"method": 7}, {"method": method}]) is MCP


def test_what_is_said_about_the_message_claims_a_session():
    """Later versions say with each request who asks."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    assert profile_for("auto", OPENED, [{"method": "x", "params": {"_meta": meta}}]) is MCP


@pytest.mark.parametrize("method", ["tools", "textDocument/hover", "$/progress", "window/logMessage", "eth_call"])
def test_other_methods_claim_nothing(method):
    """What only looks alike is another protocol's."""
    assert profile_for("auto", OPENED, [{"method": method}]) is not MCP


# What is bound


@pytest.mark.parametrize(
    ("method", "path", "value", "kind"),
    [
        ("tools/call", ("params", "_meta", "progressToken"), 4, "progress token"),
        ("tools/call", ("params", "_meta", "progressToken"), "p-1", "progress token"),
        ("notifications/progress", ("params", "progressToken"), 4, "progress token"),
        ("notifications/cancelled", ("params", "requestId"), 7, "request"),
        ("tools/list", ("params", "cursor"), "page2", "cursor"),
        ("tools/list", ("result", "nextCursor"), "page2", "cursor"),
        ("tools/call", ("result", "task", "taskId"), "t-1", "task"),
        ("tasks/get", ("params", "taskId"), "t-1", "task"),
        ("tasks/get", ("result", "createdAt"), "2026-11-28T19:21:15Z", "created"),
        ("tools/call", ("result", "_meta", "at"), "2026-11-28T19:21:15Z", "time at"),
        ("initialize", ("headers", "mcp-session-id"), "1868a90c", "session"),
        ("tools/call", ("params", "arguments", "cursor"), "page2", ""),
        ("tools/call", ("params", "arguments", "taskId"), "t-1", ""),
        ("tools/call", ("result", "structuredContent", "taskId"), "t-1", ""),
        ("tools/call", ("params", "name"), "echo", ""),
        ("tools/call", ("params", "requestId"), 7, ""),
        ("tools/call", ("result", "_meta", "at"), "echo", ""),
        ("initialize", ("result", "serverInfo", "version"), "2.0.0", ""),
        ("initialize", ("result", "protocolVersion"), "2025-06-18", ""),
        ("notifications/progress", ("params", "progress"), 2, ""),
    ],
)
def test_what_an_end_makes_up_is_bound(method, path, value, kind):
    """Tokens, cursors, tasks, ids of requests, times about a message; a tool's own members are compared."""
    assert Kinds(MCP).of(method, path, value) == kind


def test_a_token_comes_back():
    """A progress token of another run is the same in each of its notifications."""
    bindings, kinds = Bindings(one_to_one=MCP.one_to_one), Kinds(MCP)

    def asked(token):
        return {"method": "tools/call", "params": {"name": "sum", "_meta": {"progressToken": token}}}

    def pushed(token, progress=1):
        return {"method": "notifications/progress", "params": {"progressToken": token, "progress": progress}}

    assert compare(asked(4), asked(9), bindings, kinds, "tools/call") == []
    assert compare(pushed(4), pushed(9), bindings, kinds, "notifications/progress") == []
    found = compare(pushed(4), pushed(8), bindings, kinds, "notifications/progress")
    found += compare(pushed(4), pushed(9, 2), bindings, kinds, "notifications/progress")
    assert [(path_text(one.path), one.rule) for one in found] == [
        ("params.progressToken", "bound"),
        ("params.progress", "value"),
    ]


def test_sessions_are_told_apart_by_their_header():
    """Several sessions of one client share a connection."""
    assert MCP.session_header == "Mcp-Session-Id"


# Words


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("initialize", INITIALIZE, "initialize assistant, protocol 2025-06-18"),
        ("tools/call", {"name": "echo", "arguments": {}}, "tools/call echo"),
        ("tools/call", {"name": "get-sum", "arguments": {"a": 2, "b": 3}}, "tools/call get-sum, a 2, b 3"),
        (
            "tools/call",
            {"name": "put", "arguments": {"text": "x" * 900, "b": [1], "c": "\n", "d": 1}},
            f'tools/call put, text {"x" * 59}…, b (a list of 1 item), c "\\n", …',
        ),
        ("prompts/get", {"name": "greeting", "arguments": {"to": "you"}}, "prompts/get greeting, to you"),
        ("resources/read", {"uri": "demo://resource/1"}, "resources/read demo://resource/1"),
        ("prompts/get", {"name": "greeting"}, "prompts/get greeting"),
        ("notifications/progress", {"progress": 2, "total": 5}, "notifications/progress 2/5"),
        ("notifications/progress", {"progress": 2, "message": "half"}, "notifications/progress 2 half"),
        ("notifications/message", {"level": "info", "data": {"a": 1}}, 'notifications/message info {"a": 1}'),
        ("notifications/cancelled", {"requestId": 1, "reason": "late"}, "notifications/cancelled late"),
        ("logging/setLevel", {"level": "debug"}, "logging/setLevel debug"),
        ("completion/complete", {"argument": {"name": "to", "value": "Wo"}}, "completion/complete to Wo"),
        ("server/discover", {"_meta": {"io.modelcontextprotocol/clientInfo": {"name": "me"}}}, "server/discover me"),
        ("tools/list", {}, ""),
        ("tools/list", {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}, "tools/list"),
        ("tools/call", None, ""),
        ("tools/call", {"name": 3, "arguments": {"a": 2}}, ""),
    ],
)
def test_a_call_says_what_it_is_about(method, params, words):
    """The tool, the resource, the prompt, how far something is."""
    assert MCP.words.called(method, params) == words


@pytest.mark.parametrize(
    ("method", "result", "words"),
    [
        (
            "initialize",
            {"protocolVersion": "2025-06-18", "serverInfo": {"name": "everything", "version": "2.0.0"}},
            "everything 2.0.0, protocol 2025-06-18",
        ),
        (
            "server/discover",
            {"_meta": {"io.modelcontextprotocol/serverInfo": {"name": "lab", "version": "4"}}},
            "lab 4",
        ),
        ("tools/call", {"content": [{"type": "text", "text": "3\nindeed"}]}, "3"),
        ("tools/call", {"content": [{"type": "text", "text": '{\n  "a": 1\n}'}]}, '{ "a": 1 }'),
        ("tools/call", {"content": [{"type": "text", "text": "no"}], "isError": True}, "failed: no"),
        ("tools/call", {"content": [{"type": "image", "data": ""}]}, "image"),
        ("tools/call", {"task": {"taskId": "1", "status": "working"}}, "working"),
        ("tools/list", {"tools": [{"name": "echo"}, {"name": "sum"}]}, "2 tools: echo, sum"),
        ("tools/list", {"tools": [{"name": str(n)} for n in range(7)]}, "7 tools: 0, 1, 2, 3, 4, …"),
        ("resources/read", {"contents": [{"uri": "a://b"}]}, "1 content: a://b"),
        ("ping", {}, ""),
        ("tools/list", {"tools": None}, ""),
    ],
)
def test_an_answer_says_what_matters(method, result, words):
    """Who the server is, what a tool says and whether it failed, what there is."""
    assert MCP.words.said(method, {"result": result}) == words


def test_details_are_what_people_read():
    """What there is, and texts that JSON writes in another way: their lines, and quotes in them."""
    given = {"name": "sum", "arguments": {"a": 1, "b": "two", "c": 'three\n"four"'}}
    assert list(MCP.words.details("tools/call", given)) == ["c:", "three", '"four"']
    assert list(MCP.words.details("tools/call", {"content": [{"type": "text", "text": "plain"}]})) == []
    texts = {"content": [{"type": "text", "text": "one\ntwo"}]}
    assert list(MCP.words.details("tools/call", texts)) == ["one", "two"]
    tools = {"tools": [{"name": "echo", "description": "says it again"}]}
    assert list(MCP.words.details("tools/list", tools)) == ["echo: says it again"]
    prompt = {"messages": [{"role": "user", "content": {"type": "text", "text": 'Say "Hi"'}}]}
    assert list(MCP.words.details("prompts/get", prompt)) == ['Say "Hi"']
    assert list(MCP.words.details("other", texts)) == []


def test_an_annotation_speaks_the_protocol():
    """The sentences of the summary name the tool, and say of a result that it is an error."""
    annotator = MCP.annotator({}, (), node="server")
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo"}}
    result = {"content": [{"type": "text", "text": "no such tool"}], "isError": True}
    answered = {"jsonrpc": "2.0", "id": 1, "result": result}
    frames = [
        Frame(session=1, direction="to_node", text=json.dumps(asked)),
        Frame(session=1, direction="from_node", text=json.dumps(answered)),
    ]
    assert [annotator.see(frame, of).sentence for frame, of in zip(frames, [(), ("tools/call",)], strict=True)] == [
        "client-1 calls tools/call echo",
        "server answers client-1's tools/call: failed: no such tool",
    ]


def test_details_are_bounded_and_safe():
    """A tool may say much, and may try to move the cursor."""
    result = {"content": [{"type": "text", "text": "\x1b[2J\n" + "line\n" * 200}]}
    text = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result})
    lines = MCP.annotator({}, ()).see(Frame(session=1, direction="from_node", text=text), ("tools/call",)).details
    assert (len(lines.splitlines()), lines.splitlines()[0], lines.splitlines()[-1]) == (101, "\\x1b[2J", "…")


NAMES = [*INITIALIZE, "name", "uri", "progress", "total", "content", "text", "tools", "messages", "arguments", "_meta"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
)


@given(st.sampled_from(sorted({*CALLS, *ANSWERS, *DETAILED})), JSON)
def test_no_message_is_too_odd(method, value):
    """Whatever a peer sends is put in words, or is not."""
    assert isinstance(MCP.words.called(method, value), str)
    assert isinstance(MCP.words.said(method, {"result": value}), str)
    assert all(isinstance(line, str) for line in MCP.words.details(method, value))
    assert profile_for("auto", OPENED, [{"method": method, "params": value}, value]) is not None


CHANGED = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
ASKED = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
LISTED = '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}'


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ([("<", CHANGED), (">", ASKED), ("<", LISTED)], False),
        ([(">", ASKED), ("<", CHANGED), ("<", LISTED)], False),
        ([(">", ASKED), ("<", LISTED), ("<", CHANGED)], True),
        ([("<", CHANGED.replace("tools", "prompts")), (">", ASKED), ("<", LISTED)], False),
    ],
)
def test_a_change_of_a_list_counts_as_soon_as_it_has_been_asked_for(said, counts):
    """Before, a server tells it only to those that listen already."""
    whole = [("<", '{"jsonrpc":"2.0","method":"notifications/message"}'), *said]
    left = [one for one in whole if "list_changed" not in one[1]]
    one, other = (capture(*each, profile="mcp") for each in (whole, left))
    assert [finding.kind for finding in compare_captures(one, other).findings] == ["missing"] * counts
    assert [finding.kind for finding in compare_captures(other, one).findings] == ["extra"] * counts


def test_who_calls_a_request_off_says_which():
    """Nothing else does."""
    told = {"method": "notifications/cancelled", "params": {"requestId": 7, "reason": "late"}}
    assert MCP.calls_off(told) == 7
    assert MCP.calls_off({"method": "tools/call", "params": {"requestId": 7}}) is None
    assert MCP.calls_off({"method": "notifications/cancelled"}) is None

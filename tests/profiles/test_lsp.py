"""Language servers: whose sessions, what is bound, folders that are another in each run, and calls in words."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mocking import Mock, capture

from recorder.anonymising import Anonymised
from recorder.bindings import Bindings, Kinds, compare
from recorder.capture import frame
from recorder.compare import compare as compare_captures
from recorder.masking import Masking
from recorder.model import Frame, Header, Opened
from recorder.profiles import GENERIC, PROFILES, profile_for
from recorder.profiles.lsp import ANSWERS, CALLS, DIAGNOSTICS, FOLDER
from recorder.replay import Player, PlaySettings
from recorder.timeline import read

LSP = PROFILES["lsp"]
OPENED = Opened(session=1, party="client", url="stdio:server")
AT = {"textDocument": {"uri": "file:///shop/prices.py"}, "position": {"line": 8, "character": 2}}
START = {"range": {"start": {"line": 3, "character": 4}, "end": {"line": 3, "character": 9}}}


@pytest.mark.parametrize(
    ("message", "profile"),
    [
        ({"method": "initialize", "params": {"processId": None, "capabilities": {}}}, LSP),
        ({"method": "initialize", "params": {"rootUri": "file:///shop", "capabilities": {}}}, LSP),
        ({"method": "textDocument/didOpen"}, LSP),
        ({"method": "workspace/semanticTokens/refresh"}, LSP),
        ({"method": "client/registerCapability"}, LSP),
        (
            {"method": "initialize", "params": {"protocolVersion": "1", "capabilities": {}, "clientInfo": {}}},
            PROFILES["mcp"],
        ),
        ({"method": "initialize", "params": {"capabilities": {}}}, GENERIC),
        ({"method": "$/cancelRequest", "params": {"id": 1}}, GENERIC),
        ({"method": "workspace/buildTargets"}, GENERIC),
        ({"method": 7}, GENERIC),
        (["textDocument/hover"], GENERIC),
    ],
)
def test_a_session_is_claimed_by_how_it_begins_or_by_its_methods(message, profile):
    """Cancelling is every protocol's that builds on the same base; an assistant's `initialize` has a version."""
    assert profile_for("auto", OPENED, [message]) is profile


@pytest.mark.parametrize(
    ("method", "direction"),
    [
        (DIAGNOSTICS, "from_node"),
        ("window/logMessage", "from_node"),
        ("window/workDoneProgress/create", "from_node"),
        ("window/workDoneProgress/cancel", "to_node"),
        ("workspace/configuration", "from_node"),
        ("workspace/inlayHint/refresh", "from_node"),
        ("workspace/didChangeConfiguration", "to_node"),
        ("textDocument/hover", "to_node"),
        ("$/progress", None),
        ("initialize", None),
        (7, None),
    ],
)
def test_who_sends_a_method(method, direction):
    """As far as only one end may."""
    assert LSP.sender({"method": method}) == direction


@pytest.mark.parametrize(
    ("method", "path", "value", "kind"),
    [
        ("initialize", ("params", "processId"), 7, "process"),
        ("initialize", ("params", "rootPath"), "/shop", FOLDER),
        ("initialize", ("params", "workspaceFolders", 0, "uri"), "file:///shop", FOLDER),
        ("initialize", ("params", "workspaceFolders", 0, "name"), "shop", "folder name"),
        ("textDocument/references", ("params", "workDoneToken"), "t", "token"),
        ("$/progress", ("params", "token"), "t", "token"),
        ("window/workDoneProgress/create", ("params", "token"), 1, "token"),
        ("other", ("params", "token"), "t", ""),
        ("client/registerCapability", ("params", "registrations", 0, "id"), "r", "registration"),
        ("client/registerCapability", ("params", "registrations", 0, "method"), "m", ""),
        ("textDocument/semanticTokens/full", ("result", "resultId"), "1", "result"),
        ("workspace/executeCommand", ("params", "arguments", 0, "processId"), 7, ""),
        ("textDocument/didOpen", ("params", "textDocument", "version"), 1, ""),
    ],
)
def test_what_is_made_up_is_bound(method, path, value, kind):
    """But not what users and tools name so."""
    assert LSP.volatile(method, path, value) == kind


# Folders


def begun(folder):
    """How an editor opens a folder."""
    params = {"processId": 1, "rootUri": f"file://{folder}", "rootPath": folder, "capabilities": {}}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}


def differing(*pairs):
    """The differences of pairs of messages, one after the other."""
    bindings, kinds = Bindings(), Kinds(LSP)
    return [
        (one.rule, one.recorded, one.live)
        for recorded, live in pairs
        for one in compare(recorded, live, bindings, kinds, recorded.get("method", ""))
    ]


def shown(text):
    """A message for the user."""
    return {"method": "window/showMessage", "params": {"type": 3, "message": text}}


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ("file:///home/ada/shop/a%20b.py", "file:///ci/1/a%20b.py"),
        ("file:///home/ada/shop", "file:///ci/1"),
        ("/home/ada/shop/lib", "/ci/1/lib"),
        ("read /home/ada/shop/x.toml, (file:///home/ada/shop/y)", "read /ci/1/x.toml, (file:///ci/1/y)"),
        ("/home/ada/shop: no such file", "/ci/1: no such file"),
        ("at file:///home/ada/shop/a.py:55:194", "at file:///ci/1/a.py:55:194"),
        ("file:///home/ada/shopping/a.py", "file:///home/ada/shopping/a.py"),
        ("no place", "no place"),
    ],
)
def test_two_runs_in_different_folders_are_the_same(recorded, live):
    """A file below one is that below the other; what is beside it is where it was."""
    assert differing((begun("/home/ada/shop"), begun("/ci/1")), (shown(recorded), shown(live))) == []


def test_another_file_is_another():
    """So is one that is in the recorded folder still."""
    folders = (begun("/shop"), begun("/ci"))
    assert differing(folders, (shown("file:///shop/a"), shown("file:///ci/b"))) == [
        ("value", "file:///shop/a", "file:///ci/b")
    ]
    assert differing(folders, (shown("file:///shop/a"), shown("file:///shop/a"))) == [
        ("value", "file:///ci/a", "file:///shop/a")
    ]
    assert len(differing((shown("file:///shop/a"), shown("file:///ci/a")))) == 1


def test_an_edit_names_files_of_the_live_folder():
    """Its changes are members whose names are URIs."""

    def edit(folder, text):
        return {"id": 2, "result": {"changes": {f"file://{folder}/a.py": [{"newText": text}], "file:///lib/b.py": []}}}

    folders = (begun("/shop"), begun("/ci"))
    assert differing(folders, (edit("/shop", "x"), edit("/ci", "x"))) == []
    assert differing(folders, (edit("/shop", "x"), edit("/ci", "y"))) == [("value", "x", "y")]
    assert [rule for rule, *_values in differing(folders, (edit("/shop", "x"), edit("/other", "x")))] == [
        "missing",
        "added",
    ]


def found(recorded, live):
    """The kinds of findings in pushes of two runs."""
    one, other = (capture(*(("<", json.dumps(push)) for push in each), profile="lsp") for each in (recorded, live))
    return [finding.kind for finding in compare_captures(one, other).findings]


def test_lines_of_a_log_are_not_compared():
    """They have times and durations; whether one comes, and whether it is a warning, is compared."""

    def line(text, level=3):
        return {"method": "window/logMessage", "params": {"type": level, "message": text}}

    assert found([line("12:00:01 done in 7 ms"), line("x")], [line("12:00:09 done in 8 ms"), line("y")]) == []
    assert found([line("x")], [line("x", 1)]) == ["changed"]
    assert found([line("x"), line("y")], [line("x")]) == ["missing"]


def anonymised(header, events):
    """The events as they may be published."""
    return [*Anonymised(header, events, Masking([]), "a.jsonl")]


def test_a_capture_can_be_published_without_its_folders():
    """They get numbers, in URIs, paths and texts; the capture is the same run, and doing it again changes nothing."""
    header = Header(format=2, run="r", recorder="0", profile="lsp")
    params = {
        "workspaceFolders": [{"uri": "file:///home/ada/shop", "name": "shop"}, {"uri": "file:///srv/b", "name": "b"}]
    }
    opening = begun("/home/ada/shop")
    messages = [opening | {"params": opening["params"] | params}, shown("read /home/ada/shop/a.toml, file:///srv/b/c")]
    events = [OPENED, *(frame(json.dumps(one).encode(), session=1, direction="to_node") for one in messages)]
    made = anonymised(header, events)
    text = b"".join(event.payload for event in made if isinstance(event, Frame)).decode()
    assert "ada" not in text
    assert "srv" not in text
    assert "read /folder-1/a.toml, file:///folder-2/c" in text
    assert '"uri": "file:///folder-2", "name": "folder-2"' in text
    assert compare_captures(read(header, events), read(header, made)).findings == ()
    assert anonymised(header, made) == made


def session(folder, *, slash="/"):
    """A short session in a folder."""
    published = {"jsonrpc": "2.0", "method": DIAGNOSTICS, "params": {"uri": f"file://{folder}/a.py", "diagnostics": []}}
    asked = {"jsonrpc": "2.0", "id": 2, "method": "textDocument/definition", "params": AT}
    asked = json.dumps(asked).replace("/shop/prices", f"{folder}/a")
    place = {"uri": f"file://{folder}/a.py", **START}
    return capture(
        (">", json.dumps(begun(folder))),
        ("<", '{"jsonrpc":"2.0","id":1,"result":{"capabilities":{}}}'),
        (">", json.dumps({"jsonrpc": "2.0", "method": "initialized", "params": {}})),
        ("<", json.dumps(published).replace("/", slash)),
        (">", asked),
        ("<", json.dumps({"jsonrpc": "2.0", "id": 2, "result": [place]}).replace("/", slash)),
        profile="lsp",
    )


def test_captures_of_different_folders_are_the_same():
    """However their servers write a slash."""
    assert compare_captures(session("/home/ada/shop"), session("/ci/1", slash="\\/")).findings == ()


@pytest.mark.parametrize("slash", ["/", "\\/"])
def test_a_mock_answers_in_the_folder_of_its_client(slash):
    """With the live URI, in the way in which servers write it."""
    mock = Mock(session("/home/ada/shop", slash=slash))
    mock.asked(json.dumps(begun("/ci/1")))
    (told,) = mock.asked('{"jsonrpc":"2.0","method":"initialized","params":{}}')
    assert told["params"]["uri"] == "file:///ci/1/a.py"
    asked = {"jsonrpc": "2.0", "id": 9, "method": "textDocument/definition", "params": AT}
    (answer,) = mock.asked(json.dumps(asked).replace("/shop/prices", "/ci/1/a"))
    assert (answer["id"], answer["result"][0]["uri"], mock.expected) == (9, "file:///ci/1/a.py", True)


def test_diagnostics_come_in_any_order():
    """Logs and progress have rows of their own."""
    rows = [
        LSP.stream(label, {}) for label in (DIAGNOSTICS, "window/logMessage", "telemetry/event", "$/progress", "other")
    ]
    assert rows == [None, "logs", "logs", "$/progress", ""]


# Words


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("textDocument/hover", AT, "textDocument/hover prices.py:9:3"),
        ("textDocument/rename", {**AT, "newName": "cost"}, "textDocument/rename prices.py:9:3 to cost"),
        ("textDocument/codeAction", {**AT, **START, "position": None}, "textDocument/codeAction prices.py:4:5"),
        (
            "textDocument/didOpen",
            {"textDocument": {"uri": "file:///a%20b.py", "languageId": "python"}},
            "… a b.py, python",
        ),
        ("textDocument/didChange", {"textDocument": {"uri": "untitled:1", "version": 2}}, "… untitled:1, version 2"),
        ("initialize", {"clientInfo": {"name": "vi", "version": "9"}, "rootUri": "file:///shop"}, "… vi 9, in shop"),
        (
            "initialize",
            {"workspaceFolders": [{"uri": "file:///a"}, {"uri": "file:///b"}]},
            "… in 2 folders: a, b",
        ),
        ("initialize", {"rootPath": "/a", "workspaceFolders": [{"uri": "file:///a", "name": "a"}]}, "… in a"),
        (DIAGNOSTICS, {"uri": "file:///a.py", "diagnostics": []}, "… a.py: nothing"),
        (
            DIAGNOSTICS,
            {"uri": "file:///a.py", "diagnostics": [{"message": "x\ny"}] * 4},
            "… a.py: 4 diagnostics: x, x, x, …",
        ),
        ("window/logMessage", {"type": 1, "message": "no disk\nat all"}, "… error no disk"),
        ("window/logMessage", {"type": True, "message": "it"}, "… it"),
        (
            "$/progress",
            {"token": 1, "value": {"kind": "begin", "title": "Indexing", "percentage": 0}},
            "… begin Indexing 0 %",
        ),
        ("workspace/executeCommand", {"command": "fix"}, "… fix"),
        ("workspace/configuration", {"items": [{"section": "a"}, {"section": "b"}, {}]}, "… a, b"),
        ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "file:///a.py"}]}, "… 1 file: a.py"),
        ("workspace/applyEdit", {"edit": {"changes": {"file:///a.py": []}}}, "… 1 file: a.py"),
        ("client/registerCapability", {"registrations": [{"id": "1", "method": "m"}]}, "… m"),
        ("window/showDocument", {"uri": "file:///a.py"}, "… a.py"),
        ("shutdown", {}, ""),
        ("textDocument/hover", [AT], ""),
    ],
)
def test_calls_in_words(method, params, words):
    """The file and the position as an editor shows them; what a server reports."""
    assert LSP.words.called(method, params) == words.replace("…", method, words.startswith("…"))


@pytest.mark.parametrize(
    ("method", "result", "words"),
    [
        ("initialize", {"serverInfo": {"name": "pylsp", "version": "1.15"}}, "pylsp 1.15"),
        ("textDocument/completion", {"items": [{"label": "a"}, {"label": "b"}]}, "2 items: a, b"),
        ("textDocument/completion", [], "0 items"),
        ("textDocument/completion", None, ""),
        ("textDocument/hover", {"contents": {"kind": "markdown", "value": "```python\nf(x)\n```\nDoes."}}, "f(x)"),
        ("textDocument/hover", {"contents": ["one", {"value": "two"}]}, "one"),
        ("textDocument/hover", None, ""),
        ("textDocument/definition", {"uri": "file:///a.py", **START}, "a.py:4:5"),
        ("textDocument/definition", [{"targetUri": "file:///a.py", "targetRange": START["range"]}], "a.py:4:5"),
        ("textDocument/references", [{"uri": "file:///a.py", **START}] * 2, "2 places: a.py:4:5, a.py:4:5"),
        ("textDocument/references", [], "0 places"),
        ("textDocument/documentSymbol", [{"name": "f"}], "1 symbol: f"),
        ("textDocument/formatting", [{"newText": "x"}], "1 edit"),
        ("textDocument/rename", {"changes": {"file:///a.py": [], "file:///b.py": []}}, "2 files: a.py, b.py"),
        ("textDocument/rename", {"documentChanges": [{"textDocument": {"uri": "file:///a.py"}}]}, "1 file: a.py"),
        ("textDocument/signatureHelp", {"signatures": [{"label": "f(x)"}]}, "f(x)"),
        ("textDocument/signatureHelp", {"signatures": []}, ""),
        ("shutdown", None, ""),
    ],
)
def test_answers_in_words(method, result, words):
    """How many there are, what the first are called, and where something stands."""
    assert LSP.words.said(method, {"result": result}) == words


def test_details_are_what_people_read():
    """The text of a document, what is said of something, and each diagnostic with its place."""
    opened = {"textDocument": {"uri": "file:///a.py", "text": "one\n\ntwo\n"}}
    assert list(LSP.words.details("textDocument/didOpen", opened)) == ["one", "", "two"]
    assert list(LSP.words.details("textDocument/hover", {"contents": "one\n\ntwo"})) == ["one", "two"]
    found = {**START, "severity": 2, "message": "unused"}
    assert list(LSP.words.details(DIAGNOSTICS, {"diagnostics": [found, {"message": "odd"}]})) == [
        "4:5 warning: unused",
        "odd",
    ]
    assert list(LSP.words.details("textDocument/definition", found)) == []


NAMES = [
    "textDocument",
    "uri",
    "position",
    "range",
    "start",
    "line",
    "contents",
    "items",
    "diagnostics",
    "value",
    "edit",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
)


@given(st.sampled_from(sorted({*CALLS, *ANSWERS, "textDocument/didClose"})), JSON)
def test_no_message_is_too_odd(method, value):
    """Whatever a peer sends is put in words, or is not."""
    assert isinstance(LSP.words.called(method, value), str)
    assert isinstance(LSP.words.said(method, {"result": value}), str)
    assert all(isinstance(line, str) for line in LSP.words.details(method, value))
    assert LSP.sender({"method": method}) in {"to_node", "from_node", None}
    assert profile_for("auto", OPENED, [{"method": method, "params": value}, value]) is not None


def test_a_mock_edits_files_of_its_clients_folder():
    """Also where their URIs are names of members."""
    edit = '{"jsonrpc":"2.0","id":2,"result":{"changes":{"file:\\/\\/\\/shop\\/a.py":[]}}}'
    rename = '{"jsonrpc":"2.0","id":2,"method":"textDocument/rename","params":{"newName":"x"}}'
    recorded = [
        (">", json.dumps(begun("/shop"))),
        ("<", '{"jsonrpc":"2.0","id":1,"result":{}}'),
        (">", rename),
        ("<", edit),
    ]
    mock = Mock(capture(*recorded, profile="lsp"))
    mock.asked(json.dumps(begun("/ci")))
    (answer,) = mock.asked(rename)
    assert answer["result"] == {"changes": {"file:///ci/a.py": []}}


def test_a_client_that_is_played_is_this_process():
    """A server ends when its client's process has, and the recorded one has long ago."""
    script = capture((">", json.dumps(begun("/shop"))), url="stdio:server", profile="lsp")
    client = Player(script, PlaySettings(ends=frozenset({"client"})))
    _opened, asked = client.due(1.0)
    assert json.loads(asked.payload) == begun("/shop") | {
        "params": begun("/shop")["params"] | {"processId": os.getpid()}
    }

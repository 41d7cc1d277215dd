"""`recorder verify`: parties played against a live node over real sockets, and what came compared."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import channel
import msgspec
import pytest
import zstandard
from changes import FOUND
from websockets.sync.server import serve

from recorder.capture import dump, dump_all, frame
from recorder.interchange.files import Capture
from recorder.model import MARK, Closed, Frame, Header, Note, Opened, Scenario
from recorder.profiles.aeternity import chain
from recorder.replay import Fault, PlaySettings
from recorder.server.thread import NodeThread
from recorder.timeline import read
from recorder.timeline.script import NODE
from recorder.timeline.urls import query

RECORDED = channel.live()
LATER = channel.live(name="node", nonce=700, responder_nonce=4)
CHANGES = {change.name: change for change in FOUND}
WAIT = 30


@pytest.fixture(scope="module")
def node():
    """A node that has seen other nonces than the recorded one."""
    with NodeThread(LATER.script(), PlaySettings(ends=frozenset({NODE})), loop=True) as live:
        yield live.urls[0]


@pytest.fixture
def alone(tmp_path):
    """Runs `recorder ARGUMENTS...` as a shell does: a recorder within a test's process would leave its traces there."""

    def _run(*arguments):
        command = [sys.executable, "-m", "recorder", *map(str, arguments)]
        kept = os.environ | {"TMPDIR": str(tmp_path)}  # captures that are kept go with the test
        done = subprocess.run(
            command, cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=WAIT, check=False
        )
        return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)

    return _run


@pytest.fixture
def write(tmp_path):
    """Writes events as a capture."""

    def _write(events=RECORDED.events, name="run.jsonl", **about):
        header = msgspec.structs.replace(RECORDED.header, **about)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"".join(map(dump, [header, *events])))
        return name

    return _write


def test_the_same_node_verifies(alone, write, node, tmp_path):
    """A table with a line for each scenario, exit code 0, and a JUnit file that says so."""
    done = alone("verify", write(), node, "--timeout", 5, "--junit", "junit.xml")
    assert (done.code, done.err) == (0, ""), done.out
    assert (
        done.out.splitlines()
        == [
            "scenario     frames  differences  verdict",
            "open             24            0  same",
            "update           42            0  same",
            "trouble           8            0  same",
            "reestablish      10            0  same",
            "close            11            0  same",
        ]
        or done.out.count(" same\n") == 5
    )
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("5", "0")


def test_what_was_said_before_a_documents_log_is_no_difference(alone, write, node):
    """Of a responder whose log has neither `fsm_up` nor `channel_open`; `--explain` says so of both."""
    opened = [msgspec.structs.replace(e, partial=True) if isinstance(e, Opened) else e for e in RECORDED.events]
    del opened[4:6]
    done = alone("verify", write(opened), node, "--timeout", 5, "--explain")
    assert (done.code, done.err) == (0, ""), done.out
    assert done.out.count(": run.jsonl has no log of this session before a later frame\n") == 2


@pytest.mark.untraced
@pytest.mark.parametrize(
    "name", ["another amount in a transaction", "a missing push", "another error text", "another close code"]
)
def test_a_changed_baseline_does_not(alone, write, node, name):
    """Exit code 1, the path in the message, and the new capture is kept and named."""
    change = CHANGES[name]
    done = alone("verify", write(change.apply(RECORDED.events)), node, "--timeout", 4, "--patience", 0.5)
    assert (done.code, done.err) == (1, "")
    assert "differs\n" in done.out
    kept = done.out.splitlines()[-1].removeprefix("the new capture: ")
    with Capture(kept) as capture:
        assert capture.header.profile == "auto"


@pytest.mark.untraced
def test_keys_are_used(alone, write, node, tmp_path):
    """A party plays with the key it is given: its account is in the URL, and its signatures verify."""
    seed = bytes(range(32))
    (tmp_path / "key").write_text(seed.hex())
    done = alone("verify", write(), node, "--key", "initiator=key", "-o", "new.jsonl", "--timeout", 5)
    assert done.code == 0, done.out
    with Capture(tmp_path / "new.jsonl") as live:
        urls = [event.url for event in live if isinstance(event, Opened)]
    assert {query(url)["initiator_id"] for url in urls} == {chain.account_of(seed)}


@pytest.mark.untraced
def test_update_replaces_the_baseline(alone, write, node, tmp_path):
    """With one that verifies, and the exit code says that it changed; what it was about stays in its header."""
    name = write(CHANGES["another error text"].apply(RECORDED.events))
    done = alone("verify", name, node, "--update", "--timeout", 4)
    assert (done.code, done.err) == (1, "")
    assert done.out.endswith("updated: run.jsonl\n")
    assert alone("verify", name, node, "--timeout", 5).code == 0
    before = (tmp_path / name).read_bytes()
    assert alone("verify", name, node, "--update", "--timeout", 5).code == 0
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.untraced
@pytest.mark.parametrize("scheme", ["ws", "http"])
@pytest.mark.parametrize("options", [["--update"], ["-o", "new.jsonl"]])
def test_a_new_capture_keeps_what_people_put_into_the_old_one(alone, write, tmp_path, scheme, options):
    """Its notes at their places, and the names of its parties, session by session; with the lines that are reported."""
    about = {"profile": "generic", "upstreams": [], "node": "server", "meta": {"team": "billing"}}
    old, live = (put_into_sums(f"{scheme}://node", first) for first in ("100", "150"))
    node = read(Header(format=2, run="x", recorder="0"), live)
    with NodeThread(node, PlaySettings(ends=frozenset({NODE})), loop=True) as one:
        done = alone("verify", write(old, **about), one.urls[0], *options, "--timeout", 5)
    assert (done.code, done.err) == (1, "")
    with Capture(tmp_path / (options[1:] or ["run.jsonl"])[0]) as capture:
        assert (capture.header.node, capture.header.meta) == ("server", {"team": "billing"})
        assert [said(event) for event in capture if said(event)] == [said(event) for event in live if said(event)]
    assert ":5: ada <--- a result of sum changed" in done.out


def put_into_sums(url, first):
    """Two sessions in which a node adds, with what people say of them."""
    ada, other = adding(1, url, first), adding(2, url, "200")
    over_http = {"exchange": 1} if url.startswith("http") else {}
    ada, other = (
        [msgspec.structs.replace(e, **over_http) if isinstance(e, Frame) else e for e in events]
        for events in (ada, other)
    )
    ada[0] = msgspec.structs.replace(ada[0], party="ada")
    note = Note(text="It adds", party="ada")
    return [Scenario(name="sums"), *ada[:3], note, *other[:3], Note(text="Again"), *ada[3:], *other[3:]]


def said(event):
    """An event without its time."""
    if isinstance(event, Opened):
        return event.party
    if isinstance(event, Note):
        return event.party, event.text
    return event.payload if isinstance(event, Frame) else ""


@pytest.mark.untraced
def test_several_nodes_are_verified_together(alone, write):
    """Each session is played against the node in the place of its own."""
    sums = [(number, f"ws://node-{number}", f"{number}00") for number in (1, 2)]
    scripts = [read(Header(format=1, run="x", recorder="0"), adding(1, url, result)) for _number, url, result in sums]
    settings = PlaySettings(ends=frozenset({NODE}))
    events = [event for number, url, result in sums for event in adding(number, url, result)]
    about = {"profile": "generic", "upstreams": [url for _number, url, _result in sums]}
    with NodeThread(scripts[0], settings, loop=True) as one, NodeThread(scripts[1], settings, loop=True) as two:
        right = alone("verify", write(events, **about), *one.urls, *two.urls, "--timeout", 5)
        assert (right.code, right.err) == (0, ""), right.out + right.err
        wrong = alone("verify", write(events, **about), *two.urls, *one.urls, "--timeout", 5)
        assert (wrong.code, wrong.err) == (1, "")


def adding(session, url, result):
    """A session in which a node adds."""
    return [
        Opened(session=session, party=f"client-{session}", url=f"{url}/rpc"),
        frame(b'{"id":1,"method":"sum"}', session=session, direction="to_node"),
        frame(b'{"id":1,"result":%s}' % result.encode(), session=session, direction="from_node"),
        Closed(session=session, code=1000),
    ]


def test_rules_and_explanations(alone, write, node, tmp_path):
    """What a rule lets pass is no difference, and is said on demand."""
    (tmp_path / "run.rules.toml").write_text('[[rule]]\nmethod = "an error"\npath = "error.message"\nregex = "R.*"\n')
    done = alone(
        "verify", write(CHANGES["another error text"].apply(RECORDED.events)), node, "--explain", "--timeout", 5
    )
    assert done.code == 0, done.out
    assert "error.message: allowed (run.rules.toml rule 1, regex)\n" in done.out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run.jsonl", "http://"], "'http://' is not a node's URL; write it as ws://127.0.0.1:3014 "),
        (["none.jsonl", "ws://127.0.0.1:1"], "none.jsonl: cannot read: No such file or directory"),
        (["run.jsonl", "ws://127.0.0.1:1", "-o", "run.jsonl"], "run.jsonl: is the recorded capture; name another file"),
        (["run.jsonl.zst", "ws://127.0.0.1:1", "--update"], "run.jsonl.zst: --update writes plain captures"),
        (["run.jsonl", "ws://127.0.0.1:1", "ws://127.0.0.1:2"], "run.jsonl: has 1 node; give one URL"),
        (
            ["two.jsonl", "ws://127.0.0.1:1"],
            "two.jsonl: has 2 nodes: ws://a, ws://b; give a URL for each, in this order",
        ),
        (["run.jsonl", "ws://127.0.0.1:1", "--header", "x y=z"], "--header 'x y': write it as NAME=VALUE"),
        (["run.jsonl", "ws://127.0.0.1:1", "--key", "x"], "--key 'x': write it as PARTY=FILE"),
        (
            ["run.jsonl", "ws://127.0.0.1:1", "--secret", "password=x"],
            "--secret 'password': write it as 'NAME=VALUE', as",
        ),
        (["run.jsonl", "ws://127.0.0.1:1", "--secret", "a 1=x"], "run.jsonl: has no «a 1»; nothing in it is masked"),
        (["masked.jsonl", "ws://127.0.0.1:1", "--secret", "a 1=x"], "masked.jsonl: has no «a 1»; it has «password 1»"),
        (["empty", "ws://127.0.0.1:1"], "empty: has no capture (.jsonl, .jsonl.zst) in it"),
        (
            ["some", "ws://127.0.0.1:1", "-o", "new.jsonl"],
            "some: is a folder, and -o keeps one new capture; leave -o out,",
        ),
        (["some", "ws://127.0.0.1:1", "--junit", "some/run.jsonl"], "some/run.jsonl: is read by this command; name an"),
        (["some", "--", "cat"], "some/run.jsonl: '"),
        (["some", "ws://127.0.0.1:1"], "some/run.jsonl: cannot reach the node at 127.0.0.1:1: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_must_be_mended_is_one_line(run, write, tmp_path, arguments, line):
    """Exit code 2, before anything is started."""
    write()
    write(talking("ws", SUM), "some/run.jsonl", upstreams=[])
    (tmp_path / "empty/.hidden").mkdir(parents=True)
    (tmp_path / "empty/.hidden/run.jsonl").touch()
    write([], "two.jsonl", upstreams=["ws://a", "ws://b"])
    write(talking("ws", MASKED), "masked.jsonl")
    done = run("verify", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"recorder: {line}")
    assert done.err.count("\n") == 1


def test_a_node_that_nobody_reaches_must_be_mended(alone, write):
    """Exit code 2 and one line where nobody listens, as for any other mistake."""
    done = alone("verify", write(), "ws://127.0.0.1:1")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("recorder: cannot reach the node at 127.0.0.1:1: ")
    assert done.err.count("\n") == 1


def test_a_node_that_refuses_a_session_is_named_as_it_was_given(alone, write):
    """With the path that it refuses, not by where the recorder in between listens."""
    name = write([Opened(session=1, party="a", url="ws://node/rpc")], upstreams=[])
    with socket.create_server(("127.0.0.1", 0)) as node:

        def refuse():
            asked, _address = node.accept()
            with asked:
                asked.recv(1 << 16)
                asked.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")

        refusing = threading.Thread(target=refuse)
        refusing.start()
        url = f"ws://127.0.0.1:{node.getsockname()[1]}"
        done = alone("verify", name, url, "--timeout", 2)
        refusing.join()
    assert (done.code, done.err) == (
        2,
        f"recorder: cannot open a session with {url}/rpc: server rejected WebSocket connection: HTTP 404\n",
    )


def test_a_node_is_named_as_it_was_recorded(run, write):
    """Over HTTP, also where the header was written by a recorder that knew WebSockets alone."""
    name = write([Opened(session=1, party="a", url="http://node:1/rpc")], upstreams=["ws://node:1"])
    done = run("verify", name, "http://127.0.0.1:1", "http://127.0.0.1:2")
    assert done.err == "recorder: run.jsonl: has 1 node: http://node:1; give one URL\n"


def test_a_node_that_nobody_reaches_over_http_must_be_mended_too(alone, tmp_path):
    """At once: the recorder's own 502 is no answer of the node, so there is nothing to wait for, or to compare."""
    asked = b'{"jsonrpc":"2.0","id":1,"method":"sum"}'
    events = [
        Opened(session=1, party="a", url="http://node/"),
        frame(asked, session=1, direction="to_node", exchange=1),
        frame(b'{"jsonrpc":"2.0","id":1,"result":3}', session=1, direction="from_node", exchange=1),
        Closed(session=1, code=1000),
    ]
    (tmp_path / "http.jsonl").write_bytes(dump_all([Header(format=2, run="r", recorder="0"), *events]))
    done = alone("verify", "http.jsonl", "http://127.0.0.1:1", "--timeout", 2 * WAIT)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("recorder: cannot reach the node at 127.0.0.1:1: ")


@contextmanager
def posted(answers):
    """A node over HTTP that answers each request so, by its headers and its body, with a status and a body: its URL."""

    class Node(BaseHTTPRequestHandler):
        def do_POST(self):
            status, answer = answers(self.headers, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_what):
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Node) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.untraced
def test_a_node_that_refuses_every_call_by_a_status_is_one_difference(alone, write):
    """What followed from the first refusal is not told; the name of a session that the node did not begin is not sent."""
    named = ("mcp-session-id", "9a2f7c1e-77aa-4f5e-8c1d-0b6f8f3e2d11")
    events = [Opened(session=1, party="ada", url="http://node/mcp")]
    for number, method in enumerate(("initialize", "tools/list", "tools/call"), 1):
        call = json.dumps({"jsonrpc": "2.0", "id": number, "method": method}).encode()
        answer = json.dumps({"jsonrpc": "2.0", "id": number, "result": {"number": number}}).encode()
        asks, hands_out = ([named], []) if number > 1 else ([], [named])
        events.append(frame(call, session=1, direction="to_node", exchange=number, headers=asks))
        events.append(frame(answer, session=1, direction="from_node", exchange=number, headers=hands_out))
    asked = []

    def refuses(headers, _body):
        asked.append(headers)
        return 404, b"not found"

    with posted(refuses) as url:
        done = alone("verify", write(events, upstreams=[], profile="mcp"), url)
    assert done.code == 1
    assert done.out.splitlines()[1:4] == [
        "  node refuses ada's initialize: 404 Not Found",
        "  2 frames after it went another way",
        "1 difference in 6 frames",
    ]
    assert [headers["mcp-session-id"] for headers in asked] == [None, None, None]


def test_a_path_that_is_given_is_no_difference(alone, write):
    """The recorded path was that of another server."""
    opened, *said = talking("ws", (b'{"id":1,"method":"go"}', b'{"id":1,"result":2}'))
    elsewhere = msgspec.structs.replace(opened, url="ws://node/v3/other")
    script = read(Header(format=2, run="x", recorder="0"), [elsewhere, *said])
    with NodeThread(script, PlaySettings(ends=frozenset({NODE}))) as node:
        done = alone("verify", write([opened, *said], upstreams=[]), f"{node.urls[0]}/v3/other", "--explain")
    assert (done.code, done.err) == (0, "")
    assert "run.jsonl:2 path: allowed (the path of the live node's URL, ignore)" in done.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("url", ["http", "ws"])
def test_a_run_that_is_ended_replaces_nothing(write, tmp_path, url, number):
    """Nor does it judge what had come until then: exit code 130, and not a word."""
    over_http = {"exchange": 1} if url == "http" else {}
    events = [
        Opened(session=1, party="a", url=f"{url}://node/"),
        frame(b'{"id":1,"method":"sum"}', session=1, direction="to_node", **over_http),
        frame(b'{"id":1,"result":3}', session=1, direction="from_node", **over_http),
    ]
    name = write(events, upstreams=[])
    before = (tmp_path / name).read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = [sys.executable, "-m", "recorder", "verify", name]
        command += [f"{url}://127.0.0.1:{silent.getsockname()[1]}", "--update"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        run = subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"TMPDIR": str(tmp_path)}, **pipes)
        silent.settimeout(WAIT)
        with silent.accept()[0] as asked:
            assert asked.recv(1)
            run.send_signal(number)
            said = run.communicate(timeout=WAIT)
    assert (run.returncode, *said) == (130, b"", b"")
    assert (tmp_path / name).read_bytes() == before


ECHO = [
    Opened(session=1, party="client", url="stdio:cat"),
    frame(b'{"id":1,"method":"echo"}', session=1, direction="to_node"),
    frame(b'{"id":1,"method":"echo"}', session=1, direction="from_node"),
    Closed(session=1, code=1000, reason="exit code 0", by="party"),
]


def test_a_run_that_lost_its_node_replaces_nothing(alone, write, tmp_path):
    """It would be half a fixture; what came until then is kept beside it."""
    name = write(ECHO, upstreams=[])
    before = (tmp_path / name).read_bytes()
    done = alone("verify", name, "--patience", "0.3", "--update", "--", "sh", "-c", "read -r line; kill -9 $$")
    assert done.code == 1, done.err
    assert "\nnot updated: run.jsonl: the node was lost in this run\nthe new capture: " in done.out
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.untraced
@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_a_run_in_which_a_call_gets_no_answer_replaces_nothing(alone, write, tmp_path, scheme):
    """It would be a fixture that answers nobody; the next call is made when patience is lost, over HTTP too."""
    said = [(b'{"id":1,"method":"hang"}', b'{"id":1,"result":1}'), (b'{"id":2,"method":"go"}', b'{"id":2,"result":2}')]
    events = talking(scheme, *said)
    name = write(events, upstreams=[])
    before = (tmp_path / name).read_bytes()
    settings = PlaySettings(ends=frozenset({NODE}), faults=(Fault.parse("delay:hang=20s"),))
    with NodeThread(read(Header(format=2, run="x", recorder="0"), events), settings, loop=True) as node:
        done = alone("verify", name, node.urls[0], "--update", "--patience", 0.5)
    assert (done.code, done.err) == (1, "")
    assert (
        "go was sent although run.jsonl:4 a result of hang had not come after 0.5 s (--patience waits longer)"
        in done.out
    )
    assert "\nnot updated: run.jsonl: hang got no answer in this run\nthe new capture: " in done.out
    assert (tmp_path / name).read_bytes() == before


def talking(scheme, *calls):
    """A session of these calls and their answers."""
    events = [Opened(session=1, party="ada", url=f"{scheme}://node/rpc")]
    for number, (asked, answered) in enumerate(calls, 1):
        exchange = number if scheme == "http" else 0
        events.append(frame(asked, session=1, direction="to_node", exchange=exchange))
        events.append(frame(answered, session=1, direction="from_node", exchange=exchange))
    return [*events, Closed(session=1, code=1000)]


PASSWORD = "s3cret-Pa55"
MASKED = (
    '{"id":1,"method":"login","params":{"user":"ada","password":"«password 1»"}}'.encode(),
    b'{"id":1,"result":{"hello":"ada"}}',
)


@contextmanager
def serving(answers):
    """A node that answers each of its clients over a WebSocket so: its URL."""
    with serve(answers, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"


def calculates(wire):
    """Answer a client over a WebSocket: `sum`, and whoever logs in with the password."""
    for asked in wire:
        call = json.loads(asked)
        params = call["params"]
        if call["method"] == "sum":
            answer = {"result": sum(params)}
        else:
            known = params["password"] == PASSWORD
            answer = {"result": {"hello": params["user"]}} if known else {"error": {"code": 1, "message": "denied"}}
        wire.send(json.dumps({"id": call["id"], **answer}))


@pytest.fixture
def calculator():
    """The URL of a node that adds, and that knows a password."""
    with serving(calculates) as url:
        yield url


def talked(*messages, url):
    """A session in which a client says the first, the node the second, and so on; over HTTP by posting each."""
    opened = Opened(session=1, party="client", url=url)
    frames = []
    for at, message in enumerate(messages):
        payload = b"" if message is None else json.dumps(message).encode()
        exchange = at // 2 + 1 if url.startswith("http") else 0
        frames.append(frame(payload, session=1, direction="from_node" if at % 2 else "to_node", exchange=exchange))
    return [opened, *frames]


def counting(looks):
    """A node over HTTP whose height is 7, and 8 after so many looks: its URL."""
    heights = iter([*([7] * looks), 8, 8, 8])
    return posted(
        lambda _headers, body: (200, json.dumps({"id": json.loads(body)["id"], "result": next(heights)}).encode())
    )


@pytest.mark.untraced
@pytest.mark.parametrize("rule", ["", '[[rule]]\nmethod = "height"\nrepeats = true\n'])
def test_what_a_rule_repeats_is_asked_for_until_it_is_as_recorded(alone, write, tmp_path, rule):
    """As its client did, which waited for a block; without the rule a call is made as often as it was."""
    heights = [({"id": at, "method": "height"}, {"id": at, "result": value}) for at, value in enumerate((7, 8))]
    name = write(talked(*heights[0], *heights[1], url="http://127.0.0.1:1/"), upstreams=[], profile="generic")
    (tmp_path / "run.rules.toml").write_text(rule)
    with counting(looks=4) as url:
        done = alone("verify", name, url)
    assert (done.code, done.err) == (0 if rule else 1, ""), done.out
    assert ("result: 8 expected, 7 came" in done.out) is (not rule)


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("asks", "found"),
    [
        (["a", "b"], ""),
        (["b"], "client <--- confirm, with 1 frame after it, missing"),
        (["a", "b", "b"], "client <--- confirm, with 1 frame after it, extra"),
    ],
)
def test_a_question_too_few_or_too_many_is_one_difference(alone, write, asks, found):
    """What was not asked is not answered, and what nobody recorded is refused, so that the node goes on."""

    def node(wire):
        for text in wire:
            call = json.loads(text)
            if call["method"] == "stop":
                wire.send(json.dumps({"id": call["id"], "result": "stopped"}))
                return
            for at, what in enumerate(asks, 1):
                wire.send(json.dumps({"id": at, "method": "confirm", "params": [what]}))
                wire.recv()
            wire.send(json.dumps({"id": call["id"], "result": "done"}))

    confirms = [{"id": at, "method": "confirm", "params": [what]} for at, what in enumerate("ab", 1)]
    replies = [{"id": at, "result": f"yes, {what}"} for at, what in enumerate("ab", 1)]
    talk = [{"id": 1, "method": "start"}, confirms[0], replies[0], confirms[1], replies[1], {"id": 1, "result": "done"}]
    talk += [{"id": 2, "method": "stop"}, {"id": 2, "result": "stopped"}]
    name = write(talked(*talk, url="ws://127.0.0.1:1/"), upstreams=[], profile="generic")
    with serving(node) as url:
        done = alone("verify", name, url, "--patience", 0.5)
    assert (done.code, done.err) == (1 if found else 0, ""), done.out
    assert found in done.out
    assert ("1 difference in 8 frames" in done.out) is bool(found), done.out


@pytest.mark.untraced
def test_a_secret_that_is_masked_in_a_body_is_given(alone, write, tmp_path, calculator):
    """By its mark. Without it the node refuses the mark: a note says what gives the secret, and nothing is replaced."""
    name = write(talking("ws", MASKED), upstreams=[])
    before = (tmp_path / name).read_bytes()
    done = alone("verify", name, calculator, "--secret", f"password 1={PASSWORD}")
    assert (done.code, done.err) == (0, ""), done.out
    done = alone("verify", name, calculator, "--update")
    gives = "--secret 'password 1=…' gives"
    assert f"note: run.jsonl:3: login was sent with «password 1»; {gives} what it stands for\n" in done.out
    assert f"\nnot updated: run.jsonl: login was refused; it was sent with «password 1», and {gives} what" in done.out
    assert (done.code, (tmp_path / name).read_bytes()) == (1, before)


def hands_out(wire):
    """Answer a client over a WebSocket: with a token of its own."""
    for asked in wire:
        call = json.loads(asked)
        result = {"token": uuid.uuid4().hex, "new": True} if call["method"] == "login" else call["params"]
        wire.send(json.dumps({"id": call["id"], "result": result}))


@pytest.mark.untraced
@pytest.mark.parametrize("kept", ["run.jsonl", "new.jsonl"])
def test_what_was_masked_is_masked_in_the_new_capture(alone, write, tmp_path, kept):
    """Wherever it comes back; what looks like a secret and was not masked is told as `record` tells it, and `--mask` masks it."""
    masked = "«token 1»".encode()
    calls = [
        (MASKED[0], b'{"id":1,"result":{"token":"%s"}}' % masked),
        (b'{"id":2,"method":"who","params":["%s","apiKey"]}' % masked, b'{"id":2,"result":["%s","apiKey"]}' % masked),
        (b'{"id":3,"method":"set","params":{"apiKey":"k-12345"}}', b'{"id":3,"result":{"apiKey":"k-12345"}}'),
    ]
    name = write(talking("ws", *calls), upstreams=[])
    options = ["--update"] if kept == name else ["-o", kept]
    with serving(hands_out) as url:
        done = alone("verify", name, url, "--secret", f"password 1={PASSWORD}", *options)
        found = "1 value looks like a secret: params.apiKey of set, result.apiKey; --mask apiKey masks it"
        assert (done.code, found in done.out.splitlines()) == (1, True), done.out
        text = (tmp_path / kept).read_text()
        assert MARK.findall(text) == ["«password 1»", "«token 1»", "«token 1»", "«token 1»"]
        assert '"new"' in text
        assert PASSWORD not in text
        done = alone("verify", kept, url, "--mask", "apiKey", "--secret", f"password 1={PASSWORD}", "-o", "third.jsonl")
        assert (done.code, "looks like" in done.out) == (0, False), done.out
    assert "«api key 1»" in (tmp_path / "third.jsonl").read_text()


# Folders of captures

SUM = b'{"id":1,"method":"sum","params":[1,2]}', b'{"id":1,"result":3}'
WRONG = SUM[0], b'{"id":1,"result":4}'


def in_scenario(*calls):
    """A session of these calls, in a scenario."""
    return [Scenario(name="sums"), *talking("ws", *calls)]


def suites(file):
    """Each case of a JUnit file: its class, its name and what it tells."""
    root = ET.parse(file).getroot()
    return root, [(case.get("classname"), case.get("name"), *(child.tag for child in case)) for case in root]


@pytest.mark.untraced
def test_all_captures_in_a_folder_are_verified(alone, write, tmp_path, calculator):
    """Compressed ones and those in folders below too, in the order of their names, and nothing hidden: in one table and one file."""
    for name in ("b.jsonl", "a/run.jsonl", "c.jsonl", ".trash/x.jsonl"):
        write(in_scenario(SUM), f"fixtures/{name}", upstreams=[])
    plain = tmp_path / "fixtures/c.jsonl"
    (tmp_path / "fixtures/c.jsonl.zst").write_bytes(zstandard.compress(plain.read_bytes()))
    plain.unlink()
    done = alone("verify", "fixtures/", calculator, "--junit", "results.xml")
    assert (done.code, done.err) == (0, ""), done.out + done.err
    assert done.out.splitlines() == [
        "capture      scenario  frames  differences  verdict",
        "a/run.jsonl  sums           2            0  same",
        "b.jsonl      sums           2            0  same",
        "c.jsonl.zst  sums           2            0  same",
    ]
    root, cases = suites(tmp_path / "results.xml")
    assert (root.get("name"), root.get("tests")) == ("fixtures", "3")
    assert cases == [("a/run.jsonl", "sums"), ("b.jsonl", "sums"), ("c.jsonl.zst", "sums")]


@pytest.mark.untraced
def test_a_capture_in_a_folder_that_cannot_be_verified_holds_up_no_other(alone, write, tmp_path, calculator):
    """Exit code 2, a line that names it, and an error in the file, beside what the others brought."""
    write(in_scenario(WRONG), "fixtures/a.jsonl", upstreams=[])
    write(talking("ws", SUM), "fixtures/b.jsonl", upstreams=["ws://a", "ws://b"])
    write(in_scenario(SUM), "fixtures/c.jsonl", upstreams=[])
    (tmp_path / "fixtures/d.jsonl").write_text("no capture\n")
    done = alone("verify", "fixtures", calculator, "--junit", "results.xml")
    assert done.code == 2
    two, no_capture = done.err.splitlines()
    assert two.startswith("recorder: fixtures/b.jsonl: has 2 nodes: ws://a, ws://b; give a URL for each")
    assert no_capture.startswith("recorder: fixtures/d.jsonl:1: ")
    assert "fixtures/a.jsonl:5 | " in done.out
    root, cases = suites(tmp_path / "results.xml")
    assert [root.get(count) for count in ("tests", "failures", "errors")] == ["4", "1", "2"]
    assert cases == [
        ("a.jsonl", "sums", "failure"),
        ("b.jsonl", "b.jsonl", "error"),
        ("c.jsonl", "sums"),
        ("d.jsonl", "d.jsonl", "error"),
    ]


@pytest.mark.untraced
def test_each_capture_in_a_folder_has_its_own_rules_and_is_renewed(alone, write, tmp_path, calculator):
    """What differs makes exit code 1 and is replaced; what its rules allow, and what is the same, stays."""
    names = ["fixtures/a.jsonl", "fixtures/b.jsonl", "fixtures/c.jsonl"]
    for name in names:
        write(talking("ws", SUM if name == names[2] else WRONG), name, upstreams=[])
    (tmp_path / "fixtures/b.rules.toml").write_text('[[rule]]\nmethod = "sum"\npath = "result"\ntolerance = 1\n')
    before = [(tmp_path / name).read_bytes() for name in names]
    done = alone("verify", "fixtures", calculator, "--update")
    assert (done.code, done.err) == (1, ""), done.err
    assert done.out.endswith("  same\nupdated: fixtures/a.jsonl\n")
    after = [(tmp_path / name).read_bytes() for name in names]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True, True]
    assert alone("verify", "fixtures", calculator).code == 0


@pytest.mark.untraced
def test_the_new_captures_of_a_folder_are_kept_if_they_differ(alone, write, calculator):
    """Each is named, under what was found."""
    for name in ("a/run.jsonl", "b.jsonl", "c/run.jsonl"):
        write(talking("ws", SUM if name == "b.jsonl" else WRONG), f"fixtures/{name}", upstreams=[])
    done = alone("verify", "fixtures", calculator)
    kept = [line.removeprefix("the new capture: ") for line in done.out.splitlines()[-2:]]
    assert (done.code, len({*kept})) == (1, 2), done.out
    for name in kept:
        with Capture(name) as capture:
            assert [json.loads(event.payload) for event in capture if isinstance(event, Frame)][1]["result"] == 3


@pytest.mark.untraced
def test_a_secret_is_for_the_captures_of_a_folder_that_have_its_mark(alone, write, calculator):
    """One that none of them has is refused by each."""
    write(talking("ws", MASKED), "fixtures/login.jsonl", upstreams=[])
    write(talking("ws", SUM), "fixtures/sum.jsonl", upstreams=[])
    done = alone("verify", "fixtures", calculator, "--secret", f"password 1={PASSWORD}")
    assert (done.code, done.err) == (0, ""), done.out + done.err
    done = alone("verify", "fixtures", calculator, "--secret", "token 1=x")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "recorder: fixtures/login.jsonl: has no «token 1»; it has «password 1»",
        "recorder: fixtures/sum.jsonl: has no «token 1»; nothing in it is masked",
    ]


@pytest.mark.untraced
def test_a_run_of_a_folder_that_is_ended_replaces_nothing_and_leaves_nothing(write, tmp_path):
    """Not even the capture that had been played when the next one was waited for; how it differs is told by then."""
    for name in ("fixtures/a.jsonl", "fixtures/b.jsonl"):
        write(talking("ws", WRONG if name == "fixtures/a.jsonl" else (b'{"id":1,"method":"hang"}', WRONG[1])), name)
    before = (tmp_path / "fixtures/a.jsonl").read_bytes()
    waited_for = threading.Event()

    def hangs(wire):
        for asked in wire:
            if json.loads(asked)["method"] == "sum":
                wire.send(SUM[1].decode())
            else:
                waited_for.set()

    made = tmp_path / "made"
    made.mkdir()
    with serving(hangs) as url:
        command = [sys.executable, "-m", "recorder", "verify", "fixtures", url, "--update", "--junit", "results.xml"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"TMPDIR": str(made)}, **pipes) as run:
            assert waited_for.wait(WAIT)
            run.send_signal(signal.SIGINT)
            told, trouble = run.communicate(timeout=WAIT)
    assert (run.returncode, trouble) == (130, b"")
    assert b" <--- a result of sum changed\n" in told
    assert b"verdict" not in told
    assert (tmp_path / "fixtures/a.jsonl").read_bytes() == before
    assert [path.name for path in made.iterdir() if path.name.startswith("recorder-verify-")] == []
    assert suites(tmp_path / "results.xml")[1] == [("a.jsonl", "a.jsonl", "failure"), ("fixtures", "fixtures", "error")]


# Servers over standard input and output


def test_a_server_that_its_client_starts_is_verified(alone, write):
    """By its command, which follows after two dashes."""
    done = alone("verify", write(ECHO), "--", "cat", "-u")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1].split() == ["run.jsonl", "2", "0", "same"]


def test_a_server_that_has_changed_differs(alone, write, tmp_path):
    """The new capture says of itself what the old one said, and takes its place where that is wanted."""
    events = [*ECHO[:2], Note(text="It says it again"), *ECHO[2:]]
    name = write(events, meta={"scenario": "an echo"}, profile="generic")
    done = alone("verify", name, "--patience", "0.3", "--update", "--", "sed", "-u", "s/echo/ping/")
    assert done.code == 1
    assert 'method: "echo" expected, "ping" came' in done.out
    with Capture(tmp_path / name) as capture:
        assert (capture.header.meta, capture.header.profile) == ({"scenario": "an echo"}, "generic")
        assert [type(event).__name__ for event in capture] == ["Opened", "Frame", "Note", "Frame", "Closed"]
        assert {event.party for event in capture if isinstance(event, Opened)} == {"client"}
        assert [event.payload for event in capture if hasattr(event, "payload")][1] == b'{"id":1,"method":"ping"}'


def test_what_such_a_server_was_told_is_masked_again(alone, write, tmp_path):
    """By the marks of the old capture, too."""
    said = b'{"id":1,"method":"echo","params":{"password":"%s"}}' % "«password 1»".encode()
    one, other = (frame(said, session=1, direction=direction) for direction in ("to_node", "from_node"))
    given = ["--secret", "password 1=s3cret-Pa55", "-o", "new.jsonl"]
    done = alone("verify", write([ECHO[0], one, other, ECHO[-1]]), *given, "--", "cat", "-u")
    assert (done.code, done.err) == (0, ""), done.out
    assert MARK.findall((tmp_path / "new.jsonl").read_text()) == ["«password 1»", "«password 1»"]
    done = alone("verify", "run.jsonl", "--mask", "x[", "--", "cat")
    assert (done.code, done.err[:22]) == (2, "recorder: --mask 'x[':")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["ws://127.0.0.1:1"],
            "run.jsonl: was recorded with `recorder stdio`: give -- and the command that starts the server",
        ),
        (["--header", "a=b", "--insecure", "--", "cat"], "--header, --insecure: for nodes on a network"),
        (["--", "no-such-program"], "cannot start 'no-such-program': there is no such program"),
    ],
)
def test_what_such_a_server_does_not_take_is_said(alone, write, given, said):
    """In one line."""
    done = alone("verify", write(ECHO), *given)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert said in done.err

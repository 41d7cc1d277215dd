"""`recorder replay`: both ends from the command line, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPConnection

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from recorder import api, capture
from recorder.model import Closed, Header, Opened
from recorder.server.thread import NodeThread

FINE = "everything recorded came, and nothing else"
LIMIT = 20  # seconds
NODE = "ws://127.0.0.1:3014"
OF_A_MOCK = "it is for a mock node; parties play once, against the given URL"
OF_PARTIES = "a mock node does not connect to anything; name the parties to play with --as, or leave it out"


@pytest.fixture
def played(seed):
    """Starts `recorder replay` of the seed in a process of its own; where it listens, and how it ended."""
    processes = []

    def start(*options):
        command = [sys.executable, "-m", "recorder", "replay", str(seed), "--listen", "127.0.0.1:0", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
        processes.append(process)
        said = re.search(r"listening on (ws://\S+);", process.stdout.readline())

        def end(number=0):
            if number:
                process.send_signal(number)
            return process.communicate(timeout=LIMIT)[0], process.returncode

        return said[1], end

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_both_ends_play_together(run, seed, played):
    """The parties' command and the node's come to the end of the capture; both say so, and exit with 0."""
    url, end = played()
    parties = run("replay", seed, "--as", "initiator,responder", url)
    assert (parties.code, parties.out.split("\n")[-2]) == (0, FINE)
    assert parties.out.startswith("initiator signs with a key made for this run: ak_")
    assert "responder ---> channels.withdraw" in parties.out
    out, code = end()
    assert (code, out.split("\n")[-2]) == (0, FINE)
    assert "responder <--- channels.conflict" in out


@pytest.mark.parametrize("name", ["initiator", ""])
def test_a_party_may_be_left_to_somebody_else(run, seed, tmp_path, name):
    """The node's side plays one party too; the other brings its key, by its name or by its account."""
    (tmp_path / "key").write_text("07" * 32)
    script = api.load_script(seed)
    account = next(account for account, one in script.accounts.items() if one.party == "initiator")
    settings = api.play_settings(script, ["node", "responder"], keys={account: b"\x07" * 32})
    with NodeThread(script, settings) as node:
        parties = run("replay", seed, "--as", "initiator", "--key", f"{name or account}=key", "-q", *node.urls)
        assert (parties.code, parties.out) == (0, f"{FINE}\n")
        node.settle(1)
        assert node.outcome().ok


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_what_is_missing(played, number):
    """Exit code 1, and a line for each frame that never came."""
    _, end = played("-q")
    out, code = end(number)
    assert code == 1
    assert "run.jsonl:5: responder channels.withdraw missing: it was recorded, and never came" in out
    assert out.endswith("0 extra, 26 missing\n")


def test_a_loop_that_nobody_began_misses_nothing(played):
    """It says that no client came, and exits with 0; a client that does something else misses what was recorded."""
    _, end = played("-q", "--loop")
    assert end(signal.SIGTERM) == ("no client came\n", 0)
    url, end = played("-q", "--loop")
    with connect(f"{url}/elsewhere", proxy=None) as client, pytest.raises(ConnectionClosed):
        client.recv(LIMIT)
    out, code = end(signal.SIGTERM)
    assert (code, "a session with /elsewhere extra" in out) == (1, True)


def test_what_a_peer_sends_does_not_reach_the_terminal_unescaped(played):
    """Control characters are shown, not obeyed."""
    url, end = played()
    with connect(f"{url}/channel?role=initiator", proxy=None) as client:
        client.send(json.dumps({"id": 1, "method": "\x1b[2J\nrun.jsonl:1: all fine"}))
        assert json.loads(client.recv(LIMIT))["error"]["code"] == -32001
    out, _ = end(signal.SIGINT)
    assert "\x1b" not in out
    assert "initiator \\x1b[2J\\nrun.jsonl:1: all fine extra: it came, and was not recorded\n" in out


def test_live_secrets_are_not_printed(played):
    """Neither those in the URL of a client that is played to, nor of one that is refused."""
    url, end = played()
    for path in ("channel?role=initiator", "nowhere?role=initiator"):
        with connect(f"{url}/{path}&token=live-secret", proxy=None) as client, suppress(ConnectionClosed):
            client.send(b'{"id":1,"method":"m"}')
            client.recv(LIMIT)
    out, _ = end(signal.SIGINT)
    assert out.count("token=«token 1»") == 2
    assert "live-secret" not in out


def test_each_node_of_a_capture_has_an_address(tmp_path):
    """As the recorder had one in front of each: the clients of both find theirs."""
    call = [b'{"jsonrpc":"2.0","id":1,"method":"sum"}', b'{"jsonrpc":"2.0","id":1,"result":3}']
    events = [Header(format=1, run="x", recorder="0", upstreams=["http://api:2", "ws://push:1"])]
    for session, url in ((1, "ws://push:1/rpc"), (2, "http://api:2/rpc")):
        asked, answered = (
            capture.frame(payload, session=session, direction=direction, exchange=session - 1, status=status)
            for payload, direction, status in zip(call, ("to_node", "from_node"), (0, 200 * (session - 1)), strict=True)
        )
        events += [Opened(session=session, party="p", url=url), asked, answered]
    events.append(Closed(session=1, code=1000))
    (tmp_path / "two.jsonl").write_bytes(b"".join(map(capture.dump, events)))
    command = [sys.executable, "-m", "recorder", "replay", tmp_path / "two.jsonl", "-q"]
    command += ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as node:
        api_url, push_url = re.search("listening on (http://.*) and (ws://.*);", node.stdout.readline()).groups()
        with connect(f"{push_url}/rpc", proxy=None) as client:
            client.send(call[0])
            assert json.loads(client.recv(LIMIT))["result"] == 3
        there = HTTPConnection(api_url.removeprefix("http://"), timeout=LIMIT)
        there.request("POST", "/rpc", call[0])
        assert json.loads(there.getresponse().read())["result"] == 3
        there.close()
        assert node.communicate(timeout=LIMIT) == (f"{FINE}\n", None)
    assert push_url.rpartition(":")[2] != api_url.rpartition(":")[2]


def test_silence_is_given_up(played):
    """`--timeout` ends a node whose clients do not come."""
    _, end = played("--timeout", "0.1")
    assert end()[1] == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--as", "nobody"], "run.jsonl has no nobody to play; it has initiator, node, responder"),
        (
            ["--as", "node,initiator,responder"],
            "play at least one end of run.jsonl, and not all of them; it has initiator, node, responder",
        ),
        (
            ["other.jsonl"],
            "other.jsonl: a mock plays one capture; start one for each, or play what `gather` makes of them",
        ),
        ([NODE], f"{NODE}: a mock node needs no node; name the parties to play with --as, or leave out the URL"),
        (["--as", "initiator"], "give the URL of the node to play parties against, as in ws://127.0.0.1:3014"),
        (["--as", "initiator", "--loop", NODE], f"--loop has no effect here: {OF_A_MOCK}"),
        (
            ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"],
            "run.jsonl: has 1 node: localhost:3014; give one --listen",
        ),
        (["--as", "initiator", "--listen", "127.0.0.1:3014", NODE], f"--listen has no effect here: {OF_A_MOCK}"),
        (["--ca", "none.pem"], f"--ca has no effect here: {OF_PARTIES}"),
        (["--insecure"], f"--insecure has no effect here: {OF_PARTIES}"),
        (["--as", "node,responder", "--header", "a=b"], f"--header has no effect here: {OF_PARTIES}"),
        (["--as", "initiator", "--ca", "none.pem", NODE], "none.pem: no such file"),
        (
            ["--speed", "fast"],
            "--speed 'fast': write instant, recorded, or how many times as fast as recorded, as in 10",
        ),
        (["--speed", "0"], "--speed '0': write instant, recorded, or how many times as fast as recorded, as in 10"),
        (["--key", "initiator"], "--key 'initiator': write it as PARTY=FILE or ACCOUNT=FILE"),
        (["--key", "initiator=none"], "none: cannot read the key: No such file or directory"),
        (
            ["--key", "initiator=run.jsonl"],
            "run.jsonl: holds no key; write the 32-byte seed into it, in hex or encoded",
        ),
        (
            ["--fault", "drop"],
            "--fault 'drop': write KIND:FRAME or KIND:METHOD, with KIND one of drop, delay, duplicate, close, error, as in drop:12",
        ),
        (
            ["--fault", "drop:99"],
            "--fault drop:99: no such frame is sent or answered in run.jsonl; give its method, or its number among the frames of both directions",
        ),
    ],
)
def test_a_mistake_is_one_line(run, seed, arguments, line):
    """What the user must mend, with exit code 2."""
    result = run("replay", seed.name, *arguments)
    assert (result.code, result.err) == (2, f"recorder: {line}\n")


def test_a_key_for_nobody_is_said(run, seed, tmp_path):
    """On one line, and the others are used: whatever is wrong after it is told too."""
    (tmp_path / "key").write_text("07" * 32)
    result = run("replay", seed, "--as", "initiator", "--key", "alice=key")
    first, last = result.err.splitlines()
    assert re.fullmatch(
        r"recorder: warning: --key alice: no account in .*run.jsonl has this name; "
        r"there is initiator \(ak_\w+\), responder \(ak_\w+\)",
        first,
    )
    assert last.startswith("recorder: give the URL of the node to play parties against")


def test_a_torn_last_line_is_said(run, seed):
    """Its recorder was killed; what stands before it is played."""
    seed.write_bytes(seed.read_bytes() + b'{"event":"fr')
    result = run("replay", seed.name, "--as", "initiator")
    assert result.err.startswith("recorder: warning: run.jsonl:29: the last line is incomplete")


def test_a_capture_without_sessions_cannot_be_played(run, tmp_path):
    """There is no end in it to leave to anybody."""
    (tmp_path / "empty.jsonl").write_bytes(capture.dump(Header(format=1, run="x", recorder="0")))
    assert run("replay", "empty.jsonl").err == "recorder: empty.jsonl: it has no session to play\n"


def test_a_transcript_is_imported_first(run, tmp_path):
    """Markdown is no capture, and the message says what makes one of it."""
    (tmp_path / "run.md").write_text("#### initiator ---> node\n")
    assert (
        run("replay", "run.md").err
        == "recorder: run.md:1: not a capture; `recorder import` makes one from a transcript\n"
    )

"""What a user must mend is one line that says so; what goes wrong meanwhile is one line, and the recording goes on."""

from __future__ import annotations

import asyncio
import os
import socket
import termios

import pytest
from ports import free_port
from rig import (
    OPEN,
    Node,
    Recording,
    child,
    connect,
    frame,
    http,
    pair,
    play,
    post,
    record,
    recording,
    soon,
    until,
)

from recorder.__main__ import main
from recorder.errors import InputError
from recorder.model import LEFT

REFUSED = {
    "no scheme": ["127.0.0.1:3014"],
    "another scheme": ["ftp://127.0.0.1"],
    "parameters": ["ws://127.0.0.1:3014/channel?role=initiator"],
    "bad address": ["ws://127.0.0.1:3014", "--listen", "127.0.0.1:99999"],
    "too many addresses": ["ws://127.0.0.1:3014", "--listen", "1", "--listen", "2"],
    "unwritable output": ["ws://127.0.0.1:3014", "-o", "/nowhere/run.jsonl"],
    "output is a folder": ["ws://127.0.0.1:3014", "-o", "/tmp"],
    "no such authority": ["wss://127.0.0.1:3014", "--ca", "/nowhere.pem"],
    "no authority in it": ["wss://127.0.0.1:3014", "--ca", __file__],
    "no certificate in it": ["wss://127.0.0.1:3014", "--cert", __file__],
    "no such profile": ["ws://127.0.0.1:3014", "--profile", "none"],
}


@pytest.mark.parametrize("arguments", REFUSED.values(), ids=REFUSED)
def test_what_cannot_start_is_one_line(tmp_path, monkeypatch, capfd, arguments):
    """A start-up error is one line, exit code 2, and leaves no file behind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["recorder", "record", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    assert ended.value.code == 2
    assert err.startswith("recorder: ")
    assert (err.count("\n"), out) == (1, "")
    assert not list(tmp_path.iterdir())


def test_a_port_in_use_leaves_the_old_capture_whole(tmp_path):
    """When the port is taken the recorder says so, and a capture that was to be overwritten is as it was."""
    (tmp_path / "run.jsonl").write_text("precious")

    async def scene():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            rec = Recording(tmp_path / "run.jsonl", port)
            arguments = ("record", "ws://localhost:1", "--listen", str(port), "-o", str(rec.file))
            async with child(rec, *arguments, "--overwrite") as one:
                assert await one.wait() == 2
                (said,) = one.out
                assert "cannot listen on 127.0.0.1" in said
                assert "in use" in said
        assert rec.file.read_text() == "precious"

    play(scene())


def test_one_capture_has_one_recorder(tmp_path):
    """A second recorder is refused the capture that the first one writes, and an existing one without --overwrite."""

    async def scene():
        async with recording(tmp_path, 1) as rec:
            with pytest.raises(InputError, match="another recorder is writing this capture"):
                await _start(tmp_path, overwrite=True)
            header = rec.file.read_bytes()
        assert rec.file.read_bytes() == header
        with pytest.raises(InputError, match="exists already"):
            await _start(tmp_path)
        async with recording(tmp_path, 1, overwrite=True):
            pass
        assert rec.file.read_bytes() != header

    play(scene())


async def _start(folder, **settings):
    async with recording(folder, 1, **settings):
        pass


def test_two_processes_cannot_write_one_capture(tmp_path):
    """The second of two recorder processes is refused in one line with exit code 2, and the first goes on."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port) as first:
            second = (
                "record",
                "ws://localhost:1",
                "--listen",
                "0",
                "-o",
                str(first.rec.file),
                "--overwrite",
            )
            async with child(first.rec, *second) as other:
                assert await other.wait() == 2
                assert other.out == [
                    f"recorder: {first.rec.file}: another recorder is writing this capture; name another file"
                ]
            await pair(first.rec.port, node)
            await until(lambda: first.rec.opened)

    play(scene())


def test_a_node_that_is_down(tmp_path):
    """A party gets 502 and the terminal one line while the node is down; the next session, the node being up, works."""

    async def scene():
        port = free_port()
        async with recording(tmp_path, port) as rec:
            status, _, _ = await http(rec.port, "GET", "/channel", b"", {})
            assert status == 502
            assert len(rec.said) == 1
            assert f"cannot reach the node at localhost:{port}" in rec.said[0]

    play(scene())


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "x" * 24,
}
CALL = b'{"jsonrpc":"2.0","id":1,"method":"a"}'


async def hanging_up(said):
    """A node that says so much to the head of a request, and then hangs up."""

    async def drop(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    return await asyncio.start_server(drop, "127.0.0.1", 0)


@pytest.mark.parametrize(
    "said", [None, b"", b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"json'], ids=["down", "none", "half"]
)
def test_what_a_client_is_told_in_the_place_of_its_node_is_in_the_capture(tmp_path, said):
    """A call has an answer with the status 502, which says why; a handshake is refused with it."""

    async def scene():
        server = await hanging_up(said)
        port = server.sockets[0].getsockname()[1]
        if said is None:
            server.close()
        async with server, recording(tmp_path, port) as rec:
            assert (await post(rec.port, "/rpc", CALL))[0] == 502
            if not said:
                assert (await http(rec.port, "GET", "/channel", b"", UPGRADE))[0] == 502
            await until(lambda: len(rec.events) >= (3 if said else 4))
            _opened, _asked, answer, *refused = rec.events
            assert (answer.status, answer.exchange, bool(answer.text)) == (502, 1, True)
            assert [(one.status, one.url) for one in refused] == [(502, f"ws://localhost:{port}/channel")] * (not said)

    play(scene())


@pytest.mark.parametrize("leaves", [True, False])
def test_a_client_that_leaves_before_the_answer_is_in_the_capture(tmp_path, leaves):
    """Its call has the status 499, once the node lets go of it; one that is open when the recording ends has no answer."""

    async def silent(reader, writer):
        await reader.read()
        writer.close()

    async def scene():
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server, recording(tmp_path, server.sockets[0].getsockname()[1]) as rec:
            _reader, writer = await asyncio.open_connection("127.0.0.1", rec.port)
            writer.write(b"POST / HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n%b" % (len(CALL), CALL))
            await until(lambda: len(rec.events) == 2)
            if leaves:
                writer.close()
                await until(lambda: len(rec.events) == 3)
        writer.close()
        assert [(one.status, one.exchange, one.bodiless) for one in rec.events[2:]] == [(LEFT, 1, True)] * leaves

    play(scene())


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 101 Swi"], ids=["at once", "in the middle"])
def test_a_node_that_drops_the_handshake(tmp_path, answer):
    """When the node hangs up during the handshake, the party gets 502, one line is said, and recording goes on."""

    async def scene():
        server = await hanging_up(answer)
        async with server, recording(tmp_path, server.sockets[0].getsockname()[1]) as rec:
            for count in (1, 2):
                status, _, _ = await http(rec.port, "GET", "/channel", b"", UPGRADE)
                assert status == 502
                assert len(rec.said) == count
                assert rec.said[0].startswith("http://localhost:")
            assert not rec.opened

    play(scene())


def test_what_peers_send_cannot_steer_the_terminal(tmp_path):
    """Escape sequences and newlines in traffic and URLs are shown, not obeyed; nothing is coloured into a pipe."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port) as one:
            (_, writer), _ = await pair(one.rec.port, node, path="/channel?role=initiator&x=%1b[2J")
            writer.write(frame(b'{"method":"a\\u001b[31m\\nfake line","id":1}', masked=True))
            await one.says("fake line")
            assert not any("\x1b" in line for line in one.out)
            assert any(r"a\x1b[31m\nfake line" in line for line in one.out)
            assert await one.end() == 0

    play(scene())


def test_quiet_says_only_what_matters(tmp_path):
    """With --quiet no traffic is shown, but where it listens and the summary are."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, "--quiet") as one:
            _, writer = await connect(one.rec.port)
            writer.write(frame(b"hello", masked=True))
            await until(one.rec.frames)
            assert await one.end() == 0
            totals, methods, sessions = (part.splitlines() for part in "\n".join(one.out).split("\n\n")[1:])
            begun = [line.split()[0] for line in one.out[:2]]
            assert (begun, [line.split()[0] for line in totals]) == (["listening", "recording"], ["1", "to", "from"])
            assert [line.split()[0] for line in (*methods, *sessions)] == ["method", "--->", "session", "1", "capture:"]

    play(scene())


@pytest.mark.parametrize(
    ("options", "said"), [((), "the node gets its own name as Host"), (("--keep-host",), "the parties' Host header")]
)
def test_the_start_says_by_which_name_the_node_is_asked(tmp_path, options, said):
    """For it may lead its clients around the recorder."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, *options) as one:
            assert any(said in line for line in one.out)

    play(scene())


@pytest.mark.untraced
def test_a_paused_terminal_holds_up_no_traffic(tmp_path):
    """With its output stopped, as by Ctrl-S, every frame still passes and is recorded, and a signal still ends it."""

    async def scene():
        rec = Recording(tmp_path / "run.jsonl", free_port())
        terminal, screen = os.openpty()
        with os.fdopen(terminal, "rb", buffering=0), os.fdopen(screen, "rb", buffering=0):
            termios.tcflow(screen, termios.TCOOFF)
            async with Node().listening() as node:
                arguments = ("record", f"ws://127.0.0.1:{node.port}", "--listen", str(rec.port), "-o", str(rec.file))
                async with child(rec, *arguments, screen=screen) as one:
                    await until(lambda: rec.file.exists() and rec.file.stat().st_size, "a capture")
                    (_, writer), (reader, _) = await pair(rec.port, node)
                    sent = b"".join(frame(b'{"method":"%d"}' % number, masked=True) for number in range(3000))
                    writer.write(sent)
                    await soon(reader.readexactly(len(sent)))
                    assert len(rec.frames()) == 3000
                    assert await one.end() == 0

    play(scene())


def test_idle_sessions_outlive_the_proxys_timeout(tmp_path, monkeypatch):
    """A TCP connection that is idle for mitmproxy's timeout is closed; a session is kept however quiet it is."""
    from mitmproxy.proxy import server

    timeout = 0.3
    begin = server.TimeoutWatchdog.__init__
    monkeypatch.setattr(server.TimeoutWatchdog, "__init__", lambda self, _, callback: begin(self, timeout, callback))

    async def scene():
        async with Node().listening() as node:
            for path in ("relay", "hooks"):
                async with recording(tmp_path, node.port, path=path, overwrite=True) as rec:
                    idle, other = await asyncio.open_connection("127.0.0.1", rec.port)
                    OPEN.append(other)
                    (reader, _), (_, node_writer) = await pair(rec.port, node)
                    assert await soon(idle.read()) == b""  # the timeout is at work
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(reader.read(1), 3 * timeout)
                    node_writer.write(frame(b"still here"))
                    assert await soon(reader.readexactly(12)) == frame(b"still here")

    play(scene())

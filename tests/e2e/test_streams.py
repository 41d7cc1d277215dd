"""Streams of events that a client opens by GET, and sessions that it ends by DELETE, through the recorder."""

from __future__ import annotations

import asyncio
import contextlib
import gzip

import pytest
from rig import OPEN, http, play, post, recording, soon, until

from recorder.model import Closed, Frame, Opened

BEGIN = b'{"jsonrpc":"2.0","id":1,"method":"initialize"}'
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":null}'
PUSH = b'{"jsonrpc":"2.0","method":"notifications/message"}'
ENDED = b"0\r\n\r\n"
LISTEN = {"Accept": "text/event-stream"}


def chunk(piece):
    """A piece of a body as it goes over the wire."""
    return b"%x\r\n%s\r\n" % (len(piece), piece)


class StreamNode:
    """A node that names its sessions, answers posts, and tells listeners what a test gives it to say."""

    def __init__(self):
        self.heads, self.said = [], asyncio.Queue()
        self.kind, self.status, self.answer = "text/event-stream", "200 OK", b"data: " + ANSWER + b"\n\n"
        self.owed = 0  # bytes of its answers that it does not send

    async def serve(self, reader, writer):
        """Answer one request."""
        OPEN.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(lengths[0]) if lengths else 0)
        if head.startswith(b"GET"):
            writer.write(f"HTTP/1.1 {self.status}\r\nContent-Type: {self.kind}\r\n".encode())
            writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
            while (piece := await self.said.get()) is not None:
                writer.write(chunk(piece))
            writer.write(ENDED)
        elif head.startswith(b"DELETE"):
            writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            writer.write(f"HTTP/1.1 200 OK\r\nMcp-Session-Id: one\r\nContent-Type: {self.kind}\r\n".encode())
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(self.answer) + self.owed, self.answer))
        await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def behind(tmp_path, *, begun=True):
    """Such a node behind a recorder, with a session that has begun."""
    node = StreamNode()
    server = await asyncio.start_server(node.serve, "127.0.0.1", 0)
    async with server, recording(tmp_path, server.sockets[0].getsockname()[1], scheme="http") as rec:
        if begun:
            await post(rec.port, "/mcp", BEGIN)
        yield node, rec


async def listen(rec, **headers):
    """What a client that listens reads."""
    reader, writer = await asyncio.open_connection("127.0.0.1", rec.port)
    OPEN.append(writer)
    lines = {"Host": "node", **LISTEN, **headers}
    text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    writer.write(f"GET /mcp HTTP/1.1\r\n{text}\r\n".encode())
    return reader


def told(rec):
    """The frames from the node so far: session, exchange, id and payload."""
    frames = [e for e in rec.events if isinstance(e, Frame) and e.direction == "from_node"]
    return [(e.session, e.exchange, e.event_id, e.payload) for e in frames]


@pytest.mark.parametrize("name", [{"Mcp_Session_Id": "one"}, {}], ids=["named", "unnamed"])
def test_a_stream_that_a_client_opens(tmp_path, name):
    """Its beginning stands in the capture before its head passes, and each event before its last byte does."""

    async def scene():
        async with behind(tmp_path) as (node, rec):
            reader = await listen(rec, **name)
            await soon(reader.readuntil(b"\r\n\r\n"))
            session = 1 if name else 2
            if name:
                (first,) = [e for e in rec.events if isinstance(e, Frame) and e.begins_stream]
                assert (first.session, first.headers) == (1, [("Content-Type", "text/event-stream")])
            node.said.put_nowait(b"id: 7\ndata: " + PUSH + b"\n\n")
            await soon(reader.readuntil(PUSH + b"\n\n"))
            node.said.put_nowait(b": still here\n\ndata: " + PUSH + b"\n\n")
            await soon(reader.readuntil(PUSH + b"\n\n"))
            assert told(rec) == [
                (1, 1, "", ANSWER),
                (session, 0, "", b""),
                (session, 0, "7", PUSH),
                (session, 0, "", PUSH),
            ]

    play(scene())


def test_a_stream_that_is_resumed(tmp_path):
    """What comes after the last event that a client has belongs to the exchange which that was in."""

    async def scene():
        async with behind(tmp_path, begun=False) as (node, rec):
            node.answer = b"id: a-1\ndata: \n\nid: a-2\ndata: " + PUSH + b"\n\n"
            await post(rec.port, "/mcp", BEGIN)
            again = await listen(rec, Mcp_Session_Id="one", Last_Event_ID="a-1")
            for own, data in ((b"a-2", PUSH), (b"a-3", ANSWER)):
                node.said.put_nowait(b"id: " + own + b"\ndata: " + data + b"\n\n")
            await soon(again.readuntil(ANSWER + b"\n\n"))
            assert told(rec) == [(1, 1, "a-2", PUSH), (1, 1, "a-2", PUSH), (1, 1, "a-3", ANSWER)]

    play(scene())


def test_streams_of_something_else(tmp_path):
    """What is not JSON-RPC passes as it comes, and nothing of it is recorded."""

    async def scene():
        async with behind(tmp_path, begun=False) as (node, rec):
            reader = await listen(rec)
            node.said.put_nowait(b'data: {"price": 1}\n\n')
            await soon(reader.readuntil(b"}\n\n"))
            assert rec.events == []

    play(scene())


def test_a_node_that_does_not_let_listen(tmp_path):
    """A refusal passes, and is none of the session's frames."""

    async def scene():
        async with behind(tmp_path, begun=False) as (node, rec):
            reader = await listen(rec)
            node.said.put_nowait(None)
            await soon(reader.readuntil(ENDED))
            await post(rec.port, "/mcp", BEGIN)
            node.status, node.kind = "405 Method Not Allowed", "text/plain"
            again = await listen(rec, Mcp_Session_Id="one")
            node.said.put_nowait(None)
            assert b" 405 " in await soon(again.readuntil(ENDED))
            assert told(rec) == [(1, 1, "", ANSWER)]

    play(scene())


@pytest.mark.parametrize(("status", "ends"), [("204 No Content", True), ("405 Method Not Allowed", False)])
def test_a_session_that_is_deleted(tmp_path, status, ends):
    """It ends where the node agrees; who uses its name afterwards begins another."""

    async def scene():
        async with behind(tmp_path) as (node, rec):
            node.status = status
            await http(rec.port, "DELETE", "/mcp", b"", {"Mcp-Session-Id": "one"})
            assert [(e.session, e.by) for e in rec.events if isinstance(e, Closed)] == [(1, "party")] * ends
            await post(rec.port, "/mcp", BEGIN, Mcp_Session_Id="one")
            assert [e.session for e in rec.events if isinstance(e, Opened)] == [1, 2][: 1 + ends]

    play(scene())


@pytest.mark.parametrize("answered", [False, True])
def test_a_stream_that_breaks_off_before_its_answer_is_recorded_so(tmp_path, answered):
    """With the status 502; one that breaks off behind it has said all."""

    async def scene():
        async with behind(tmp_path, begun=False) as (node, rec):
            node.owed, node.answer = 10, node.answer if answered else b"data: " + PUSH + b"\n\n"
            with contextlib.suppress(asyncio.IncompleteReadError):
                await post(rec.port, "/mcp", BEGIN)
        frames = [(one.status, one.payload) for one in rec.events if isinstance(one, Frame)]
        assert frames[1:] == ([(200, ANSWER)] if answered else [(200, PUSH), (502, b"")])

    play(scene())


def test_an_answer_in_lines_passes_and_is_recorded_line_by_line(tmp_path):
    """Each before its last byte passes, the last one without an end too."""

    async def scene():
        node = await asyncio.start_server(say_lines, "127.0.0.1", 0)
        async with node, recording(tmp_path, node.sockets[0].getsockname()[1], scheme="http") as rec:
            reader, writer = await asyncio.open_connection("127.0.0.1", rec.port)
            OPEN.append(writer)
            writer.write(b"POST /rpc HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n%s" % (len(BEGIN), BEGIN))
            await soon(reader.readuntil(PUSH + b"\n"))
            assert told(rec) == [(1, 1, "", PUSH)]
            said.set()
            await soon(reader.readuntil(ENDED))
            assert told(rec) == [(1, 1, "", PUSH), (1, 1, "", PUSH), (1, 1, "", ANSWER)]

    said = asyncio.Event()

    async def say_lines(reader, writer):
        OPEN.append(writer)
        await reader.readuntil(BEGIN)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(chunk(PUSH + b"\n"))
        await said.wait()
        writer.write(chunk(PUSH[:9]) + chunk(PUSH[9:] + b"\n" + ANSWER) + ENDED)

    play(scene())


def test_what_is_posted_as_json_rpc(tmp_path):
    """A content type may say what a body does not: a notification of the first version has neither version nor id."""
    body = b'{"method":"note","params":[]}'

    async def scene():
        async with behind(tmp_path, begun=False) as (_node, rec):
            await http(rec.port, "POST", "/mcp", body, {"Content-Type": "application/json"})
            assert rec.events == []
            await http(rec.port, "POST", "/mcp", body, {"Content-Type": "application/json-rpc; charset=utf-8"})
            await http(rec.port, "POST", "/", b"[" * 300, {"Content-Type": "application/json-rpc"})
            assert [e.payload for e in rec.events if isinstance(e, Frame)] == [body, ANSWER]

    play(scene())


def test_a_bomb_passes_as_it_is(tmp_path, monkeypatch):
    """A compressed body beyond the bound stands in the capture as the bytes that passed."""
    monkeypatch.setattr("recorder.journal.coding.MOST", 1000)
    bomb = gzip.compress(bytes(1001))

    async def scene():
        async with behind(tmp_path, begun=False) as (node, rec):
            await post(rec.port, "/mcp", BEGIN)
            await post(rec.port, "/mcp", bomb, Content_Encoding="gzip", Mcp_Session_Id="one")
            await until(lambda: len(node.heads) > 1)
            assert rec.frames()[2][2] == bomb

    play(scene())


async def request(reader):
    """Read a request whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(length)


@contextlib.asynccontextmanager
async def asking(tmp_path, node, **settings):
    """A client that has asked a node through a recorder: the recorder, and the client's streams."""
    server = await asyncio.start_server(node, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, recording(tmp_path, port, scheme="http", **settings) as rec:
        reader, writer = await asyncio.open_connection("127.0.0.1", rec.port, limit=1 << 17)
        OPEN.append(writer)
        writer.write(ASKED)
        yield rec, reader, writer


ASKED = b"POST /mcp HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n%s" % (len(BEGIN), BEGIN)
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = b"data: " + PUSH + b"\n\n"


@pytest.mark.parametrize("path", ["relay", "hooks"])
def test_what_follows_a_stream_on_its_connection_is_recorded_too(tmp_path, path):
    """Whichever way its events pass; with the relay their chunks are as they were sent."""
    heard = asyncio.Semaphore(0)
    line = b"%x;kept=yes\r\n" % len(EVENT)

    async def node(reader, writer):
        OPEN.append(writer)
        await request(reader)
        writer.write(CHUNKED % b"text/event-stream")
        for _ in range(4):
            writer.write(line + EVENT + b"\r\n")
            await heard.acquire()
        writer.write(ENDED)
        await request(reader)
        writer.write(CHUNKED % b"application/json" + b"2\r\n" + ANSWER[:2] + b"\r\n")
        await writer.drain()
        writer.write(b"%x\r\n%s\r\n" % (len(ANSWER) - 2, ANSWER[2:]) + ENDED)

    async def scene():
        async with asking(tmp_path, node, path=path) as (rec, reader, writer):
            came = b""
            for _ in range(4):
                came += await soon(reader.readuntil(EVENT))
                heard.release()
            came += await soon(reader.readuntil(ENDED))
            assert came.count(line + EVENT) == (3 if path == "relay" else 0)  # mitmproxy reads on behind the first
            writer.write(ASKED)
            await soon(reader.readuntil(ANSWER))
            said = [event.payload for event in rec.events if getattr(event, "direction", "") == "from_node"]
            assert said == [PUSH] * 4 + [ANSWER]

    play(scene())


def test_a_client_that_does_not_read_a_stream_holds_up_its_node(tmp_path):
    """What it has not taken is not kept; when it reads, all comes."""
    event, held_up, count = b"data: " + b"~" * 60_000 + b"\n\n", asyncio.Event(), 400

    async def node(reader, writer):
        OPEN.append(writer)
        await request(reader)
        writer.write(CHUNKED % b"text/event-stream")
        for _ in range(count):
            writer.write(chunk(event))
            try:
                await asyncio.wait_for(writer.drain(), 0.5)
            except TimeoutError:
                held_up.set()
                await writer.drain()
        writer.write(ENDED)

    async def scene():
        async with asking(tmp_path, node) as (_rec, reader, _writer):
            await soon(held_up.wait())
            came = b""
            while not came.endswith(ENDED):
                came += await soon(reader.read(1 << 20))
            assert came.count(b"~") == count * event.count(b"~")  # however they are cut

    play(scene())

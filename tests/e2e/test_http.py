"""HTTP JSON-RPC through the recorder, and the reserved path on its port."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import zlib

import pytest
from rig import OPEN, Node, frame, http, pair, play, post, recording, soon, until

from recorder import marks
from recorder.model import Note, Scenario
from recorder.settings import Address

CALL = b'{"jsonrpc":"2.0","id":1,"method":"ask"}'
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":null}'


class HttpNode:
    """A node that answers each request from a table, and remembers what it was asked."""

    def __init__(self, answers):
        self.answers, self.asked, self.port = answers, [], 0

    async def serve(self, reader, writer):
        """Answer one request."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        body = await reader.readexactly(length)
        self.asked.append((head, body))
        status, headers, answer = self.answers.get(body, ("200 OK", "", ANSWER))
        size = "" if status.startswith("204") else f"Content-Length: {len(answer)}\r\n"
        writer.write(f"HTTP/1.1 {status}\r\n{headers}{size}\r\n".encode() + answer)
        await writer.drain()
        writer.close()


def through(tmp_path, scene, answers=(), **settings):
    """Play a scene with such a node behind a recorder."""

    async def run():
        node = HttpNode(dict(answers))
        server = await asyncio.start_server(node.serve, "127.0.0.1", 0)
        async with server, recording(tmp_path, server.sockets[0].getsockname()[1], scheme="http", **settings) as rec:
            await scene(node, rec)

    play(run())


def test_call_batch_and_notification(tmp_path):
    """Calls, batches and their answers are recorded as exchanges, with the empty answer to a notification."""
    batch, answers, notification = (
        b"[" + CALL + b"," + CALL + b"]",
        b"[" + ANSWER + b"]",
        b'{"jsonrpc":"2.0","method":"n"}',
    )
    table = {batch: ("200 OK", "", answers), notification: ("204 No Content", "", b"")}

    async def scene(node, rec):
        assert (await post(rec.port, "/rpc", CALL))[2] == ANSWER
        assert (await post(rec.port, "/rpc", batch))[2] == answers
        status, _, body = await post(rec.port, "/rpc", notification)
        assert (status, body) == (204, b"")
        assert [body for _, body in node.asked] == [CALL, batch, notification]
        frames = [(e.direction, e.exchange, e.payload) for e in rec.events if hasattr(e, "direction")]
        assert frames == [
            ("to_node", 1, CALL),
            ("from_node", 1, ANSWER),
            ("to_node", 2, batch),
            ("from_node", 2, answers),
            ("to_node", 3, notification),
            ("from_node", 3, b""),
        ]
        assert [e.status for e in rec.events if hasattr(e, "direction")][-1] == 204
        (opened,) = rec.opened
        assert opened.url.endswith("/rpc")

    through(tmp_path, scene, table)


def test_compressed_bodies_are_recorded_as_read_and_pass_as_sent(tmp_path):
    """Compressed both ways: the ends get the compressed bytes as sent, the capture has what they read in them."""
    packed_call, packed_answer = gzip.compress(CALL), gzip.compress(ANSWER)
    table = {packed_call: ("200 OK", "Content-Encoding: gzip\r\n", packed_answer)}

    async def scene(node, rec):
        _, head, body = await post(rec.port, "/", packed_call, Content_Encoding="gzip")
        assert body == packed_answer
        assert b"gzip" in head
        assert node.asked[0][1] == packed_call
        assert rec.frames() == [("to_node", "text", CALL), ("from_node", "text", ANSWER)]

    through(tmp_path, scene, table)


def test_other_requests_pass_untouched_and_are_counted(tmp_path):
    """A GET, a form and JSON that is not JSON-RPC reach the node as they are, and nothing of them is recorded."""

    async def scene(node, rec):
        await http(rec.port, "GET", "/status?x=%20", b"", {})
        await post(rec.port, "/form", b"a=1", Content_Type="text/plain")
        await post(rec.port, "/json", b'{"hello": 1}')
        assert [head.split()[:2] for head, _ in node.asked] == [
            [b"GET", b"/status?x=%20"],
            [b"POST", b"/form"],
            [b"POST", b"/json"],
        ]
        assert rec.events == []

    through(tmp_path, scene)


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n"], ids=["until the end", "chunked"])
def test_a_stream_of_events_passes_as_it_comes(tmp_path, head):
    """An answer to what is not JSON-RPC reaches the party event by event, not when it ends."""
    arrived = asyncio.Semaphore(0)

    async def stream(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + head + b"\r\n")
        for number in range(3):
            event = b"data: %d\n\n" % number
            writer.write(b"%x\r\n%s\r\n" % (len(event), event) if head else event)
            await arrived.acquire()
        writer.close()

    async def scene():
        server = await asyncio.start_server(stream, "127.0.0.1", 0)
        async with server, recording(tmp_path, server.sockets[0].getsockname()[1], scheme="http") as rec:
            reader, writer = await asyncio.open_connection("127.0.0.1", rec.port)
            OPEN.append(writer)
            writer.write(b"GET /events HTTP/1.1\r\nHost: node\r\n\r\n")
            for number in range(3):
                await soon(reader.readuntil(b"data: %d\n\n" % number))
                arrived.release()
            assert rec.events == []

    play(scene())


@contextlib.asynccontextmanager
async def streaming(tmp_path, head=b"", **settings):
    """A node that answers a request with a stream of events, each when `said` has one; and a recorder before it."""
    said = asyncio.Queue()

    async def stream(reader, writer):
        OPEN.append(writer)
        request = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in request.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        await reader.readexactly(length)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n")
        writer.write(b"X-Kept: yes\r\nDate: now\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n")
        while (piece := await said.get()) is not None:
            writer.write(chunk(piece))
        writer.write(chunk(b""))
        writer.close()

    server = await asyncio.start_server(stream, "127.0.0.1", 0)
    async with server, recording(tmp_path, server.sockets[0].getsockname()[1], scheme="http", **settings) as rec:
        reader, writer = await asyncio.open_connection("127.0.0.1", rec.port)
        OPEN.append(writer)
        writer.write(b"POST /mcp HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n%s" % (len(CALL), CALL))
        yield rec, reader, said


def chunk(piece):
    """A piece of a body as it goes over the wire; an empty one ends it."""
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def answered(rec):
    """The frames from the node so far: exchange, status, headers and payload."""
    frames = (e for e in rec.events if getattr(e, "direction", "") == "from_node")
    return [(e.exchange, e.status, e.headers, e.payload) for e in frames]


HEAD = [("Content-Type", "text/event-stream; charset=utf-8"), ("X-Kept", "yes")]


def test_a_call_answered_by_a_stream_of_events(tmp_path):
    """Each event is a frame, in the capture before its last byte passes; the headers stand at the first."""
    push = b'{"jsonrpc":"2.0","method":"progress"}'

    async def scene():
        async with streaming(tmp_path) as (rec, reader, said):
            for piece in (b": hello\r\n\r\nda", b"ta: " + push, b"\n"):
                said.put_nowait(piece)
                await soon(reader.readuntil(chunk(piece)))
                assert answered(rec) == []
            said.put_nowait(b"\n")
            await soon(reader.readuntil(chunk(b"\n")))
            assert answered(rec) == [(1, 200, HEAD, push)]
            said.put_nowait(b"data\n\ndata: " + ANSWER + b"\n\n")
            await soon(reader.readuntil(ANSWER + b"\n\n"))
            said.put_nowait(None)
            await soon(reader.readuntil(chunk(b"")))
            assert answered(rec) == [(1, 200, HEAD, push), (1, 200, [], ANSWER)]

    play(scene())


def test_a_stream_that_says_nothing_is_an_answer_all_the_same(tmp_path):
    """Its end is a frame without a body, as that of any answer that has none."""

    async def scene():
        async with streaming(tmp_path) as (rec, reader, said):
            said.put_nowait(None)
            await soon(reader.readuntil(chunk(b"")))
            assert answered(rec) == [(1, 200, HEAD, b"")]

    play(scene())


def test_a_compressed_stream_of_events(tmp_path):
    """It passes as it was sent, when it was sent; the capture has what is read in it."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)

    async def scene():
        async with streaming(tmp_path, b"Content-Encoding: gzip\r\n") as (rec, reader, said):
            packed = packer.compress(b"data: " + ANSWER + b"\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
            said.put_nowait(packed)
            await soon(reader.readuntil(packed))
            assert answered(rec) == [(1, 200, HEAD, ANSWER)]

    play(scene())


def test_a_stream_in_a_coding_that_is_undone_whole(tmp_path):
    """It is held until its end, and recorded event by event as any other."""
    packed = zlib.compress(b"data: " + ANSWER + b"\n\ndata: 2\n\n")

    async def scene():
        async with streaming(tmp_path, b"Content-Encoding: deflate\r\n") as (rec, reader, said):
            said.put_nowait(packed)
            said.put_nowait(None)
            await soon(reader.readuntil(packed))
            assert answered(rec) == [(1, 200, HEAD, ANSWER), (1, 200, [], b"2")]

    play(scene())


def test_headers_are_recorded_once(tmp_path):
    """Of an answer, those that its client may need; of a request, those in which it differs from its session's."""
    table = {CALL: ("200 OK", "Content-Type: application/json\r\nServer: x\r\nSet-Cookie: s\r\n", ANSWER)}

    async def scene(node, rec):
        await post(rec.port, "/", CALL, User_Agent="a")
        await post(rec.port, "/", CALL, User_Agent="a", Mcp_Protocol_Version="2", Authorization="secret")
        first, second = ([e for e in rec.events if getattr(e, "exchange", 0) == number] for number in (1, 2))
        assert [e.headers for e in first] == [[], [("Content-Type", "application/json"), ("Set-Cookie", "«cookie 1»")]]
        assert second[0].headers == [("Mcp-Protocol-Version", "2"), ("Authorization", "«authorization 1»")]
        assert b"secret" not in rec.file.read_bytes()

    through(tmp_path, scene, table)


def test_a_node_that_names_its_sessions(tmp_path):
    """What carries a name belongs to the session that it was given to; who begins without one is another."""
    begin, call = (b'{"jsonrpc":"2.0","id":%d,"method":"initialize"}' % number for number in (1, 2)), CALL
    one, other = begin
    table = {
        one: ("200 OK", "Mcp-Session-Id: first\r\n", ANSWER),
        other: ("200 OK", "Mcp-Session-Id: second\r\n", ANSWER),
    }

    async def scene(node, rec):
        await post(rec.port, "/", one)
        await post(rec.port, "/", other)
        await post(rec.port, "/", call, Mcp_Session_Id="second")
        await post(rec.port, "/", call, Mcp_Session_Id="first")
        await post(rec.port, "/", call, Mcp_Session_Id="of before the capture")
        sent = [e.session for e in rec.events if getattr(e, "direction", "") == "to_node"]
        assert sent == [1, 2, 2, 1, 3]

    through(tmp_path, scene, table, profile="mcp")


def test_calls_of_the_first_version_are_recorded(tmp_path):
    """They have no member that says what they are, but a method and an id."""
    old = b'{"id":1,"method":"getinfo","params":[]}'

    async def scene(node, rec):
        await post(rec.port, "/", old)
        await post(rec.port, "/", b'{"method":"of something else"}', User_Agent="b")
        assert [e.payload for e in rec.events if hasattr(e, "direction")] == [old, ANSWER]

    through(tmp_path, scene)


def test_calls_in_a_query_are_recorded(tmp_path):
    """As the message that they are; what else the query says is of the endpoint. Other queries are none."""

    async def scene(node, rec):
        await http(rec.port, "GET", "/rpc?key=k&method=sum&id=1&params=[1,2]", b"", {})
        await http(rec.port, "GET", "/rpc?key=k&method=stop&id=2&params=WzFd", b"", {})
        await http(rec.port, "GET", "/rpc?key=k&page=2", b"", {})
        (opened,) = rec.opened
        assert opened.url.endswith("/rpc?key=«key 1»")
        calls = [(e.payload, e.query) for e in rec.events if getattr(e, "direction", "") == "to_node"]
        assert calls == [
            (b'{"method":"sum","id":"1","params":[1,2]}', "json"),
            (b'{"method":"stop","id":"2","params":[1]}', "base64"),
        ]
        assert node.asked[0][0].split()[1] == b"/rpc?key=k&method=sum&id=1&params=[1,2]"

    through(tmp_path, scene)


def test_sessions_are_told_apart_by_client_and_endpoint(tmp_path):
    """One client's calls to one endpoint are one session, over however many connections; another's are another."""

    async def scene(node, rec):
        for agent, path in (("a", "/x"), ("a", "/x"), ("b", "/x"), ("a", "/y")):
            await post(rec.port, path, CALL, User_Agent=agent)
        assert [event.session for event in rec.opened] == [1, 2, 3]
        taken = [(e.session, e.exchange) for e in rec.events if hasattr(e, "direction")]
        assert taken == [(1, 1), (1, 1), (1, 2), (1, 2), (2, 1), (2, 1), (3, 1), (3, 1)]

    through(tmp_path, scene)


def test_concurrent_exchanges_are_kept_apart(tmp_path):
    """Fifty calls at once: each answer stands in the capture with the exchange of its own call."""
    calls = [b'{"jsonrpc":"2.0","id":%d,"method":"m"}' % number for number in range(50)]
    table = {call: ("200 OK", "", call.replace(b'"method":"m"', b'"result":%d' % n)) for n, call in enumerate(calls)}

    async def scene(node, rec):
        await asyncio.gather(*(post(rec.port, "/", call) for call in calls))
        exchanges = {}
        for event in rec.events:
            if hasattr(event, "direction"):
                exchanges.setdefault(event.exchange, []).append(json.loads(event.payload)["id"])
        assert len(exchanges) == 50
        assert all(len(ids) == 2 and ids[0] == ids[1] for ids in exchanges.values())

    through(tmp_path, scene, table)


def test_secrets_in_headers_are_masked(tmp_path):
    """What authenticates a party reaches the node and not the capture."""

    async def scene(node, rec):
        await post(rec.port, "/", CALL, Authorization="Bearer very-secret")
        assert b"very-secret" in node.asked[0][0]
        assert b"very-secret" not in rec.file.read_bytes()

    through(tmp_path, scene)


def test_scenarios_and_notes_are_in_the_capture_when_answered(tmp_path):
    """A posted scenario or note is answered 200 when its event is in the capture, and never reaches the node."""

    async def scene(node, rec):
        assert (await post(rec.port, "/.recorder/scenario", b'{"name": "two withdrawals"}'))[0] == 200
        assert [type(event) for event in rec.events] == [Scenario]
        assert (await post(rec.port, "/.recorder/scenario", b'{"name": "a folder/two"}'))[0] == 200
        assert (await post(rec.port, "/.recorder/note", '{"text": "✓ now", "party": "initiator"}'.encode()))[0] == 200
        scenario, other, note = rec.events
        assert (scenario.name, other.name) == ("two withdrawals", "a folder/two")
        assert isinstance(note, Note)
        assert (note.party, note.text) == ("initiator", "✓ now")
        assert node.asked == []

    through(tmp_path, scene)


def test_parties_may_connect_over_ipv6(tmp_path):
    """Each spelling of an address is listened on."""

    async def run(listen):
        (tmp_path / "run.jsonl").unlink(missing_ok=True)
        async with recording(tmp_path, 1, scheme="http", listen=listen) as rec:
            await asyncio.to_thread(marks.post, "note", {"text": "x"}, Address("::1", rec.port))
            assert [event.text for event in rec.events] == ["x"]

    for listen in ("[::1]:0", "[::0]:0"):
        play(run(listen))


REFUSALS = {
    "a page's origin": (403, "POST", "scenario", b'{"name":"x"}', {"Origin": "http://evil.example"}),
    "a page on a rebound name": (
        403,
        "POST",
        "scenario",
        b'{"name":"x"}',
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ),
    "an opaque origin": (403, "POST", "scenario", b'{"name":"x"}', {"Origin": "null"}),
    "fetch metadata": (403, "POST", "scenario", b'{"name":"x"}', {"Sec-Fetch-Site": "same-origin"}),
    "a form": (415, "POST", "scenario", b'{"name":"x"}', {"Content-Type": "text/plain"}),
    "no type": (415, "POST", "scenario", b'{"name":"x"}', {"Content-Type": ""}),
    "GET": (405, "GET", "scenario", b"", {}),
    "OPTIONS": (405, "OPTIONS", "scenario", b"", {}),
    "unknown": (404, "POST", "nothing", b"{}", {}),
    "query": (404, "POST", "scenario?x", b"{}", {}),
    "no JSON": (400, "POST", "scenario", b"name", {}),
    "bad UTF-8": (400, "POST", "note", b'{"text":"\xff"}', {}),
    "no name": (400, "POST", "scenario", b"{}", {}),
    "a path for a name": (400, "POST", "scenario", b'{"name":"../x"}', {}),
    "a path that leads up": (400, "POST", "scenario", b'{"name":"x/../y"}', {}),
    "a path from the root": (400, "POST", "scenario", b'{"name":"/x"}', {}),
    "a hidden name": (400, "POST", "scenario", b'{"name":".x"}', {}),
    "an empty name": (400, "POST", "scenario", b'{"name":""}', {}),
    "unknown member": (400, "POST", "scenario", b'{"name":"x","more":1}', {}),
    "empty note": (400, "POST", "note", b'{"text":" "}', {}),
    "party of two lines": (400, "POST", "note", b'{"text":"x","party":"a\\nb"}', {}),
    "deep nesting": (400, "POST", "note", b"[" * 100_000, {}),
}


def test_the_reserved_path_refuses_the_rest(tmp_path):
    """Nothing a web page can send, and nothing malformed, is carried out, recorded, or forwarded to the node."""

    async def scene(node, rec):
        for why, (expected, method, path, body, headers) in REFUSALS.items():
            with_type = {"Content-Type": "application/json; charset=utf-8", **headers}
            status, _, answer = await http(rec.port, method, f"/.recorder/{path}", body, with_type)
            assert status == expected, why
            assert "error" in json.loads(answer), why
        assert rec.events == []
        assert node.asked == []

    through(tmp_path, scene)


@pytest.mark.parametrize("path", ["relay", "hooks"])
def test_an_upgrade_of_the_reserved_path_is_refused(tmp_path, path):
    """A WebSocket handshake for the reserved path never reaches the node."""

    async def scene():
        async with Node().listening() as node, recording(tmp_path, node.port, path=path) as rec:
            upgrade = {"Upgrade": "websocket", "Connection": "close, Upgrade", "Sec-WebSocket-Key": "x" * 24}
            status, _, _ = await http(rec.port, "GET", "/.recorder/note", b"", upgrade)
            assert status == 405
            assert node.accepted == 0

    play(scene())


def test_websockets_and_http_share_a_capture(tmp_path):
    """A session over HTTP and one over a WebSocket stand in one capture, in the order of the timeline."""

    async def scene():
        async with Node().listening() as node, recording(tmp_path, node.port) as rec:
            (_, writer), _ = await pair(rec.port, node)
            writer.write(frame(b"one", masked=True))
            await until(rec.frames)
            assert (await post(rec.port, "/.recorder/note", b'{"text":"two"}'))[0] == 200
            writer.write(frame(b"three", masked=True))
            await until(lambda: len(rec.frames()) == 2)
            assert [type(event).__name__ for event in rec.events] == ["Opened", "Frame", "Note", "Frame"]

    play(scene())


@pytest.mark.parametrize("asked", ["/", "/v3/key"])
def test_a_node_with_a_path(tmp_path, asked):
    """What stands in the node's URL need not be asked for; the session has the URL as the node saw it."""

    async def scene():
        node = HttpNode({})
        server = await asyncio.start_server(node.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, recording(tmp_path, port, scheme="http", behind="/v3/key") as rec:
            assert (await post(rec.port, asked, CALL))[2] == ANSWER
            assert node.asked[0][0].startswith(b"POST /v3/key HTTP")
            assert rec.opened[0].url == f"http://localhost:{port}/v3/key"
            assert (await post(rec.port, "/.recorder/scenario", b'{"name": "x"}'))[0] == 200

    play(scene())


@pytest.mark.parametrize("kept", [False, True])
def test_which_name_a_node_is_asked_by(tmp_path, kept):
    """Its own, or with `--keep-host` the recorder's, so that URLs which it makes of it lead back to the recorder."""

    async def scene(node, rec):
        await http(rec.port, "GET", "/json/version", b"", {})
        name = f"127.0.0.1:{rec.port}" if kept else "localhost:"
        assert f"Host: {name}".encode() in node.asked[0][0]
        await post(rec.port, "/", CALL)
        assert rec.opened[0].url.startswith("http://localhost:")

    through(tmp_path, scene, keep_host=kept)


def test_a_node_at_an_ipv6_address_has_brackets_around_it_wherever_it_is_named(tmp_path):
    """In its `Host`, in the URLs of sessions and refusals, and where it cannot be reached (RFC 3986, section 3.2.2)."""

    async def scene():
        node = HttpNode({})
        server = await asyncio.start_server(node.serve, "::1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, recording(tmp_path, port, scheme="http", node="[::1]") as rec:
            assert (await post(rec.port, "/rpc", CALL))[2] == ANSWER
            assert f"\r\nhost: [::1]:{port}\r\n".encode() in node.asked[0][0].lower()
            assert [opened.url for opened in rec.opened] == [f"http://[::1]:{port}/rpc"]
            server.close()
            await server.wait_closed()
            with contextlib.suppress(ConnectionError):
                await http(rec.port, "GET", "/ws", b"", {"Connection": "upgrade", "Upgrade": "websocket"})
            assert rec.events[-1].url == f"ws://[::1]:{port}/ws"
            assert any(f"[::1]:{port}" in line for line in rec.said)

    play(scene())

"""Sessions and requests that a capture lacks, passed on to a node behind that has them."""

import asyncio
import http.client
import json
from contextlib import asynccontextmanager

from dialogues import LIMIT, answers, asks, closed, connect, down, opened, play, script, soon, up
from ports import free_port

from recorder import api
from recorder.replay.actions import Send
from recorder.server import MockNode
from recorder.server.listener import Listener

URL = "http://node/rpc"
RECORDED = (opened(url=URL), up(asks("one"), exchange=1), down(answers(1), exchange=1))


class Behind:
    """The node behind: says what it was asked, in a way of its own, and echoes over WebSockets."""

    def __init__(self):
        self.seen, self.held = [], []

    def requested(self, request, answer):
        """Answer with what tells it from a mock; a stream goes on when the test says so."""
        self.seen.append((request.method, request.target, dict(request.headers), request.body))
        if request.target == "/events":
            answer.send(200, [("content-type", "text/event-stream")], b"data: 1\n\n", last=False)
            self.held.append(answer)
        else:
            answer.send(404, [("x-behind", "yes"), ("content-type", "text/x")], b"behind")

    def opened(self, wire):
        """Echo."""
        self.seen.append(wire.path)
        wire.listen(
            lambda payload, binary: wire.send(Send(0, payload, binary)), lambda code, _reason: self.seen.append(code)
        )

    def left(self, client):
        """Take no part."""

    def refuses(self, request, answer):
        """Refuse no handshake."""
        return False

    def subprotocol(self, offered):
        """The first."""
        return next(iter(offered), "")

    def handshake(self, target):
        """Say nothing besides."""
        return ()


@asynccontextmanager
async def before(*events):
    """A mock node before another node."""
    behind = Behind()
    listener = Listener(behind)
    await listener.start("127.0.0.1", 0)
    made = script(*events)
    async with MockNode(made, api.play_settings(made), beyond=f"ws://127.0.0.1:{listener.port}") as node:
        yield node, behind
    await listener.close()


def asked(node, method, path, body=None, **headers):
    """A request: status, headers and body of its answer."""

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=LIMIT)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        found = answer.status, answer.headers, answer.read()
        connection.close()
        return found

    return soon(asyncio.to_thread(ask))


def test_requests_that_nobody_recorded_are_passed_on():
    """With their headers, and back with status and headers; what was recorded is played."""

    async def scene():
        async with before(*RECORDED) as (node, behind):
            assert json.loads((await asked(node, "POST", "/rpc", asks("one")))[2])["result"] == 1
            status, headers, body = await asked(
                node, "POST", "/other?x=1", asks("two"), Accept="a", Connection="X-Hop", X_Hop="1"
            )
            assert (status, headers["x-behind"], headers["content-type"], body) == (404, "yes", "text/x", b"behind")
            ((method, target, sent, said),) = behind.seen
            assert (method, target, said) == ("POST", "/other?x=1", asks("two"))
            assert sent["accept"] == "a"
            assert "x-hop" not in sent
            assert node.outcome().ok

    play(scene())


def test_other_methods_are_passed_on_too():
    """The node behind knows them."""

    async def scene():
        async with before(*RECORDED) as (node, behind):
            assert (await asked(node, "GET", "/status"))[::2] == (404, b"behind")
            assert behind.seen[0][:2] == ("GET", "/status")

    play(scene())


def test_a_stream_is_passed_on_as_it_comes():
    """The client has an event before the next is there."""

    async def scene():
        async with before(*RECORDED) as (node, behind):
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(b"POST /events HTTP/1.1\r\nHost: n\r\nContent-Length: 2\r\n\r\n{}")
            await soon(reader.readuntil(b"data: 1\n\n"))
            behind.held[0].send(200, [], b"data: 2\n\n")
            await soon(reader.readuntil(b"data: 2\n\n"))
            await soon(reader.readuntil(b"0\r\n\r\n"))
            writer.close()

    play(scene())


def test_sessions_that_nobody_recorded_are_passed_on():
    """Both ways, text and binary, and they end as their client ends them; meanwhile a client is there."""

    async def scene():
        async with before(opened(subprotocol="v1"), closed()) as (node, behind):
            async with connect(node, "/other?x=1", subprotocols=["v1"]) as wire:
                assert wire.subprotocol == "v1"
                for message in ("text", b"\x00\xff"):
                    await wire.send(message)
                    assert await soon(wire.recv()) == message
                assert node.open
                await wire.close(4000, "enough")
            while node.open or len(behind.seen) < 2:  # noqa: ASYNC110 - what is waited for sets no event
                await asyncio.sleep(0.002)
            assert behind.seen == ["/other?x=1", 4000]

    play(scene())


def test_a_node_behind_that_is_not_there():
    """A session is closed with the code for that."""

    async def scene():
        made = script(opened(), closed())
        beyond = f"ws://127.0.0.1:{free_port()}"
        async with MockNode(made, api.play_settings(made), beyond=beyond) as node, connect(node, "/other") as wire:
            await soon(wire.wait_closed())
            assert wire.close_code == 1014

    play(scene())

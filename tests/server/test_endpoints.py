"""Streams that tell their client where to post, and answer there: as a mock node gives them, and as parties hear them."""

import asyncio
import contextlib
import http.client

import pytest
from dialogues import LIMIT, OverHttp, answers, asks, down, opened, play, playing, post, pushes, script, soon, up
from ports import free_port

from recorder import api
from recorder.errors import InputError
from recorder.event_stream import EVENTS, ServerEvent
from recorder.server.listener import Listener
from recorder.server.parties import play_parties

SSE = [("content-type", "text/event-stream")]


def told(endpoint, session=1):
    """A session that begins with a stream."""
    return (
        opened(session, url="http://node/sse"),
        down(b"", session, headers=SSE),
        down(endpoint.encode(), session, event_type="endpoint"),
        up(asks(number=session), session),
        down(pushes("working", on=session), session),
        down(answers(session, session), session),
    )


@contextlib.asynccontextmanager
async def listening(node, path="/sse"):
    """The events of a stream, one by one."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=LIMIT)
    connection.request("GET", path, headers={"accept": "text/event-stream"})
    answer = await soon(asyncio.to_thread(connection.getresponse))
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")

    async def event():
        (found,) = EVENTS.parse(await soon(asyncio.to_thread(lambda: b"".join([*iter(answer.readline, b"\n"), b"\n"]))))
        return found

    try:
        yield event
    finally:
        answer.close()
        connection.close()


async def posted(node, path, body):
    """What a post is answered with."""
    return await soon(asyncio.to_thread(post, node, body, path))


@pytest.mark.parametrize(
    "endpoint", ["/messages/?id=0d480d2f", "messages/?id=0d480d2f", "http://elsewhere/messages/?id=0d480d2f"]
)
def test_a_mock_answers_in_the_stream_what_is_posted_to_its_endpoint(endpoint):
    """The post itself is acknowledged; what leads to another host leads to the mock."""

    async def scene():
        async with playing(*told(endpoint), profile="mcp") as node:
            async with listening(node) as event:
                assert await event() == ServerEvent(b"/messages/?id=0d480d2f", "endpoint")
                assert await posted(node, "/messages/?id=0d480d2f", asks(number=9)) == (202, b"")
                assert [(await event()).data for _ in range(2)] == [pushes("working", on=1), answers(1, 9)]
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


def test_each_client_of_a_loop_has_an_endpoint_of_its_own():
    """They are there at the same time, and none gets what another has asked for."""

    async def scene():
        async with (
            playing(*told("/p?id=1"), profile="mcp", loop=True) as node,
            listening(node) as one,
            listening(node) as other,
        ):
            assert ((await one()).data, (await other()).data) == (b"/p?id=1", b"/p?id=1&again=2")
            await posted(node, "/p?id=1&again=2", asks(number=8))
            await posted(node, "/p?id=1", asks(number=7))
            assert [(await one()).data for _ in range(2)][1] == answers(1, 7)
            assert [(await other()).data for _ in range(2)][1] == answers(1, 8)

    play(scene())


def test_each_recorded_session_is_played_once():
    """A third client finds no place, and is told so."""

    async def scene():
        async with (
            playing(*told("/p/1"), *told("/p/2", 2), profile="mcp") as node,
            listening(node) as one,
            listening(node) as other,
        ):
            assert {(await one()).data, (await other()).data} == {b"/p/1", b"/p/2"}
            connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=LIMIT)
            connection.request("GET", "/sse", headers={"accept": "text/event-stream"})
            assert (await soon(asyncio.to_thread(connection.getresponse))).status == 405
            connection.close()

    play(scene())


TOLD = (
    opened(1, url="http://node/sse"),
    down(b"", 1, headers=SSE),
    up(asks(number=1), 1, exchange=1),
    down(pushes("working", on=1), 1),
    down(answers(1, 1), 1, exchange=1),
)
"""A client that listens first, and asks afterwards; its calls are answered as they come."""


def test_a_client_may_listen_before_it_asks():
    """What it asks is of the session that it listens in."""

    async def scene():
        async with playing(*TOLD) as node:
            async with listening(node) as event:
                assert await posted(node, "/sse", asks(number=9)) == (200, answers(1, 9))
                assert (await event()).data == pushes("working", on=1)
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


def test_who_only_listens_hears_everything():
    """Two clients, each what was recorded of one."""

    async def scene():
        heard = [
            event
            for number in (1, 2)
            for event in (
                opened(number, url="http://node/sse"),
                down(b"", number, headers=SSE),
                down(pushes("tick", on=number), number),
            )
        ]
        async with playing(*heard) as node:
            async with listening(node) as one, listening(node) as other:
                assert {(await one()).data, (await other()).data} == {pushes("tick", on=1), pushes("tick", on=2)}
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


class Service(OverHttp):
    """A node with one endpoint."""

    def __init__(self, *, listens=True):
        self.stream, self.seen, self.listens = None, [], listens

    def requested(self, request, answer):
        """Let a client listen; answer what it posts in the stream."""
        self.seen.append((request.method, request.target, bytes(request.body or b"")))
        if request.method == "GET" and self.listens:
            self.stream = answer
            answer.send(200, SSE, b"event: endpoint\ndata: /there?id=5\n\n", last=False)
        elif request.method == "POST" and self.stream is not None:
            answer.send(202, [], b"Accepted")
            for said in (pushes("working", on=1), answers(1, 1)):
                self.stream.send(200, SSE, b"data: " + said + b"\n\n", last=False)
        else:
            answer.send(404, [], b"")


async def against(service, *events, **how):
    """What comes of the parties of a capture in front of a service."""
    listener = Listener(service)
    await listener.start("127.0.0.1", 0)
    made = script(*events, profile="mcp")
    settings = api.play_settings(made, set(made.parties.values()))
    try:
        return await soon(play_parties(made, settings, f"http://127.0.0.1:{listener.port}", **how))
    finally:
        await listener.close()


def test_parties_post_to_the_endpoint_that_they_are_told():
    """A live one that is another than the recorded one is no difference."""

    async def scene():
        service = Service()
        outcome = await against(service, *told("/p?id=1"))
        assert outcome.ok, outcome
        assert service.seen == [("GET", "/sse", b""), ("POST", "/there?id=5", asks())]

    play(scene())


def test_a_party_that_hears_no_stream_says_so():
    """Nothing could come of it."""

    async def scene():
        with pytest.raises(InputError, match="/sse gives no event stream, but status 404"):
            await against(Service(listens=False), *told("/p?id=1"))

    play(scene())


def test_parties_that_listen_first_say_that_nobody_is_there():
    """As those that ask first do."""
    made = script(*told("/p?id=1"), profile="mcp")
    settings = api.play_settings(made, set(made.parties.values()))

    async def scene():
        with pytest.raises(InputError, match="no answer from http"):
            await soon(play_parties(made, settings, f"http://127.0.0.1:{free_port()}"))

    play(scene())


def test_a_post_that_is_refused_is_not_as_recorded():
    """Its status and body are what came."""

    class Refusing(Service):
        def requested(self, request, answer):
            if request.method == "POST":
                answer.send(404, [], b"no such session")
            else:
                super().requested(request, answer)

    async def scene():
        outcome = await against(Refusing(), *told("/p?id=1"), timeout=0.5)
        assert '"no such session" came' in outcome.unexpected[0]

    play(scene())


class Late(OverHttp):
    """A node that takes its time until a client hears it, and tells only those who do."""

    def __init__(self):
        self.stream = None

    def requested(self, request, answer):
        """Let a client listen after a while; answer what it posts, and say so in the stream."""
        if request.method == "GET":
            asyncio.get_running_loop().call_later(0.1, self._hear, answer)
        else:
            answer.send(200, [], answers(1, 1))
            if self.stream is not None:
                self.stream.send(200, SSE, b"data: " + pushes("working", on=1) + b"\n\n", last=False)

    def _hear(self, answer):
        self.stream = answer
        answer.send(200, SSE, b": here\n\n", last=False)


def test_parties_ask_when_they_are_heard():
    """What a node says because of a call would be lost while nobody listens."""

    async def scene():
        assert (await against(Late(), *TOLD, timeout=LIMIT)).ok

    play(scene())

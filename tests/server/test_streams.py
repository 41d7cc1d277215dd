"""Streams that clients open, lose and resume, and sessions that they leave, played over real sockets."""

import asyncio
import http.client
import json

import pytest
from dialogues import LIMIT, OverHttp, answers, asks, down, opened, play, playing, pushes, script, soon, up

from recorder import api
from recorder.event_stream import EVENTS
from recorder.model import Closed, Frame
from recorder.server.listener import Listener
from recorder.server.parties import play_parties

URL = "http://node/rpc"
NAMED = [("Mcp-Session-Id", "0d480d2f-2b57-4abc-a9e3-a17d7a24486a"), ("content-type", "text/event-stream")]
SSE = [("content-type", "text/event-stream")]
TOLD = (
    opened(url=URL),
    up(asks("initialize"), exchange=1),
    down(answers(), exchange=1, headers=NAMED, event_id="a"),
    down(b"", headers=SSE),
    up(asks("change", 2), exchange=2, headers=NAMED[:1]),
    down(pushes("changed"), event_id="b"),
    down(answers(4, 2), exchange=2, headers=SSE, event_id="c"),
    Closed(session=1),
)


OPEN = []
"""Clients of a scene, to be ended with it."""


@pytest.fixture(autouse=True)
def _everybody_leaves():
    yield
    for client in OPEN:
        client.leave()
    OPEN.clear()


class Client:
    """A client with one connection."""

    def __init__(self, node, path="/rpc", **headers):
        OPEN.append(self)
        self.path = path
        self.connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=LIMIT)
        self.answer = None
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def leave(self):
        """End the connection."""
        if self.answer is not None:
            self.answer.close()
        self.connection.close()

    async def ask(self, method, body=b"", **headers):
        """Ask, and read the head of the answer."""

        def exchange():
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            self.connection.request(method, self.path, body or None, {**self.headers, **given})
            self.answer = self.connection.getresponse()
            return self.answer

        return await soon(asyncio.to_thread(exchange))

    async def events(self, method, body=b"", **headers):
        """Ask, and read a whole stream of events."""
        answer = await self.ask(method, body, **headers)
        return EVENTS.parse(await soon(asyncio.to_thread(answer.read)))

    async def event(self, answer):
        """Read one event of a stream."""

        def read():
            lines = iter(answer.readline, b"\n")
            return EVENTS.parse(b"".join([*lines, b"\n"]))[0]

        return await soon(asyncio.to_thread(read))


def named(node):
    """A client of the session that the mock has begun."""
    return Client(node, Mcp_Session_Id=NAMED[0][1], Accept="text/event-stream")


def test_what_is_told_on_a_stream_of_its_own():
    """The client listens, is told what it has not asked for, and leaves: then everything has happened."""

    async def scene():
        async with playing(*TOLD, profile="mcp") as node:
            await Client(node).events("POST", asks("initialize"))
            one, other = named(node), named(node)
            stream = await one.ask("GET")
            assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
            await other.events("POST", asks("change", 2))
            assert (await one.event(stream)).data == pushes("changed")
            assert (await other.ask("DELETE")).status == 204
            one.leave()
            other.leave()
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


def test_pushes_are_told_with_the_stream_that_they_go_out_on():
    """As a recorder in front of the node would tell them."""
    rooms = [(0, "lobby"), (1, "cellar")]
    events = [*TOLD[:3], *(down(b"", headers=SSE, request_headers=[("Room", room)], stream=at) for at, room in rooms)]
    events += [up(asks("change", 2), exchange=2, headers=NAMED[:1])]
    events += [down(pushes("changed", of=room), stream=at) for at, room in rooms]
    told = []

    async def scene():
        async with playing(*events, profile="mcp", tell=told.append) as node:
            await Client(node).events("POST", asks("initialize"))
            listening = [(one := named(node), await one.ask("GET", Room=room), room) for _at, room in rooms]
            asking = asyncio.ensure_future(named(node).events("POST", asks("change", 2)))
            for one, stream, room in listening:
                assert (await one.event(stream)).data == pushes("changed", of=room)
            asking.cancel()

    play(scene())
    pushed = [one for one in told if isinstance(one, Frame) and b"changed" in one.payload]
    assert [(one.stream, one.payload) for one in pushed] == [(at, pushes("changed", of=room)) for at, room in rooms]


def test_each_session_of_a_loop_has_a_name_of_its_own():
    """Two clients are there at the same time, and none gets what the other has asked for."""

    async def scene():
        async with playing(*TOLD, profile="mcp", loop=True) as node:
            names = []
            for number in (1, 2):
                client = Client(node)
                await client.events("POST", asks("initialize", number))
                names.append(client.answer.headers["Mcp-Session-Id"])
            assert names == [NAMED[0][1], f"{NAMED[0][1]}-2"]
            for number, name in ((8, names[0]), (9, names[1])):
                (answer,) = await Client(node, Mcp_Session_Id=name).events("POST", asks("change", number))
                assert answer.data == answers(4, number)
            assert node.outcome().unexpected == []

    play(scene())


def test_what_was_told_before_anybody_listened():
    """It waits for whoever listens first, though that does not say what it accepts."""

    async def scene():
        async with playing(*TOLD, profile="mcp") as node:
            await Client(node).events("POST", asks("initialize"))
            one, other = Client(node, Mcp_Session_Id=NAMED[0][1]), named(node)
            await other.events("POST", asks("change", 2))
            assert (await one.event(await one.ask("GET"))).data == pushes("changed")

    play(scene())


def test_a_client_may_listen_before_it_asks_what_was_asked_first():
    """Where a node names its sessions, there is none to listen to before that."""
    said = [up(asks(), exchange=1), down(answers(), exchange=1), down(b"", headers=SSE), down(pushes("changed"))]

    async def scene():
        async with playing(opened(url=URL), *said) as node:
            one, other = Client(node), Client(node)
            stream = await one.ask("GET")
            assert (await other.ask("POST", asks())).status == stream.status == 200
            assert (await one.event(stream)).data == pushes("changed")
            one.leave()
            other.leave()
            await soon(node.over())
            assert node.outcome().ok, node.outcome()
        async with playing(*TOLD, profile="mcp") as node:
            assert (await Client(node).ask("GET")).status == 405

    play(scene())


def test_a_stream_is_resumed_behind_the_last_event_that_came():
    """The ids are the mock's own; a client that gives one gets what came after it, of that stream alone."""
    events = [
        opened(url=URL),
        up(asks("call"), exchange=1),
        down(pushes("progress", done=1), exchange=1, headers=NAMED, event_id="x-1"),
        down(pushes("progress", done=2), exchange=1, event_id="x-2"),
        down(answers(), exchange=1, event_id="x-3"),
        up(asks("other", 2), exchange=2, headers=NAMED[:1]),
        down(answers(9, 2), exchange=2, headers=SSE, event_id="y-1"),
    ]

    async def scene():
        async with playing(*events, profile="mcp") as node:
            first, *rest = await Client(node).events("POST", asks("call"))
            await named(node).events("POST", asks("other", 2))
            assert first.id not in {"", "x-1"}
            assert await named(node).events("GET", Last_Event_ID=first.id) == rest
            assert await named(node).events("GET", Last_Event_ID=rest[-1].id) == []
            assert (await named(node).ask("GET", Last_Event_ID="x-1")).status == 405

    play(scene())


def test_events_that_had_no_ids_have_none():
    """Who gives ids says that a stream can be resumed."""
    events = [opened(url=URL), up(asks("call"), exchange=1), down(answers(), exchange=1, headers=SSE)]

    async def scene():
        async with playing(*events) as node:
            assert [event.id for event in await Client(node).events("POST", asks("call"))] == [""]

    play(scene())


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_was_not_recorded_is_not_allowed(method):
    """A node that let nobody listen, or whose clients did not leave, is one that does not know that."""
    events = [opened(url=URL), up(asks("call"), exchange=1), down(answers(), exchange=1, headers=NAMED)]

    async def scene():
        async with playing(*events, profile="mcp") as node:
            await Client(node).events("POST", asks("call"))
            assert (await named(node).ask(method)).status == 405

    play(scene())


def test_a_stream_without_an_answer_stays_open():
    """A subscription is a call that is never answered: its stream tells what happens, and does not end."""
    events = [
        opened(url=URL),
        up(asks("listen"), exchange=1),
        down(pushes("heard"), exchange=1, headers=SSE),
        up(asks("change", 2), exchange=2),
        down(pushes("changed"), exchange=1),
        down(answers(4, 2), exchange=2),
    ]

    async def scene():
        async with playing(*events) as node:
            one, other = Client(node), Client(node)
            stream = await one.ask("POST", asks("listen"))
            assert (await one.event(stream)).data == pushes("heard")
            assert json.loads((await other.ask("POST", asks("change", 2))).read())["result"] == 4
            assert (await one.event(stream)).data == pushes("changed")
            one.leave()
            other.leave()
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


@pytest.mark.parametrize("behind", [[b"[DONE]"], [pushes("late"), pushes("later")]], ids=["no message", "pushes"])
@pytest.mark.parametrize("speed", ["instant", "recorded"])
def test_a_stream_ends_where_it_was_recorded_to_end(behind, speed):
    """Not with the answer, where something was told behind it; the connection then takes the next request."""
    rest = [down(one, exchange=1, time=3_000_000 + at * 1_000_000) for at, one in enumerate(behind)]
    events = [
        opened(url=URL),
        up(asks("call"), exchange=1, time=1_000_000),
        down(answers(), exchange=1, headers=SSE, time=2_000_000),
        *rest,
        up(asks("next", 2), exchange=2, time=20_000_000),
        down(answers(4, 2), exchange=2, headers=SSE, time=21_000_000),
    ]

    async def scene():
        async with playing(*events, speed=speed) as node:
            client = Client(node)
            assert [one.data for one in await client.events("POST", asks("call"))] == [answers(), *behind]
            assert [one.data for one in await client.events("POST", asks("next", 2))] == [answers(4, 2)]
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


class Service(OverHttp):
    """A node that names its session, tells it something, cuts an answer off, and remembers what it was asked."""

    def __init__(self):
        self.seen, self.stream = [], None

    def requested(self, request, answer):
        """Answer."""
        headers = dict(request.headers)
        named_ = headers.get("mcp-session-id", ""), headers.get("last-event-id", "")
        self.seen.append((request.method, json.loads(request.body or b"{}").get("method", ""), *named_))
        rest = b"id: c\ndata: " + answers(4, 2) + b"\n\n"
        if request.method == "DELETE":
            answer.send(204, [], b"")
        elif request.method == "GET" and headers.get("last-event-id") == "p":
            answer.send(200, SSE, rest)
        elif request.method == "GET":
            self.stream = answer
            answer.send(200, SSE, b": listening\n\n", last=False)
        elif b"initialize" in request.body:
            answer.send(
                200, [("Mcp-Session-Id", "5c1dd3f0-93b6-4a1e-8d4b-0e6c1f7a2b11"), *SSE], b"data: " + answers() + b"\n\n"
            )
        else:
            assert self.stream is not None, "nobody listens"
            self.stream.send(200, SSE, b"data: " + pushes("changed") + b"\n\n", last=False)
            answer.send(200, SSE, b"id: p\ndata:\n\n")


async def visited(owner, events):
    """A node over HTTP that the parties of a capture visit, to whom it says what was recorded."""
    listener = Listener(owner)
    await listener.start("127.0.0.1", 0)
    made = script(*events, profile="mcp")
    settings = api.play_settings(made, set(made.parties.values()))
    outcome = await soon(play_parties(made, settings, f"http://127.0.0.1:{listener.port}"))
    await listener.close()
    assert outcome.ok, outcome


def test_parties_listen_resume_and_leave():
    """They do so when it was recorded, in their live session."""
    events = [event for event in TOLD if getattr(event, "event_id", "") != "c"]
    events[-1:-1] = [down(b"", exchange=2, headers=SSE), down(answers(4, 2), exchange=2, event_id="c")]

    async def scene():
        service = Service()
        await visited(service, events)
        name = "5c1dd3f0-93b6-4a1e-8d4b-0e6c1f7a2b11"
        assert service.seen == [
            ("POST", "initialize", "", ""),
            ("GET", "", name, ""),
            ("POST", "change", name, ""),
            ("GET", "", name, "p"),
            ("DELETE", "", name, ""),
        ]

    play(scene())


def test_parties_ask_for_the_rest_of_a_stream_that_they_listen_to():
    """A node may end it after each event (MCP lets it be polled so); without ids nobody can go on behind them."""
    told = [pushes("told", number=number) for number in range(3)]
    events = [opened(url=URL), down(b"", headers=SSE), *(down(one) for one in told), Closed(session=1)]

    class Ending(OverHttp):
        def requested(self, request, answer):
            last = dict(request.headers).get("last-event-id", "")
            seen.append(last)
            at = int(last or 0)
            if at == len(told):
                answer.send(405, [], b"")
            else:
                answer.send(200, SSE, b"id: %d\ndata: %s\n\n" % (at + 1, told[at]))

    async def scene():
        await visited(Ending(), events)

    seen = []
    play(scene())
    assert seen[:3] == ["", "1", "2"]


def test_streams_are_told_apart_by_a_value_in_their_urls_that_the_node_handed_out():
    """Each is the one recorded with just this value, whichever began first."""
    rooms = ["8f14e45f-ceea-467a-9a36-dedd4bea2543", "c9f0f895-fb98-4b91-a99f-51f5297e236d"]
    events = [opened(1, URL)]
    for number, room in enumerate(rooms, 1):
        events += [up(asks("new", number), exchange=number), down(answers(room, number), exchange=number)]
    for session, room in ((2, rooms[1]), (3, rooms[0])):
        events += [
            opened(session, f"{URL}?room={room}"),
            down(b"", session, headers=SSE),
            down(pushes("in", of=room), session),
        ]

    async def scene():
        async with playing(*events) as node:
            asking = Client(node)
            for number, room in enumerate(rooms, 1):
                assert json.loads((await asking.ask("POST", asks("new", number))).read())["result"] == room
                client = Client(node, path=f"/rpc?room={room}")
                assert (await client.event(await client.ask("GET"))).data == pushes("in", of=room)
                client.leave()
            assert node.outcome().ok, node.outcome()

    play(scene())

"""The mock node over real sockets: many clients, slow ones, lost ones, unwelcome ones, and faults on purpose."""

import asyncio
import itertools
import json
import socket
from collections import Counter

import pytest
from dialogues import (
    LIMIT,
    answers,
    asks,
    closed,
    connect,
    down,
    opened,
    play,
    playing,
    pushes,
    refused,
    script,
    soon,
    up,
)
from ports import free_port
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame as Closing
from websockets.frames import Opcode

from recorder.difference import MISSING
from recorder.errors import InputError
from recorder.model import Closed, Frame, Refused
from recorder.replay import PlaySettings
from recorder.server import MockNode
from recorder.settings import Address
from recorder.timeline.script import NODE

SUM = (opened(), up(asks()), down(answers()), closed())


async def ask(node, number=7, path="/rpc"):
    """One session with one question."""
    async with connect(node, path) as wire:
        await wire.send(asks(number=number).decode())
        return json.loads(await soon(wire.recv()))


def test_a_client_is_answered_with_its_own_id():
    """The recorded answer comes, to the id that was asked with; then the run is over and fine."""

    async def scene():
        async with playing(*SUM) as node:
            assert await ask(node, number="live") == {"jsonrpc": "2.0", "id": "live", "result": 3}
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


def test_a_client_is_answered_with_its_own_id_where_the_node_had_made_a_text_of_it():
    """Some do; the client of the mock waits for its own id."""

    async def scene():
        async with playing(opened(), up(asks(number=7)), down(answers(number="7")), closed()) as node:
            assert await ask(node, number=5000) == {"jsonrpc": "2.0", "id": 5000, "result": 3}
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


def test_a_call_may_have_further_results():
    """As those have that subscribe (CometBFT): each comes under the live id, and after the first."""
    subscribed = (opened(), up(asks()), down(answers("yes")), down(answers("event 1")), down(answers("event 2")))

    async def scene():
        async with playing(*subscribed, closed()) as node:
            async with connect(node) as wire:
                await wire.send(asks(number="live").decode())
                came = [json.loads(await soon(wire.recv())) for _ in range(3)]
            assert [(one["id"], one["result"]) for one in came] == [
                ("live", one) for one in ("yes", "event 1", "event 2")
            ]
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


@pytest.mark.untraced
def test_two_hundred_clients_at_once():
    """With --loop every client has a run of its own, all at the same time, and none is left behind."""

    async def scene():
        async with playing(
            opened(), up(asks()), down(answers()), up(asks()), down(answers(4)), closed(), loop=True
        ) as node:
            everybody = asyncio.Barrier(200)

            async def client(number):
                async with connect(node) as wire:
                    await everybody.wait()
                    for result in (3, 4):
                        await wire.send(asks(number=number).decode())
                        assert json.loads(await wire.recv()) == {"jsonrpc": "2.0", "id": number, "result": result}

            await soon(asyncio.gather(*map(client, range(200))))
            assert node.outcome().ok

    play(scene())


def test_parties_are_paired_by_their_accounts():
    """Looped, each party meets the one that it says it talks to, whoever comes first."""
    accounts = {f"{role}_id": f"ak_{'1' * 25}{role}" for role in ("initiator", "responder")}

    def url(role, mark=""):
        return "/channel?role={}&initiator_id={}&responder_id={}".format(
            role, *(one + mark for one in accounts.values())
        )

    events = [
        opened(1, f"ws://node{url('initiator')}", "initiator"),
        opened(2, f"ws://node{url('responder')}", "responder"),
        up(pushes("hello", word="x"), 1),
        down(pushes("heard", word="x"), 2),
        closed(1),
        closed(2),
    ]

    async def scene():
        async with playing(*events, loop=True, mode="lenient", profile="aeternity") as node:
            ends = [connect(node, url("initiator", mark)) for mark in "ab"] + [
                connect(node, url("responder", mark)) for mark in "ba"
            ]
            one, two, of_two, of_one = [await end for end in ends]
            await two.send(pushes("hello", word="two").decode())
            assert b"heard" in await soon(of_two.recv(decode=False))
            await one.send(pushes("hello", word="one").decode())
            assert b"heard" in await soon(of_one.recv(decode=False))
            await asyncio.gather(*(end.close() for end in (one, two, of_one, of_two)))

    play(scene())


@pytest.mark.untraced
def test_a_client_that_does_not_read_holds_nobody_up():
    """What a slow client does not take waits in memory; the other session of its run goes on."""
    load = pushes("load", data="x" * 1_000_000)
    events = [
        opened(1),
        opened(2, "ws://node/other"),
        *[down(load, 1)] * 30,
        up(asks(), 2),
        down(answers(), 2),
        closed(2),
    ]

    async def scene():
        async with playing(*events) as node, connect(node, max_queue=1, max_size=None) as slow:
            assert (await ask(node, path="/other"))["result"] == 3
            slow.transport.abort()

    play(scene())


def test_any_path_may_be_asked_for():
    """One that no URL can have is refused as any other that nobody recorded; the node goes on."""
    head = "Host: n\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    async def scene():
        async with playing(*SUM) as node:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(f"GET //[ HTTP/1.1\r\n{head}{key}".encode())
            await soon(reader.readuntil(b"none like it was recorded"))
            writer.close()
            assert (await ask(node))["result"] == 3

    play(scene())


def test_a_client_that_leaves_midway_ends_the_run():
    """When nobody can come any more the run is over, and what was not used is said."""

    async def scene():
        async with playing(*SUM) as node:
            async with connect(node) as wire:
                wire.transport.abort()
            await soon(node.over())
            assert node.outcome().unused == [
                "run.jsonl:3: client 1 sum missing: it was recorded, and never came",
                "run.jsonl:4: client 1 a result of sum missing: it was recorded, and never came",
            ]

    play(scene())


def test_a_looped_run_that_was_left_is_not_joined():
    """Whoever comes next gets a run of its own, not the rest of one that somebody left."""
    events = [opened(1), opened(2), up(asks(), 1), down(answers(), 1), closed(1), closed(2)]

    async def scene():
        async with playing(*events, loop=True) as node:
            async with connect(node) as left:
                left.transport.abort()
            async with connect(node) as first, connect(node):
                await first.send(asks().decode())
                assert b"3" in await soon(first.recv(decode=False))

    play(scene())


def test_a_session_too_many_is_refused_with_the_reason():
    """A client learns why there is nothing for it."""

    async def scene():
        async with playing(*SUM) as node:
            await ask(node)
            async with connect(node) as wire:
                with pytest.raises(ConnectionClosed) as end:
                    await soon(wire.recv())
                assert (end.value.rcvd.code, end.value.rcvd.reason) == (
                    1008,
                    "this session: no recorded one is left for it; replay with --loop",
                )
            assert node.outcome().unexpected == [
                "a session with /rpc extra: it came, and was not recorded; no recorded one is left for it"
            ]

    play(scene())


@pytest.mark.parametrize("loop", [False, True])
def test_a_session_that_was_never_recorded_is_refused_as_that(loop):
    """Playing again would not help its client."""

    async def scene():
        async with playing(*SUM, loop=loop) as node, connect(node, "/other") as wire:
            with pytest.raises(ConnectionClosed) as end:
                await soon(wire.recv())
            assert end.value.rcvd.reason == "this session: none like it was recorded; there is /rpc"

    play(scene())


def test_another_path_is_another_session():
    """A client at a path that nobody recorded is refused, but for a lenient node."""

    async def scene():
        async with playing(*SUM) as node, connect(node, "/wrong") as wire:
            with pytest.raises(ConnectionClosed):
                await soon(wire.recv())
        async with playing(*SUM, mode="lenient") as node:
            assert (await ask(node, path="/wrong"))["result"] == 3

    play(scene())


@pytest.mark.parametrize(("text", "code"), [("notjson", -32700), ("[]", -32600)])
def test_what_is_no_request_is_refused_as_the_standard_says(text, code):
    """Over WebSockets too: one error under no id."""

    async def scene():
        async with playing(*SUM) as node, connect(node) as wire:
            await wire.send(text)
            error = json.loads(await soon(wire.recv()))
            assert (error["id"], error["error"]["code"]) == (None, code)

    play(scene())


def test_an_unrecorded_request_is_answered_and_explained():
    """The client gets an error with its id instead of silence; the outcome has the nearest frame and the reason."""

    async def scene():
        async with playing(*SUM) as node, connect(node) as wire:
            await wire.send(asks("product", number=9).decode())
            error = json.loads(await soon(wire.recv()))
            assert (error["id"], error["error"]["code"]) == (9, -32001)
            assert node.outcome().unexpected == [
                'client 1 product extra: it came, and was not recorded\n  not run.jsonl:3 sum:\n    method: "sum" expected, "product" came (they must be equal)'
            ]

    play(scene())


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("drop:2", [4]),
        ("duplicate:a result", [3, 3, 4, 4]),
        ("duplicate:2", [3, 3, 4]),
        ("delay:2=200ms", [4, 3]),
        ('error:2={"code":5,"message":"no"}', [{"code": 5, "message": "no"}, 4]),
    ],
)
def test_a_fault_happens_on_the_wire(fault, seen):
    """A client sees what it is to be tested with."""

    async def scene():
        events = [opened(), up(asks()), down(answers(3)), down(answers(4, None)), closed()]
        async with playing(*events, faults=[fault]) as node, connect(node) as wire:
            await wire.send(asks().decode())
            came = [json.loads(await soon(wire.recv())) for _ in seen]
            assert [message.get("result", message.get("error")) for message in came] == seen

    play(scene())


def test_a_last_frame_may_be_late():
    """What a fault holds back still comes, though nothing else is left to happen."""

    async def scene():
        async with playing(opened(), up(asks()), down(answers()), faults=["delay:2=200ms"]) as node:
            assert (await ask(node))["result"] == 3
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


@pytest.mark.parametrize(("speed", "least", "most"), [("recorded", 0.3, 5), ("3", 0.1, 0.3), ("instant", 0, 0.1)])
def test_time_passes_as_it_did(speed, least, most):
    """The node takes as long as it took, or a part of it, or no time at all."""
    events = [opened(time=1), up(asks(), time=10**9), down(answers(), time=1_300_000_000), closed(time=2 * 10**9)]

    async def scene():
        async with playing(*events, speed=speed) as node, connect(node) as wire:
            clock = asyncio.get_running_loop().time
            await wire.send(asks().decode())
            began = clock()
            await soon(wire.recv())
            assert least <= clock() - began + 0.02
            assert clock() - began < most + 0.5  # a machine that is busy

    play(scene())


@pytest.mark.untraced
def test_two_hundred_recorded_sessions_at_once():
    """A capture of two hundred clients is played to two hundred clients, each its own session."""
    everybody = range(1, 201)
    events = [opened(one) for one in everybody]
    events += [event for one in everybody for event in (up(asks(), one), down(answers(one), one))]
    events += [closed(one) for one in everybody]

    async def scene():
        async with playing(*events) as node:
            came = await soon(asyncio.gather(*(ask(node) for _ in everybody)))
            assert sorted(message["result"] for message in came) == [*everybody]
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


@pytest.mark.parametrize(
    ("how", "code", "reason"),
    [
        ({"code": 4001, "reason": "enough"}, 4001, "enough"),
        ({"code": 1005}, 1005, ""),
        ({"code": 1006, "lost": "eof"}, 1006, ""),
        ({"code": 1006, "lost": "reset"}, 1006, ""),
    ],
)
def test_a_node_closes_as_it_did(how, code, reason):
    """A recorded close by the node has its code and its reason; a lost session is cut."""

    async def scene():
        async with playing(opened(), up(asks()), closed(by="node", **how)) as node, connect(node) as wire:
            await wire.send(asks().decode())
            with pytest.raises(ConnectionClosed):
                await soon(wire.recv())
            assert (wire.close_code, wire.close_reason) == (code, reason)
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


HANDSHAKE = (
    b"GET /rpc HTTP/1.1\r\nHost: n\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def agree_with_1000(reader, writer):
    """Wait for a Close frame, and agree with a code of one's own."""
    await reader.read(1000)
    writer.write(Closing(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
    writer.close()


@pytest.mark.parametrize(
    ("how", "ended"),
    [
        ({"code": 4001, "reason": "enough"}, ("node", 4001, "enough")),
        ({"code": 1005}, ("node", 1005, "")),
        (None, ("node", 1001, "")),
    ],
    ids=["a code", "no code", "a mock that ends"],
)
def test_an_end_is_told_as_the_first_end_made_it(how, ended):
    """With the code that was sent, not with the one that the client agreed with."""
    told = []

    async def scene():
        async with playing(opened(), *([] if how is None else [closed(by="node", **how)]), tell=told.append) as node:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(HANDSHAKE)
            await soon(reader.readuntil(b"\r\n\r\n"))
            client = asyncio.create_task(agree_with_1000(reader, writer))
            if how is not None:
                await soon(node.over())
        await soon(client)

    play(scene())
    assert [(one.by, one.code, one.reason) for one in told if isinstance(one, Closed)] == [ended]


def test_a_fault_closes_with_its_code():
    """`close:2=1011` ends the session in the place of the frame."""

    async def scene():
        async with playing(*SUM, faults=["close:2=1011"]) as node, connect(node) as wire:
            await wire.send(asks().decode())
            with pytest.raises(ConnectionClosed) as end:
                await soon(wire.recv())
            assert (end.value.rcvd.code, end.value.rcvd.reason) == (1011, "a fault, on purpose")

    play(scene())


def test_binary_and_broken_text_go_as_they_came():
    """Frames that are no JSON come back byte for byte, under their opcode."""
    events = [opened(), down(b"\x00\xff", opcode="binary"), up(b"not json"), down(b"neither"), closed()]

    async def scene():
        async with playing(*events) as node, connect(node) as wire:
            assert await soon(wire.recv()) == b"\x00\xff"
            await wire.send("not json")
            assert await soon(wire.recv()) == "neither"

    play(scene())


@pytest.mark.parametrize(
    ("recorded", "offered", "chosen"),
    [("v1", ["v2", "v1"], "v1"), ("", ["v1"], None), ("bearer.«token 1»", ["v1", "bearer.abc"], "bearer.abc")],
)
def test_the_subprotocol_is_the_recorded_one(recorded, offered, chosen):
    """A node that chose a subprotocol chooses it again, whatever token is in it."""

    async def scene():
        events = [opened(subprotocol=recorded), closed()]
        async with playing(*events) as node, connect(node, subprotocols=offered) as wire:
            assert wire.subprotocol == chosen

    play(scene())


def test_a_probe_of_the_port_says_nothing(caplog):
    """Whoever waits for the port to open leaves no trace."""

    async def scene():
        async with playing(*SUM) as node:
            _, probe = await asyncio.open_connection("127.0.0.1", node.port)
            probe.close()
            await probe.wait_closed()
            await ask(node)

    play(scene())
    assert caplog.records == []


def test_a_node_that_waits_does_not_spin():
    """A client that thinks for longer than the player's patience costs nothing meanwhile."""

    async def scene():
        async with playing(opened(), up(asks()), down(answers()), closed()) as node, connect(node) as wire:
            (run,) = node.runs
            calls = []
            due = run.player.due
            run.player.due = lambda now: calls.append(now) or due(now)
            await node.over(silence=2.5)
            assert len(calls) <= 3
            await wire.send(asks().decode())
            await soon(wire.recv())

    play(scene())


def test_what_happens_is_told():
    """Whoever watches sees sessions, frames and ends, with what was on the wire."""
    told = []

    async def scene():
        async with playing(*SUM, tell=told.append) as node:
            await ask(node)
            await soon(node.over())

    play(scene())
    assert [type(event).__name__ for event in told] == ["Opened", "Frame", "Frame", "Closed"]
    assert [json.loads(event.payload)["id"] for event in told if isinstance(event, Frame)] == [7, 7]


@pytest.mark.parametrize("loop", [False, True], ids=["once", "looped"])
def test_what_fails_is_raised_where_the_end_is_waited_for(loop):
    """A mistake of ours is no mock's silence; the client is told that it is not its own."""

    def tell(_event):
        raise ZeroDivisionError

    async def scene():
        async with playing(*SUM, loop=loop, tell=tell) as node:
            async with connect(node) as wire:
                with pytest.raises(ConnectionClosed, match="the mock node failed"):
                    await soon(wire.recv())
            with pytest.raises(ZeroDivisionError):
                await soon(node.over())

    play(scene())


def test_an_address_in_use_is_told():
    """What the user must mend is said with what to do."""

    async def scene(port):
        events = (opened(),)
        with pytest.raises(
            InputError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another"
        ):
            async with MockNode(script(*events), PlaySettings(ends=frozenset({NODE})), [Address("127.0.0.1", port)]):
                pass

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        play(scene(taken.getsockname()[1]))


def test_of_several_addresses_none_stays_in_use():
    """If one is taken, the others are free again."""

    async def scene(port, free):
        made = script(opened(), closed(), opened(2, url="http://other/rpc"), closed(2))
        addresses = [Address("127.0.0.1", free), Address("127.0.0.1", port)]
        with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1:{port}: "):
            async with MockNode(made, PlaySettings(ends=frozenset({NODE})), addresses):
                pass
        async with MockNode(made, PlaySettings(ends=frozenset({NODE})), addresses[:1]) as node:
            assert node.port == free

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        play(scene(taken.getsockname()[1], free_port()))


REFUSED = (
    refused(404, "/v1"),
    refused(401, "/rpc", headers=[("www-authenticate", "Bearer")]),
    refused(502, "/rpc"),
    *SUM,
    refused(503, "/rpc"),
)


async def tried(node, path="/rpc"):
    """The status that a handshake gets, and how its client may authenticate; of one that is accepted, the answer."""
    try:
        return (await ask(node, path=path))["result"]
    except InvalidStatus as error:
        return error.response.status_code, error.response.headers.get("www-authenticate")


MOTD = [pushes("welcome", motd="hi"), pushes("welcome", motd="hi"), b"as text"]


@pytest.mark.parametrize(
    "greeting", [[], MOTD[:1], MOTD], ids=["the client first", "one message", "several, two alike"]
)
@pytest.mark.parametrize("loop", [False, True], ids=["once", "looped"])
def test_clients_that_are_greeted_are_told_apart_by_what_they_say(greeting, loop):
    """A greeting that is the same for all is sent before it is known who is greeted; what is told stays in order."""
    told, events = [], []
    for session, name in enumerate("abc", 1):
        events += [opened(session), *(down(one, session) for one in greeting)]
        events += [up(asks("login", params=[name]), session), down(answers(name), session), closed(session)]

    async def scene():
        async with playing(*events, loop=loop, tell=told.append) as node:
            wires = {name: await connect(node) for name in "cba"}
            for name in "bac":
                for expected in greeting:
                    assert await soon(wires[name].recv(decode=False)) == expected
                await wires[name].send(asks("login", params=[name]).decode())
                assert json.loads(await soon(wires[name].recv()))["result"] == name
                await wires[name].close()
            assert node.outcome().ok, node.outcome()

    play(scene())
    for session in {one.session for one in told}:
        payloads = [one.payload for one in told if isinstance(one, Frame) and one.session == session]
        assert payloads[: len(greeting)] == greeting
        assert len(payloads) == len(greeting) + 2


@pytest.mark.parametrize("order", ["abc", "cba"])
@pytest.mark.parametrize("alone", [False, True], ids=["at the same time", "one after the other"])
def test_clients_that_begin_alike_are_told_apart_where_they_part(order, alone):
    """What they have in common is answered before it is known who asks; each message is told once, under its own id."""
    told, events = [], []
    for session, name in enumerate("abc", 1):
        events += [opened(session), up(asks("hello"), session), down(answers("hi"), session)]
        events += [up(asks("chain", 2), session), down(answers("main", 2), session)]
        events += [up(asks("login", 3, params=[name]), session), down(answers(name, 3), session), closed(session)]

    async def scene():
        async def asked(wire, number, method, **more):
            await wire.send(asks(method, number, **more).decode())
            answer = json.loads(await soon(wire.recv()))
            assert answer["id"] == number
            return answer["result"]

        async with playing(*events, tell=told.append) as node:
            for names in order if alone else [order]:
                wires = {name: await connect(node) for name in names}
                for name in names:
                    assert await asked(wires[name], f"{name}1", "hello") == "hi"
                    assert await asked(wires[name], f"{name}2", "chain") == "main"
                for name in names:
                    assert await asked(wires[name], 3, "login", params=[name]) == name
                    await wires[name].close()
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())
    assert Counter(one.session for one in told if isinstance(one, Frame)) == {1: 6, 2: 6, 3: 6}


def test_clients_that_begin_alike_may_use_one_id_for_all():
    """An answer that is the very bytes of the one before is sent as well."""
    events = []
    for session, name in enumerate("ab", 1):
        events += [opened(session), *[up(asks("ping"), session), down(answers("pong"), session)] * 3]
        events += [up(asks("login", params=[name]), session), down(answers(name), session), closed(session)]

    async def scene():
        async with playing(*events) as node:
            for name in "ba":
                async with connect(node) as wire:
                    for call, result in [(asks("ping"), "pong")] * 3 + [(asks("login", params=[name]), name)]:
                        await wire.send(call.decode())
                        assert json.loads(await soon(wire.recv()))["result"] == result
            assert node.outcome().ok, node.outcome()

    play(scene())


def beginning_alike(*sessions):
    """Sessions that make these calls."""
    for number, calls in enumerate(sessions, 1):
        yield opened(number)
        for at, name in enumerate(calls, 1):
            yield from (up(asks(name, at), number), down(answers(name, at), number))
        yield closed(number)


async def calling(node, calls):
    """What a client is told that makes these calls, and goes."""
    async with connect(node) as wire:
        for at, name in enumerate(calls, 1):
            await wire.send(asks(name, at).decode())
            assert json.loads(await soon(wire.recv())).get("result") == name


@pytest.mark.parametrize("live", list(itertools.permutations([("hi", "x", "a"), ("hi",), ("hi", "x")])))
def test_a_client_that_ends_where_others_go_on_is_the_one_that_ended_there(live):
    """So that those who go on get their own sessions, whoever comes first."""

    async def scene():
        async with playing(*beginning_alike(("hi", "x", "a"), ("hi",), ("hi", "x"))) as node:
            for calls in live:
                await calling(node, calls)
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


def test_a_client_that_ends_where_nobody_ended_takes_no_ones_place():
    """It is said that it came, and everybody else gets what was recorded."""

    async def scene():
        async with playing(*beginning_alike(("hi", "a"), ("hi", "b"))) as node:
            for calls in (("hi",), ("hi", "a"), ("hi", "b")):
                await calling(node, calls)
            await soon(node.over())
            outcome = node.outcome()
            assert (outcome.unused, len(outcome.unexpected)) == ([], 1)
            assert outcome.unexpected[0].endswith("it ended before it said which of several it is")

    play(scene())


def test_a_client_that_says_what_several_said_is_one_of_those_that_began_as_it_did():
    """Not one that began otherwise, though that says it too."""

    async def scene():
        async with playing(*beginning_alike(("other", "bye"), ("hi", "a", "bye"), ("hi", "b", "bye"))) as node:
            async with connect(node) as wire:
                for name, number in (("hi", 1), ("bye", 3)):
                    await wire.send(asks(name, number).decode())
                    assert json.loads(await soon(wire.recv()))["result"] == name
            await calling(node, ("other", "bye"))
            await calling(node, ("hi", "b", "bye"))
            await soon(node.over())
            outcome = node.outcome()
            assert (len(outcome.unused), outcome.unexpected) == (2, [])
            assert all(": client 2 a" in line for line in outcome.unused), outcome.unused

    play(scene())


def test_clients_that_begin_alike_and_then_only_listen_are_taken_in_their_order():
    """After a moment in which they say nothing that would tell which they are."""
    events = []
    for session, name in enumerate("ab", 1):
        events += [opened(session), up(asks("hello"), session), down(answers("hi"), session)]
        events += [down(pushes("told", name=name), session), closed(session)]

    async def scene():
        async with playing(*events) as node:
            for name in "ab":
                async with connect(node) as wire:
                    await wire.send(asks("hello").decode())
                    assert json.loads(await soon(wire.recv()))["result"] == "hi"
                    assert await soon(wire.recv(decode=False)) == pushes("told", name=name)
            assert node.outcome().ok, node.outcome()

    play(scene())


def test_nobody_gets_the_greeting_of_others():
    """Clients with other parameters may be greeted otherwise at the same path: then their order decides."""
    events = []
    for session, place in enumerate("abb", 1):
        events += [opened(session, f"ws://node/rpc?at={place}"), down(pushes("welcome", at=place), session)]
        events += [up(asks(), session), down(answers(place), session), closed(session)]

    async def scene():
        async with playing(*events) as node:
            for place in "bba":
                async with connect(node, f"/rpc?at={place}") as wire:
                    assert await soon(wire.recv(decode=False)) == pushes("welcome", at=place)
                    await wire.send(asks().decode())
                    assert json.loads(await soon(wire.recv()))["result"] == place
            assert node.outcome().ok, node.outcome()

    play(scene())


@pytest.mark.parametrize(
    ("settings", "greetings"),
    [({}, [pushes("welcome", number=1), pushes("welcome", number=2)]), ({"faults": ["drop:welcome"]}, [None, None])],
    ids=["another for each", "a fault"],
)
def test_a_greeting_that_is_not_the_same_for_all_decides_who_is_greeted(settings, greetings):
    """In order of connection; so it is where a fault may happen to it."""
    events = []
    for session, name in enumerate("ab", 1):
        events += [opened(session), down(greetings[session - 1] or MOTD[0], session)]
        events += [up(asks("login", params=[name]), session), down(answers(name), session), closed(session)]

    async def scene():
        async with playing(*events, **settings) as node, connect(node) as a, connect(node) as b:
            for wire, greeting, name in ((a, greetings[0], "a"), (b, greetings[1], "b")):
                if greeting is not None:
                    assert await soon(wire.recv(decode=False)) == greeting
                await wire.send(asks("login", params=[name]).decode())
                assert json.loads(await soon(wire.recv()))["result"] == name

    play(scene())


@pytest.mark.parametrize("loop", [False, True], ids=["once", "looped"])
def test_a_handshake_is_refused_as_it_was(loop):
    """As often as one with its URL was recorded so, in order with those that were accepted."""
    told = []

    async def scene():
        async with playing(*REFUSED, loop=loop, tell=told.append) as node:
            for _ in range(1 + loop):
                assert [await tried(node) for _ in range(3)] == [(401, "Bearer"), (502, None), 3]
                assert [await tried(node, path) for path in ("/v1", "/rpc")] == [(404, None), (503, None)]
            if not loop:
                await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())
    rejected = [(one.status, one.url) for one in told if isinstance(one, Refused)]
    assert rejected == [(401, "/rpc"), (502, "/rpc"), (404, "/v1"), (503, "/rpc")] * (1 + loop)


def test_a_refusal_that_nobody_asked_for_is_missed():
    """It is part of what was recorded, and the mock waits for it."""

    async def scene():
        async with playing(*REFUSED) as node:
            assert [await tried(node) for _ in range(4)] == [(401, "Bearer"), (502, None), 3, (503, None)]
            await node.over(silence=0.3)
            (missing,) = node.outcome().unused
            assert missing.endswith("2: a party is refused a WebSocket: 404 Not Found, ws://node/v1 " + MISSING)

    play(scene())


def test_a_connection_that_is_refused_a_websocket_takes_the_next_request():
    """A refusal is an answer like others."""

    async def scene():
        async with playing(refused(401, "/rpc"), *SUM) as node:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(HANDSHAKE)
            assert (await soon(reader.readuntil(b"\r\n\r\n"))).startswith(b"HTTP/1.1 401 ")
            writer.write(HANDSHAKE)
            assert (await soon(reader.readuntil(b"\r\n\r\n"))).startswith(b"HTTP/1.1 101 ")
            writer.close()

    play(scene())


def test_clients_are_told_apart_by_what_they_say_first():
    """Of clients with one URL each gets the session that begins with its own words, whichever connects first."""
    events = [opened(1), opened(2)]
    for session, name in ((1, "a"), (2, "b")):
        events += [up(asks("login", params=[name]), session), down(answers(name), session)]
        events += [up(asks("who"), session), down(answers(name), session)]

    async def scene():
        async with playing(*events, closed(1), closed(2)) as node, connect(node) as b, connect(node) as a:
            for name, wire in (("b", b), ("a", a), ("a", None), ("b", None)):
                wire_of = {"a": a, "b": b}[name]
                await wire_of.send((asks("login", params=[name]) if wire else asks("who")).decode())
                assert json.loads(await soon(wire_of.recv()))["result"] == name
            await a.close()
            await b.close()
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


def test_what_was_told_before_it_was_known_to_whom_is_told_once():
    """Also where the recorded node greeted its clients when both were there, so that the greeting is due later."""
    names = dict(enumerate("ab", 1))
    events = [opened(one) for one in names] + [down(b'{"method":"hello"}', one) for one in names]
    for one in names:
        events += [up(asks("ping"), one), down(answers("pong"), one)]
    for one, name in names.items():
        events += [up(asks("login", 2, params=[name]), one), down(answers(name, 2), one), closed(one)]

    async def scene():
        async with playing(*events) as node:
            wires = {name: await connect(node) for name in names.values()}
            for name, wire in wires.items():
                await wire.send(asks("ping").decode())
                await wire.send(asks("login", 2, params=[name]).decode())
                heard = [json.loads(await soon(wire.recv())) for _ in range(3)]
                assert [one.get("result") for one in heard] == [None, "pong", name]
            for wire in wires.values():
                await wire.close()
                assert [one async for one in wire] == []
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


def test_a_client_that_takes_its_time_is_who_it_says_it_is(monkeypatch):
    """Where each of those that it may be says something next, silence tells nothing yet."""
    monkeypatch.setattr("recorder.server.node.SILENT", 0.0)
    events = []
    for session, name in enumerate("ab", 1):
        events += [
            opened(session),
            up(asks("login", params=[name]), session),
            down(answers(name), session),
            closed(session),
        ]

    async def scene():
        async with playing(*events) as node:
            for name in "ba":
                async with connect(node) as wire:
                    await asyncio.sleep(0.05)
                    await wire.send(asks("login", params=[name]).decode())
                    assert json.loads(await soon(wire.recv()))["result"] == name
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


def test_a_client_that_says_nothing_is_there_all_the_same(monkeypatch):
    """Who might be any of several sessions and keeps silent is the first of them: others may wait for it to be there."""
    monkeypatch.setattr("recorder.server.node.SLOW", 0.1)
    events = [opened(1), opened(2), up(asks(), 2), down(answers(), 2), up(asks("late"), 1), down(answers(), 1)]

    async def scene():
        async with playing(*events, closed(1), closed(2)) as node, connect(node), connect(node) as other:
            await other.send(asks().decode())
            assert json.loads(await soon(other.recv()))["result"] == 3
            async with asyncio.timeout(LIMIT):
                while sum(len(run.wires) for run in node.runs) < 2:  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.01)

    play(scene())


@pytest.mark.parametrize("order", ["abc", "cab", "cba"])
@pytest.mark.parametrize("alone", [False, True], ids=["at the same time", "one after the other"])
def test_a_token_that_a_handshake_gave_is_that_of_its_client(order, alone):
    """Though it is given before it is known who gets it: whoever that is, what they do with it is theirs."""
    tokens = {name: f"{number}f14e45fceea167a5a36dedd4bea254{number}" for number, name in enumerate("abc", 1)}
    events = []
    for session, (name, token) in enumerate(tokens.items(), 1):
        events += [opened(session, answer=[("X-Token", token)])]
        events += [up(asks("login", params=[name]), session), down(answers(name), session), closed(session)]
    for session, (name, token) in enumerate(tokens.items(), 4):
        events += [opened(session, f"ws://node/feed?token={token}"), up(asks("who"), session)]
        events += [down(answers(f"still {name}"), session), closed(session)]

    async def scene():
        async def asked(wire, method, **more):
            await wire.send(asks(method, **more).decode())
            return json.loads(await soon(wire.recv()))["result"]

        async with playing(*events) as node:
            for names in order if alone else [order]:
                wires = {name: await connect(node) for name in names}
                for name, wire in wires.items():
                    assert await asked(wire, "login", params=[name]) == name
                for name, wire in wires.items():
                    async with connect(node, f"/feed?token={wire.response.headers['x-token']}") as feed:
                        assert await asked(feed, "who") == f"still {name}"
                    await wire.close()
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())


def test_a_handshake_is_answered_with_the_headers_that_were_recorded():
    """Each session with its own, secrets as texts that stand for them."""
    told = [("Set-Cookie", "sid=«cookie 1»; Path=/"), ("Set-Cookie", "b=2"), ("X-Region", "north")]
    events = [opened(1, answer=told), closed(1), opened(2, "ws://node/other"), closed(2)]

    async def scene():
        async with playing(*events) as node:
            async with connect(node) as wire:
                headers = wire.response.headers
                assert headers.get_all("set-cookie") == ["sid=cookie-1; Path=/", "b=2"]
                assert headers["x-region"] == "north"
            async with connect(node, "/other") as wire:
                assert "x-region" not in wire.response.headers
            await soon(node.over())
            assert node.outcome().ok, node.outcome()

    play(scene())

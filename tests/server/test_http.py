"""JSON-RPC over HTTP, as the mock node answers it and as parties ask it."""

import asyncio
import gc
import http.client
import json

import pytest
from dialogues import LIMIT, answers, asks, closed, connect, down, opened, play, playing, post, pushes, script, soon, up
from ports import free_port

from recorder import api
from recorder.model import Frame
from recorder.replay import Player
from recorder.server import MockNode, play_parties

URL = "http://node/rpc"
TWO = (
    opened(url=URL),
    up(asks("one"), exchange=1),
    down(answers(1), exchange=1),
    up(asks("two"), exchange=2),
    down(answers(2), exchange=2, status=500),
)


async def posted(node, body, path="/rpc"):
    """A request, from a thread of its own."""
    status, answer = await soon(asyncio.to_thread(post, node, body, path))
    return status, json.loads(answer) if answer else None


def test_a_request_is_answered_with_its_own_id_and_the_recorded_status():
    """What was recorded comes, status included; then the run is over."""

    async def scene():
        async with playing(*TWO) as node:
            assert await posted(node, asks("one", "a")) == (200, {"jsonrpc": "2.0", "id": "a", "result": 1})
            assert await posted(node, asks("two", "b")) == (500, {"jsonrpc": "2.0", "id": "b", "result": 2})
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


def test_a_batch_and_a_notification():
    """A batch is answered as one, a notification with no content."""
    batch = b"[" + asks("one", 1) + b"," + asks("two", 2) + b"]"
    events = [
        opened(url=URL),
        up(batch, exchange=1),
        down(b"[" + answers(1, 1) + b"," + answers(2, 2) + b"]", exchange=1),
        up(pushes("note"), exchange=2),
    ]

    async def scene():
        async with playing(*events) as node:
            assert [one["result"] for one in (await posted(node, batch))[1]] == [1, 2]
            assert await posted(node, pushes("note")) == (204, None)
            assert node.outcome().ok

    play(scene())


def test_several_clients_are_told_apart_by_what_they_ask():
    """Clients at one path get the sessions that expect what they say, whoever comes first."""
    events = [
        opened(1, URL),
        opened(2, URL),
        up(asks("one"), 1, exchange=1),
        down(answers(1), 1, exchange=1),
        up(asks("two"), 2, exchange=1),
        down(answers(2), 2, exchange=1),
    ]

    async def scene():
        async with playing(*events) as node:
            came = await asyncio.gather(posted(node, asks("two")), posted(node, asks("one")))
            assert [message["result"] for _status, message in came] == [2, 1]
            assert node.outcome().ok

    play(scene())


def test_many_clients_in_a_loop():
    """With --loop fifty clients at once each get the whole capture."""

    async def scene():
        async with playing(*TWO, loop=True) as node:

            async def client():
                return [(await posted(node, asks(name)))[1]["result"] for name in ("one", "two")]

            assert await asyncio.gather(*(client() for _ in range(50))) == [[1, 2]] * 50
            assert node.outcome().ok

    play(scene())


@pytest.mark.parametrize("last", [[], [up(pushes("bye"), exchange=3)]], ids=["a request", "a notification"])
def test_a_loop_keeps_nothing_of_what_is_over(last):
    """However many clients have come, and whatever each asked for, the next costs no more than the first."""
    events = [*TWO, *last]
    said = [event.payload for event in events if isinstance(event, Frame) and event.direction == "to_node"]

    async def scene():
        async with playing(*events, loop=True) as node:
            for number in range(5):
                for body in said:
                    await posted(node, body, f"/rpc?client={number}")
            assert node.outcome().ok
            gc.collect()
            assert [one for one in gc.get_objects() if isinstance(one, Player) and one.script is node.script] == []

    play(scene())


def test_an_unrecorded_request_is_an_error_with_its_id():
    """Each request that nobody recorded is answered, and explained in the outcome."""

    async def scene():
        told = []
        async with playing(*TWO, tell=told.append) as node:
            status, message = await posted(node, asks("three", 9))
            assert told[-1].payload == json.dumps(message, separators=(",", ":")).encode()
            assert (status, message["id"], message["error"]["code"]) == (200, 9, -32001)
            status, batch = await posted(node, b"[" + asks("four", 1) + b"," + pushes() + b"]")
            assert [one["id"] for one in batch] == [1]
            assert await posted(node, pushes("five")) == (204, None)
            assert (await posted(node, asks("one"), "/other"))[1]["error"]["code"] == -32001
            assert [text.split("\n")[0] for text in node.outcome().unexpected] == [
                "unexpected: a request to /other: none like it is recorded",
                "unexpected: client 1 three",
                "unexpected: client 1 a batch",
                "unexpected: client 1 five",
            ]

    play(scene())


def test_a_fault_may_leave_a_request_without_an_answer():
    """`close` ends the connection instead of answering; `duplicate` has nothing to double."""

    async def scene():
        async with playing(*TWO, faults=["close:2=1011", "duplicate:4"]) as node:
            with pytest.raises(http.client.RemoteDisconnected):
                await posted(node, asks("one"))
            assert (await posted(node, asks("two")))[1]["result"] == 2

    play(scene())


def test_a_body_may_come_in_chunks():
    """A client that does not know how long its body is sends it piece by piece."""

    def chunked(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        body = asks("one")
        connection.request("POST", "/rpc", iter([body[:10], body[10:]]), encode_chunked=True)
        answer = connection.getresponse().read()
        connection.close()
        return json.loads(answer)["result"]

    async def scene():
        async with playing(*TWO) as node:
            assert await soon(asyncio.to_thread(chunked, node.port)) == 1

    play(scene())


def test_a_client_that_leaves_in_the_middle_of_a_request_is_no_trouble(capfd):
    """Nothing is said about it, and the next one is answered."""

    async def scene():
        async with playing(*TWO) as node:
            _, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(b"POST /rpc HTTP/1.1\r\ncontent-length: 100\r\n\r\n{")
            writer.close()
            await writer.wait_closed()
            assert (await posted(node, asks("one")))[0] == 200
            assert node.outcome().unexpected == []

    play(scene())
    assert capfd.readouterr() == ("", "")


def test_what_fails_is_raised_where_the_end_is_waited_for():
    """A mistake of ours is no mock's silence, over HTTP either."""

    def tell(_event):
        raise ZeroDivisionError

    async def scene():
        async with playing(*TWO, tell=tell) as node:
            with pytest.raises(http.client.RemoteDisconnected):
                await posted(node, asks("one"))
            with pytest.raises(ZeroDivisionError):
                await soon(node.over())

    play(scene())


def test_a_node_behind_that_is_not_there_is_a_bad_gateway():
    """For requests that the capture lacks; the others are answered, and the mock goes on."""

    async def scene():
        made = script(*TWO)
        async with MockNode(made, api.play_settings(made), beyond=f"ws://127.0.0.1:{free_port()}") as node:
            status, answer = await soon(asyncio.to_thread(post, node, asks("three")))
            assert (status, answer[:12]) == (502, b"no answer fr")
            assert (await posted(node, asks("one")))[0] == 200

    play(scene())


def test_parties_ask_over_http():
    """A party's requests are posted to its path, and what comes back is matched."""
    recorded = script(*TWO)

    async def scene():
        async with playing(*TWO) as node:
            settings = api.play_settings(recorded, ["client 1"])
            ours = await soon(play_parties(recorded, settings, node.urls[0]))
            await soon(node.over())
            assert ours.ok, ours
            assert node.outcome().ok

    play(scene())


def test_both_kinds_have_one_port():
    """A capture with both is played on one port, as its node had it; a client of each gets what it asks for."""
    events = (*TWO, opened(2, "ws://node/ws"), up(asks(), 2), down(answers(), 2), closed(2))

    async def scene():
        async with playing(*events) as node:
            assert [url.partition(":")[0] for url in node.urls] == ["ws", "http"]
            assert {int(url.rpartition(":")[2]) for url in node.urls} == {node.port}
            assert (await posted(node, asks("one")))[1]["result"] == 1
            assert (await posted(node, asks("two")))[1]["result"] == 2
            async with connect(node, "/ws") as wire:
                await wire.send(asks().decode())
                assert json.loads(await soon(wire.recv()))["result"] == 3
            await soon(node.over())
            assert node.outcome().ok

    play(scene())

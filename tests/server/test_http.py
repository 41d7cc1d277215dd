"""JSON-RPC over HTTP, as the mock node answers it and as parties ask it."""

import asyncio
import gc
import gzip
import http.client
import json
from contextlib import closing

import pytest
from dialogues import (
    LIMIT,
    OverHttp,
    answers,
    asks,
    closed,
    connect,
    down,
    opened,
    play,
    playing,
    post,
    pushes,
    script,
    soon,
    up,
)
from ports import free_port

from recorder import api
from recorder.errors import InputError
from recorder.event_stream import EVENTS
from recorder.model import LEFT, Frame
from recorder.replay import Player
from recorder.server import MockNode, play_parties
from recorder.server.listener import Listener

URL = "http://node/rpc"
TWO = (
    opened(url=URL),
    up(asks("one"), exchange=1),
    down(answers(1), exchange=1),
    up(asks("two"), exchange=2),
    down(answers(2), exchange=2, status=500),
)


async def posted(node, body, path="/rpc", **headers):
    """A request, from a thread of its own."""
    status, answer = await soon(asyncio.to_thread(post, node, body, path, **headers))
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


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (asks("one"), b"<html>no</html>"),
        (asks("one"), b'{"id":null,"error":{"code":-32700,"message":"no"}}'),
        (b'[{"jsonrpc":"2.0","method":"note"}]', b"[]"),
    ],
)
def test_what_answers_a_request_over_http_is_all_of_its_answer_whatever_it_is(asked, answered):
    """Only a stream of events goes on: a client would wait for its end."""

    async def scene():
        page = down(answered, exchange=1, status=500, headers=[("content-type", "text/html")])
        async with playing(opened(url=URL), up(asked, exchange=1), page) as node:
            assert await soon(asyncio.to_thread(post, node, asked, "/rpc")) == (500, answered)
            await soon(node.over())

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


def test_a_call_gets_the_answer_to_this_call_from_whichever_session():
    """Not that to one like it in a session that is known already, though the other session has not begun."""
    events = [
        opened(1, URL),
        opened(2, URL),
        up(asks(params=[1]), 1, exchange=1),
        down(answers("one"), 1, exchange=1),
        up(asks(params=[2]), 2, exchange=1),
        down(answers("two"), 2, exchange=1),
        up(asks(params=[3]), 1, exchange=2),
        down(answers("three"), 1, exchange=2),
    ]

    async def scene():
        async with playing(*events) as node:
            for number, said in ((1, "one"), (2, "two"), (3, "three")):
                assert (await posted(node, asks(params=[number])))[1]["result"] == said
            assert node.outcome().ok

    play(scene())


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_compressed_request_is_read(coding):
    """As the recorder reads it."""
    body = gzip.compress(asks("one")) if coding == "gzip" else asks("one")

    async def scene():
        async with playing(*TWO) as node:
            assert (await posted(node, body, **{"content-encoding": coding}))[1]["result"] == 1

    play(scene())


def test_a_batch_answers_a_request_whose_id_is_null():
    """In its place, and not the notification before it."""
    batch = b'[{"method":"log"},{"id":1,"method":"sum"},{"id":null,"method":"echo"}]'
    answer = b'[{"id":1,"result":3},{"id":null,"result":"null"}]'
    events = [opened(url=URL), up(batch, exchange=1), down(answer, exchange=1)]

    async def scene():
        async with playing(*events) as node:
            assert (await posted(node, batch))[1] == json.loads(answer)

    play(scene())


@pytest.mark.parametrize("calls", [[asks("one"), asks("two")], [asks("one", params=[1]), asks("one", params=[2])]])
def test_many_clients_in_a_loop(calls):
    """With --loop fifty clients at once each get the whole capture, also where their calls differ in values alone."""
    first, second = calls
    events = [opened(url=URL), up(first, exchange=1), down(answers(1), exchange=1)]
    events += [up(second, exchange=2), down(answers(2), exchange=2)]

    async def scene():
        async with playing(*events, loop=True) as node:

            async def client():
                return [(await posted(node, call))[1]["result"] for call in calls]

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
                "a request to /other extra: it came, and was not recorded; none like it was recorded; there is /rpc",
                "client 1 three extra: it came, and was not recorded",
                "client 1 four extra: it came, and was not recorded",
                "client 1 event extra: it came, and was not recorded",
                "client 1 five extra: it came, and was not recorded",
            ]

    play(scene())


@pytest.mark.parametrize("path", ["/rpc", "/other"], ids=["in a session", "in none"])
@pytest.mark.parametrize(
    ("body", "codes"),
    [(b"notjson", -32700), (b'[{"id":1', -32700), (b"null", -32600), (b"[]", -32600), (b"[1,2]", [-32600, -32600])],
)
def test_a_body_that_is_no_request_is_refused_as_the_standard_says(path, body, codes):
    """With one error under no id; only the members of a batch are refused one by one."""

    async def scene():
        async with playing(*TWO) as node:
            status, answer = await posted(node, body, path)
            assert status == 200
            one_by_one = (
                [one["error"]["code"] for one in answer] if isinstance(answer, list) else answer["error"]["code"]
            )
            assert one_by_one == codes
            assert {one["id"] for one in (answer if isinstance(answer, list) else [answer])} == {None}
            assert not node.outcome().ok

    play(scene())


@pytest.mark.parametrize("body", [b"notjson", b"[]", b"[1,2]", b'{"jsonrpc":"2.0","method":1}', b""])
def test_a_recorded_answer_to_what_is_no_request_comes_first(body):
    """A capture knows better than the standard what its node says; parties get it as the mock gives it."""
    error = b'{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"own words"}}'
    recorded = script(opened(url=URL), up(body, exchange=1), down(error, exchange=1, status=400))

    async def scene():
        async with MockNode(recorded, api.play_settings(recorded)) as node:
            assert await posted(node, body) == (400, json.loads(error))
            assert node.outcome().ok
        async with MockNode(recorded, api.play_settings(recorded)) as node:
            parties = api.play_settings(recorded, recorded.parties.values())
            assert (await soon(play_parties(recorded, parties, node.urls[0]))).ok
            assert node.outcome().ok

    play(scene())


def test_a_fault_may_leave_a_request_without_an_answer():
    """`close` ends the connection instead of answering; `duplicate` has nothing to double."""

    async def scene():
        async with playing(*TWO, faults=["close:2=1011", "duplicate:4"]) as node:
            with pytest.raises(http.client.RemoteDisconnected):
                await posted(node, asks("one"))
            assert (await posted(node, asks("two")))[1]["result"] == 2

    play(scene())


def test_a_call_whose_client_left_is_not_answered():
    """The mock says nothing until its client is gone; a party that is played leaves after as long as it did."""
    second = 10**9
    events = [
        opened(url=URL),
        up(asks("slow"), exchange=1, time=1 * second),
        down(b"", exchange=1, status=LEFT, time=1 * second + second // 20),
        up(asks("two"), exchange=2, time=2 * second),
        down(answers(2), exchange=2, time=2 * second),
    ]
    recorded = script(*events)

    async def scene():
        async with playing(*events) as node:
            with pytest.raises(TimeoutError):
                await asyncio.to_thread(post, node, asks("slow"), timeout=0.1)
            assert (await posted(node, asks("two")))[1]["result"] == 2
            await soon(node.over())
            assert node.outcome().ok
        async with MockNode(recorded, api.play_settings(recorded)) as node:
            parties = api.play_settings(recorded, recorded.parties.values())
            assert (await soon(play_parties(recorded, parties, node.urls[0]))).ok
            assert node.outcome().ok
        table = {asks("slow"): (200, [], answers(1)), asks("two"): (200, [], answers(2))}
        outcome, _seen = await served(table, *events)
        assert not outcome.ok  # it was answered after all

    play(scene())


def test_a_client_leaves_a_stream_when_it_has_heard_what_it_had():
    """A live node may take longer than the recorded one until it says so much."""
    begun, soon_after = 10**9, 2 * 10**7
    events = [
        opened(url=URL),
        up(asks("listen"), exchange=1, time=begun),
        down(
            b'{"method":"told"}',
            exchange=1,
            time=begun + soon_after // 2,
            headers=[("content-type", "text/event-stream")],
        ),
        down(b"", exchange=1, status=LEFT, time=begun + soon_after),
    ]
    recorded = script(*events)

    async def slowly(reader, writer):
        await reader.readuntil(b"listen")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        await asyncio.sleep(10 * soon_after / 10**9)
        writer.write(b'data: {"method":"told"}\n\n')
        await reader.read()  # until it is gone
        writer.close()

    async def scene():
        async with await asyncio.start_server(slowly, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            outcome = await soon(play_parties(recorded, api.play_settings(recorded, recorded.parties.values()), url))
            assert outcome.ok, outcome

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


SSE = [("content-type", "text/event-stream")]
STREAMED = (
    opened(url=URL),
    up(asks("one"), exchange=1),
    down(pushes("progress", done=1), exchange=1, headers=SSE),
    down(answers(1), exchange=1),
    up(pushes("bye"), exchange=2),
    down(b"", exchange=2, status=202),
)


def asked(node, *bodies, method="POST", headers=(), path="/rpc"):
    """Several requests on one connection, from a thread of its own: status, headers and body of each answer."""

    def ask():
        found = []
        with closing(http.client.HTTPConnection("127.0.0.1", node.port, timeout=LIMIT)) as connection:
            for body in bodies:
                connection.request(method, path, body, {"content-type": "application/json", **dict(headers)})
                with connection.getresponse() as answer:
                    found.append((answer.status, answer.headers, answer.read()))
        return found

    return soon(asyncio.to_thread(ask))


def test_a_stream_of_events_is_played_as_one():
    """Its events are each recorded frame, under the live id, and it ends after the last."""

    async def scene():
        async with playing(*STREAMED) as node:
            ((status, headers, body), bye) = await asked(node, asks("one", "live"), pushes("bye"))
            assert (status, headers["content-type"]) == (200, "text/event-stream")
            assert [json.loads(event.data).get("id", "none") for event in EVENTS.parse(body)] == ["none", "live"]
            assert (bye[0], bye[2]) == (202, b"")
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


SEVERAL = (
    opened(url=URL),
    up(asks("one"), exchange=1),
    down(answers("first"), exchange=1, headers=SSE),
    down(answers("second"), exchange=1),
    down(answers("third"), exchange=1),
)


def test_a_stream_may_hold_several_results_of_a_call():
    """As those of A2A do: each comes in its place, under the live id, and the stream ends after the last."""

    async def scene():
        async with playing(*SEVERAL) as node:
            ((_, _, body),) = await asked(node, asks("one", "live"))
            came = [json.loads(event.data) for event in EVENTS.parse(body)]
            assert [(one["id"], one["result"]) for one in came] == [
                ("live", one) for one in ("first", "second", "third")
            ]
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


def test_lines_of_json_are_played_as_such():
    """Each under the live id; parties read them so too."""
    lines = [("content-type", "application/x-ndjson")]
    events = (opened(url=URL), up(asks("one"), exchange=1), down(pushes("part"), exchange=1, headers=lines))
    events += (down(answers(1), exchange=1),)

    async def scene():
        async with playing(*events) as node:
            ((_, headers, body),) = await asked(node, asks("one", "live"))
            assert headers["content-type"] == "application/x-ndjson"
            assert body.splitlines() == [pushes("part"), answers(1, "live")]
            await soon(node.over())
            assert node.outcome().ok
        told = (pushes("part")[:5], pushes("part")[5:] + b"\n" + answers(1))
        outcome, _seen = await served({asks("one"): (200, lines, *told)}, *events)
        assert outcome.ok, outcome

    play(scene())


@pytest.mark.parametrize(("results", "ok"), [(3, True), (2, False), (4, False)])
def test_parties_hear_several_results_of_a_call(results, ok):
    """Each is awaited, and one too many or too few is told."""
    said = b"".join(b"data: " + answers(one) + b"\n\n" for one in ("first", "second", "third", "fourth")[:results])

    async def scene():
        outcome, _seen = await served({asks("one"): (200, SSE, said)}, *SEVERAL)
        assert outcome.ok is ok, outcome

    play(scene())


def test_a_stream_waits_for_what_its_client_is_asked():
    """A call is answered by a stream that asks the client something before it goes on."""
    events = [
        opened(url=URL),
        up(asks("call"), exchange=1),
        down(asks("sample", 99), exchange=1, headers=SSE),
        up(answers("yes", 99), exchange=2),
        down(b"", exchange=2, status=202),
        down(answers("done"), exchange=1),
    ]

    async def scene():
        async with playing(*events) as node:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(
                b"POST /rpc HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n%s" % (len(asks("call")), asks("call"))
            )
            await soon(reader.readuntil(b'"sample"'))
            assert (await posted(node, answers("yes", 99)))[0] == 202
            await soon(reader.readuntil(b'"done"'))
            await soon(reader.readuntil(b"0\r\n\r\n"))
            writer.close()
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


def test_recorded_headers_are_played():
    """What was recorded of an answer's head comes again, a page may read it, and nothing stands in for what is masked."""
    headers = [("Content-Type", "application/json; v=1"), ("Mcp-Session-Id", "7"), ("Set-Cookie", "***")]
    events = [opened(url=URL), up(asks("one"), exchange=1), down(answers(1), exchange=1, headers=headers)]

    async def scene():
        async with playing(*events) as node:
            ((_, came, _),) = await asked(node, asks("one"))
            assert (came["content-type"], came["mcp-session-id"]) == ("application/json; v=1", "7")
            assert came["access-control-allow-origin"] == "*"
            assert came["access-control-expose-headers"] == "mcp-session-id"
            assert "set-cookie" not in came

    play(scene())


def test_a_page_may_ask():
    """A preflight is answered; what it asks then may be read, as the recorded answers say by whom."""
    recorded = [("Access-Control-Allow-Origin", "http://page")]
    events = [opened(url=URL), up(asks("one"), exchange=1), down(answers(1), exchange=1, headers=recorded)]

    async def scene():
        async with playing(*events) as node:
            wanted = {"Origin": "http://page", "Access-Control-Request-Headers": "content-type"}
            ((status, headers, _),) = await asked(node, None, method="OPTIONS", headers=wanted)
            assert (status, headers["access-control-allow-headers"]) == (204, "content-type")
            assert headers["access-control-allow-origin"] == "http://page"
            ((_, headers, _),) = await asked(node, asks("one"))
            assert headers["access-control-allow-origin"] == "http://page"
            assert node.outcome().ok

    play(scene())


CALLED = [
    opened(url=URL),
    up(b'{"method":"sum","id":"1","params":[1,2]}', exchange=1, query="json"),
    down(b'{"id":"1","result":3}', exchange=1),
]


def test_a_call_in_a_query_is_answered_as_one_that_is_posted():
    """With the id that it has."""

    async def scene():
        async with playing(*CALLED) as node:
            ((status, _, body),) = await asked(node, None, method="GET", path="/rpc?method=sum&id=7&params=[1,2]")
            assert (status, body) == (200, b'{"id":"7","result":3}')
            assert node.outcome().ok

    play(scene())


def test_parties_call_in_a_query_where_that_was_recorded():
    """And post nothing."""

    async def scene():
        outcome, ((target, _, body),) = await served({b"": (200, [], b'{"id":"1","result":3}')}, *CALLED)
        assert outcome.ok, outcome
        assert (target, body) == ("/rpc?method=sum&id=1&params=%5B1%2C2%5D", b"")

    play(scene())


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD"])
def test_other_methods_are_not_allowed(method):
    """That is said, and is no fault of the run."""

    async def scene():
        async with playing(*TWO) as node:
            ((status, headers, body),) = await asked(node, None, method=method)
            assert (status, headers["allow"]) == (405, "POST, OPTIONS")
            assert bool(body) == (method != "HEAD")
            assert node.outcome().unexpected == []

    play(scene())


def test_a_request_too_many_on_a_kept_connection_is_refused():
    """Whoever is still connected is answered when all has happened: with an error, which counts as unexpected."""

    async def scene():
        async with playing(*TWO) as node:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            over = asyncio.create_task(node.over())
            for name in ("one", "two", "three"):
                body = asks(name)
                writer.write(b"POST /rpc HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                await soon(reader.readuntil(b"}"))
                assert not over.done()
            writer.close()
            await soon(over)
            assert node.outcome().unexpected == [
                "client 1 three extra: it came, and was not recorded\n  nothing more was recorded in this session and direction"
            ]

    play(scene())


def test_a_kept_connection_does_not_hold_the_node_for_ever():
    """Clients that keep their connections have a moment to go."""

    async def scene():
        async with playing(opened(url=URL), up(asks("one"), exchange=1), down(answers(1), exchange=1)) as node:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            body = asks("one")
            writer.write(b"POST /rpc HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await soon(reader.readuntil(b"}"))
            clock = asyncio.get_running_loop().time
            began = clock()
            await soon(node.over(grace=0.2))
            assert clock() - began > 0.1
        assert await soon(reader.read()) == b""
        writer.close()

    play(scene())


class Service(OverHttp):
    """A node over HTTP that answers from a table of what it is asked, and remembers with which headers."""

    def __init__(self, table):
        self.table, self.seen = table, []

    def requested(self, request, answer):
        """Answer, in pieces where there are several."""
        self.seen.append((request.target, dict(request.headers), request.body))
        status, headers, *pieces = self.table[request.body]
        for piece in pieces[:-1]:
            answer.send(status, headers, piece, last=False)
        answer.send(status, headers, pieces[-1])


async def served(service, *events, **how):
    """What the parties of a capture come to with such a node, or a table for one, and what it saw."""
    service = Service(service) if isinstance(service, dict) else service
    listener = Listener(service)
    await listener.start("127.0.0.1", 0)
    made = script(*events)
    outcome = await soon(
        play_parties(
            made, api.play_settings(made, set(made.parties.values())), f"http://127.0.0.1:{listener.port}", **how
        )
    )
    await listener.close()
    return outcome, service.seen


def test_parties_send_the_recorded_headers():
    """Of their session, but for those in which a request differs; nothing masked, and lengths of their own."""
    first = [("Host", "old"), ("Content-Length", "1"), ("User-Agent", "me"), ("Accept", "a"), ("Authorization", "***")]
    events = [
        opened(url=URL, headers=first),
        up(asks("one"), exchange=1),
        down(answers(1), exchange=1),
        up(asks("two"), exchange=2, headers=[("mcp-protocol-version", "2"), ("Accept", "b")]),
        down(answers(2), exchange=2),
    ]

    async def scene():
        table = {asks("one"): (200, [], answers(1)), asks("two"): (200, [], answers(2))}
        outcome, seen = await served(table, *events)
        assert outcome.ok, outcome
        (_, one, _), (_, two, _) = seen
        assert (one["user-agent"], one["accept"], one["content-type"]) == ("me", "a", "application/json")
        assert "authorization" not in one
        assert one["host"] != "old"
        assert (two["accept"], two["mcp-protocol-version"], two["user-agent"]) == ("b", "2", "me")

    play(scene())


@pytest.mark.parametrize("masked", ["Bearer «token 1»", "Bearer LWZMlvGCntdqo5K0oXdX4L4q5IMVFH7h"])
def test_parties_send_the_token_that_they_were_told(masked):
    """In the header that was recorded, masked there or not; before it was told there is none."""
    told = "LWZMlvGCntdqo5K0oXdX4L4q5IMVFH7h"
    events = [
        opened(url=URL),
        up(asks("login"), exchange=1),
        down(answers({"token": told}), exchange=1),
        up(asks("get", 2), exchange=2, headers=[("Authorization", masked)]),
        down(answers("mine", 2), exchange=2),
    ]

    async def scene():
        live = answers({"token": "Kqw4WeNECO9lmvlcRJ1vrFL7TWEutgxg"})
        outcome, seen = await served(
            {asks("login"): (200, [], live), asks("get", 2): (200, [], answers("mine", 2))}, *events
        )
        assert outcome.ok, outcome
        assert [headers.get("authorization") for _target, headers, _body in seen] == [
            None,
            "Bearer Kqw4WeNECO9lmvlcRJ1vrFL7TWEutgxg",
        ]

    play(scene())


def test_parties_read_streams_of_events():
    """Event by event, however they are cut; comments and empty events are none."""
    events = (
        b": hello\n\nid: 1\ndata:\n\n",
        b"event: message\ndata: " + pushes("progress", done=1)[:9],
        pushes("progress", done=1)[9:] + b"\r\n\r",
        b"\ndata: " + answers(1) + b"\n\n",
    )

    async def scene():
        table = {asks("one"): (200, SSE, *events), pushes("bye"): (202, [], b"")}
        outcome, _seen = await served(table, *STREAMED)
        assert outcome.ok, outcome

    play(scene())


BROKEN = (
    opened(url=URL),
    up(asks("one"), exchange=1),
    down(pushes("progress", done=1), exchange=1, headers=SSE),
    down(b"", exchange=1, status=502),
    up(asks("two"), exchange=2),
    down(answers(2), exchange=2),
)


def test_a_stream_that_broke_off_breaks_off():
    """Its client reads what it was told before, and goes on."""

    async def scene():
        async with playing(*BROKEN) as node:
            with pytest.raises(http.client.IncompleteRead) as caught:
                await asked(node, asks("one"))
            assert [event.data for event in EVENTS.parse(caught.value.partial)] == [pushes("progress", done=1)]
            ((_, _, body),) = await asked(node, asks("two"))
            assert json.loads(body)["result"] == 2
            await soon(node.over())
            assert node.outcome().ok

    play(scene())


def test_parties_go_on_after_a_stream_that_breaks_off():
    """As recorded; where all of it was recorded, its answer is missing."""

    class Breaking(Service):
        def requested(self, request, answer):
            if request.body != asks("one"):
                return super().requested(request, answer)
            answer.send(200, SSE, b"data: " + pushes("progress", done=1) + b"\n\n", last=False)
            return answer.drop()

    async def scene():
        table = {asks("two"): (200, [], answers(2)), pushes("bye"): (202, [], b"")}
        outcome, _ = await served(Breaking(table), *BROKEN)
        assert outcome.ok, outcome
        outcome, seen = await served(Breaking(table), *STREAMED)
        assert [body for _target, _headers, body in seen] == [pushes("bye")]
        assert outcome.unused == ["run.jsonl:5: client 1 a result of one missing: it was recorded, and never came"]

    play(scene())


@pytest.mark.parametrize(("status", "body"), [(503, b"no"), (401, b""), (200, b"<html>"), (200, b"")])
def test_what_is_no_json_rpc_is_a_whole_answer(status, body):
    """Parties go on with the next call at once, as a client does."""

    async def scene():
        outcome, seen = await served(
            Service({asks("one"): (status, [], body), asks("two"): (200, [], answers(2))}), *TWO
        )
        assert [asked for _target, _headers, asked in seen] == [asks("one"), asks("two")]
        assert not outcome.ok

    play(scene())


def test_parties_keep_their_connections():
    """One after the other, requests of a session take one."""
    clients = set()

    class Counting(Service):
        def requested(self, request, answer):
            clients.add(request.client)
            super().requested(request, answer)

    async def scene():
        listener = Listener(Counting({asks("one"): (200, [], answers(1)), asks("two"): (500, [], answers(2))}))
        await listener.start("127.0.0.1", 0)
        made = script(*TWO)
        url = f"http://127.0.0.1:{listener.port}"
        assert (await soon(play_parties(made, api.play_settings(made, ["client 1"]), url))).ok
        await listener.close()
        assert len(clients) == 1

    play(scene())


def test_sessions_that_would_be_taken_for_one_tell_themselves_apart():
    """Two recorded sessions of one agent at one URL say which they are: a recorder has nothing else to go by."""
    agent = [("User-Agent", "me")]
    events = [
        opened(1, URL, headers=agent),
        opened(2, URL, headers=agent),
        up(asks("one"), 1, exchange=1),
        down(answers(1), 1, exchange=1),
        up(asks("two"), 2, exchange=1),
        down(answers(2), 2, exchange=1),
    ]

    async def scene():
        _, seen = await served({asks("one"): (200, [], answers(1)), asks("two"): (200, [], answers(2))}, *events)
        assert [headers["user-agent"] for _, headers, _ in seen] == ["me (session 1)", "me (session 2)"]

    play(scene())


def test_a_node_that_does_not_answer_ends_the_run():
    """With where it was asked, and why."""

    async def scene():
        made = script(*TWO)
        with pytest.raises(InputError, match=r"no answer from http://127.0.0.1:\d+/rpc: .*Connect call failed"):
            await play_parties(made, api.play_settings(made, ["client 1"]), f"http://127.0.0.1:{free_port()}")

    play(scene())

"""Parties against a node over real sockets: what they bring, and what ends their run."""

import asyncio
import ssl
import subprocess

import pytest
from dialogues import answers, asks, closed, down, opened, play, playing, pushes, refused, script, soon, up
from ports import free_port
from websockets.asyncio.server import serve

from recorder import api
from recorder.errors import InputError
from recorder.server import MockNode, play_parties
from recorder.server.parties import live_nodes, recorded_nodes
from recorder.server.websocket import connect
from recorder.settings import Address

SUM = (opened(subprotocol="v1"), up(asks()), down(answers()), closed())


async def played(url, *events, **how):
    """All parties of these events, played against a node."""
    made = script(*events)
    return await soon(play_parties(made, api.play_settings(made, set(made.parties.values())), url, **how))


def test_parties_and_node_are_each_other_s_mirror():
    """The parties of a capture and its node come to its end; the subprotocol is offered as it was."""
    told = []

    async def scene():
        async with playing(*SUM) as node:
            assert (await played(node.urls[0], *SUM, tell=told.append)).ok
            await soon(node.over())
            assert node.outcome().ok

    play(scene())
    assert [type(event).__name__ for event in told] == ["Opened", "Frame", "Frame", "Closed"][: len(told)]


def test_a_node_that_is_not_there():
    """One line says that it cannot be reached."""

    async def scene():
        with pytest.raises(InputError, match="cannot open a session with ws:"):
            await played(f"ws://127.0.0.1:{free_port()}", *SUM)

    play(scene())


def test_a_node_that_refuses_a_later_session():
    """Its frames are missing, and a note says why in the node's own words; all others go on."""
    events = [opened(1), down(pushes(), 1), opened(2, "ws://node/later"), up(asks(), 2), closed(2), closed(1)]

    async def node(wire):
        await wire.send(pushes().decode())
        await wire.wait_closed()

    def choose(connection, request):
        return connection.respond(403, "no") if request.path == "/later" else None

    async def scene():
        async with serve(node, "127.0.0.1", 0, process_request=choose) as server:
            outcome = await played(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", *events)
            assert [line.partition(": ")[2] for line in outcome.unused] == [
                "client 2 sum missing: it was recorded, and never came"
            ]
            assert "HTTP 403" in outcome.notes[0]

    play(scene())


def test_a_node_that_says_nothing_is_given_up():
    """After so long a silence the run ends, and says what never came."""

    async def node(wire):
        await wire.wait_closed()

    async def scene():
        async with serve(node, "127.0.0.1", 0) as server:
            outcome = await played(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", *SUM, timeout=0.1)
        assert outcome.unused[0] == "run.jsonl:4: client 1 a result of sum missing: it was recorded, and never came"

    play(scene())


def test_a_node_that_closes_early_ends_the_run():
    """When no session is left there is nothing to wait for."""

    async def node(_wire):
        pass

    async def scene():
        async with serve(node, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            outcome = await played(url, opened(), down(pushes()), up(asks()), closed(), timeout=60)
        assert len(outcome.unused) == 2

    play(scene())


def test_a_node_over_tls(tmp_path):
    """A `wss://` node is verified: by the authority given, and by nothing else."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-keyout",
            key,
            "-out",
            cert,
            *subject,
        ],
        check=True,
        capture_output=True,
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)

    async def node(wire):
        async for _ in wire:
            await wire.send(answers().decode())

    async def scene():
        async with serve(node, "127.0.0.1", 0, ssl=tls, subprotocols=["v1"]) as server:
            url = f"wss://localhost:{server.sockets[0].getsockname()[1]}"
            assert (await played(url, *SUM, ca=cert)).ok
            with pytest.raises(InputError, match="cannot open a session with wss"):
                await played(url, *SUM)

    play(scene())


@pytest.mark.parametrize(
    ("urls", "upstreams", "nodes"),
    [
        (["ws://a:1/x", "http://a:1/y", "ws://b:2/"], [], ["a:1", "b:2"]),
        (["ws://a:1/x", "ws://b:2/"], ["ws://b:2", "ws://c:3", "http://a:1"], ["b:2", "a:1"]),
        (["", "ws://a:1/"], [], ["a:1"]),
    ],
    ids=["as they appear", "as the header has them", "of a session without a URL"],
)
def test_which_nodes_were_recorded(urls, upstreams, nodes):
    """WebSockets and HTTP at one address are one."""
    assert recorded_nodes(urls, upstreams) == nodes


def test_which_live_node_stands_for_which():
    """One for all, or one for each; anything else is refused."""
    assert live_nodes(["a:1", "b:2"], ["ws://x"]) == "ws://x"
    assert live_nodes(["a:1", "b:2"], ["ws://x", "ws://y"]) == {"a:1": "ws://x", "b:2": "ws://y"}
    with pytest.raises(InputError, match="3 URLs for 2 recorded nodes; give one, or one for each of a:1, b:2"):
        live_nodes(["a:1", "b:2"], ["ws://x", "ws://y", "ws://z"])


def test_a_capture_of_several_nodes():
    """Each session finds the node that stands for its own, over either protocol."""
    one = (opened(1, "ws://a:1/rpc"), up(asks("one"), 1), down(answers(1), 1), closed(1))
    two = (
        opened(2, "http://b:2/rpc"),
        up(asks("two"), 2, exchange=1),
        down(answers(2), 2, exchange=1),
    )

    async def scene():
        async with playing(*one) as first, playing(*two) as second:
            urls = {"a:1": f"http://127.0.0.1:{first.port}", "b:2": f"ws://127.0.0.1:{second.port}"}
            assert (await played(urls, *one, *two)).ok
            for node in (first, second):
                await soon(node.over())
                assert node.outcome().ok

    play(scene())


def test_a_handshake_is_made_with_the_recorded_headers():
    """An origin that a node asks for; nothing masked."""
    seen = []

    async def node(wire):
        seen.append(wire.request.headers)
        async for _ in wire:
            await wire.send(answers().decode())

    async def scene():
        headers = [("Origin", "http://page"), ("User-Agent", "me"), ("Cookie", "***"), ("Sec-WebSocket-Key", "x")]
        async with serve(node, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            assert (await played(url, opened(headers=headers), *SUM[1:])).ok

    play(scene())
    assert (seen[0]["Origin"], seen[0].get_all("User-Agent"), "Cookie" in seen[0]) == ("http://page", ["me"], False)


@pytest.mark.parametrize("several", [False, True])
def test_a_path_stands_for_that_of_the_first_session(several):
    """A node that has another address each time it starts is found there; sessions at other addresses keep theirs."""
    events = [
        opened(1, "ws://node/browser/1f7c?a=1"),
        closed(1),
        opened(2, "ws://node/page/2"),
        closed(2),
        opened(3, "ws://node/browser/1f7c"),
        closed(3),
    ]
    asked = []

    async def node(wire):
        asked.append(wire.request.path)
        await wire.wait_closed()

    async def scene():
        async with serve(node, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/browser/9a0b"
            assert (await played({"node": url} if several else url, *events)).ok

    play(scene())
    assert asked == ["/browser/9a0b?a=1", "/page/2", "/browser/9a0b"]


def test_a_call_is_made_again_while_its_node_is_not_there():
    """As its client did: where nobody answers, or somebody says in the node's place that it is gone."""
    tries = []

    async def late(reader, writer):
        asked = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(asks()))
        tries.append(asked.split()[0])
        head = b"HTTP/1.1 %d x\r\ncontent-length: %d\r\n\r\n%b"
        if len(tries) > 1:
            status, body = (502, b"gone") if len(tries) == len([b"lost", b"gone"]) else (200, answers())
            writer.write(head % (status, len(body), body))
        writer.close()

    async def scene():
        url = "http://node/rpc"
        gone = up(asks(), exchange=1), down(b"no", exchange=1, status=502)
        events = [opened(url=url), *gone, up(asks(), exchange=2), down(answers(), exchange=2)]
        async with await asyncio.start_server(late, "127.0.0.1") as node:
            outcome = await played(f"http://127.0.0.1:{node.sockets[0].getsockname()[1]}", *events)
        assert outcome.ok, outcome

    play(scene())
    assert tries == [b"POST"] * 3


def test_a_session_is_opened_again_while_its_node_is_not_there(monkeypatch):
    """As its client did: where nobody listens yet."""
    tried, port = asyncio.Event(), free_port()

    async def trying(*how):
        try:
            return await connect(*how)
        finally:
            tried.set()

    monkeypatch.setattr("recorder.server.parties.connect", trying)

    async def scene():
        run = asyncio.create_task(played(f"ws://127.0.0.1:{port}", refused(502, "/rpc"), *SUM))
        await soon(tried.wait())
        made = script(*SUM)
        async with MockNode(made, api.play_settings(made), (Address("127.0.0.1", port),)):
            assert (await run).ok

    play(scene())

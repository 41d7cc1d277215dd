"""A WebSocket at either end: messages whole and in fragments, and every way to end."""

import asyncio
import socket
import ssl
import struct

import pytest
from dialogues import play, soon
from websockets.asyncio.client import connect as their_connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import Frame, Opcode

from recorder.replay.actions import Send
from recorder.server import websocket
from recorder.server.listener import Listener
from recorder.server.websocket import connect


class Owner:
    """Keeps what a WebSocket brings; what it gets is given by the test."""

    def __init__(self):
        self.came, self.ended = asyncio.Queue(), asyncio.get_running_loop().create_future()
        self.wires = asyncio.Queue()

    def listen(self, wire):
        """Hear what this one brings."""
        wire.listen(
            lambda payload, binary: self.came.put_nowait((payload, binary)),
            lambda code, reason: self.ended.set_result((code, reason)),
        )

    def opened(self, wire):
        """Hear it, and give it to the test."""
        self.listen(wire)
        self.wires.put_nowait(wire)

    def requested(self, request, answer):
        """Refuse."""
        answer.send(403, [], b"")

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


def scene(act):
    """A listener of ours, with what happens to it."""

    async def run():
        owner = Owner()
        listener = Listener(owner)
        await listener.start("127.0.0.1", 0)
        try:
            await act(owner, f"ws://127.0.0.1:{listener.port}")
        finally:
            await listener.close()

    play(run())


def test_both_ends_are_each_other_s():
    """Messages go both ways as they are, text and binary; the subprotocol, headers and the path arrive."""

    async def act(owner, url):
        wire, other = await connect(f"{url}/x?y=z", [("Origin", "http://page")], ["v1"]), Owner()
        other.listen(wire)
        there = await soon(owner.wires.get())
        assert (there.path, there.subprotocol, wire.subprotocol) == ("/x?y=z", "v1", "v1")
        for binary, payload in ((False, b"text"), (True, b"\x00\xff"), (False, b"")):
            wire.send(Send(1, payload, binary))
            assert await soon(owner.came.get()) == (payload, binary)
            there.send(Send(1, payload, binary))
            assert await soon(other.came.get()) == (payload, binary)
        wire.close(1000, "bye")
        assert await soon(owner.ended) == await soon(other.ended) == (1000, "bye")

    scene(act)


def test_headers_of_a_handshake_are_sent():
    """Beside those that make it one."""
    seen = []

    async def node(wire):
        seen.append(wire.request.headers["Origin"])

    async def run():
        async with serve(node, "127.0.0.1", 0) as server:
            wire = await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", [("Origin", "http://page")])
            await soon(wire.closed())

    play(run())
    assert seen == ["http://page"]


class Impatient(ServerConnection):
    """Ends a session whose client is silent for half a second."""

    def connection_made(self, transport):
        """Begin to wait."""
        self.pings, self.enough, self.timer = 0, asyncio.Event(), self.loop.call_later(0.5, transport.close)
        super().connection_made(transport)

    def data_received(self, data):
        """Wait anew; twelve pings are more than it would have waited."""
        self.timer.cancel()
        self.timer = self.loop.call_later(0.5, self.transport.close)
        self.pings += data[:1] == b"\x89"
        if self.pings == 12:
            self.enough.set()
        super().data_received(data)


def test_a_session_stays_open_while_nothing_happens():
    """A party pings its node, which would end the session of a client that is silent for too long."""

    async def node(wire):
        await wire.enough.wait()
        await wire.send("at last")

    async def run():
        async with serve(node, "127.0.0.1", 0, create_connection=Impatient, ping_interval=None) as server:
            wire, owner = (
                await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", ping_every=0.1),
                Owner(),
            )
            owner.listen(wire)
            assert await soon(owner.came.get()) == (b"at last", False)
            wire.close()
            assert await soon(owner.ended) == (1000, "")

    play(run())


def test_a_message_in_fragments_is_one():
    """With pings in between; what follows it is by itself."""
    pieces = [
        Frame(Opcode.BINARY, b"ab", fin=False),
        Frame(Opcode.PING, b"x"),
        Frame(Opcode.CONT, b"", fin=False),
        Frame(Opcode.CONT, b"cd"),
        Frame(Opcode.TEXT, b"e"),
    ]

    async def act(owner, url):
        async with their_connect(url, proxy=None) as wire:
            for piece in pieces:
                wire.transport.write(piece.serialize(mask=True))
            assert await soon(owner.came.get()) == (b"abcd", True)
            assert await soon(owner.came.get()) == (b"e", False)

    scene(act)


def test_what_comes_before_anybody_listens_is_kept():
    """A node may speak in the same breath in which it agrees."""

    async def node(wire):
        await wire.send("first")
        await wire.close(4000, "and last")

    async def run():
        async with serve(node, "127.0.0.1", 0) as server:
            wire, owner = await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"), Owner()
            await soon(wire.closed())
            owner.listen(wire)
            assert await soon(owner.came.get()) == (b"first", False)
            assert await soon(owner.ended) == (4000, "and last")

    play(run())


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ((1000, "bye"), (1000, "bye")),
        ((4001, "x" * 200), (4001, "x" * 123)),
        ((1005,), (1005, "")),
        ((1015,), (1005, "")),
        ((1006,), (1006, "")),
        ((1006, "", "eof"), (1006, "")),
        ((1006, "", "reset"), (1006, "")),
    ],
    ids=["a code", "a long reason", "no code", "a code that nobody may send", "lost", "ended", "reset"],
)
@pytest.mark.parametrize("ours", ["node", "party"])
def test_a_session_ends_as_it_is_told_to(how, seen, ours):
    """At the other end that is heard; and what was sent before has arrived."""

    async def act(owner, url):
        if ours == "node":
            async with their_connect(url, proxy=None) as there:
                wire = await soon(owner.wires.get())
                wire.send(Send(1, b"last"))
                await asyncio.sleep(0)
                if how[-1] != "reset":
                    assert await soon(there.recv()) == "last"
                wire.close(*how)
                await soon(there.wait_closed())
                assert (there.close_code, there.close_reason) == seen
        else:
            wire = await connect(url)
            wire.send(Send(1, b"last"))
            assert await soon(owner.came.get()) == (b"last", False)
            wire.close(*how)
            assert await soon(owner.ended) == seen
            await soon(wire.closed())
            wire.close()  # once is enough
            wire.send(Send(1, b"too late"))

    scene(act)


def test_a_reset_is_one():
    """The other end finds its connection broken, not ended."""

    async def act(owner, url):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(
            b"GET / HTTP/1.1\r\nHost: n\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await soon(reader.readuntil(b"\r\n\r\n"))
        (await soon(owner.wires.get())).close(1006, "", "reset")
        with pytest.raises(ConnectionResetError):
            await soon(reader.read())
        writer.close()

    scene(act)


def test_an_end_that_crashes_is_lost():
    """Without a Close frame there is no code."""

    async def act(owner, url):
        async with their_connect(url, proxy=None) as wire:
            connection = wire.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.transport.abort()
        assert await soon(owner.ended) == (1006, "")

    scene(act)


def test_the_last_word_of_an_end_that_is_gone_is_heard():
    """It came together with its Close frame, and nobody is there to read our own."""

    async def act(owner, url):
        async with their_connect(url, proxy=None) as wire:
            wire.protocol.send_text(b"last")
            wire.protocol.send_close(1000)
            wire.transport.write(b"".join(wire.protocol.data_to_send()))
            wire.transport.close()
        assert await soon(owner.came.get()) == (b"last", False)
        assert await soon(owner.ended) == (1000, "")

    scene(act)


def test_an_end_that_does_not_agree_to_a_close_is_left(monkeypatch):
    """After a moment."""
    monkeypatch.setattr(websocket, "CLOSE_TIMEOUT", 0.1)

    async def act(owner, url):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(
            b"GET / HTTP/1.1\r\nHost: n\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await soon(reader.readuntil(b"\r\n\r\n"))
        wire = await soon(owner.wires.get())
        wire.leave()
        await soon(wire.closed())
        assert await soon(owner.ended) == (1006, "")
        writer.close()

    scene(act)


def test_a_frame_that_is_none_is_told_so():
    """With the code of the protocol."""

    async def act(owner, url):
        async with their_connect(url, proxy=None) as wire:
            wire.transport.write(Frame(Opcode.TEXT, b"not masked").serialize(mask=False))
            with pytest.raises(ConnectionClosed):
                await soon(wire.recv())
            assert wire.close_code == 1002
        assert owner.came.empty()

    scene(act)


def test_a_large_message_both_ways():
    """Sixteen megabytes take no more than their time."""
    load = b"x" * (1 << 24)

    async def act(owner, url):
        wire, other = await connect(url), Owner()
        other.listen(wire)
        there = await soon(owner.wires.get())
        wire.send(Send(1, load))
        assert (await soon(owner.came.get()))[0] == load
        there.send(Send(1, load, binary=True))
        assert await soon(other.came.get()) == (load, True)
        wire.leave()
        await soon(wire.closed())

    scene(act)


def test_a_node_that_refuses():
    """With its status."""

    async def run():
        async with serve(
            lambda _wire: None, "127.0.0.1", 0, process_request=lambda one, _: one.respond(403, "no")
        ) as server:
            with pytest.raises(InvalidHandshake, match="403"):
                await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")

    play(run())


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 nonsense\r\n\r\n"], ids=["silence", "nonsense"])
def test_what_is_no_node_is_told(answer, monkeypatch):
    """Whether it says nothing at all, or nothing of sense."""
    monkeypatch.setattr(websocket, "OPEN_TIMEOUT", 0.2)

    async def odd(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await reader.read()
        writer.close()

    async def run():
        server = await asyncio.start_server(odd, "127.0.0.1", 0)
        async with server:
            with pytest.raises((OSError, InvalidHandshake)):
                await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")

    play(run())


def test_a_node_that_speaks_no_tls():
    """It is not spoken to in the clear instead."""

    async def act(_owner, url):
        with pytest.raises(OSError, match=r"(?i)ssl|connection"):
            await connect(url.replace("ws:", "wss:"), tls=ssl.create_default_context())

    scene(act)

"""One port for both protocols, at byte level: what is asked in odd ways, and how it is answered."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from dialogues import LIMIT, play, soon
from websockets.frames import Frame, Opcode

from recorder.replay.actions import Send
from recorder.server.listener import Listener

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: n\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def asked(body=b"", method=b"POST", head=b""):
    """A request, spelled out."""
    return b"%s /rpc HTTP/1.1\r\nHost: n\r\n%sContent-Length: %d\r\n\r\n%s" % (method, head, len(body), body)


class Echo:
    """An owner that answers with what it was asked, and remembers who asked; `held` keeps answers for later."""

    def __init__(self):
        self.requests, self.answers, self.wires, self.gone = [], [], [], []
        self.held, self.status = False, 200

    def requested(self, request, answer):
        """Answer at once, or keep the way back."""
        self.requests.append(request)
        self.answers.append(answer)
        if not self.held:
            answer.send(self.status, [("x-length", str(len(request.body)))], request.body[:100])

    def opened(self, wire):
        """Echo."""
        self.wires.append(wire)
        wire.listen(
            lambda payload, binary: wire.send(Send(0, payload, binary)), lambda code, _reason: self.gone.append(code)
        )

    def left(self, client):
        """Remember."""
        self.gone.append(client)

    def refuses(self, request, answer):
        """Refuse no handshake."""
        return False

    def subprotocol(self, offered):
        """Agree to the first."""
        return [*offered, ""][0]

    def handshake(self, target):
        """Say nothing besides."""
        return ()


async def until(condition):
    """Wait until something is so."""
    async with asyncio.timeout(LIMIT):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.001)


@asynccontextmanager
async def listening(owner=None):
    """A listener, and a connection to it."""
    owner = owner or Echo()
    listener = Listener(owner)
    await listener.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, limit=1 << 20)
    try:
        yield owner, listener, reader, writer
    finally:
        writer.close()
        await listener.close()


async def answered(reader):
    """One answer: its head, and its body by its length."""
    head = await soon(reader.readuntil(b"\r\n\r\n"))
    length = next((int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")), 0)
    return head, await soon(reader.readexactly(length))


def test_a_connection_is_kept():
    """Request after request, each answered in one piece."""

    async def scene():
        async with listening() as (owner, listener, reader, writer):
            for number in range(3):
                writer.write(asked(b"%d" % number))
                assert (await answered(reader))[1] == b"%d" % number
            assert len({request.client for request in owner.requests}) == 1
            assert len(listener.connections) == 1

    play(scene())


def test_a_kept_connection_is_quick():
    """A call takes no longer because the one before it was acknowledged late."""

    async def scene():
        async with listening() as (_owner, _listener, reader, writer):
            took = []
            for _ in range(30):
                began = time.perf_counter()
                writer.write(asked(b"x"))
                await answered(reader)
                took.append(time.perf_counter() - began)
            assert sorted(took)[15] < 0.02

    play(scene())


def test_requests_may_come_without_waiting():
    """Answers come in their order, whether they are given at once or later."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            writer.write(b"".join(asked(b"%d" % number) for number in range(50)))
            assert [(await answered(reader))[1] for _ in range(50)] == [b"%d" % number for number in range(50)]
            owner.held = True
            writer.write(asked(b"a") + asked(b"b") + asked(b"c"))
            for name in (b"a", b"b", b"c"):
                await until(lambda name=name: owner.requests[-1].body == name)
                owner.answers[-1].send(200, [], name.upper())
                assert (await answered(reader))[1] == name.upper()

    play(scene())


def test_requests_that_are_ahead_are_answered_after_the_client_has_said_its_last():
    """Whoever closes its half after it has asked twice still hears twice."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            owner.held = True
            writer.write(asked(b"a") + asked(b"b"))
            writer.write_eof()
            for name in (b"a", b"b"):
                await until(lambda name=name: owner.requests and owner.requests[-1].body == name)
                owner.answers[-1].send(200, [], name)
                assert (await answered(reader))[1] == name
            assert await soon(reader.read()) == b""

    play(scene())


def test_a_client_says_its_last_just_when_its_first_request_is_answered():
    """What it has asked beside is still read, and answered."""

    async def scene():
        async with listening() as (owner, listener, reader, writer):
            owner.held = True
            writer.write(asked(b"a") + asked(b"b"))
            await until(lambda: owner.requests)
            (connection,) = listener.connections
            owner.answers[0].send(200, [], b"a")
            assert connection.eof_received(), "the second request is not read before the loop turns"
            assert (await answered(reader))[1] == b"a"
            await until(lambda: len(owner.requests) == 2)
            owner.answers[1].send(200, [], b"b")
            assert (await answered(reader))[1] == b"b"
            assert await soon(reader.read()) == b""

    play(scene())


@pytest.mark.parametrize(
    ("said", "target"), [(b"http://n:1/rpc?a=%20b", "/rpc?a=%20b"), (b"http://n", "/"), (b"/rpc", "/rpc")]
)
def test_a_client_may_say_whom_it_asks(said, target):
    """As one does that takes the mock for its proxy (RFC 9112, section 3.2.2)."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            writer.write(b"POST %s HTTP/1.1\r\nHost: n\r\nContent-Length: 2\r\n\r\n{}" % said)
            assert (await answered(reader))[1] == b"{}"
            assert owner.requests[0].target == target

    play(scene())


def test_a_body_in_chunks():
    """Sizes in any case, with extensions and trailers."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n")
            writer.write(b"a;x=1\r\n0123456789\r\nB\r\nabcdefghijk\r\n0\r\nX: y\r\n\r\n" + asked(b"next"))
            assert (await answered(reader))[1] == b"0123456789abcdefghijk"
            assert (await answered(reader))[1] == b"next"
            assert [request.body for request in owner.requests] == [b"0123456789abcdefghijk", b"next"]

    play(scene())


def test_a_client_that_asks_before_it_sends():
    """It is told to go on, and then answered."""

    async def scene():
        async with listening() as (_owner, _listener, reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: n\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert (await soon(reader.readuntil(b"\r\n\r\n"))).startswith(b"HTTP/1.1 100 ")
            writer.write(b"ok")
            assert (await answered(reader))[1] == b"ok"

    play(scene())


def test_a_head_alone():
    """To HEAD the length is told and the body is not sent; the connection goes on."""

    async def scene():
        async with listening() as (_owner, _listener, reader, writer):
            writer.write(asked(b"abc", b"HEAD") + asked(b"next"))
            assert b"content-length: 3\r\n" in await soon(reader.readuntil(b"\r\n\r\n"))
            assert (await answered(reader))[1] == b"next"

    play(scene())


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nok",
        b"POST / HTTP/1.1\r\nHost: n\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    ],
    ids=["HTTP/1.0", "close"],
)
def test_a_connection_that_is_not_to_be_kept(request_):
    """It ends after its answer."""

    async def scene():
        async with listening() as (_owner, listener, reader, writer):
            writer.write(request_)
            assert (await soon(reader.read())).endswith(b"\r\n\r\nok")
            writer.close()
            await until(lambda: not listener.connections)

    play(scene())


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)), b"400"),
        (b"POST / HTTP/1.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: n\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: n\r\nX: " + b"y" * (1 << 17) + b"\r\n\r\n", b"431"),
    ],
    ids=["words", "TLS", "no host", "a length below none", "two lengths", "a chunk of no size", "a head without end"],
)
def test_what_is_no_request_is_told_so(said, status):
    """With what is wrong; nobody is asked, and the next client is answered."""

    async def scene():
        async with listening() as (owner, listener, reader, writer):
            writer.write(said)
            assert (await soon(reader.read())).split()[1] == status
            assert owner.requests == []
            other, there = await asyncio.open_connection("127.0.0.1", listener.port)
            there.write(asked(b"fine"))
            assert (await answered(other))[1] == b"fine"
            there.close()

    play(scene())


@pytest.mark.untraced
def test_a_body_of_sixty_four_megabytes():
    """It is taken in time that grows with its size, not with its square; so is an answer."""
    size = 1 << 26

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            writer.write(asked(b"x" * size))
            head, _ = await asyncio.wait_for(answered(reader), LIMIT)
            assert b"x-length: %d\r\n" % size in head
            owner.held = True
            writer.write(asked(b""))
            await until(lambda: len(owner.answers) == 2)
            owner.answers[-1].send(200, [], b"y" * size)
            assert len((await asyncio.wait_for(answered(reader), LIMIT))[1]) == size

    play(scene())


def test_an_answer_may_come_in_pieces():
    """In chunks, each when it is there; after the last the connection is free again."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            owner.held = True
            writer.write(asked(b"a"))
            await until(lambda: owner.answers)
            answer = owner.answers[0]
            answer.send(200, [("content-type", "text/event-stream")], b"one", last=False)
            assert b"chunked" in await soon(reader.readuntil(b"\r\n\r\n"))
            assert await soon(reader.readexactly(8)) == b"3\r\none\r\n"
            answer.send(200, [], b"two", last=False)
            assert await soon(reader.readexactly(8)) == b"3\r\ntwo\r\n"
            answer.send(200, [], b"")
            assert await soon(reader.readexactly(5)) == b"0\r\n\r\n"
            assert not answer.wanted
            owner.held = False
            writer.write(asked(b"next"))
            assert (await answered(reader))[1] == b"next"

    play(scene())


def test_a_client_that_leaves_a_stream_is_gone():
    """Nothing more is wanted, and what is said to it hurts nobody."""

    async def scene():
        async with listening() as (owner, listener, reader, writer):
            owner.held = True
            writer.write(asked(b"a"))
            await until(lambda: owner.answers)
            owner.answers[0].send(200, [], b"one", last=False)
            await soon(reader.readuntil(b"one"))
            writer.close()
            await until(lambda: not listener.connections)
            assert not owner.answers[0].wanted
            owner.answers[0].send(200, [], b"two")

    play(scene())


@pytest.mark.parametrize(("with_reset", "error"), [(False, asyncio.IncompleteReadError), (True, ConnectionResetError)])
def test_an_answer_may_be_dropped(with_reset, error):
    """The connection ends without one, as a server does that is stopped, or as one does that crashes."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            owner.held = True
            writer.write(asked(b"a"))
            await until(lambda: owner.answers)
            owner.answers[0].drop(with_reset=with_reset)
            with pytest.raises(error):
                await soon(reader.readexactly(1))

    play(scene())


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(status):
    """Whatever is given as one, and no length either."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            owner.status = status
            writer.write(asked(b"a") + asked(b"b"))
            for _ in range(2):
                assert b"content-length" not in await soon(reader.readuntil(b"\r\n\r\n"))
            assert len(owner.requests) == 2

    play(scene())


def test_a_handshake_and_its_first_frames_may_come_together():
    """The connection becomes a WebSocket, with what was behind its head; it is no HTTP client any more."""

    async def scene():
        async with listening() as (owner, listener, reader, writer):
            writer.write(asked(b"first") + HANDSHAKE + Frame(Opcode.TEXT, b"hello").serialize(mask=True))
            assert (await answered(reader))[1] == b"first"
            assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in await soon(reader.readuntil(b"\r\n\r\n"))
            assert await soon(reader.readexactly(7)) == b"\x81\x05hello"
            assert owner.wires[0].path == "/ws"
            assert listener.connections == set()

    play(scene())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ((b"Version: 13", b"Version: 8"), b"400"),
        ((b"dGhlIHNhbXBsZSBub25jZQ==", b"short"), b"400"),
        ((b"keep-alive, Upgrade", b"keep-alive"), b"426"),
    ],
    ids=["a version", "a key", "not meant"],
)
def test_a_handshake_that_is_none_is_told_so(change, status):
    """With what is wrong, as websockets says it."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            writer.write(HANDSHAKE.replace(*change))
            assert (await soon(reader.read())).split()[1] == status
            assert owner.wires == []

    play(scene())


def test_a_path_may_be_longer_than_any_handshake():
    """A channel's parameters are many."""

    async def scene():
        async with listening() as (owner, _listener, reader, writer):
            path = b"/ws?" + b"x" * 20_000
            writer.write(HANDSHAKE.replace(b"/ws", path))
            assert b"101" in await soon(reader.readuntil(b"\r\n\r\n"))
            assert owner.wires[0].path == path.decode()

    play(scene())


def test_whoever_asks_ahead_for_ever_is_not_read_for_ever():
    """What comes while a request waits is left to its sender, once it is much; all of it is answered in the end."""
    many = 40

    async def scene():
        async with listening() as (owner, listener, reader, writer):
            owner.held = True
            writer.write(asked(b"first"))
            await until(lambda: owner.answers)
            writer.write(asked(b"x" * (1 << 18)) * many)
            (connection,) = listener.connections
            await until(lambda: not connection._transport.is_reading())
            owner.held = False
            owner.answers[0].send(200, [], b"first")
            for _ in range(many + 1):
                await answered(reader)

    play(scene())

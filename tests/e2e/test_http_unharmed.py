"""All of HTTP/1.1 that mitmproxy by itself keeps or refuses passes as without the recorder."""

from __future__ import annotations

import asyncio
import re

import pytest
from rig import OPEN, play, recording, soon

CALL = b'{"jsonrpc":"2.0","id":1,"method":"ask"}'
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":null}'
ASKED = b"POST /rpc HTTP/1.1\r\nHost: node\r\nContent-Length: %d\r\n" % len(CALL)
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(ANSWER), ANSWER)
CHUNKED = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
RECORDED = [("to_node", "text", CALL), ("from_node", "text", ANSWER)]


def chunks(*pieces):
    """A chunked body without its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


async def read_request(reader):
    """The head of a request, and its body where its length is told."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return head + (await reader.readexactly(int(length[1])) if length else b"")


async def exchange(tmp_path, node, *sent, finish=False):
    """What a client gets that sends something through a recorder, what the node returned, and the frames."""
    heard = asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        OPEN.append(writer)
        heard.set_result(await node(reader, writer))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, recording(tmp_path, server.sockets[0].getsockname()[1], scheme="http") as rec:
        reader, writer = await asyncio.open_connection("127.0.0.1", rec.port)
        OPEN.append(writer)
        writer.writelines(sent)
        if finish:
            writer.write_eof()
        got = await soon(reader.read())
        assert rec.said == []
        return got, await soon(heard), rec.frames()


def saying(*pieces):
    """A node that reads a request, and says something."""

    async def node(reader, writer):
        asked = await read_request(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return asked

    return node


@pytest.mark.parametrize("interim", [b"103 Early Hints\r\nLink: </a>", b"102 Processing"])
def test_interim_answers_pass(tmp_path, interim):
    """They are none of the call; several may come."""
    said = b"HTTP/1.1 " + interim + b"\r\n\r\n"

    async def scene():
        got, _asked, frames = await exchange(tmp_path, saying(said, said, WHOLE), ASKED, b"\r\n", CALL)
        assert got == said + said + WHOLE
        assert frames == RECORDED

    play(scene())


def test_a_client_that_waits_until_it_may_go_on(tmp_path):
    """It hears so once, though its node says so too."""

    async def scene():
        go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
        head = ASKED + b"Expect: 100-continue\r\n\r\n"
        got, _asked, frames = await exchange(tmp_path, saying(go_on, WHOLE), head, CALL)
        assert got == go_on + WHOLE
        assert frames == RECORDED

    play(scene())


def test_trailers_of_an_answer_pass(tmp_path):
    """Of a body that is recorded whole, and of a stream of events."""
    for kind, body in ((b"", ANSWER), (b"Content-Type: text/event-stream\r\n", b"data: " + ANSWER + b"\n\n")):
        head = b"HTTP/1.1 200 OK\r\nTrailer: X-T\r\n" + kind + CHUNKED

        async def scene(head=head, body=body):
            node = saying(head, chunks(body), b"0\r\nX-T: 1\r\n\r\n")
            got, _asked, frames = await exchange(tmp_path / str(len(head)), node, ASKED, b"\r\n", CALL)
            assert got == head + chunks(body) + b"0\r\nX-T: 1\r\n\r\n"
            assert frames == RECORDED

        (tmp_path / str(len(head))).mkdir()
        play(scene())


def test_trailers_of_a_request_pass(tmp_path):
    """They come behind the chunks, as they were sent."""

    async def node(reader, writer):
        head = await read_request(reader)
        body = await reader.readuntil(b"X-T: 1\r\n\r\n")
        writer.write(WHOLE)
        return head + body

    async def scene():
        head = b"POST / HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n"
        got, asked, frames = await exchange(tmp_path, node, head, chunks(CALL), b"0\r\nX-T: 1\r\n\r\n")
        assert got == WHOLE
        assert asked.endswith(chunks(CALL) + b"0\r\nX-T: 1\r\n\r\n")
        assert frames == RECORDED

    play(scene())


def test_a_chunked_answer_passes(tmp_path):
    """Whatever its pieces were, it is one body."""

    async def scene():
        head = b"HTTP/1.1 200 OK\r\n" + CHUNKED
        node = saying(head, chunks(ANSWER[:5]), chunks(ANSWER[5:]), b"0\r\n\r\n")
        got, _asked, frames = await exchange(tmp_path, node, ASKED, b"\r\n", CALL)
        assert got.endswith(b"0\r\n\r\n")
        assert ANSWER in got
        assert frames == RECORDED

    play(scene())


@pytest.mark.parametrize("streams", [False, True])
def test_a_client_that_sends_no_more_gets_its_answer(tmp_path, streams):
    """Its node hears that, answers all the same, and the connection ends behind the answer."""
    event = b"data: " + ANSWER + b"\n\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n%s" % (len(event), event)

    async def node(reader, writer):
        await read_request(reader)
        rest = await soon(reader.read())
        writer.write(whole if streams else WHOLE)
        return rest

    async def scene():
        got, rest, frames = await exchange(tmp_path, node, ASKED, b"\r\n", CALL, finish=True)
        assert got == (whole if streams else WHOLE)
        assert rest == b""
        assert frames == RECORDED

    play(scene())


def test_a_client_that_is_gone_is_gone_for_its_node(tmp_path):
    """A stream that nobody hears ends: its node is told at once."""
    gone = asyncio.Event()

    async def serve(reader, writer):
        OPEN.append(writer)
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: " + ANSWER + b"\n\n")
        assert await reader.read() == b""
        gone.set()

    async def scene():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server, recording(tmp_path, server.sockets[0].getsockname()[1], scheme="http") as rec:
            reader, writer = await asyncio.open_connection("127.0.0.1", rec.port)
            writer.write(ASKED + b"\r\n" + CALL)
            await soon(reader.readuntil(ANSWER + b"\n\n"))
            writer.close()
            await soon(gone.wait())

    play(scene())

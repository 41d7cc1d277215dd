"""What a node refuses stands in the capture, on the terminal while it happens, and in the summary."""

from __future__ import annotations

import asyncio

import pytest
from rig import http, play, post, record, recording

from recorder.model import Frame, Opened, Refused

CALL = b'{"jsonrpc":"2.0","id":1,"method":"ask"}'
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def refusing(reader, writer):
    """Refuse handshakes and calls; answer everything else."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"websocket" in head.lower():
        writer.write(
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nSet-Cookie: s=1\r\nContent-Length: 2\r\n"
        )
        writer.write(b"Connection: close\r\n\r\nno")
    elif head.startswith(b"POST"):
        await reader.readexactly(len(CALL))
        writer.write(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 9\r\nContent-Length: 4\r\n\r\nslow")
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize("path", ["relay", "hooks"])
def test_a_refused_handshake_and_a_refused_call(tmp_path, path):
    """Both are recorded with the status before they pass, both ways of taking frames, and pass as they are."""

    async def scene():
        server = await asyncio.start_server(refusing, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, recording(tmp_path, port, scheme="http", path=path) as rec:
            status, head, body = await http(rec.port, "GET", "/channel?role=initiator", b"", UPGRADE)
            assert (status, body) == (401, b"no")
            assert b"Bearer" in head
            (event,) = rec.events
            assert isinstance(event, Refused)
            assert (event.status, event.party) == (401, "initiator")
            assert event.url == f"ws://localhost:{port}/channel?role=initiator"
            assert dict(event.headers) == {"WWW-Authenticate": "Bearer", "Set-Cookie": "s=«cookie 1»"}
            assert (await post(rec.port, "/", CALL))[0] == 429
            _, opened, _call, answer = rec.events
            assert isinstance(opened, Opened)
            assert isinstance(answer, Frame)
            assert (answer.status, answer.payload, answer.headers) == (429, b"slow", [("Retry-After", "9")])

    play(scene())


def test_a_person_sees_what_was_refused_and_what_was_not_recorded(tmp_path):
    """A line while it happens, and counts in the summary."""

    async def scene():
        server = await asyncio.start_server(refusing, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, record(tmp_path, port, scheme="http") as one:
            for _ in range(2):
                await http(one.rec.port, "GET", "/channel", b"", UPGRADE)
            await one.says(f"a party is refused a WebSocket: 401 Unauthorized, ws://127.0.0.1:{port}/channel")
            await post(one.rec.port, "/", CALL)
            await http(one.rec.port, "GET", "/health", b"", {})
            assert await one.end() == 0
        assert one.out[-2:] == ["1 other HTTP request passed unrecorded", f"capture: {one.rec.file}"]
        counts = one.out.index("2 refused with 401 Unauthorized")
        assert one.out[counts + 1] == "1 refused with 429 Too Many Requests"

    play(scene())

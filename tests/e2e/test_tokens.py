"""Tokens that a node hands out and its clients send back: recorded masked, and new in each run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets

import pytest
from rig import http, play, recording, soon
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from recorder import api
from recorder.server import MockNode, play_parties
from recorder.timeline import read

JSON = {"Content-Type": "application/json"}


def says(**members):
    """A message."""
    return json.dumps({"jsonrpc": "2.0", **members}).encode()


class Shop:
    """A node over HTTP that hands out a token in a header of its answer to a login, and asks for it in the next call."""

    def __init__(self, told):
        self.told, self.token = told, secrets.token_urlsafe(24)

    async def serve(self, reader, writer):
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        message = json.loads(await reader.readexactly(length))
        status, given = "200 OK", ""
        if message["method"] == "login":
            given = f"{self.told.format(self.token)}\r\n"
        elif self.token not in head:
            status = "401 Unauthorized"
        answer = says(id=message["id"], result=message["method"])
        writer.write(f"HTTP/1.1 {status}\r\n{given}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
        await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def shop(told):
    """Such a node, at work; its port."""
    server = await asyncio.start_server(Shop(told).serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def buys(port, told, sent):
    """Its client: the statuses of its calls, or what it has not been told."""
    status, head, _ = await http(port, "POST", "/rpc", says(id=1, method="login"), JSON)
    before, after = told.format("|").split("|")
    line = next(one for one in head.decode().split("\r\n") if one.lower().startswith(before.lower()))
    token = line[len(before) :].removesuffix(after) if after else line[len(before) :]
    name, _, value = sent.format(token).partition(": ")
    return [status, (await http(port, "POST", "/rpc", says(id=2, method="buy"), {**JSON, name: value}))[0]]


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("X-Auth-Token: {}", "X-Auth-Token: {}"),
        ("X-Auth-Token: {}", "Authorization: Bearer {}"),
        ("Authorization: Bearer {}", "Authorization: Bearer {}"),
        ("Set-Cookie: sid={}; Path=/", "Cookie: theme=dark; sid={}"),
    ],
)
def test_a_token_in_a_header_of_an_answer_is_sent_back(tmp_path, told, sent):
    """By parties, the live one; a mock gives its clients one in its place, and takes what they send."""

    async def scene():
        async with shop(told) as port, recording(tmp_path, port, scheme="http") as rec:
            assert await buys(rec.port, told, sent) == [200, 200]
        made = read(*rec.load(), "run.jsonl")
        async with MockNode(made, api.play_settings(made)) as node:
            assert await buys(node.port, told, sent) == [200, 200]
            assert node.outcome().ok, node.outcome()
        async with shop(told) as port:
            seen = []
            settings = api.play_settings(made, set(made.parties.values()))
            assert (await soon(play_parties(made, settings, f"http://127.0.0.1:{port}", tell=seen.append))).ok
            assert [event.status for event in seen if getattr(event, "direction", "") == "from_node"][-1] == 200

    play(scene())


@contextlib.asynccontextmanager
async def door(offered, head=""):
    """A node over WebSockets, which tells a token to who says `login`; its port.

    Args:
        offered: the subprotocols that who comes to `/inside` has to offer, or a header that it has to have.
        head: the header of its answer to a handshake that tells the token too.
    """
    token = secrets.token_urlsafe(24)

    def look(connection, request):
        name, _, value = offered.format(token).partition(": ")
        if request.path == "/inside" and value not in request.headers.get_all(name):
            return connection.respond(401, "no")
        return None

    def answer(_connection, _request, response):
        if head:
            response.headers["X-Auth-Token"] = token

    async def session(connection):
        async for text in connection:
            message = json.loads(text)
            await connection.send(says(id=message["id"], result={} if head else {"token": token}).decode())

    async with serve(
        session,
        "127.0.0.1",
        0,
        process_request=look,
        process_response=answer,
        select_subprotocol=lambda _connection, names: names[0] if names else None,
    ) as server:
        yield server.sockets[0].getsockname()[1]


async def enters(port, offered, head=""):
    """Its client: whether it comes in."""
    async with connect(f"ws://127.0.0.1:{port}/", proxy=None) as outside:
        await outside.send(says(id=1, method="login").decode())
        told = json.loads(await soon(outside.recv()))["result"]
        token = outside.response.headers[head] if head else told["token"]
        name, _, value = offered.format(token).partition(": ")
        how = {"additional_headers": {name: value}}
        if name == "Sec-WebSocket-Protocol":
            how = {"subprotocols": value.split(", ")}
        async with connect(f"ws://127.0.0.1:{port}/inside", proxy=None, **how) as inside:
            await inside.send(says(id=2, method="look").decode())
            return "result" in json.loads(await soon(inside.recv()))


@pytest.mark.parametrize(
    ("offered", "head"),
    [
        ("Sec-WebSocket-Protocol: bearer, {}", ""),
        ("Sec-WebSocket-Protocol: access_token.{}", ""),
        ("X-Auth-Token: {}", "X-Auth-Token"),
    ],
)
def test_a_token_opens_a_websocket(tmp_path, offered, head):
    """Among subprotocols, or told in the answer to another handshake: parties bring the live one, and a mock takes any."""

    async def scene():
        async with door(offered, head) as port, recording(tmp_path, port) as rec:
            assert await enters(rec.port, offered, head)
        made = read(*rec.load(), "run.jsonl")
        async with MockNode(made, api.play_settings(made)) as node:
            assert await enters(node.port, offered, head)
            assert node.outcome().ok, node.outcome()
        async with door(offered, head) as port:
            settings = api.play_settings(made, set(made.parties.values()))
            outcome = await soon(play_parties(made, settings, f"ws://127.0.0.1:{port}"))
            assert (outcome.ok, outcome.notes) == (True, []), outcome

    play(scene())

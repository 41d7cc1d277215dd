"""Captures made of a few words, nodes that play them, and clients to talk to them.

Rule: real sockets on free ports; every wait is for a condition and has a limit.
"""

import asyncio
import http.client
import json
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect as connect_

from recorder import api, capture
from recorder.model import Closed, Header, Opened, Refused
from recorder.server import MockNode
from recorder.timeline import read

LIMIT = 20  # seconds that anything may take; reached only when a test fails


def asks(method="sum", number=1, **more):
    """A request."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, **more}).encode()


def answers(result=3, number=1):
    """A response."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode()


def pushes(method="event", **params):
    """A notification."""
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode()


def opened(session=1, url="ws://node/rpc", party="", **more):
    """A session begins."""
    return Opened(session=session, party=party or f"client {session}", url=url, **more)


def up(payload, session=1, **more):
    """A frame to the node."""
    return capture.frame(payload, session=session, direction="to_node", **more)


def down(payload, session=1, **more):
    """A frame from the node."""
    return capture.frame(payload, session=session, direction="from_node", **more)


def closed(session=1, **more):
    """A session ends."""
    return Closed(session=session, **{"code": 1000, **more})


def refused(status, path, **more):
    """A handshake is refused."""
    return Refused(status=status, url=f"ws://node{path}", **more)


def script(*events, profile="generic"):
    """The script of a capture of these events."""
    return read(Header(format=1, run="x", recorder="0", profile=profile), events, "run.jsonl")


@asynccontextmanager
async def playing(*events, loop=False, tell=None, profile="generic", **how):
    """A mock node that plays these events."""
    made = script(*events, profile=profile)
    async with MockNode(made, api.play_settings(made, **how), loop=loop, tell=tell) as node:
        yield node


class OverHttp:
    """A node that takes no part in WebSockets."""

    def opened(self, wire):
        """Have none."""

    def left(self, client):
        """Forget nobody."""

    def refuses(self, request, answer):
        """Refuse no handshake."""
        return False

    def subprotocol(self, offered):
        """Choose none."""
        return ""


def connect(node, path="/rpc", **how):
    """A client's session."""
    return connect_(f"ws://127.0.0.1:{node.port}{path}", proxy=None, **how)


async def soon(work):
    """Wait for something that must not take long."""
    return await asyncio.wait_for(work, LIMIT)


def play(scene):
    """Run a test's scene, for a limited time."""
    asyncio.run(asyncio.wait_for(scene, 2 * LIMIT))


def post(node, body, path="/rpc", timeout=LIMIT, **headers):
    """A request over HTTP, on a connection of its own: status and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=timeout)
    try:
        connection.request("POST", path, body, {"content-type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()

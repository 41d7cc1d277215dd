"""A node that is not there for a while, and a client that tries again: what `recorder verify` makes of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import pytest
from ports import free_port
from rig import OPEN, child, hang_up, play, post, recording, soon, until
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import InvalidStatus

from recorder.model import Frame, Refused

CALL = b'{"jsonrpc":"2.0","id":1,"method":"%s"}'


class Shop:
    """A node over HTTP that answers each call, and ends behind a call of `restart`."""

    def __init__(self, port):
        self.port, self.ended, self.calls = port, asyncio.Event(), []

    async def serve(self, reader, writer):
        """Answer one call."""
        OPEN.append(writer)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        method = json.loads(await reader.readexactly(length))["method"]
        self.calls.append(method)
        answer = json.dumps({"jsonrpc": "2.0", "id": 1, "result": method}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
        await writer.drain()
        writer.close()
        if method == "restart":
            self.ended.set()

    async def work(self, comes_back, begins=None):
        """Be there, and once more when that is to be; at first when it is to begin."""
        if begins is not None:
            await begins.wait()
        for _life in range(2):
            server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
            async with server:
                await self.ended.wait()
            self.ended.clear()
            await comes_back.wait()


@contextlib.asynccontextmanager
async def working(node, comes_back, begins=None):
    """Such a node, until the end of the scene."""
    task = asyncio.create_task(node.work(comes_back, begins))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def verified(rec, port, scheme, tried, goes=None):
    """Verify; its exit code, and what it said. Once something was tried in vain, what that has to wait for happens."""
    again = rec.file.with_name("again.jsonl")
    command = ["verify", str(rec.file), f"{scheme}://127.0.0.1:{port}", "-o", str(again), "--patience", "20"]
    async with child(rec, *command) as one:
        while goes is not None and not goes.is_set() and one.process.returncode is None:
            with contextlib.suppress(OSError):
                if tried in again.read_bytes():
                    goes.set()
            await asyncio.sleep(0.01)
        return await one.wait(), one.out


def set_(*events):
    """Events, all of them set."""
    for event in events:
        event.set()
    return events[0]


@pytest.mark.parametrize("late", [False, True], ids=["at once", "later"])
def test_calls_that_were_tried_again_are_calls_until_the_node_is_there(tmp_path, late):
    """However often they were tried, and whether the live node is away at all."""

    async def scene():
        port, comes_back = free_port(), asyncio.Event()
        node = Shop(port)
        async with working(node, comes_back), recording(tmp_path, port, scheme="http") as rec:
            assert (await post(rec.port, "/rpc", CALL % b"restart"))[0] == 200
            while (await post(rec.port, "/rpc", CALL % b"again"))[0] == 502:
                tries = [one for one in rec.events if isinstance(one, Frame) and one.status == 502]
                if len(tries) == 3:
                    comes_back.set()
            assert (await post(rec.port, "/rpc", CALL % b"bye"))[0] == 200
        hang_up()
        live, comes_back = Shop(port), asyncio.Event()
        async with working(live, comes_back if late else set_(comes_back)):
            code, said = await verified(rec, port, "http", b'"status":502', comes_back if late else None)
        assert (code, live.calls) == (0, ["restart", "again", "bye"]), said

    play(scene())


@pytest.mark.parametrize("there", [True, False], ids=["comes", "does not come"])
def test_a_client_that_came_before_its_node_waits_for_it(tmp_path, there):
    """As long as a node may take; one that never comes is one that cannot be reached."""

    async def scene():
        port, begins = free_port(), asyncio.Event()
        node = Shop(port)
        async with working(node, asyncio.Event(), begins), recording(tmp_path, port, scheme="http") as rec:
            assert (await post(rec.port, "/rpc", CALL % b"hello"))[0] == 502
            begins.set()
            while (await post(rec.port, "/rpc", CALL % b"hello"))[0] == 502:
                pass
        hang_up()
        live, begins = Shop(port), asyncio.Event()
        async with working(live, asyncio.Event(), begins):
            if there:
                code, said = await verified(rec, port, "http", b'"status":502', begins)
                assert (code, live.calls) == (0, ["hello"]), said
            else:
                command = ["verify", str(rec.file), f"http://127.0.0.1:{port}", "--patience", "0.5"]
                async with child(rec, *command) as one:
                    assert await one.wait() == 2
                assert f"cannot reach the node at 127.0.0.1:{port}" in one.out[-1]

    play(scene())


async def lives(port, comes_back):
    """A node over WebSockets that answers each call, is gone after `restart`, and comes back once more."""
    for _life in range(2):
        ended = asyncio.Event()

        async def session(wire, ended=ended):
            async for text in wire:
                method = json.loads(text)["method"]
                await wire.send(json.dumps({"jsonrpc": "2.0", "id": 1, "result": method}))
                if method == "restart":
                    ended.set()

        async with serve(session, "127.0.0.1", port):
            await ended.wait()
        await comes_back.wait()


@contextlib.asynccontextmanager
async def living(port, comes_back):
    """Such a node, until the end of the scene."""
    task = asyncio.create_task(lives(port, comes_back))
    await until(lambda: listened_on(port))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def listened_on(port):
    """Whether somebody listens."""
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


async def call(port, method):
    """A session with one call."""
    async with connect(f"ws://127.0.0.1:{port}/rpc", proxy=None) as wire:
        await wire.send((CALL % method).decode())
        await soon(wire.recv())
        if method == b"restart":
            await soon(wire.wait_closed())


@pytest.mark.parametrize("late", [False, True], ids=["at once", "later"])
def test_a_session_that_was_tried_again_is_opened_when_the_node_is_there(tmp_path, late):
    """As its client did; the tries are no sessions, and no differences."""

    async def scene():
        port, comes_back = free_port(), asyncio.Event()
        async with living(port, comes_back), recording(tmp_path, port) as rec:
            await call(rec.port, b"restart")
            while True:
                try:
                    await call(rec.port, b"again")
                    break
                except InvalidStatus:
                    if sum(isinstance(one, Refused) for one in rec.events) == 3:
                        comes_back.set()
        comes_back = asyncio.Event()
        async with living(port, comes_back if late else set_(comes_back)):
            code, said = await verified(rec, port, "ws", b'"refused"', comes_back if late else None)
        assert code == 0, said

    play(scene())

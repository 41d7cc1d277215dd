"""Streams that one client over HTTP opens beside each other: as they are recorded, played by the mock, and asked for again."""

from __future__ import annotations

import asyncio
import json
import uuid

from rig import OPEN, hang_up, play, post, recording, soon

from recorder import api
from recorder.server import MockNode, play_parties
from recorder.server.listener import Listener
from recorder.timeline import read

SSE = [("content-type", "text/event-stream")]
SESSION = "agent-session"


def says(**members):
    """A message."""
    return json.dumps({"jsonrpc": "2.0", **members}).encode()


class Agent:
    """A node that answers in streams: one of the connection, and one of each session, which a header tells apart.

    The ids of its sessions are new in each run.
    """

    def __init__(self):
        self.asked, self.streams = [], {}

    def requested(self, request, answer):
        """Answer."""
        message, session = json.loads(request.body or b"{}"), dict(request.headers).get(SESSION, "")
        method, number = message.get("method", ""), message.get("id")
        self.asked.append((request.method, method))
        if request.method == "GET":
            self.streams[session] = answer
            answer.send(200, SSE, b": listening\n\n", last=False)
        elif method == "initialize":
            answer.send(200, [("content-type", "application/json")], says(id=number, result=0))
        else:
            answer.send(202, [], b"")
            if method == "new":
                told = [says(id=number, result={"session": str(uuid.uuid4())})]
            else:
                told = [says(method="working", params={}), says(id=number, result="done")]
            for one in told:
                self.streams[session].send(200, SSE, b"data: " + one + b"\n\n", last=False)

    def left(self, client):
        """Forget nobody."""


async def listen(port, **headers):
    """Open a stream; what reads its next event."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    OPEN.append(writer)
    lines = {"Host": "node", "Accept": "text/event-stream", **headers}
    writer.write(
        b"GET /rpc HTTP/1.1\r\n%s\r\n" % "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode()
    )
    await soon(reader.readuntil(b"\r\n\r\n"))

    async def event():
        while not (line := await soon(reader.readline())).startswith(b"data: "):
            pass
        return json.loads(line[6:])

    return event


async def converse(port):
    """A client with two sessions, of which it asks the later one first; what each stream of a session tells it then."""
    await post(port, "/rpc", says(id=1, method="initialize"))
    connection = await listen(port)
    sessions = {}
    for number in (2, 3):
        assert (await post(port, "/rpc", says(id=number, method="new")))[0] == 202
        session = (await connection())["result"]["session"]
        sessions[session] = await listen(port, **{SESSION: session})
    for number, session in enumerate(reversed(sessions), 4):
        assert (await post(port, "/rpc", says(id=number, method="prompt"), **{SESSION: session}))[0] == 202
    told = [[await event(), await event()] for event in sessions.values()]
    hang_up()
    return [[one.get("method", one.get("id")) for one in two] for two in told]


def test_each_stream_of_a_client_tells_it_what_it_told(tmp_path):
    """The mock does, and parties open each in its turn, with the live value of the header that tells it apart."""
    expected = [["working", 5], ["working", 4]]

    async def scene():
        agent, live = Agent(), Agent()
        listeners = [Listener(agent), Listener(live)]
        for listener in listeners:
            await listener.start("127.0.0.1", 0)
        async with recording(tmp_path, listeners[0].port, scheme="http") as rec:
            assert await converse(rec.port) == expected
        made = read(*rec.load(), "run.jsonl")
        assert [[*streams] for streams in made.streams.values()] == [[0, 1, 2]]

        async with MockNode(made, api.play_settings(made)) as node:
            assert await converse(node.port) == expected
            assert node.outcome().ok, node.outcome()

        parties = api.play_settings(made, set(made.parties.values()))
        outcome = await soon(play_parties(made, parties, f"http://127.0.0.1:{listeners[1].port}"))
        assert outcome.ok, outcome
        assert live.asked == agent.asked
        assert len(live.streams) == len(agent.streams) == 3
        for listener in listeners:
            await listener.close()

    play(scene())

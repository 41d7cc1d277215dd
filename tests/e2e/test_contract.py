"""One contract for both ways of taking frames: the same traffic gives the same events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig import Node, close, frame, pair, play, recording, reset, soon
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)

from recorder.model import Closed, Frame
from recorder.wire import Reader

SHARED = Path(os.environ.get("RECORDER_SHARED") or Path(__file__).parents[3] / "shared")
WORDS = [
    '{"jsonrpc":"2.0","method":"m"}',
    "",
    "✓ not JSON\n",
    b"",
    b"\x00\xff",
    "x" * 70_000,
    '{"a":1}' * 5,
    '{"a":1}' * 5,
]


def told(event):
    """What both ways must tell of an event."""
    if isinstance(event, Frame):
        return event.direction, event.opcode, event.payload
    if isinstance(event, Closed):
        return "closed", event.code, event.reason, event.by, event.lost
    return type(event).__name__, event.party, event.role, event.url.partition("/channel")[2]


def both(tmp_path, scene):
    """Play a scene over both ways, and return what they told (pings and pongs apart)."""
    heard = []

    async def run(path):
        async with Node().listening() as node, recording(tmp_path, node.port, path=path, overwrite=True) as rec:
            await scene(node, rec)
            await rec.ending()
            heard.append([told(e) for e in rec.events if getattr(e, "opcode", "") not in {"ping", "pong"}])

    play(run("relay"))
    play(run("hooks"))
    return heard


def test_frames_of_every_kind(tmp_path):
    """Text, binary, empty and fragmented messages with pings between them give the same events either way."""

    async def scene(node, rec):
        (reader, writer), (node_reader, node_writer) = await pair(rec.port, node)
        for word in WORDS:
            opcode, payload = (1, word.encode()) if isinstance(word, str) else (2, word)
            writer.write(frame(payload, opcode, masked=True) + frame(b"ping", 9, masked=True))
            half = len(payload) // 2
            node_writer.write(frame(payload[:half], opcode, fin=False) + frame(payload[half:], 0))
        await soon(messages(reader, len(WORDS), masked=False))  # mitmproxy drops what is under way at a Close
        writer.write(close(4321, "enough", masked=True))
        await soon(messages(node_reader, len(WORDS) + 1, masked=True))
        node_writer.write(close(4321, "enough"))
        node_writer.close()
        await soon(reader.read())
        writer.close()

    relay, hooks = both(tmp_path, scene)
    assert sorted(relay, key=repr) == sorted(hooks, key=repr)
    for way in ("to_node", "from_node"):
        assert [e for e in relay if e[0] == way] == [e for e in hooks if e[0] == way]
        assert len([e for e in relay if e[0] == way]) == len(WORDS)
    assert relay[-1] == ("closed", 4321, "enough", "party", "")


async def messages(stream, count, *, masked):
    """Read until so many messages (or a Close frame among them) have come, pings and pongs apart."""
    reader, found = Reader(masked=masked), 0
    while found < count:
        said = reader.feed(await stream.read(1 << 16))
        found += sum(message.opcode not in {"ping", "pong"} for message in said)


@pytest.mark.parametrize("by", ["party", "node"])
@pytest.mark.parametrize("crash", [reset, lambda writer: writer.close()], ids=["reset", "eof"])
def test_ends_without_a_close_frame(tmp_path, by, crash):
    """A crash of either end is told as such by both ways, whatever mitmproxy tells the other end of it."""

    async def scene(node, rec):
        party, end = await pair(rec.port, node)
        near, other = (party, end) if by == "party" else (end, party)
        near[1].write(frame(b"last", masked=by == "party"))
        await soon(other[0].readexactly(10 if by == "party" else 6))
        crash(near[1])
        with contextlib.suppress(ConnectionResetError):
            await soon(other[0].read())
        other[1].close()

    relay, hooks = both(tmp_path, scene)
    assert relay == hooks
    assert relay[-1] == ("closed", 1006, "", by, "reset" if crash is reset else "eof")


@pytest.mark.parametrize("path", ["relay", "hooks"])
@pytest.mark.parametrize("takeover", [True, False], ids=["context kept", "context dropped"])
def test_compressed_messages(tmp_path, path, takeover):
    """Messages compressed by a real library, with and without context takeover, arrive and are recorded inflated."""
    factory = {"client_no_context_takeover": not takeover, "server_no_context_takeover": not takeover}

    async def echo(ws):
        async for message in ws:
            await ws.send(message)

    async def scene():
        deflate = [ServerPerMessageDeflateFactory(**factory)]
        async with serve(echo, "127.0.0.1", 0, extensions=deflate) as server:
            port = server.sockets[0].getsockname()[1]
            async with recording(tmp_path, port, path=path) as rec:
                offer = [ClientPerMessageDeflateFactory(**factory)]
                async with connect(f"ws://127.0.0.1:{rec.port}/", extensions=offer) as ws:
                    for word in WORDS * 2:
                        await ws.send(word)
                        assert await soon(ws.recv()) == word
                await rec.ending()
                sent = [(word if isinstance(word, bytes) else word.encode()) for word in WORDS * 2]
                for way in ("to_node", "from_node"):
                    assert [payload for to, _, payload in rec.frames() if to == way] == sent
                assert rec.frames("raw") == []

    play(scene())


@pytest.mark.untraced
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 9, 10]), st.binary(max_size=125), st.integers(1, 40)), max_size=30),
    st.booleans(),
)
def test_random_frames_and_splits(tmp_path, sent, up):
    """Whatever frames go through, however they are split, arrive byte for byte and are recorded one for one."""
    kinds = {1: "text", 2: "binary", 9: "ping", 10: "pong"}

    async def scene():
        async with Node().listening() as node, recording(tmp_path, node.port, overwrite=True) as rec:
            party, end = await pair(rec.port, node)
            near, other = (party, end) if up else (end, party)
            stream = b""
            for opcode, payload, step in sent:
                data = frame(payload, opcode, masked=up)
                stream += data
                for at in range(0, len(data), step):
                    near[1].write(data[at : at + step])
                    await asyncio.sleep(0)
            assert await soon(other[0].readexactly(len(stream))) == stream
            expected = [("to_node" if up else "from_node", kinds[opcode], payload) for opcode, payload, _ in sent]
            assert rec.frames(*kinds.values()) == expected

    play(scene())


@pytest.mark.parametrize("path", ["relay", "hooks"])
def test_a_real_channels_traffic(tmp_path, path):
    """What a real client and a real node said to each other goes through, and not one frame of it is lost."""
    source = SHARED / "real" / "sdk_frames.jsonl"
    if not source.exists():
        pytest.skip(f"the shared data is not here: {source}; RECORDER_SHARED names its folder")
    lines = [json.loads(line) for line in source.read_text().splitlines()]
    frames = [line for line in lines if line["dir"] in {"send", "recv"}]

    async def scene():
        async with Node().listening() as node, recording(tmp_path, node.port, path=path) as rec:
            ends = {}
            for line in lines:
                if line["dir"] == "connect":
                    where = "/channel" + line["url"].partition("/channel")[2]
                    ends[line["conn"]] = await pair(rec.port, node, path=where)
                elif line in frames:
                    (party, end), up = ends[line["conn"]], line["dir"] == "send"
                    near, other = (party, end) if up else (end, party)
                    data = frame(line["data"].encode(), masked=up)
                    near[1].write(data)
                    await soon(other[0].readexactly(len(data)))
            seen = [(e.session, e.direction, e.payload.decode()) for e in rec.events if isinstance(e, Frame)]
            numbers = {conn: number for number, conn in enumerate(ends, 1)}
            ways = {"send": "to_node", "recv": "from_node"}
            assert seen == [(numbers[line["conn"]], ways[line["dir"]], line["data"]) for line in frames]
            assert {event.role for event in rec.opened} == {line["role"] for line in lines}

    play(scene())

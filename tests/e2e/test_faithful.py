"""What either end sends arrives unchanged, and so does the way it ends."""

from __future__ import annotations

import asyncio
import os
import struct

import pytest
from rig import KEY, OPEN, Node, close, connect, frame, pair, play, recording, reset, soon, until

VIOLATIONS = {
    "reserved opcode": b"\x83\x80abcd",
    "reserved bits": b"\xf1\x80abcd",
    "unmasked client frame": b"\x81\x02hi",
    "oversized control frame": b"\x89\xfe\x00\x7eabcd" + bytes(126),
    "fragmented control frame": b"\x09\x80abcd",
    "continuation of nothing": b"\x80\x80abcd",
    "compressed without agreement": b"\xc1\x81abcd\x00",
}


def through(tmp_path, scene, **settings):
    """Play a scene with a node, a party and a recorder between them."""

    async def run():
        async with Node().listening() as node, recording(tmp_path, node.port, **settings) as rec:
            await scene(node, rec)

    play(run())


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_bytes_arrive_identical_both_ways(tmp_path, step):
    """However frames are split into TCP segments, each end receives exactly what the other sent."""
    sizes = (0, 1, 125, 126, 65535, 65536) if step > 7 else (0, 1, 125, 126)
    messages = [("text", b"x" * size) for size in sizes] + [("binary", os.urandom(size)) for size in sizes]
    opcodes = {"text": 1, "binary": 2}

    async def scene(node, rec):
        (reader, writer), (node_reader, node_writer) = await pair(rec.port, node)
        up = b"".join(frame(payload, opcodes[kind], masked=True) for kind, payload in messages)
        down = b"".join(frame(payload, opcodes[kind]) for kind, payload in messages)

        async def send(stream, data):
            for at in range(0, len(data), step):
                stream.write(data[at : at + step])
                await stream.drain()
                await asyncio.sleep(0)

        await asyncio.gather(send(writer, up), send(node_writer, down))
        assert await soon(node_reader.readexactly(len(up))) == up
        assert await soon(reader.readexactly(len(down))) == down
        for direction in ("to_node", "from_node"):
            assert [f[1:] for f in rec.frames() if f[0] == direction] == messages

    through(tmp_path, scene)


def test_fragments_and_control_frames_pass_as_they_are(tmp_path):
    """A fragmented message with pings between its fragments arrives so, and is one frame with its fragments counted."""

    async def scene(node, rec):
        (reader, _), (_, node_writer) = await pair(rec.port, node)
        sent = (
            frame(b"one ", fin=False)
            + frame(b"p" * 125, 9)
            + frame(b"", 0, fin=False)
            + frame(b"", 10)
            + frame(b"two", 0)
        )
        node_writer.write(sent)
        assert await soon(reader.readexactly(len(sent))) == sent
        (message,) = [e for e in rec.events if getattr(e, "fragments", 1) > 1]
        assert (message.payload, message.fragments) == (b"one two", 3)
        assert rec.frames("ping", "pong") == [("from_node", "ping", b"p" * 125), ("from_node", "pong", b"")]

    through(tmp_path, scene)


@pytest.mark.parametrize("violation", VIOLATIONS.values(), ids=VIOLATIONS)
def test_violations_pass_and_are_recorded_raw(tmp_path, violation):
    """A frame that breaks the protocol reaches the other end unchanged, and is in the capture as raw bytes."""

    async def scene(node, rec):
        (_, writer), (node_reader, _) = await pair(rec.port, node)
        good = frame(b"good", masked=True)
        writer.write(good + violation)
        sent = good + violation
        assert await soon(node_reader.readexactly(len(sent))) == sent
        assert rec.frames() == [("to_node", "text", b"good"), ("to_node", "raw", violation)]

    through(tmp_path, scene)


def test_bad_utf8_passes_and_is_recorded(tmp_path):
    """A text frame that is no UTF-8 arrives unchanged and stands in the capture byte for byte."""

    async def scene(node, rec):
        (_, writer), (node_reader, _) = await pair(rec.port, node)
        sent = frame(b"\xff\xfe{", masked=True)
        writer.write(sent)
        assert await soon(node_reader.readexactly(len(sent))) == sent
        assert rec.frames() == [("to_node", "text", b"\xff\xfe{")]

    through(tmp_path, scene)


@pytest.mark.parametrize("by", ["party", "node"])
def test_every_close_code_and_reason_passes(tmp_path, by):
    """Close codes 1000-4999 with their reasons pass each way as sent, and the capture says who closed."""
    codes = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1011, 1015, 2999, 3000, 4000, 4999]

    async def scene(node, rec):
        for code in codes:
            party, end = await pair(rec.port, node)
            (near, other) = (party, end) if by == "party" else (end, party)
            word = close(code, f"because {code} ✓", masked=by == "party")
            near[1].write(word)
            assert await soon(other[0].readexactly(len(word))) == word
            answer = close(code, masked=by != "party")
            other[1].write(answer)
            other[1].write_eof()
            assert await soon(near[0].read()) == answer
            near[1].close()
        closed = await rec.ending(len(codes))
        assert [(c.code, c.reason, c.by, c.lost) for c in closed] == [(c, f"because {c} ✓", by, "") for c in codes]

    through(tmp_path, scene)


def test_close_without_a_code(tmp_path):
    """A Close frame without a code stays one, and counts as 1005."""

    async def scene(node, rec):
        (reader, writer), (node_reader, node_writer) = await pair(rec.port, node)
        writer.write(frame(b"", 8, masked=True))
        assert len(await soon(node_reader.readexactly(6))) == 6
        node_writer.write(frame(b"", 8))
        assert await soon(reader.readexactly(2)) == b"\x88\x00"
        (closed,) = await rec.ending()
        assert (closed.code, closed.by, closed.lost) == (1005, "party", "")

    through(tmp_path, scene)


async def ends(node, rec, by, early):
    """The end that is about to go, and the other; before any frame, or after one."""
    party, end = await pair(rec.port, node)
    near, other = (party, end) if by == "party" else (end, party)
    if not early:
        last = frame(b"last", masked=by == "party")
        near[1].write(last)
        await soon(other[0].readexactly(len(last)))
    return near, other


@pytest.mark.parametrize("by", ["party", "node"])
@pytest.mark.parametrize("early", [True, False], ids=["at once", "after a frame"])
def test_an_abort_arrives_as_an_abort(tmp_path, by, early):
    """When one end resets its connection the other gets a reset, and the capture says so."""

    async def scene(node, rec):
        near, other = await ends(node, rec, by, early)
        reset(near[1])
        with pytest.raises(ConnectionResetError):
            await soon(other[0].read())
        (closed,) = await rec.ending()
        assert (closed.code, closed.by, closed.lost) == (1006, by, "reset")

    through(tmp_path, scene)


@pytest.mark.parametrize("by", ["party", "node"])
@pytest.mark.parametrize("early", [True, False], ids=["at once", "after a frame"])
def test_an_end_without_close_frame_arrives_as_eof(tmp_path, by, early):
    """When one end is gone without a Close frame the other sees the end of the stream and nothing before it."""

    async def scene(node, rec):
        near, other = await ends(node, rec, by, early)
        near[1].close()
        assert await soon(other[0].read()) == b""
        other[1].close()
        (closed,) = await rec.ending()
        assert (closed.code, closed.by, closed.lost) == (1006, by, "eof")

    through(tmp_path, scene)


@pytest.mark.parametrize("early", [True, False], ids=["at once", "after a frame"])
def test_a_half_close_leaves_the_other_half_open(tmp_path, early):
    """A party that has closed its sending half still receives everything that the node sends after."""

    async def scene(node, rec):
        (reader, writer), (node_reader, node_writer) = await pair(rec.port, node)
        if not early:
            node_writer.write(frame(b"before"))
            await soon(reader.readexactly(8))
        writer.write(frame(b"bye", masked=True)[:4])  # and in the middle of a frame
        writer.write_eof()
        assert len(await soon(node_reader.read())) == 4
        for number in range(100):
            node_writer.write(frame(b"%04d" % number))
            await node_writer.drain()
        node_writer.write_eof()
        assert await soon(reader.read()) == b"".join(frame(b"%04d" % number) for number in range(100))
        await rec.ending()
        assert len(rec.frames("text")) == 101 - early

    through(tmp_path, scene)


@pytest.mark.untraced
def test_frames_around_the_handshake_keep_their_order(tmp_path):
    """What the node sends with its 101 and a party with its request is neither lost nor overtaken: 300 sessions."""
    many = 300

    async def scene(node, rec):
        node.after = b"".join(frame(b"n%d" % n) for n in range(20))
        early = b"".join(frame(b"p%d" % n, masked=True) for n in range(20))
        late_up = b"".join(frame(b"P%d" % n, masked=True) for n in range(20))
        late_down = b"".join(frame(b"N%d" % n) for n in range(20))

        async def session(number):
            (reader, writer), (node_reader, node_writer) = await pair(rec.port, node, after=early)
            for at in range(0, len(late_up), 11 + number % 13):
                writer.write(late_up[at : at + 11 + number % 13])
                await asyncio.sleep(0)
            node_writer.write(late_down)
            assert await soon(reader.readexactly(len(node.after + late_down))) == node.after + late_down
            assert await soon(node_reader.readexactly(len(early + late_up))) == early + late_up
            writer.close()
            node_writer.close()

        for start in range(0, many, 10):
            await asyncio.gather(*(session(start + n) for n in range(10)))
        await rec.ending(many)
        up, down = ([b"%s%d" % (x, n) for x in pair_ for n in range(20)] for pair_ in ((b"p", b"P"), (b"n", b"N")))
        taken = {}
        for event in rec.events:
            if hasattr(event, "direction"):
                taken.setdefault((event.session, event.direction), []).append(event.payload)
        assert len(taken) == 2 * many
        assert all(payloads == (up if way == "to_node" else down) for (_, way), payloads in taken.items())

    through(tmp_path, scene)


@pytest.mark.parametrize("path", ["relay", "hooks"])
def test_nothing_stands_before_a_session_that_came_after_it(tmp_path, path):
    """By their times: what passes while a node thinks over a handshake came before it, and after it was asked for."""

    async def scene(node, rec):
        (reader, _writer), (_node_reader, node_writer) = await pair(rec.port, node)
        node.answers.clear()
        second = asyncio.create_task(connect(rec.port, "/channel?role=responder"))
        await until(lambda: len(node.requests) == 2)
        node_writer.write(frame(b"meanwhile"))
        assert await soon(reader.readexactly(len(frame(b"meanwhile")))) == frame(b"meanwhile")
        node.answers.set()
        await soon(second)
        await until(lambda: len(rec.opened) == 2)
        first, said, later = rec.events
        assert first.asked < first.time < later.asked < said.time < later.time

    through(tmp_path, scene, path=path)


@pytest.mark.untraced
def test_large_messages_take_linear_time(tmp_path):
    """64 MiB in one text frame takes about four times as long as 16 MiB, and arrives whole."""

    async def scene(node, rec):
        loop = asyncio.get_running_loop()
        (_, writer), (node_reader, _) = await pair(rec.port, node)
        took = []
        for size in (16 << 20, 64 << 20):
            sent = b"\x81\xff" + struct.pack("!Q", size) + bytes(4) + b"x" * size
            began = loop.time()
            writer.write(sent)
            missing = len(sent)
            while missing:
                missing -= len(await soon(node_reader.read(1 << 20)))
            took.append(loop.time() - began)
        assert took[1] < 10 * took[0] + 1
        assert [len(payload) for _, _, payload in rec.frames()] == [16 << 20, 64 << 20]

    through(tmp_path, scene)


def test_a_slow_reader_stops_a_fast_sender(tmp_path):
    """Back-pressure reaches the sender: what is under way between two ends is bounded by their socket buffers."""

    async def scene(node, rec):
        (reader, _), (_, node_writer) = await pair(rec.port, node)
        chunk = frame(b"x" * 4096) * 16
        total, stuck = 0, False
        while not stuck and total < 200 << 20:
            node_writer.write(chunk)
            total += len(chunk)
            try:
                await asyncio.wait_for(node_writer.drain(), 0.5)
            except TimeoutError:
                stuck = True
        assert stuck
        assert total < 64 << 20
        left = total
        while left:
            left -= len(await soon(reader.read(1 << 20)))
        await until(lambda: len(rec.frames()) == total // len(frame(b"x" * 4096)))

    through(tmp_path, scene)


@pytest.mark.parametrize("path", ["relay", "hooks"])
@pytest.mark.parametrize("version", ["Sec-WebSocket-Version: 8\r\n", ""], ids=["8", "none"])
def test_a_handshake_of_another_version_is_recorded(tmp_path, path, version):
    """What a node accepts as a WebSocket is one, whatever version the party asked for: nothing passes unrecorded."""

    async def scene(node, rec):
        reader, writer = await asyncio.open_connection("127.0.0.1", rec.port)
        OPEN.append(writer)
        head = "GET /channel?role=initiator HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{head}{version}Sec-WebSocket-Key: {KEY}\r\n\r\n".encode())
        await soon(reader.readuntil(b"\r\n\r\n"))
        node_reader, node_writer = await soon(node.sessions.get())
        writer.write(frame(b"up", masked=True))
        node_writer.write(frame(b"down"))
        await soon(asyncio.gather(node_reader.readexactly(8), reader.readexactly(6)))
        assert sorted(rec.frames()) == [("from_node", "text", b"down"), ("to_node", "text", b"up")]

    through(tmp_path, scene, path=path)

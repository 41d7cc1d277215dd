"""`recorder record --otel`: calls between real sockets reach a real collector, which costs the traffic nothing."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from collecting import receiving, told
from ports import free_port
from rig import Node, frame, pair, play, record, until

CALL, ANSWER = b'{"jsonrpc":"2.0","id":1,"method":"add","params":[1,2]}', b'{"jsonrpc":"2.0","id":1,"result":3}'

pytestmark = pytest.mark.untraced


async def call(one, node):
    """A party's call through the recorder, with the answer."""
    (reader, writer), (upstream, down) = await pair(one.rec.port, node)
    writer.write(frame(CALL, masked=True))
    await upstream.readexactly(len(frame(CALL, masked=True)))
    down.write(frame(ANSWER))
    await reader.readexactly(len(frame(ANSWER)))
    return writer


def test_a_call_reaches_the_collector_while_it_records(tmp_path):
    """The span of its session follows at the end, with the metrics; the secrets of its URL were masked before."""

    async def scene():
        with receiving() as server:
            async with Node().listening() as node, record(tmp_path, node.port, "-q", "--otel", server.url) as one:
                await call(one, node)
                await until(lambda: server.spans)
                (span,) = server.spans
                attributes = told(span.attributes)
                assert (span.name, attributes["jsonrpc.request.id"], attributes["server.port"]) == (
                    "add",
                    "1",
                    node.port,
                )
                assert attributes["recorder.line"] == 3
                assert one.process.returncode is None
                assert await one.end() == 0
                assert f"--otel: 2 spans sent to {server.url}" in one.out
            header, events = one.rec.load()
            assert server.resource["recorder.run"] == header.run
            call_, session = server.spans
            assert call_.parent_span_id == session.span_id
            assert (call_.start_time_unix_nano, call_.end_time_unix_nano) == (events[1].time, events[2].time)
            (point,) = server.metrics["rpc.client.call.duration"].histogram.data_points
            assert point.count == 1

    play(scene())


@pytest.mark.parametrize("hangs", [True, False])
def test_traffic_does_not_wait_for_a_collector(tmp_path, hangs):
    """Neither for one that does not answer, nor for one that is gone; one line says so, and another what was not sent."""

    async def scene():
        with receiving() as server:
            server.answers.clear()
            url = server.url if hangs else f"http://127.0.0.1:{free_port()}"
            async with Node().listening() as node, record(tmp_path, node.port, "-q", "--otel", url) as one:
                for _ in range(3):
                    await asyncio.wait_for(call(one, node), 5)
                await one.says("cannot send to")
                assert await one.end() == 0
                said = [line for line in one.out if line.startswith("--otel")]
                assert len(said) == 2
                assert said[0].endswith("; what is not sent yet waits in the capture")
                assert said[1].startswith(f"--otel: 0 spans sent to {url}, ")
                assert len(one.rec.frames()) == 6

    play(scene())


def test_nothing_stays_when_the_recorder_is_killed(tmp_path):
    """What was recorded is sent, and its process ends."""

    async def scene():
        with receiving() as server:
            async with Node().listening() as node, record(tmp_path, node.port, "-q", "--otel", server.url) as one:
                await call(one, node)
                await until(lambda: server.spans)
                os.kill(one.process.pid, signal.SIGKILL)
                await until(lambda: len(server.spans) == 2, "the span of the session")
                assert server.spans[1].name == "session"

    play(scene())

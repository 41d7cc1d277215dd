"""`recorder record --ship`: what passes reaches a stream, and the traffic waits for none."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import nats
import nats.errors
import pytest
from brokers import broker
from rig import Node, frame, pair, play, record

from recorder.fleet.parcels import Parcel

CALL = b'{"jsonrpc":"2.0","id":1,"method":"add","params":[1,2]}'

pytestmark = pytest.mark.untraced


async def call(one, node):
    """A party's call through the recorder."""
    (_, writer), (upstream, _) = await pair(one.rec.port, node)
    writer.write(frame(CALL, masked=True))
    await upstream.readexactly(len(frame(CALL, masked=True)))
    return writer


async def parcels(server):
    """What the stream has; nothing if there is none yet."""
    client = await nats.connect(f"nats://127.0.0.1:{server.port}")
    found = []
    try:
        js = client.jetstream()
        for number in range(1, (await js.stream_info("T")).state.messages + 1):
            message = await js.get_msg("T", number)
            found.append(Parcel.read(message.subject, message.headers, message.data or b""))
    except nats.js.errors.NotFoundError:
        pass
    finally:
        await client.close()
    return found


async def there(server, condition):
    """Wait until what the stream has is so."""
    async with asyncio.timeout(20):
        while not condition(found := await parcels(server)):  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.02)
    return found


def lines(found):
    """The capture that they make."""
    back = {}
    for one in found:
        back |= dict(zip(one.numbers, one.lines.splitlines(keepends=True), strict=False))
    return b"".join(back[number] for number in sorted(back))


def test_what_passes_is_in_the_stream_while_it_is_recorded(tmp_path):
    """And at the end the whole capture, with its end."""

    async def scene():
        with broker(tmp_path / "broker") as server:
            url = server.url("T")
            async with Node().listening() as node, record(tmp_path, node.port, "-q", "--ship", url) as one:
                await call(one, node)
                await there(server, lambda found: any(CALL in parcel.lines for parcel in found))
                assert one.process.returncode is None
                assert await one.end() == 0
            found = await parcels(server)
            assert lines(found) == one.rec.file.read_bytes()
            assert found[-1].kind == "ended"
            count = len(one.rec.file.read_bytes().splitlines())
            assert f"--ship: {one.rec.file}: all {count} lines are in {url}" in one.out

    play(scene())


def test_traffic_does_not_wait_for_a_server(tmp_path):
    """That is not there: this is said at once; and at the end, what was not sent, with what sends it."""

    async def scene():
        with broker(tmp_path / "broker") as server:
            server.kill()
            url = server.url("T", "me:secret@")
            async with Node().listening() as node, record(tmp_path, node.port, "-q", "--ship", url) as one:
                await asyncio.wait_for(call(one, node), 5)
                await one.says("it is tried again until it works")
                assert await one.end() == 0
            count, size = len(one.rec.file.read_bytes().splitlines()), one.rec.file.stat().st_size
            assert [line for line in one.out if line.startswith("--ship")][-1] == (
                f"--ship: {one.rec.file}: {count} of {count} lines ({size:,} bytes) are not in {server.url('T')}: "
                f"no server has answered; `recorder ship {one.rec.file} {server.url('T')}` sends them"
            )
            assert not any("secret" in line for line in one.out)

    play(scene())


def test_shipping_begins_when_the_server_comes(tmp_path):
    """However late."""

    async def scene():
        with broker(tmp_path / "broker") as server:
            server.kill()
            url = server.url("T")
            async with Node().listening() as node, record(tmp_path, node.port, "-q", "--ship", url) as one:
                await call(one, node)
                await one.says("it is tried again until it works")
                server.start()
                server.ready()
                await there(server, lambda found: any(CALL in parcel.lines for parcel in found))
                assert await one.end() == 0
            assert lines(await parcels(server)) == one.rec.file.read_bytes()

    play(scene())


def test_nothing_stays_when_the_recorder_is_killed(tmp_path):
    """What it wrote is sent, and the process beside it ends."""

    async def scene():
        with broker(tmp_path / "broker") as server:
            url = server.url("T")
            async with Node().listening() as node, record(tmp_path, node.port, "-q", "--ship", url) as one:
                await call(one, node)
                os.kill(one.process.pid, signal.SIGKILL)
                found = await there(server, lambda found: found and found[-1].kind == "ended")
                assert lines(found) == one.rec.file.read_bytes()

    play(scene())


def test_what_a_stream_does_not_take_is_no_trouble_of_the_recording(tmp_path):
    """It is said why nothing is sent."""

    async def scene():
        with broker(tmp_path / "broker") as server:
            client = await nats.connect(f"nats://127.0.0.1:{server.port}")
            await client.jetstream().add_stream(name="T", subjects=["orders.>"])
            url = server.url("T")
            async with Node().listening() as node, record(tmp_path, node.port, "-q", "--ship", url) as one:
                await one.says("--ship: ")
                await asyncio.wait_for(call(one, node), 5)
                assert await one.end() == 0
            said = [line for line in one.out if line.startswith("--ship")]
            why = "the stream takes other subjects; give it 'T.>', or name another stream"
            assert said[0] == f"--ship: {url}: {why}; it is tried again until it works"
            assert f": {why}; `recorder ship " in said[-1]
            await client.close()

    play(scene())


@pytest.mark.parametrize("url", ["127.0.0.1:4222", "nats://127.0.0.1:4222", "http://127.0.0.1/T"])
def test_a_stream_is_named_by_its_address(tmp_path, url):
    """In one line, before anything is recorded."""

    async def scene():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "recorder", "record", "ws://127.0.0.1:1", "--listen", "127.0.0.1:0", "--ship", url),
            stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path,
        )
        _, err = await process.communicate()
        assert process.returncode == 2
        assert err.decode() == (
            f"recorder: --ship: {url!r} is not a stream; write it as nats://127.0.0.1:4222/TRAFFIC\n"
        )
        assert not [*tmp_path.iterdir()]

    play(scene())

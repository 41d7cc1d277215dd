"""`recorder record --view`: a page beside the recording, which ends with it, however that ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import suppress

import pytest
from rig import Node, frame, pair, play, record, until
from viewing import Asking

CALL = b'{"id":1,"method":"add","params":[1,2]}'

pytestmark = pytest.mark.untraced


def page_of(one):
    """The port of the page that a recorder printed."""
    return next((int(found[1]) for line in one.out if (found := re.match(r"page: http://127.0.0.1:(\d+)/$", line))), 0)


async def asked(port, path, body=None):
    """What a page is answered."""
    page = Asking(port)
    own = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}
    answer = await asyncio.to_thread(page, path, *(("POST", body, own) if body else ()))
    assert answer.status == 200, answer
    return answer.value


async def is_gone(port):
    """Wait until nobody listens there any more."""
    with suppress(ConnectionError):
        while True:
            await asked(port, "/api/capture")


def test_a_page_is_beside_the_recording(tmp_path):
    """It shows what passes, takes marks, and is gone afterwards."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, "--view-port", "0") as one:
            await one.says("page: http")
            port = page_of(one)
            (_reader, writer), _other = await pair(one.rec.port, node)
            writer.write(frame(CALL, masked=True))
            await until(one.rec.frames)
            while (await asked(port, "/api/capture"))["open"] != 1:
                pass
            assert await asked(port, "/api/scenario", '{"name":"from the page"}') == {"ok": True}
            assert [event.name for event in one.rec.events if hasattr(event, "name")] == ["from the page"]
            assert await one.end() == 0
            assert one.out[-1] == f"capture: {one.rec.file}, `recorder view {one.rec.file}` shows it"
            await asyncio.wait_for(is_gone(port), 20)

    play(scene())


def test_no_page_stays_when_the_recorder_is_killed(tmp_path):
    """Not even at once."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, "-q", "--view", "--view-port", "0") as one:
            await one.says("page: http")
            port = page_of(one)
            os.kill(one.process.pid, signal.SIGKILL)
            await asyncio.wait_for(is_gone(port), 20)

    play(scene())


def test_a_recording_goes_on_without_its_page(tmp_path):
    """And says why there is none."""

    async def scene():
        async with Node().listening() as node:
            options = ("-q", "--view-port", str(node.port))  # which the node has
            async with record(tmp_path, node.port, *options) as one:
                await one.says("no page is shown: cannot listen on")
                (_reader, writer), _other = await pair(one.rec.port, node)
                writer.write(frame(CALL, masked=True))
                await until(one.rec.frames)
                assert await one.end() == 0

    play(scene())

"""mitmproxy's files with real ones: what it wrote is imported, what is exported opens in it."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from ports import free_port
from rig import LIMIT, Node, Recording, child, close, frame, pair, play, post, soon, until

from recorder import capture
from recorder.interchange import mitm
from recorder.interchange.files import Capture, staging
from recorder.interchange.formats import Source
from recorder.model import Closed, Frame, Opened
from recorder.transcript import data_folder

ADDON = Path(__file__).parents[2] / "addons" / "record_websockets.py"
PROGRAM = "import sys; from mitmproxy.tools.main import {0}; sys.exit({0}(sys.argv[1:]))"
ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":1}'

pytestmark = pytest.mark.untraced


@asynccontextmanager
async def answering():
    """The port of a node that answers over HTTP."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(RESULT) + RESULT)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def fetched(page, path):
    """What mitmweb answers; newer ones ask for the token that they print."""
    base, _question, token = page.partition("?")
    port = int(re.search(r":(\d+)/", base)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    wanted = f"{path}?{token}" if token else path
    writer.write(f"GET {wanted} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = await soon(reader.read())
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 200 " in head, head
    return body


def page_of(one):
    """Where mitmweb says that its page is."""
    return next((found[0] for line in one.out if (found := re.search(r"http://127\.0\.0\.1:\d+/\S*", line))), "")


def running(tool, rec, *options):
    """A mitmproxy in a process of its own."""
    web = ["--set", "web_open_browser=false", "--set", f"web_port={free_port()}"] if tool == "mitmweb" else []
    return child(rec, "-c", PROGRAM.format(tool), *options, *web, module="")


async def talk(port, node):
    """A session over a WebSocket, from its handshake to its Close frames."""
    (reader, writer), (node_reader, node_writer) = await pair(port, node)
    writer.write(frame(ASK, masked=True))
    await soon(node_reader.readexactly(len(ASK) + 6))
    node_writer.write(frame(RESULT) + frame(b"\xff\xfe", 2))
    await soon(reader.readexactly(len(RESULT) + 6))
    node_writer.write(close(1001, "bye"))
    await soon(reader.readexactly(7))
    writer.write(close(1001, "bye", masked=True))
    await soon(node_reader.readexactly(11))
    node_writer.close()
    writer.close()


@pytest.mark.parametrize("tool", ["mitmdump", "mitmweb"])
def test_what_mitmproxy_wrote_is_imported(tmp_path, tool):
    """WebSockets and calls over HTTP, from the file that mitmdump writes, and that mitmweb saves."""
    saved = tmp_path / "saved.mitm"

    async def scene():
        rec, over_http = Recording(tmp_path / "none", free_port()), free_port()
        async with Node().listening() as node, answering() as answers:
            modes = [f"reverse:http://127.0.0.1:{node.port}@127.0.0.1:{rec.port}"]
            modes.append(f"reverse:http://127.0.0.1:{answers}@127.0.0.1:{over_http}")
            options = [word for mode in modes for word in ("--mode", mode)]
            if tool == "mitmdump":
                options += ["-w", str(saved)]
            async with running(tool, rec, *options) as one:
                for port in (rec.port, over_http):
                    await one.says(f"listening at 127.0.0.1:{port}" if tool == "mitmdump" else str(port))
                await talk(rec.port, node)
                assert (await post(over_http, "/rpc", ASK))[0] == 200
                if tool == "mitmweb":
                    await until(lambda: page_of(one))
                    async with asyncio.timeout(LIMIT):
                        while True:
                            flows = json.loads(await fetched(page_of(one), "/flows"))
                            if len(flows) == 2 and all("timestamp_end" in str(flow) for flow in flows):
                                break
                    await until(lambda: any("disconnect" in line for line in one.out))
                    saved.write_bytes(await fetched(page_of(one), "/flows/dump"))
                await one.end()
        events = [*mitm.read(Source(saved))]
        opened = [event.url for event in events if isinstance(event, Opened)]
        assert opened == [f"ws://127.0.0.1:{node.port}/channel?role=initiator", f"http://127.0.0.1:{answers}/rpc"]
        frames = [(event.session, event.direction, event.payload) for event in events if isinstance(event, Frame)]
        assert frames == [
            (1, "to_node", ASK),
            (1, "from_node", RESULT),
            (1, "from_node", b"\xff\xfe"),
            (2, "to_node", ASK),
            (2, "from_node", RESULT),
        ]
        (closed,) = [event for event in events if isinstance(event, Closed)]
        assert (closed.session, closed.code, closed.reason, closed.by) == (1, 1001, "bye", "node")
        assert [event.time for event in events] == sorted(event.time for event in events)

    play(scene())


@pytest.mark.parametrize("tool", ["mitmdump", "mitmweb"])
@pytest.mark.parametrize("name", ["two_withdrawals", "mcp_tools"])
def test_what_is_exported_opens_in_mitmproxy(tmp_path, tool, name):
    """Each conversation is a flow of its own."""
    written = tmp_path / "run.mitm"
    with Capture(data_folder("transcripts") / f"{name}.jsonl") as recorded, staging() as stage:
        assert mitm.write(recorded, written, stage) == {}
        events = [*recorded]
    sockets = sum(isinstance(one, Opened) and one.url.startswith("ws") for one in events)
    calls = sum(isinstance(one, Frame) and one.direction == "to_node" and one.exchange > 0 for one in events)

    async def scene():
        async with running(tool, Recording(tmp_path / "none"), "-nr", str(written)) as one:
            if tool == "mitmdump":
                assert await one.wait() == 0
                shown = sum(" << " in line for line in one.out)
            else:
                await until(lambda: page_of(one))
                async with asyncio.timeout(LIMIT):
                    while not (flows := json.loads(await fetched(page_of(one), "/flows"))):
                        pass
                shown = len(flows)
                await one.end()
            assert [line for line in one.out if "rror" in line] == []
            assert shown >= sockets + calls > 0

    play(scene())


def test_the_script_and_its_mitmproxy_both_write(tmp_path):
    """The same calls are in the capture and in mitmproxy's own file."""

    async def scene():
        rec = Recording(tmp_path / "run.jsonl", free_port())
        async with answering() as answers:
            mode = f"reverse:http://127.0.0.1:{answers}@127.0.0.1:{rec.port}"
            options = ["-s", str(ADDON), "--mode", mode, "--set", f"capture={rec.file}", "-w", f"{tmp_path}/run.mitm"]
            async with running("mitmdump", rec, *options) as one:
                await one.says("listening at")
                assert (await post(rec.port, "/rpc", ASK))[0] == 200
                await one.end()
                assert [line for line in one.out if "rror" in line or "Traceback" in line] == []
        imported = [*mitm.read(Source(tmp_path / "run.mitm"))]
        assert [timeless(event) for event in imported] == [timeless(event) for event in rec.events]

    play(scene())


def timeless(event):
    """An event as it is written, without its time."""
    return {**json.loads(capture.dump(event)), "time": 0}

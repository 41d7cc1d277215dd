"""What a real browser's tools write is read as it was, and what is written opens in its DevTools."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from installing import program
from pairings import HERE, beside_modules

from recorder.capture import FORMAT, dump_all, frame
from recorder.interchange import har
from recorder.interchange.files import Capture, staging
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.model import Frame, Header, Opened, Scenario

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

NOON = 1_769_860_800_123_456_789
SOCKET = [
    ("to_node", b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}'),
    ("from_node", b'{"jsonrpc":"2.0","id":1,"result":3}'),
    ("to_node", b'{"jsonrpc":"2.0","id":2,"method":"sum","params":[3,4]}'),
    ("from_node", b'{"jsonrpc":"2.0","id":2,"result":7}'),
    ("to_node", b"\x00\xff"),
    ("from_node", b"\x00\xff"),
]
ASK = ("to_node", b'{"jsonrpc":"2.0","id":3,"method":"sum","params":[5,6]}')
RESULT = ("from_node", b'{"jsonrpc":"2.0","id":3,"result":11}')
TOLD = ("from_node", b'{"jsonrpc":"2.0","method":"added"}')


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Has a browser do something with files; what was printed, and what was logged."""
    folder = tmp_path_factory.mktemp("browser")
    script = beside_modules(HERE / "clients" / "browser_files.mjs", folder)

    def use(deed, path, name="chromium"):
        command = [program("node"), script, program(name), deed, path]
        environment = {**os.environ, "DEBUG": "pw:protocol"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
        assert done.returncode == 0, done.stderr[-2000:]
        return done

    return use


@pytest.fixture(scope="module")
def saved(browser, tmp_path_factory):
    """A folder of what the tools of a browser have saved."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "debug.log").write_text(browser("save", folder).stderr)
    return folder


def sessions(path, name):
    """What was said in each session of a file: at the end of its URL, the direction and the payload of each frame."""
    source = Source(path)
    known = format_of(source)
    assert known is FORMATS[name]
    found, ends = [], {}
    for event in known.load().read(source):
        if isinstance(event, Opened):
            found.append((event.url.rpartition("/")[2].partition("?")[0], []))
            ends[event.session] = found[-1][1]
        elif isinstance(event, Frame):
            ends[event.session].append((event.direction, event.payload))
    return found


@pytest.mark.parametrize(
    ("file", "name"),
    [("devtools.har", "har"), ("embedded.har", "har"), ("attached.har.zip", "playwright"), ("trace.zip", "playwright")],
)
def test_what_a_browser_saves_is_what_its_page_said(saved, file, name):
    """Chromium's DevTools, Playwright's HAR files, and its traces: sessions over WebSockets and HTTP, and streams."""
    assert sessions(saved / file, name) == [("socket", SOCKET), ("rpc", [ASK, RESULT]), ("stream", [ASK, TOLD, RESULT])]


def test_a_log_of_the_protocol_is_what_the_page_said(saved):
    """Bodies are there if the client has asked for them, as Playwright does."""
    assert sessions(saved / "protocol.log", "devtools") == [("socket", SOCKET), ("rpc", [ASK]), ("stream", [ASK])]
    assert sessions(saved / "debug.log", "devtools")[:2] == [("socket", SOCKET), ("rpc", [ASK, RESULT] * 2)]


def test_what_firefox_saves_is_what_its_page_said_over_http(browser, tmp_path):
    """It keeps no messages of WebSockets."""
    browser("automatic", tmp_path, "firefox-esr")
    found = dict(sessions(tmp_path / "firefox.har", "har"))
    assert found.pop("socket", []) == []
    assert found["rpc"][:2] == [ASK, RESULT]
    assert found["stream"][:3] == [ASK, TOLD, RESULT]


def test_what_is_written_opens_in_devtools(browser, tmp_path):
    """As a browser's own: WebSockets with their messages, calls with their bodies, streams."""
    stream = [("content-type", "text/event-stream")]
    events = [
        Scenario(name="sums", time=NOON),
        Opened(time=NOON, session=1, party="shop", url="ws://n/socket"),
        *(
            frame(payload, time=NOON + at, session=1, direction=way, opcode="text" if at < 4 else "binary")
            for at, (way, payload) in enumerate(SOCKET)
        ),
        Opened(time=NOON, session=2, party="client-2", url="http://n/rpc"),
        frame(ASK[1], time=NOON, session=2, direction="to_node", exchange=1),
        frame(RESULT[1], time=NOON + 5, session=2, direction="from_node", exchange=1),
        frame(ASK[1], time=NOON + 6, session=2, direction="to_node", exchange=2),
        frame(TOLD[1], time=NOON + 7, session=2, direction="from_node", exchange=2, headers=stream, event_id="7"),
        frame(RESULT[1], time=NOON + 8, session=2, direction="from_node", exchange=2),
    ]
    (tmp_path / "run.jsonl").write_bytes(dump_all([Header(format=FORMAT, run="r", recorder="0"), *events]))
    with staging() as stage:
        assert not har.write(Capture(tmp_path / "run.jsonl"), tmp_path / "run.har", stage)
    socket, call, streamed = json.loads(browser("open", tmp_path / "run.har").stdout)
    assert (socket["url"], socket["status"], socket["type"]) == ("ws://n/socket", 101, "websocket")
    assert [(kind, opcode, data) for kind, _time, opcode, data in socket["frames"]] == [
        (
            "send" if way == "to_node" else "receive",
            1 if at < 4 else 2,
            payload.decode() if at < 4 else "AP8=",
        )
        for at, (way, payload) in enumerate(SOCKET)
    ]
    assert socket["frames"][0][1] == pytest.approx(NOON / 1e9, abs=1e-6)
    assert (call["url"], call["status"], call["type"]) == ("http://n/rpc", 200, "fetch")
    assert (call["asked"], call["answered"]) == (ASK[1].decode(), RESULT[1].decode())
    assert (streamed["type"], streamed["answered"]) == (
        "eventsource",
        f"event: message\nid: 7\ndata: {TOLD[1].decode()}\n\nevent: message\ndata: {RESULT[1].decode()}\n\n",
    )

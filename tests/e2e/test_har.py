"""HAR files and mitmproxy: it opens what is written, and what it dumps is read."""

import json

import pytest
from mitmproxy.addons.savehar import SaveHar
from mitmproxy.io import FlowReader
from mitmproxy.test import tflow

from recorder.capture import FORMAT, dump_all, frame
from recorder.interchange import har
from recorder.interchange.files import Capture, staging
from recorder.interchange.formats import Source
from recorder.model import Frame, Header, Opened

ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'
TELL = b'{"jsonrpc":"2.0","method":"told"}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":1}'
NOON = 1_769_860_800_123_456_789
JSON = [("Content-Type", "application/json")]


def test_what_is_written_opens_in_mitmproxy(tmp_path):
    """As flows, with their bodies; of WebSockets it reads the handshakes alone."""
    events = [
        Opened(time=NOON, session=1, party="client-1", url="http://n/rpc", headers=JSON),
        frame(ASK, time=NOON, session=1, direction="to_node", exchange=1),
        frame(RESULT, time=NOON + 1_500_000, session=1, direction="from_node", exchange=1, headers=JSON),
        Opened(time=NOON, session=2, party="client-2", url="ws://n/"),
        frame(TELL, time=NOON, session=2, direction="from_node"),
    ]
    (tmp_path / "run.jsonl").write_bytes(dump_all([Header(format=FORMAT, run="r", recorder="0"), *events]))
    with staging() as stage:
        har.write(Capture(tmp_path / "run.jsonl"), tmp_path / "run.har", stage)
    with (tmp_path / "run.har").open("rb") as file:
        call, handshake = FlowReader(file).stream()
    assert (call.request.url, call.request.content, call.response.content) == ("http://n/rpc", ASK, RESULT)
    assert call.request.timestamp_start == pytest.approx(NOON / 1e9, abs=1e-6)
    assert handshake.response.status_code == 101


def test_what_mitmproxy_dumps_is_read(tmp_path):
    """WebSockets with their messages, and calls."""
    socket, call = tflow.twebsocketflow(), tflow.tflow(resp=True)
    socket.request.scheme = "https"
    call.request.method, call.request.content, call.response.content = "POST", ASK, RESULT
    (tmp_path / "a.har").write_text(json.dumps(SaveHar().make_har([socket, call])))
    events = [*har.read(Source(tmp_path / "a.har"))]
    said = {1: [], 2: []}
    for event in events:
        if isinstance(event, Frame):
            said[event.session].append((event.direction, event.payload))
    assert said[1] == [("to_node", b"hello binary"), ("to_node", b"hello text"), ("from_node", b"it's me")]
    assert said[2] == [("to_node", ASK), ("from_node", RESULT)]
    assert {one.url for one in events if isinstance(one, Opened)} == {
        "wss://example.com:80/ws",
        "http://address:22/path",
    }

"""mitmproxy's files: how they are known, and what becomes of bad ones."""

import gc
import io
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.io import FlowReader, FlowWriter, tnetstring
from mitmproxy.test import tflow

from recorder.capture import dump, frame
from recorder.errors import InputError
from recorder.interchange import mitm
from recorder.interchange.files import Capture, staging
from recorder.interchange.formats import FORMATS, Source, format_for, format_of
from recorder.model import Closed, Frame, Header, Opened

ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'


def written(*flows):
    """The bytes of a file that mitmproxy writes."""
    file = io.BytesIO()
    for flow in flows:
        FlowWriter(file).add(flow)
    return file.getvalue()


WEBSOCKET, POST = written(tflow.twebsocketflow()), written(tflow.tflow(resp=True))


def read(tmp_path, content, warn=print):
    """The events of a file with these bytes."""
    (tmp_path / "x.mitm").write_bytes(content)
    return [*mitm.read(Source(tmp_path / "x.mitm", warn=warn))]


@pytest.mark.parametrize("content", [WEBSOCKET, POST])
def test_a_file_is_known_by_how_it_begins(tmp_path, content):
    """Whatever its name is."""
    (tmp_path / "x").write_bytes(content)
    assert format_of(Source(tmp_path / "x")) is FORMATS["mitm"]


@pytest.mark.parametrize(
    "content", [b"", b"12:", b"5:hello,", b"1:2:3", b"# 1:2:a;", b'{"log":{}}', b"10:00:00 12:ok;"]
)
def test_another_file_is_not_taken_for_one(tmp_path, content):
    """Times of day and other netstrings begin like it."""
    (tmp_path / "x").write_bytes(content)
    assert not mitm.recognises(Source(tmp_path / "x"))


@pytest.mark.parametrize("name", ["x.mitm", "x.flow", "x.flows"])
def test_its_names_are_those_that_people_give(name):
    """None is mitmproxy's own."""
    assert format_for(Path(name)) is FORMATS["mitm"]


def test_what_is_written_is_what_mitmproxy_reads(tmp_path):
    """A flow a WebSocket, with its messages."""
    events = [
        Opened(time=1, session=1, party="client-1", url="ws://n:1/a"),
        frame(ASK, time=2, session=1, direction="to_node"),
        Closed(time=3, session=1, code=1000),
    ]
    (tmp_path / "run.jsonl").write_bytes(b"".join(map(dump, [Header(format=2, run="x", recorder="1"), *events])))
    with Capture(tmp_path / "run.jsonl") as capture, staging() as stage:
        assert mitm.write(capture, tmp_path / "x.mitm", stage) == {}
    with (tmp_path / "x.mitm").open("rb") as file:
        (flow,) = FlowReader(file).stream()
    assert flow.request.url == "http://n:1/a"
    assert [message.content for message in flow.websocket.messages] == [ASK]
    assert [*mitm.read(Source(tmp_path / "x.mitm"))] == events


@pytest.mark.parametrize("cut", [1, 3, 100, len(POST) - 1])
def test_of_a_torn_file_the_flows_before_are_read(tmp_path, cut):
    """Mitmdump was killed; it is said."""
    said = []
    events = read(tmp_path, WEBSOCKET + POST[:cut], said.append)
    assert len([event for event in events if isinstance(event, Frame)]) == 3
    assert said == [f"{tmp_path}/x.mitm: flow 2, the last, is incomplete and is left out"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (POST[:100], "flow 1 cannot be read"),
        (WEBSOCKET + b"garbage: of any kind" + WEBSOCKET, "flow 2 cannot be read: Invalid data format."),
        (b"999999999999:9:websocket;", "flow 1 cannot be read"),
        (WEBSOCKET + b"17:4:type;4:what;}" + WEBSOCKET, "flow 2 cannot be read"),
        (tnetstring.dumps({"version": 10**6, "type": "http"}), "flow 1 cannot be read: .* cannot read files with flow"),
    ],
)
def test_what_is_none_is_said_in_a_line(tmp_path, content, words):
    """With the flow that cannot be read; memory for what is announced is not taken."""
    with pytest.raises(InputError, match=rf"x\.mitm: {words}.*; is it what mitmproxy .* or an older one wrote\?$"):
        read(tmp_path, content)


def test_nesting_without_end_is_said_in_a_line(tmp_path):
    """It is no flow."""
    deep = b""
    for _one in range(5000):
        deep = b"%d:%s]" % (len(deep), deep)
    with pytest.raises(InputError, match="flow 1 cannot be read"):
        read(tmp_path, deep)


@given(st.integers(0, len(WEBSOCKET + POST) - 1), st.binary(min_size=1, max_size=4))
def test_no_damage_is_more_than_a_line(tmp_path_factory, place, damage):
    """Whatever the bytes are: events, or an error of ours."""
    content = bytearray(WEBSOCKET + POST)
    content[place : place + len(damage)] = damage
    with suppress(InputError):
        for event in read(tmp_path_factory.getbasetemp(), bytes(content), lambda _text: None):
            dump(event)


@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize("content", [WEBSOCKET, WEBSOCKET[:-9], WEBSOCKET + POST[:-9]])
def test_python_looks_for_cycles_afterwards_as_before(tmp_path, content, looks):
    """Whole or torn, whether it did or not."""
    (gc.enable if looks else gc.disable)()
    try:
        with suppress(InputError):
            read(tmp_path, content)
        assert gc.isenabled() is looks
    finally:
        gc.enable()


def test_what_is_left_out_is_said(tmp_path):
    """Flows of other protocols, and HTTP that is no JSON-RPC."""
    said = []
    read(tmp_path, written(tflow.ttcpflow(), tflow.tdnsflow(), tflow.tflow(resp=True)), said.append)
    assert [re.sub(r"^\S+: ", "", line) for line in said] == [
        "left out: 2 flows that are no HTTP",
        "1 other HTTP request left out: no JSON-RPC",
    ]

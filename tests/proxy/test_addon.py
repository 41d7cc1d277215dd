"""The addon through mitmproxy's own kit: options, hooks, and what it does when it cannot write."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from mitmproxy import exceptions
from mitmproxy.http import Headers
from mitmproxy.test import taddons, tflow, tutils

from recorder import capture
from recorder.errors import CaptureWriteError
from recorder.model import Closed, Frame, Opened
from recorder.proxy.addon import Recorder
from recorder.sinks.capture_file import CaptureFile

FULL = OSError(28, "No space left on device")


def scene(work, *sinks, **options):
    """Run work in a mitmproxy that has the addon; returns nothing, checks nothing."""

    async def run():
        recorder = Recorder(*sinks)
        with taddons.context(recorder) as context:
            context.configure(recorder, **options)
            await work(recorder, context)
            recorder.done()
            recorder.close()

    asyncio.run(run())


def events(file):
    """The events of a capture."""
    with file.open("rb") as lines:
        return list(capture.load(lines)[1])


def test_a_session_from_its_hooks(tmp_path):
    """Start, messages and end of a WebSocket flow become the events of one session."""
    file = tmp_path / "run.jsonl"

    async def work(recorder, context):
        flow = tflow.twebsocketflow()
        said = list(flow.websocket.messages)
        flow.websocket.messages = []
        recorder.websocket_start(flow)
        for message in said:
            flow.websocket.messages.append(message)
            recorder.websocket_message(flow)
        flow.websocket.close_reason = "Close Reason"
        recorder.websocket_end(flow)

    scene(work, capture=str(file))
    opened, *frames, closed = events(file)
    assert isinstance(opened, Opened)
    assert [(f.direction, f.opcode, f.payload) for f in frames if isinstance(f, Frame)] == [
        ("to_node", "binary", b"hello binary"),
        ("to_node", "text", b"hello text"),
        ("from_node", "text", b"it's me"),
    ]
    assert isinstance(closed, Closed)
    assert (closed.code, closed.reason, closed.by) == (1000, "Close Reason", "node")


@pytest.mark.parametrize(
    ("given", "told"), [([], ["ws://127.0.0.1:3014"]), (["http://localhost:3014"], ["http://localhost:3014"])]
)
def test_the_header_names_the_nodes_as_they_were_given(tmp_path, given, told):
    """A mode of mitmproxy's does not say whether its parties speak WebSockets."""
    file = tmp_path / "run.jsonl"

    async def work(recorder, context):
        recorder.begin()

    scene(work, (), None, given, mode=["reverse:http://127.0.0.1:3014@4014"], capture=str(file))
    with file.open("rb") as lines:
        assert capture.load(lines)[0].upstreams == told


@pytest.mark.parametrize(("option", "left"), [({}, 300), ({"capture_keep_messages": 7}, 7)])
def test_dropped_messages_are_not_recorded_and_all_stay_unless_somebody_says_so(tmp_path, option, left):
    """What another addon dropped never passed; and a flow keeps its messages for other addons, or its newest."""
    file = tmp_path / "run.jsonl"

    async def work(recorder, context):
        flow = tflow.twebsocketflow()
        recorder.websocket_start(flow)
        flow.websocket.messages[-1].drop()
        recorder.websocket_message(flow)
        flow.websocket.messages *= 100
        recorder.websocket_message(flow)
        assert len(flow.websocket.messages) == left

    scene(work, capture=str(file), **option)
    assert not any(isinstance(event, Frame) for event in events(file))


def test_an_unwritable_message_is_dropped(tmp_path, monkeypatch):
    """When the capture cannot be written the message is dropped, and so is every one that follows it."""
    failed = []

    async def work(recorder, context):
        flow = tflow.twebsocketflow()
        recorder.websocket_start(flow)
        monkeypatch.setattr("os.write", _full)
        for _ in range(2):
            recorder.websocket_message(flow)
            assert flow.websocket.messages.pop().dropped
        monkeypatch.undo()

    scene(work, (), failed.append, capture=str(tmp_path / "run.jsonl"))
    assert [type(error) for error in failed] == [CaptureWriteError]


def _full(*_):
    raise FULL


def test_a_flush_that_fails_is_a_write_that_failed(tmp_path, monkeypatch):
    """What the disk could not keep in the end counts as unwritten too; a device without a disk does not."""
    failed = []

    async def work(recorder, context):
        recorder.running()
        recorder.websocket_start(tflow.twebsocketflow())
        monkeypatch.setattr("os.fdatasync", _full)
        recorder.done()

    scene(work, (), failed.append, capture=str(tmp_path / "run.jsonl"))
    assert len(failed) == 1


def test_without_a_capture_nothing_is_recorded():
    """The addon with no `capture` set lets everything be."""

    async def work(recorder, context):
        flow = tflow.twebsocketflow()
        recorder.websocket_start(flow)
        recorder.websocket_message(flow)
        recorder.websocket_end(flow)
        request = tflow.tflow(resp=True)
        recorder.request(request)
        recorder.response(request)
        assert request.response.status_code == 200

    scene(work)


def test_options_are_checked(tmp_path):
    """A capture that exists is refused as mitmproxy refuses options, and so is a word that is no choice."""
    (tmp_path / "there").write_text("x")

    async def work(recorder, context):
        with pytest.raises(exceptions.OptionsError, match="exists already"):
            context.configure(recorder, capture=str(tmp_path / "there"))
        with pytest.raises(exceptions.OptionsError):
            context.options.set("recorder_path=tunnel")
        with pytest.raises(exceptions.OptionsError, match=r"^capture_meta 'run': write it as key=value$"):
            context.configure(recorder, capture_meta=["run"], capture=str(tmp_path / "new"))

    scene(work)


def test_a_capture_is_changed_between_sessions(tmp_path):
    """While one is open another file is refused, for its frames would be torn apart; empty ends the recording."""
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"

    async def work(recorder, context):
        asked = tflow.tflow(req=tutils.treq(method=b"POST", content=b'{"jsonrpc":"2.0","id":1,"method":"m"}'))
        recorder.request(asked)
        flow = tflow.twebsocketflow()
        recorder.websocket_start(flow)
        with pytest.raises(exceptions.OptionsError, match="capture: sessions are open; set it when"):
            context.configure(recorder, capture=str(other))
        recorder.websocket_end(flow)
        context.configure(recorder, capture=str(other))
        asked.response = tutils.tresp()
        recorder.response(asked)
        recorder.websocket_start(flow)
        recorder.websocket_end(flow)
        context.configure(recorder, capture="")
        recorder.websocket_start(flow)
        recorder.websocket_end(flow)

    scene(work, capture=str(one))
    assert [type(event) for event in events(one)] == [Opened, Frame, Opened, Closed]
    assert [type(event) for event in events(other)] == [Opened, Closed]


def test_the_header_says_who_recorded_what(tmp_path):
    """Profile, metadata and versions stand in the capture's first line."""
    file = tmp_path / "run.jsonl"

    async def work(recorder, context):
        recorder.begin()

    scene(work, capture_meta=["a=b=c"], capture_profile="generic", capture=str(file))
    with file.open("rb") as lines:
        header, _ = capture.load(lines)
    assert (header.meta, header.profile) == ({"a": "b=c"}, "generic")
    assert header.mitmproxy


def test_json_rpc_among_http(tmp_path):
    """A JSON-RPC exchange is recorded, another request is counted, and a response from elsewhere is let be."""
    file = tmp_path / "run.jsonl"

    async def work(recorder, context):
        call = tflow.tflow(req=tutils.treq(method=b"POST", content=b'{"jsonrpc":"2.0","id":1,"method":"m"}'), resp=True)
        answer, call.response = call.response, None
        recorder.request(call)
        call.response = answer
        call.response.content = b'{"jsonrpc":"2.0","id":1,"result":1}'
        recorder.response(call)
        recorder.request(tflow.tflow())
        assert recorder.http.unrecorded == 1

    scene(work, capture=str(file))
    assert [type(event) for event in events(file)] == [Opened, Frame, Frame]


def test_only_this_machine_may_steer(tmp_path):
    """The reserved path answers loopback peers, IPv4 in IPv6 among them, and nobody else."""

    async def work(recorder, context):
        for peer, status in (("10.0.0.1", 403), ("::ffff:127.0.0.1", 200), ("::1", 200), ("::ffff:10.0.0.1", 403)):
            flow = tflow.tflow(req=tutils.treq(method=b"POST", path=b"/.recorder/note", content=b'{"text":"x"}'))
            flow.request.headers = Headers(content_type="application/json")
            flow.client_conn.peername = (peer, 1234)
            recorder.request(flow)
            assert flow.response.status_code == status, peer

    scene(work, capture=str(tmp_path / "run.jsonl"))


def test_the_relay_falls_back_to_hooks_with_one_warning(tmp_path, caplog):
    """On a mitmproxy that is built otherwise, sessions are recorded by hooks, and that is said once."""
    file = tmp_path / "run.jsonl"

    async def work(recorder, context):
        for _ in range(2):
            flow = tflow.twebsocketflow()
            recorder.websocket_start(flow)
            recorder.websocket_message(flow)
            recorder.websocket_end(flow)

    scene(work, recorder_path="relay", capture=str(file))
    assert [type(event) for event in events(file)] == [Opened, Frame, Closed] * 2
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "by hooks, not by the relay" in warnings[0]


def test_a_capture_never_begun_leaves_no_file(tmp_path):
    """A file that was claimed and not begun is gone again; one that was there is as it was."""
    header = SimpleNamespace()
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text("precious")
    CaptureFile(new, header).close()
    CaptureFile(old, header, overwrite=True).close()
    assert not new.exists()
    assert old.read_text() == "precious"


@pytest.mark.parametrize(("options", "named"), [({}, True), ({"capture_mask_none": True}, False)])
def test_what_looks_like_a_secret_is_named_when_mitmproxy_ends(tmp_path, caplog, options, named):
    """As `recorder record` does; not where nobody wanted anything masked."""

    async def work(recorder, _context):
        flow = tflow.twebsocketflow()
        message = flow.websocket.messages[1]
        message.content = b'{"method":"login","params":{"password":"hunter2"}}'
        flow.websocket.messages = []
        recorder.websocket_start(flow)
        flow.websocket.messages.append(message)
        recorder.websocket_message(flow)

    with caplog.at_level("WARNING", "recorder"):
        scene(work, capture=str(tmp_path / "run.jsonl"), **options)
    said = [record.getMessage() for record in caplog.records]
    line = "1 value looks like a secret: params.password of login; --mask password masks it"
    assert (line in said) is named
    assert (tmp_path / "run.jsonl").read_text().count("hunter2") == 1


def test_options_say_what_is_masked(tmp_path):
    """Besides what is known as a secret; both at once cannot be used together."""

    async def work(recorder, _context):
        flow = tflow.twebsocketflow()
        flow.request.headers["Authorization"] = "Bearer hunter2"
        message = flow.websocket.messages[1]
        message.content = b'{"params":["token:hunter2"]}'
        flow.websocket.messages = []
        recorder.websocket_start(flow)
        flow.websocket.messages.append(message)
        recorder.websocket_message(flow)

    scene(work, capture=str(tmp_path / "run.jsonl"), capture_mask=["token:*"])
    opened, frame, *_ = events(tmp_path / "run.jsonl")
    assert dict(opened.headers)["Authorization"] == "Bearer «token 1»"
    assert frame.payload.decode() == '{"params":["token:«token 1»"]}'
    with pytest.raises(exceptions.OptionsError, match="cannot be used together"):
        scene(work, capture=str(tmp_path / "b.jsonl"), capture_mask=["x"], capture_mask_none=True)

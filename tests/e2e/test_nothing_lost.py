"""What an end received is in the capture, whatever becomes of the recorder or its disk."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import ssl
from pathlib import Path

import pytest
from certify import node_tls
from ports import free_port
from rig import Child, Node, Recording, child, close, connect, frame, http, pair, play, record, soon, until

from recorder import wire
from recorder.close_codes import parse_close
from recorder.event_stream import EVENTS

ROOM = 40_000  # bytes that a capture may grow to before the "disk" is full
ADDON = Path(__file__).parents[2] / "addons" / "record_websockets.py"


UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}
"""A child on a full disk cannot write its coverage either, and would say so."""


def full_disk():
    """Let no file of this process grow beyond `ROOM`."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))


@contextlib.asynccontextmanager
async def dump(folder, node_port, *options, **how):
    """A real mitmdump with the thin script."""
    rec = Recording(folder / "run.jsonl", free_port())
    mode = f"reverse:http://127.0.0.1:{node_port}@127.0.0.1:{rec.port}"
    program = "import sys; from mitmproxy.tools.main import mitmdump; sys.exit(mitmdump(sys.argv[1:]))"
    arguments = ["-c", program, "-s", str(ADDON), "--mode", mode, "--set", f"capture={rec.file}", *options]
    async with child(rec, *arguments, module="", **how) as one:
        await one.says("listening at")
        await until(rec.file.exists)
        yield one


async def flood(stream, *, masked=False):
    """Send numbered frames until the connection ends."""
    with contextlib.suppress(OSError):
        for number in range(1_000_000):
            stream.write(frame(b'{"method":"n%d","params":"%s"}' % (number, b"x" * 100), masked=masked))
            await stream.drain()
            await asyncio.sleep(0)  # a drain that need not wait does not let others run
    stream.transport.abort()


async def taken(stream, *, masked=False):
    """Everything that arrives until the connection ends: the messages, and the Close codes."""
    reader, messages = wire.Reader(masked=masked), []
    with contextlib.suppress(OSError):
        while data := await soon(stream.read(1 << 16)):
            messages += reader.feed(data)
    return (
        [m.payload for m in messages if m.opcode == "text"],
        [parse_close(m.payload) for m in messages if m.opcode is None],
    )


async def burst(port, node, **how):
    """Traffic both ways until the recorder ends it; what the party and the node received."""
    (reader, writer), (node_reader, node_writer) = await pair(port, node, **how)
    _, _, at_party, at_node = await asyncio.gather(
        flood(writer, masked=True), flood(node_writer), taken(reader), taken(node_reader, masked=True)
    )
    return at_party, at_node


def missing(received, rec, direction):
    """Received payloads that the capture does not hold, in their order, from its first frame."""
    recorded = [payload for way, _, payload in rec.frames("text") if way == direction]
    return received if recorded[: len(received)] != received else []


@pytest.mark.untraced
@pytest.mark.parametrize("path", ["relay", "hooks"])
@pytest.mark.parametrize(("frames", "tls"), [(3, False), (400, False), (400, True)])
def test_a_killed_recorder_loses_nothing_that_was_received(tmp_path, certificates, path, frames, tls):
    """After kill -9 under traffic both ways, every frame that an end received is in the capture, which still loads."""
    options = ("--insecure", "--cert", str(certificates / "cert.pem")) if tls else ()
    party_tls = ssl.create_default_context(cafile=certificates / "ca.pem") if tls else None
    listening = Node().listening(node_tls(certificates) if tls else None)
    scheme = "wss" if tls else "ws"

    async def scene():
        async with listening as node, record(tmp_path, node.port, *options, "--path", path, "-q", scheme=scheme) as one:
            traffic = asyncio.create_task(burst(one.rec.port, node, tls=party_tls))
            await until(lambda: one.rec.file.read_bytes().count(b"\n") > frames)
            one.process.kill()
            (at_party, _), (at_node, _) = await traffic
            assert at_party or at_node or frames < 100
            assert not missing(at_party, one.rec, "from_node")
            assert not missing(at_node, one.rec, "to_node")

    play(scene())


@pytest.mark.parametrize("path", ["relay", "hooks", "mitmdump"])
def test_a_full_disk_ends_the_sessions(tmp_path, path):
    """When the capture cannot grow, both ends get Close 1011, nothing passes unrecorded, and the exit code is 1."""

    async def scene():
        options = () if path == "mitmdump" else ("--path", path, "-q")
        start = dump if path == "mitmdump" else record
        async with (
            Node().listening() as node,
            start(tmp_path, node.port, *options, preexec_fn=full_disk, env=UNMEASURED) as one,
        ):
            (idle, _), (idle_node, _) = await pair(one.rec.port, node)
            (at_party, codes), (at_node, node_codes) = await burst(one.rec.port, node)
            assert await one.wait() == 1
            assert one.rec.file.stat().st_size <= ROOM
            assert not missing(at_party, one.rec, "from_node")
            assert not missing(at_node, one.rec, "to_node")
            assert [code for code, _ in codes] == [1011]
            assert [code for code, _ in node_codes] == [1011]
            assert [code for code, _ in (await taken(idle))[1]] == [1011]
            assert [code for code, _ in (await taken(idle_node, masked=True))[1]] == [1011]
            said = [line for line in one.out if "cannot write the capture: File too large" in line]
            assert len(said) == 1
            assert not any("Traceback" in line for line in one.out)

    play(scene())


@pytest.mark.parametrize("path", ["relay", "hooks"])
def test_traffic_goes_on_where_that_is_preferred(tmp_path, path):
    """With --on-write-error continue the frames pass unrecorded, it is said once, and the exit code is still 1."""

    async def scene():
        options = ("--path", path, "-q", "--on-write-error", "continue")
        async with (
            Node().listening() as node,
            record(tmp_path, node.port, *options, preexec_fn=full_disk, env=UNMEASURED) as one,
        ):
            (_, writer), (node_reader, _) = await pair(one.rec.port, node)
            sent = frame(b"x" * 1000, masked=True)
            for _ in range(200):
                writer.write(sent)
            payloads = []
            reader = wire.Reader(masked=True)
            while len(payloads) < 200:
                payloads += reader.feed(await soon(node_reader.read(1 << 16)))
            assert {m.payload for m in payloads} == {b"x" * 1000}
            one.rec.load()
            assert await one.end() == 1
            assert sum("the traffic goes on unrecorded" in line for line in one.out) == 1

    play(scene())


@pytest.mark.parametrize("runner", [record, dump])
def test_http_does_not_pass_unrecorded_either(tmp_path, runner):
    """A JSON-RPC request that cannot be recorded is answered 500 and never reaches the node; the exit code is 1."""

    async def scene():
        async with Node().listening() as node, runner(tmp_path, node.port, preexec_fn=full_disk, env=UNMEASURED) as one:
            body = b'{"jsonrpc":"2.0","id":1,"method":"m","params":"' + b"x" * ROOM + b'"}'
            status, _, answer = await http(one.rec.port, "POST", "/", body, {})
            assert status == 500
            assert b"cannot write the capture" in answer
            assert not node.requests
            assert await one.wait() == 1

    play(scene())


def test_a_full_device_is_said_at_the_start(tmp_path):
    """A capture that cannot even take its header is a one-line error, exit code 2."""

    async def scene():
        rec = Recording(tmp_path / "none")
        async with child(rec, "record", "ws://localhost:1", "--listen", "0", "-o", "/dev/full") as one:
            assert await one.wait() == 2
            assert one.out == ["recorder: /dev/full: cannot write the capture: No space left on device"]

    play(scene())


@pytest.mark.untraced
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("path", ["relay", "hooks"])
def test_signals_end_it_cleanly(tmp_path, number, path):
    """SIGINT and SIGTERM close the sessions with 1001, the summary is printed, and the exit code is 0."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, "--path", path) as one:
            (reader, writer), (node_reader, node_writer) = await pair(one.rec.port, node)
            writer.write(frame(b'{"jsonrpc":"2.0","id":1,"method":"ask"}', masked=True))
            await until(one.rec.frames)
            one.process.send_signal(number)
            seen = await asyncio.gather(_farewell(reader, writer, masked=True), _farewell(node_reader, node_writer))
            assert [code for code, _ in seen] == [1001, 1001]
            assert await one.wait() == 0
            (closed,) = one.rec.closed
            assert (closed.code, closed.by) == (1001, "recorder")
            summary = one.out[one.out.index("1 session, 0 errors") :]
            assert summary[1:3] == ["to node:   1 frame, 39 bytes", "from node: 0 frames, 0 bytes"]
            assert summary[5].split() == ["--->", "ask", "1", "39"]
            assert summary[8].endswith("closed by recorder, 1001 the recorder stops")
            assert summary[10].startswith("1 call without an answer")
            assert summary[-1] == f"capture: {one.rec.file}"

    play(scene())


@pytest.mark.untraced
@pytest.mark.parametrize("cut", [1, 5, 500], ids=["in two bytes", "in the mask", "in the payload"])
def test_a_signal_waits_for_the_frame_under_way(tmp_path, cut):
    """A frame half through when the recorder is told to stop arrives whole, and nothing behind it; then comes 1001."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port) as one:
            (reader, writer), (node_reader, node_writer) = await pair(one.rec.port, node)
            idle, idle_at_node = await pair(one.rec.port, node)
            sent = frame(b"x" * 1000, masked=True)
            writer.write(sent[:cut])
            got = await soon(node_reader.readexactly(cut))
            one.process.send_signal(signal.SIGTERM)
            await asyncio.gather(_farewell(*idle, masked=True), _farewell(*idle_at_node))  # now all were told
            writer.write(sent[cut:] + frame(b"too late", masked=True) + frame(b"and half", masked=True)[:9])
            assert got + await soon(node_reader.readexactly(len(sent) - cut)) == sent
            seen = await asyncio.gather(_farewell(reader, writer, masked=True), _farewell(node_reader, node_writer))
            assert [code for code, _ in seen] == [1001, 1001]
            assert await one.wait() == 0
            told = [type(event).__name__ for event in one.rec.events if event.session == 1]
            assert told == ["Opened", "Frame", "Closed"]

    play(scene())


def test_a_frame_that_never_ends_holds_up_no_end(tmp_path):
    """A party that sends half a frame and then nothing is cut off after a moment, and the recorder ends with 0."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port) as one:
            (reader, writer), (node_reader, _) = await pair(one.rec.port, node)
            writer.write(frame(b"half", masked=True)[:8])
            await soon(node_reader.readexactly(8))
            one.process.send_signal(signal.SIGTERM)
            assert (await _farewell(reader, writer, masked=True))[0] == 1001
            with pytest.raises(ConnectionResetError):
                await soon(node_reader.read())
            assert await one.wait() == 0
            assert [type(event).__name__ for event in one.rec.events] == ["Opened", "Frame", "Closed"]
            assert one.rec.frames() == [("to_node", "raw", b"ha")]

    play(scene())


def test_an_end_that_goes_at_once_leaves_the_other_its_farewell(tmp_path):
    """When the node answers the recorder's Close and hangs up, a party still busy gets its Close frame, and no reset."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port) as one:
            (reader, writer), (node_reader, node_writer) = await pair(one.rec.port, node)
            one.process.send_signal(signal.SIGTERM)
            await _farewell(node_reader, node_writer)
            node_writer.close()
            await soon(node_reader.read())
            for _ in range(100):  # more than the sockets between them hold
                writer.write(frame(b"busy" * 25_000, masked=True))
                await soon(writer.drain())
            assert (await _farewell(reader, writer, masked=True))[0] == 1001
            assert await soon(reader.read()) == b""
            assert await one.wait() == 0

    play(scene())


async def _farewell(reader, writer, *, masked=False):
    """Answer a Close frame, and say what it was."""
    parser = wire.Reader(masked=not masked)
    while True:
        for message in parser.feed(await soon(reader.read(1 << 16))):
            if message.opcode is None:
                code, reason = parse_close(message.payload)
                writer.write(close(code, masked=masked))
                return code, reason


@pytest.mark.untraced
def test_a_burst_does_not_grow_the_recorder(tmp_path):
    """100 MB pushed at a party that reads slowly leaves the recorder's memory as it was, give or take 10 MiB."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, "-q") as one:
            (reader, _), (_, writer) = await pair(one.rec.port, node)
            chunk = frame(b"x" * 4096) * 64
            before = _memory(one)
            sending = asyncio.create_task(_push(writer, chunk, 100 << 20))
            left = (100 << 20) // len(chunk) * len(chunk)
            while left:
                left -= len(await soon(reader.read(1 << 16)))
            await sending
            assert _memory(one) - before < 10 << 10

    play(scene())


async def _push(writer, chunk, total):
    for _ in range(total // len(chunk)):
        writer.write(chunk)
        await writer.drain()


def _memory(one: Child) -> int:
    """The most memory that the process has used, in KiB."""
    status = Path(f"/proc/{one.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def test_an_idle_port_opens_nothing(tmp_path):
    """A probe of the port opens no session and no connection to the node."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port) as one:
            for _ in range(3):
                _, writer = await asyncio.open_connection("127.0.0.1", one.rec.port)
                writer.close()
                await writer.wait_closed()
            await connect(one.rec.port)
            assert len(node.requests) == node.accepted == 1
            await until(lambda: len(one.rec.opened) == 1)

    play(scene())


def test_a_recorder_that_is_killed_in_a_stream_of_events(tmp_path):
    """Every event that its client received is in the capture."""
    call = b'{"jsonrpc":"2.0","id":1,"method":"listen"}'

    async def stream(reader, writer):
        await reader.readuntil(call)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        with contextlib.suppress(OSError):
            for number in range(1_000_000):
                writer.write(b'data: {"jsonrpc":"2.0","method":"n%d"}\n\n' % number)
                await writer.drain()
                await asyncio.sleep(0)
        writer.transport.abort()

    async def scene():
        server = await asyncio.start_server(stream, "127.0.0.1", 0)
        async with server, record(tmp_path, server.sockets[0].getsockname()[1], "-q", scheme="http") as one:
            reader, writer = await asyncio.open_connection("127.0.0.1", one.rec.port)
            writer.write(b"POST / HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n%s" % (len(call), call))
            received = b""
            while len(received) < 100_000:
                received += await soon(reader.read(1 << 16))
            one.process.kill()
            with contextlib.suppress(OSError):
                while data := await soon(reader.read(1 << 16)):
                    received += data
            writer.close()
            await one.wait()
        got = [event.data for event in EVENTS.parse(received.partition(b"\r\n\r\n")[2])]
        kept = [payload for direction, _opcode, payload in one.rec.frames() if direction == "from_node"]
        assert len(got) > 1_000
        assert kept[: len(got)] == got

    play(scene())

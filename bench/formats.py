"""How fast captures become files of other tools, and those become captures, each format in a process of its own.

Rule: one function a format, which says what it measures; a rate is of the bytes of the file that is read, the best of some rounds, and
memory is the most that the process has had.

    python bench/formats.py [FORMAT…]
"""

from __future__ import annotations

import argparse
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count, islice
from pathlib import Path

from recorder import capture
from recorder.interchange.files import Capture, staging, write_capture
from recorder.interchange.formats import FORMATS, Source
from recorder.model import SECOND, AnyEvent, Closed, Frame, Header, Opened
from recorder.openrpc.checking import Checking
from recorder.openrpc.document import Document

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3
MB = 1_000_000
CALLS = 100_000
MIB = 1 << 20
LENGTHS = (2, 5, 12, 40)
"""Values in an answer, in turn."""

SYN, PUSH, ACK = 0x02, 0x08, 0x10
"""Flags of TCP."""

RAW_IP, SNAPLEN = 101, 1 << 16
"""Of a capture of the network: packets without a link around them, and the most bytes of each."""

SIZES = (20, 200)
"""MB of a small file of lines, and of a large one."""


def calls(count: int, size: int) -> Iterable[AnyEvent]:
    """A session of calls and answers of some bytes each."""
    yield Opened(time=1, session=1, party="client-1", url="ws://127.0.0.1:3014/")
    text = "x" * (size - 80)
    for number in range(1, count + 1):
        asked = f'{{"jsonrpc":"2.0","id":{number},"method":"stock.take","params":{{"sku":"A-{number % 50}","note":"{text}"}}}}'
        answer = f'{{"jsonrpc":"2.0","id":{number},"result":{{"left":{number % 7},"note":"{text}"}}}}'
        yield _frame(asked, 2 * number, "to_node")
        yield _frame(answer, 2 * number + 1, "from_node")
    yield Closed(time=SECOND, session=1, code=1000)


def _frame(text: str, time: int, direction: str) -> Frame:
    return capture.frame(text.encode(), time=time, session=1, direction=direction)


def repeated(path: Path, times: int) -> tuple[Header, Iterable[AnyEvent]]:
    """A committed capture, several times over."""
    with Capture(path) as recorded:
        events = [*recorded]
    return recorded.header, chain.from_iterable(events for _ in range(times))


def parquet(folder: Path) -> None:
    """Export: plain calls of 300 B and of 4 KiB, and a channel with its transactions decoded."""
    plain = Header(format=capture.FORMAT, run="bench", recorder="bench", profile="generic")
    channel = ROOT / "transcripts" / "channel_lifecycle.jsonl"
    for name, (header, events) in {
        "calls of 300 B": (plain, calls(CALLS, 300)),
        "calls of 4 KiB": (plain, calls(CALLS // 8, 4096)),
        "transactions": repeated(channel, 200),
    }.items():
        write_capture(folder / "run.jsonl", header, events)
        exported("parquet", name, folder / "run.jsonl")


def openrpc(folder: Path) -> None:
    """Export, and traffic held against what was exported: plain calls of 300 B and of 4 KiB, a channel, Ethereum's."""
    plain = Header(format=capture.FORMAT, run="bench", recorder="bench", profile="generic")
    for name, (header, events) in {
        "calls of 300 B": (plain, calls(CALLS // 4, 300)),
        "calls of 4 KiB": (plain, calls(CALLS // 8, 4096)),
        "transactions": repeated(ROOT / "transcripts" / "channel_lifecycle.jsonl", 50),
        "ethereum": repeated(ROOT / "transcripts" / "ethereum_transfer.jsonl", 200),
    }.items():
        write_capture(folder / "run.jsonl", header, events)
        exported("openrpc", name, folder / "run.jsonl")
        _checked(name, folder / "run.jsonl", folder / f"out{FORMATS['openrpc'].suffixes[0]}")


def _checked(what: str, source: Path, document: Path) -> None:
    def once() -> None:
        checking = Checking(Document(document.read_bytes(), "bench"))
        with Capture(source) as recorded:
            found = list(checking.violations(recorded.header.profile, recorded))
        assert not found

    _print(f"openrpc: check, {what}", source.stat().st_size, once)


def har(folder: Path) -> None:
    """Both ways: a WebSocket with calls of 300 B, and of 4 KiB."""
    both_ways("har", folder)


def mitm(folder: Path) -> None:
    """Both ways, by mitmproxy's own reader and writer: a WebSocket with calls of 300 B, and of 4 KiB."""
    both_ways("mitm", folder)


def both_ways(name: str, folder: Path) -> None:
    """A capture becomes a file, and that a capture."""
    header = Header(format=capture.FORMAT, run="bench", recorder="bench")
    for what, events in {"calls of 300 B": calls(CALLS, 300), "calls of 4 KiB": calls(CALLS // 8, 4096)}.items():
        write_capture(folder / "run.jsonl", header, events)
        exported(name, what, folder / "run.jsonl")
        imported(name, what, folder / f"out{FORMATS[name].suffixes[0]}", folder / "back.jsonl")


def pairs() -> Iterator[tuple[str, str]]:
    """Calls and their answers for ever, as an Ethereum node's: messages of 100 to 3,000 bytes."""
    for number in count(1):
        address = f"0x{number:040x}"
        values = ",".join(f'"0x{number + other:064x}"' for other in range(LENGTHS[number % len(LENGTHS)]))
        yield (
            f'{{"jsonrpc":"2.0","id":{number},"method":"eth_getProof","params":["{address}",[],"latest"]}}',
            f'{{"jsonrpc":"2.0","id":{number},"result":{{"address":"{address}","accountProof":[{values}]}}}}',
        )


def io(folder: Path) -> None:
    """Import and export: a file of exchanges."""
    lines(folder, "io", (f"// a call\n>> {call}\n<< {answer}\n" for call, answer in pairs()))


def messages(folder: Path) -> None:
    """Import and export: a message a line."""
    lines(folder, "messages", (f"{call}\n{answer}\n" for call, answer in pairs()))


def mcp(folder: Path) -> None:
    """Import: a message a line, with its direction and its time."""
    told = (
        f'{{"ts":{1_750_000_000 + number}.25,"dir":"client->server","msg":{call}}}\n'
        f'{{"ts":{1_750_000_000 + number}.75,"dir":"server->client","msg":{answer}}}\n'
        for number, (call, answer) in enumerate(pairs())
    )
    lines(folder, "mcp", told)


def trace(folder: Path) -> None:
    """Import: what an extension of VS Code shows of its language server."""
    shown = (
        f"[Trace - 7:53:53 AM] Sending request 'eth_getProof - ({number})'.\nParams: {_part(call, 'params')}\n\n\n"
        f"[Trace - 7:53:53 AM] Received response 'eth_getProof - ({number})' in 1ms.\nResult: {_part(answer, 'result')}\n\n\n"
        for number, (call, answer) in enumerate(pairs(), 1)
    )
    lines(folder, "trace", shown)


def _part(message: str, name: str) -> str:
    return json.dumps(json.loads(message)[name], indent=4)


def console(folder: Path) -> None:
    """Import: what wscat shows."""
    shown = (f"> {call}\n< {answer}\n" for call, answer in pairs())
    lines(folder, "console", chain(["Connected (press CTRL+C to quit)\n"], shown))


def pcap(folder: Path) -> None:
    """Import by tshark: a WebSocket with calls of 300 B, a packet each, and an HTTP client with calls of 4 KiB."""
    frames = [event for event in calls(CALLS // 10, 300) if isinstance(event, Frame)]
    bodies = [event for event in calls(CALLS // 50, 4096) if isinstance(event, Frame)]
    for what, said in {"calls of 300 B": _websocket(frames), "HTTP, 4 KiB": _http(bodies)}.items():
        with (folder / "run.pcap").open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAPLEN, RAW_IP))
            file.writelines(_packets(said))
        imported("pcap", what, folder / "run.pcap", folder / "run.jsonl")


def _websocket(frames: Iterable[Frame]) -> Iterator[tuple[bool, bytes]]:
    """What passes over a connection, and whether to the node; the client's masks change nothing."""
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    yield True, b"GET / HTTP/1.1\r\nHost: node\r\n" + upgrade + b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    yield False, b"HTTP/1.1 101 Switching Protocols\r\n" + upgrade + b"\r\n"
    for event in frames:
        masked = event.direction == "to_node"
        head = struct.pack(">BBH", 0x81, 126 | masked << 7, event.size) + bytes(4 * masked)
        yield masked, head + event.payload


def _http(frames: Iterable[Frame]) -> Iterator[tuple[bool, bytes]]:
    for event in frames:
        asks = event.direction == "to_node"
        head = "POST / HTTP/1.1\r\nHost: node" if asks else "HTTP/1.1 200 OK"
        text = f"{head}\r\nContent-Type: application/json\r\nContent-Length: {event.size}\r\n\r\n"
        yield asks, text.encode() + event.payload


def _packets(said: Iterable[tuple[bool, bytes]]) -> Iterator[bytes]:
    """A connection over TCP as a capture of the network has it, after the head of the file: a packet a millisecond."""
    sent = {True: 1, False: 1}
    opening = ((True, SYN, b""), (False, SYN | ACK, b""))
    told = ((to_node, PUSH | ACK, data) for to_node, data in said)
    for number, (to_node, flags, data) in enumerate(chain(opening, told)):
        ports = (40_000, 80) if to_node else (80, 40_000)
        begun = flags & SYN > 0
        tcp = struct.pack(">HHIIBBHHH", *ports, sent[to_node] - begun, sent[not to_node], 5 << 4, flags, 0xFFFF, 0, 0)
        ip = struct.pack(
            ">BBHHHBBH4s4s",
            0x45,
            0,
            40 + len(data),
            0,
            0,
            64,
            6,
            0,
            bytes([10, 0, 0, 2 - to_node]),
            bytes([10, 0, 0, 1 + to_node]),
        )
        packet = ip + tcp + data
        yield (
            struct.pack("<IIII", 1_750_000_000 + number // 1000, number % 1000 * 1000, len(packet), len(packet))
            + packet
        )
        sent[to_node] += len(data)


def lines(folder: Path, name: str, text: Iterable[str]) -> None:
    """A format of lines: a small file and a large one, which takes no more memory."""
    source = folder / "source"
    for size in SIZES:
        with source.open("w") as file:
            while file.tell() < size * MB:
                file.writelines(islice(text, 1000))
        imported(name, "lines", source, folder / "run.jsonl")
        if FORMATS[name].suffixes:
            exported(name, "lines", folder / "run.jsonl")


def imported(name: str, what: str, source: Path, target: Path) -> None:
    """Print how fast a file is imported."""
    known, header = FORMATS[name], Header(format=capture.FORMAT, run="bench", recorder="bench")

    def once() -> None:
        write_capture(target, header, known.load().read(Source(source)))

    _print(f"{name}: import, {what}", source.stat().st_size, once)


def exported(name: str, what: str, source: Path) -> None:
    """Print how fast a capture is exported."""
    known = FORMATS[name]

    def once() -> None:
        with Capture(source) as recorded, staging() as stage:
            known.load().write(recorded, source.with_name(f"out{known.suffixes[0]}"), stage)

    _print(f"{name}: export, {what}", source.stat().st_size, once)


def _print(label: str, size: int, once: Callable[[], None]) -> None:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        once()
        taken.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB
    print(
        f"{label:44} {size / MB / min(taken):8.1f} MB/s of {size / MB:,.0f} MB, {peak:,.0f} MiB at the most", flush=True
    )


BENCHES: dict[str, Callable[[Path], None]] = {
    "openrpc": openrpc,
    "parquet": parquet,
    "har": har,
    "mitm": mitm,
    "io": io,
    "messages": messages,
    "mcp": mcp,
    "trace": trace,
    "console": console,
    "pcap": pcap,
}


def main() -> int:
    """Measure and show; a missed target is a finding, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("formats", nargs="*", choices=[[], *BENCHES])
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in options.formats or BENCHES:
        if options.here:
            with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
                BENCHES[name](Path(folder))
        else:
            subprocess.run([sys.executable, __file__, name, "--here"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

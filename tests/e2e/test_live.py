"""What somebody sees in the terminal of `recorder record`: lines as it happens, open calls when asked, the summary."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
from contextlib import suppress

import pytest
from rig import Node, frame, pair, play, record, until

CALL, REFUSAL = b'{"id":1,"method":"add","params":[1,2]}', b'{"id":1,"error":{"code":-32601,"message":"no"}}'


@pytest.mark.untraced
def test_open_calls_are_told_when_asked(tmp_path):
    """Method, party and since when, on SIGUSR1; a binary frame's answer is named as any other."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port) as one:
            (_reader, writer), (_node_reader, node_writer) = await pair(one.rec.port, node)
            one.process.send_signal(signal.SIGUSR1)
            await one.says("no call is open")
            writer.write(frame(CALL, masked=True))
            await one.says("initiator ---> add 1  38 B")
            one.process.send_signal(signal.SIGUSR1)
            await one.says("1 call without an answer:")
            await until(lambda: any(re.match(r"  initiator ---> add 1 since .*, for \d+", line) for line in one.out))
            node_writer.write(frame(REFUSAL, 2))
            await one.says("initiator <--- error of add 1: -32601 no")
            assert re.search(r"32601 no  (slow: )?[\d.]+ m?s, 47 B$", one.out[-1])
            assert await one.end() == 0
            assert "1 session, 1 error" in one.out

    play(scene())


@pytest.mark.untraced
def test_what_is_asked_for_is_shown(tmp_path):
    """Errors alone; the summary counts all."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, "--errors", "--slow", "0ms") as one:
            (_reader, writer), (_node_reader, node_writer) = await pair(one.rec.port, node)
            writer.write(frame(CALL, masked=True))
            await until(one.rec.frames)
            node_writer.write(frame(REFUSAL))
            await one.says("slow: ")
            assert await one.end() == 0
            shown = [line for line in one.out if re.match(r"\d\d:\d\d:\d\d\.", line)]
            assert [line.split()[1:4] for line in shown] == [["initiator", "<---", "error"]]
            assert "to node:   1 frame, 38 bytes" in one.out

    play(scene())


async def on_a_terminal(tmp_path, columns: int, **environment: str) -> str:
    """What a terminal of this width shows of a session that is recorded."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    said = bytearray()

    def read() -> None:
        with suppress(OSError):
            said.extend(os.read(ours, 1 << 16))

    async with Node().listening() as node:
        command = ["-m", "recorder", "record", f"ws://127.0.0.1:{node.port}", "--listen", "127.0.0.1:0"]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            "-o",
            str(tmp_path / "run.jsonl"),
            stdout=theirs,
            stderr=theirs,
            env={name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}}
            | {"TERM": "xterm", **environment},
        )
        os.close(theirs)
        asyncio.get_running_loop().add_reader(ours, read)
        try:
            await until(lambda: b"recording to" in said)
            port = int(re.search(rb"listening on [^:]+:(\d+)", said)[1])
            (_reader, writer), (_node_reader, node_writer) = await pair(port, node)
            writer.write(frame(b'{"id":1,"method":"a.method.with.a.long.name.in.a.narrow.terminal"}', masked=True))
            await until(lambda: b"terminal" in said)
            node_writer.write(frame(REFUSAL))
            await until(lambda: b"47 B" in said)
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
            await until(lambda: b"capture: " in said)
        finally:
            asyncio.get_running_loop().remove_reader(ours)
            os.close(ours)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return said.decode()


@pytest.mark.untraced
def test_a_narrow_terminal_breaks_no_table(tmp_path):
    """The summary's tables fit; errors are red."""

    async def scene():
        said = await on_a_terminal(tmp_path, 44)
        table = said[said.index("method ") : said.index("capture: ")].splitlines()
        assert table[0].startswith("method                    calls  errors")
        assert max(map(len, table)) <= 44
        assert "\x1b[31merror of a.method" in said

    play(scene())


@pytest.mark.untraced
def test_no_color_is_obeyed(tmp_path):
    """Whoever sets it wants plain text, on a terminal too."""

    async def scene():
        assert "\x1b" not in await on_a_terminal(tmp_path, 120, NO_COLOR="1")

    play(scene())

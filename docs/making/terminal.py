"""A picture of a terminal in which `recorder record` runs: an assistant and a mock MCP server talk through a real recorder.

Rule: what the picture shows was printed, colours and all; but for the ports, which are free ones while it is made, and the
usual ones in it, and for the process id. Run it to write the picture into a file: `python docs/making/terminal.py FILE.svg`.
"""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from recorder.api import load_script
from recorder.replay import PlaySettings
from recorder.server import play_parties
from recorder.server.thread import NodeThread
from recorder.timeline.script import NODE
from recorder.transcript import data_folder

COMMAND = "recorder record http://127.0.0.1:3014 -o run.jsonl --listen 127.0.0.1:4014"
CAPTURE = "mcp_tools.jsonl"
COLUMNS, LINES = 132, 60
LISTENING = b"listening on "
PATIENCE = 20
"""Seconds that the recorder has to end."""

THEME = TerminalTheme(
    (24, 27, 33),
    (214, 219, 229),
    [
        (24, 27, 33),
        (255, 123, 114),
        (126, 211, 133),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 200, 216),
        (214, 219, 229),
    ],
)
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px; line-height: {line_height}px}}
.{unique_id}-title {{font: bold 18px sans-serif}}
{styles}
</style>
<defs>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
"""Rich's own, without the fonts that it takes from another host."""


def session() -> str:
    """What a terminal gets from the command, from its start to Ctrl-C, while a committed capture is played."""
    script = load_script(data_folder("transcripts") / CAPTURE)
    node_settings = PlaySettings(ends=frozenset({NODE}), speed=1)  # as fast as it was
    with tempfile.TemporaryDirectory() as folder, NodeThread(script, node_settings) as node:
        node_port = node.urls[0].rpartition(":")[2]
        command = COMMAND.replace("3014", node_port).replace("4014", "0").split()
        reading, writing = pty.openpty()
        fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        environment |= {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}  # a width that is set counts for more
        child = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, env=environment, stdin=writing, stdout=writing, stderr=writing
        )
        os.close(writing)
        try:
            printed = _until(reading, LISTENING)
            port = printed.rpartition(LISTENING)[2].split()[0].rpartition(b":")[2].strip(b",;").decode()
            parties = PlaySettings(ends=frozenset(script.parties.values()))
            outcome = asyncio.run(play_parties(script, parties, f"http://127.0.0.1:{port}"))
            assert outcome.ok, outcome
            child.send_signal(signal.SIGINT)
            printed += _rest(reading)
            assert child.wait(PATIENCE) == 0, printed
        finally:
            child.kill()
            os.close(reading)
    shown = printed.decode().replace("\r\n", "\n")
    shown = shown.replace(port, "4014").replace(node_port, "3014").replace(f"-USR1 {child.pid}", "-USR1 4711")
    return f"$ {COMMAND}\n{shown}"


def _until(terminal: int, words: bytes) -> bytes:
    """All that is printed up to the end of a line with these words."""
    printed = b""
    while not (words in printed and printed.endswith(b"\n")):
        printed += os.read(terminal, 1 << 16)
    return printed


def _rest(terminal: int) -> bytes:
    printed = b""
    while True:
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:  # EIO: nobody has the other end any more
            piece = b""
        if not piece:
            return printed
        printed += piece


def picture(printed: str) -> str:
    """An SVG of a terminal with this text, escape sequences and all."""
    console = Console(file=io.StringIO(), width=COLUMNS, record=True, force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(printed))
    return console.export_svg(title="recorder", theme=THEME, code_format=FORMAT, unique_id="terminal")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(session()), encoding="utf-8")

"""A frame as somebody sends it again: a line for a shell, for Python, for a fixture.

Rule: pure; what a peer put into it stays one word of the line, and is shown before it is run: what no terminal prints
stands in escapes, so that nothing pasted moves a cursor or ends a line early.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from recorder.headers import merged, playable
from recorder.model import PRINTED, Frame, Opened
from recorder.timeline.urls import carrier

LONGEST = 1 << 16
"""Bytes of a payload that anybody pastes."""

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "'": "\\'", "\\": "\\\\"}


def copies(frame: Frame, opened: Opened | None, line: bytes) -> dict[str, str]:
    """What a frame can be sent with, by the tool's name.

    Args:
        frame: it.
        opened: the opening of its session, where that was recorded.
        line: of the capture, where it stands.
    """
    found = {"fixture": line.decode(errors="replace").rstrip("\n")} if len(line) <= LONGEST else {}
    if opened is None or frame.direction != "to_node" or frame.opcode not in PRINTED or len(line) > LONGEST:
        return found
    try:
        text = frame.payload.decode()
    except UnicodeDecodeError:
        return found
    over = carrier(opened.url)
    headers = playable(merged(opened.headers, frame.headers))
    protocols = [name.strip() for name in opened.subprotocol.split(",") if name.strip()]
    if over == "ws":
        found |= {"wscat": wscat(opened.url, headers, protocols, text)}
        found |= {"python": websocket_in_python(opened.url, headers, protocols, text)}
    elif over == "http" and not frame.query:
        found |= {"curl": curl(opened.url, headers, text), "python": http_in_python(opened.url, headers, text)}
    return found


def quoted(text: str) -> str:
    """A text as one word of a shell's line (bash, zsh)."""
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def _escaped(letter: str) -> str:
    if letter in _NAMED:
        return _NAMED[letter]
    if letter.isprintable():
        return letter
    number = ord(letter)
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004 - ASCII, and the first plane


def wscat(url: str, headers: Iterable[tuple[str, str]], protocols: Sequence[str], text: str) -> str:
    """A line for wscat that opens a session of its own and sends a message."""
    words = ["wscat", "-c", quoted(url)]
    for name in protocols:
        words += ["-s", quoted(name)]
    for name, value in headers:
        words += ["-H", quoted(f"{name}: {value}")]
    return " ".join([*words, "-w", "2", "-x", quoted(text)])


def curl(url: str, headers: Iterable[tuple[str, str]], text: str) -> str:
    """A line for curl."""
    words = ["curl", quoted(url)]
    for name, value in _typed(headers):
        words += ["-H", quoted(f"{name}: {value}")]
    return " ".join([*words, "--data-raw", quoted(text)])


def websocket_in_python(url: str, headers: Iterable[tuple[str, str]], protocols: Sequence[str], text: str) -> str:
    """Lines of Python, with `websockets`."""
    more = f", additional_headers={[*headers]!r}" if headers else ""
    more += f", subprotocols={[*protocols]!r}" if protocols else ""
    return "\n".join(
        (
            "from websockets.sync.client import connect",
            "",
            f"with connect({url!r}{more}) as node:",
            f"    node.send({text!r})",
            "    print(node.recv())",
            "",
        )
    )


def http_in_python(url: str, headers: Iterable[tuple[str, str]], text: str) -> str:
    """Lines of Python, with nothing but what comes with it."""
    return "\n".join(
        (
            "from urllib.request import Request, urlopen",
            "",
            f"asked = Request({url!r}, {text!r}.encode(), {dict(_typed(headers))!r})",
            "print(urlopen(asked).read().decode())",
            "",
        )
    )


def _typed(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """With a content type, which a form's would be otherwise."""
    found = [*headers]
    typed = any(name.lower() == "content-type" for name, _value in found)
    return found if typed else [*found, ("Content-Type", "application/json")]

"""A frame as text to copy: a shell command or Python script that sends it again, or its line of the capture.

Rule: pure and safe to paste: text of a peer is always quoted as one word, and unprintable characters are escaped, so
that they cannot control the terminal or end the line.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from recorder.headers import merged, playable
from recorder.model import PRINTED, Frame, Opened
from recorder.timeline.urls import carrier

LONGEST = 1 << 16
"""Most bytes of a capture line that is offered for copying."""

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "'": "\\'", "\\": "\\\\"}


def copies(frame: Frame, opened: Opened | None, line: bytes) -> dict[str, str]:
    """Texts to copy for a frame: `fixture` (the capture line), `wscat`, `curl`, `python`.

    Args:
        frame: the frame.
        opened: the opening of its session, if that was recorded.
        line: its line of the capture.
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
    """A text quoted as one word for a shell (bash, zsh)."""
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
    """A wscat command that opens a new session and sends the message."""
    words = ["wscat", "-c", quoted(url)]
    for name in protocols:
        words += ["-s", quoted(name)]
    for name, value in headers:
        words += ["-H", quoted(f"{name}: {value}")]
    return " ".join([*words, "-w", "2", "-x", quoted(text)])


def curl(url: str, headers: Iterable[tuple[str, str]], text: str) -> str:
    """A curl command that sends the message."""
    words = ["curl", quoted(url)]
    for name, value in _typed(headers):
        words += ["-H", quoted(f"{name}: {value}")]
    return " ".join([*words, "--data-raw", quoted(text)])


def websocket_in_python(url: str, headers: Iterable[tuple[str, str]], protocols: Sequence[str], text: str) -> str:
    """A Python script that sends the message, with `websockets`."""
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
    """A Python script that sends the message, with the standard library alone."""
    return "\n".join(
        (
            "from urllib.request import Request, urlopen",
            "",
            f"request = Request({url!r}, {text!r}.encode(), {dict(_typed(headers))!r})",
            "print(urlopen(request).read().decode())",
            "",
        )
    )


def _typed(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers with a content type: without one, the clients send that of a form."""
    found = [*headers]
    typed = any(name.lower() == "content-type" for name, _value in found)
    return found if typed else [*found, ("Content-Type", "application/json")]

"""The secrets that are masked in a capture, written as for `--mask`: for another recording of the same.

Rule: pure. The marks are all that is known of them. A secret is told by its name where that says so and nothing under
this name is shown; by its text where it is part of one; else by its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from recorder.difference import Path
from recorder.masking import Masking, parse_mask
from recorder.model import MARK, OLD_MARK, Frame, Opened, marked
from recorder.secret_names import says_secret
from recorder.timeline import Script, urls
from recorder.timeline.handed_out import scalars

LEAST = 4
"""Letters and digits around a mark by which its text is known again."""

PROBE = "some text"
"""Stands for what a header or a parameter may hold."""

_NAME = re.compile(r"[A-Za-z0-9_$-]+")
_METHOD = re.compile(r"[\w.:/$-]+")


def masks_of(script: Script) -> list[str]:
    """The secrets of a capture, written as for `--mask`."""
    places: dict[tuple[str, Path, str], None] = {}
    shown: set[tuple[str, str]] = set()  # names, and places with their methods
    found: dict[str, None] = {}
    for step in script.steps:
        for part in step.parts:
            for path, value in scalars(part.value):
                if isinstance(value, str) and marked(value):
                    places[part.method, path, value] = None
                elif path:
                    shown |= {("", str(path[-1])), (part.method, _place(path))}
        if isinstance(step.event, Opened | Frame):
            found |= dict.fromkeys(_beside_bodies(step.event))
    found |= dict.fromkeys(_mask(method, path, text, shown) for method, path, text in places)
    return list(filter(None, found))


def _mask(method: str, path: Path, text: str, shown: set[tuple[str, str]]) -> str:
    """The mask for a text of a message that is masked, or has a mark in it; empty where no mask can say which."""
    if (within := _within(text)) or not path:
        return within
    name = path[-1]
    if isinstance(name, str) and _NAME.fullmatch(name) and says_secret(name) and ("", name) not in shown:
        return name
    place = _place(path, exact=(method, _place(path)) in shown)
    return f"{method} {place}" if _METHOD.fullmatch(method) else f"$.{place}"


def _within(text: str) -> str:
    """The mask for a text that is known by what stands around its marks; empty for others."""
    pieces = MARK.split(text)
    if text == OLD_MARK or sum(map(str.isalnum, "".join(pieces))) < LEAST:
        return ""
    glob = "*".join(pieces)
    if pieces[0] and "*" not in "".join(pieces) and not _NAME.fullmatch(glob) and _is_text(glob):
        return glob
    around = "(.+)".join(re.escape(piece).replace("\n", "n").replace("\r", "r") for piece in pieces)
    return f"/(?s)^{around}$/"


def _is_text(mask: str) -> bool:
    return not re.fullmatch("/.+/", mask) and parse_mask(mask).text is not None


def _place(path: Path, *, exact: bool = False) -> str:
    """A path as `--mask` takes it: all items of a list are one, but for params by position, and where it is to be exact."""
    text = ""
    for at, part in enumerate(path):
        if isinstance(part, int):
            text += f"[{part}]" if exact or (at == 1 and path[0] == "params") else "[*]"
        else:
            text += f".{part}" if _NAME.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"
    return text.removeprefix(".")


def _beside_bodies(event: Opened | Frame) -> Iterator[str]:
    """The masks for headers and for a URL, but for what is masked without asking."""
    unasked = Masking()
    for name, value in [*event.headers, *(event.answer if isinstance(event, Opened) else event.request_headers)]:
        asked = name.lower() != "sec-websocket-protocol" and unasked.headers([(name, PROBE)]) == [(name, PROBE)]
        if marked(value) and asked and _NAME.fullmatch(name):
            yield _within(value) or name
    if not isinstance(event, Opened) or urls.is_stdio(event.url):
        return
    for name, value in urls.query(event.url).items():
        if marked(value) and _NAME.fullmatch(name) and unasked.url(plain := f"ws://n/?{name}=text") == plain:
            yield _within(value) or name
    before, mark, _after = urls.path(event.url).partition("«")
    if mark:
        yield f"/{re.escape(before)}([^/?#]+)/"

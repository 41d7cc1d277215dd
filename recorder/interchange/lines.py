"""What formats of bare messages have in common: JSON values in a row, and how much of a capture a line of text holds.

Rule: a value keeps each of its bytes but line breaks, which JSON has only between its tokens.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw

from recorder.capture import MAX_DEPTH, as_text, is_json
from recorder.errors import InputError
from recorder.framing import Framing, begins_framed
from recorder.interchange.formats import MOST, Source
from recorder.model import PRINTED, AnyEvent, Closed, Frame, Opened, Refused

FIRST = 8
"""Values that are looked at of a list."""

AROUND = b" \t\r\n\x1e"
"""What may stand between values, among it the sign of RFC 7464."""

list_of = msgspec.json.Decoder(list[Raw]).decode
"""What a JSON list holds, to the letter."""

_decoder = json.JSONDecoder()
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?')
_BREAKS = bytes.maketrans(b"\r\n", b"  ")


class Value(NamedTuple):
    """A JSON value, without what stands around it, and the line where it begins."""

    line: int
    text: bytes


def values(source: Source) -> Iterator[Value]:
    """The JSON values of a file, one after the other: each on a line of its own, or over several.

    Raises:
        InputError: something is not JSON, not whole, or too large.
    """
    if begins_framed(source.head):
        yield from _framed(source)
        return
    begun, held, depth, size = 0, list[bytes](), 0, 0
    for number, line in enumerate(source.lines(), 1):
        if not held:
            text = line.strip(AROUND)
            if is_json(text):
                yield Value(number, text)
                continue
            if not text:
                continue
            begun, depth, size = number, 0, 0
        held.append(line)
        depth += _deeper(line)
        size += len(line)
        if size > MOST:
            raise InputError(
                f"is a value of more than {MOST >> 20} MiB; write one message a line (`jq -c '.[]'`)",
                file=source.name,
                line=begun,
            )
        if depth <= 0:
            yield Value(begun, _checked(source, begun, b"".join(held)))
            held.clear()
    if held:
        raise InputError("this JSON is not whole; the file ends within it", file=source.name, line=begun)


def _framed(source: Source) -> Iterator[Value]:
    """The messages of a file in which each stands behind its length, as on a pipe."""
    framing, number, size = Framing(), 0, 0
    for number, line in enumerate(source.lines(), 1):
        found = framing.feed(line)
        size = 0 if found else size + len(line)
        if size > MOST:
            raise InputError(f"is a message of more than {MOST >> 20} MiB", file=source.name, line=number)
        yield from (Value(number, _checked(source, number, one.payload)) for one in found)
    left, rest = framing.end()
    yield from (Value(number, _checked(source, number, one.payload)) for one in left)
    if rest:
        raise InputError("this message is not whole; the file ends within it", file=source.name, line=number)


def _checked(source: Source, line: int, text: bytes) -> bytes:
    text = text.strip(AROUND)
    if not is_json(text):
        raise InputError(f"is not JSON, or nested more than {MAX_DEPTH} deep", file=source.name, line=line)
    return text


def _deeper(line: bytes) -> int:
    """By how much a line of JSON goes deeper into brackets than it comes out of them; strings do not span lines."""
    bare = _STRINGS.sub(b"", line)
    return bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")


def items(source: Source) -> Iterator[Value]:
    """The JSON values of a file; where it is a single list, what that holds.

    Raises:
        InputError: as of `values`, or there are none.
    """
    found = values(source)
    first, second = next(found, None), next(found, None)
    if first is None:
        raise InputError("holds no message", file=source.name)
    if second is None and first.text.startswith(b"["):
        yield from (Value(first.line, bytes(text)) for text in list_of(first.text))
        return
    yield first
    if second is not None:
        yield second
    yield from found


def first_values(source: Source) -> list[bytes]:
    """The JSON value with which a file begins; of a list, the first that it holds. None where one goes on for long."""
    if begins_framed(source.head):
        return [one.payload for one in Framing().feed(source.head)[:1]]
    text = source.head.lstrip(AROUND).decode(errors="replace")
    for begun in (text, text.removeprefix("[").lstrip()):
        try:
            found = begun[: _decoder.raw_decode(begun)[1]].encode()
            return [bytes(one) for one in list_of(found)[:FIRST]] if found.startswith(b"[") else [found]
        except (ValueError, RecursionError, msgspec.DecodeError):
            continue
    return []


def flat(frame: Frame) -> bytes | None:
    """The payload of a frame on one line; None where it is no text, or would not be read back from one."""
    payload = frame.payload
    if frame.opcode not in PRINTED or not payload or not _is_text(frame):
        return None
    if payload.find(b"\n") < 0 and payload.find(b"\r") < 0 and payload == payload.strip():
        return payload
    return payload.translate(_BREAKS).strip() if is_json(payload) else None


def _is_text(frame: Frame) -> bool:
    return frame.binary is UNSET or as_text(frame.binary) is not None


def beside_messages(event: AnyEvent, lost: Counter[str], url: str = "") -> None:
    """Count what an event has beside its message.

    Args:
        event: of a capture.
        lost: what a format of bare messages cannot hold, by what it is called in the plural.
        url: the one that sessions get when such a format is read.
    """
    if event.time:
        lost["times"] += 1
    if isinstance(event, Frame):
        if event.headers:
            lost["headers"] += len(event.headers)
        if event.status != HTTPStatus.OK:
            lost["statuses"] += 1
        if event.opcode != "text":
            lost["binary frames" if event.opcode == "binary" else "control frames"] += 1
    elif isinstance(event, Opened):
        lost["headers"] += len(event.headers) + len(event.answer)
        lost["URLs"] += event.url != url
    elif isinstance(event, Closed):
        lost["closings"] += 1
    elif isinstance(event, Refused):
        lost["refused handshakes"] += 1

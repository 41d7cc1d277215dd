"""Excerpts of events for a transcript: long texts shortened, members left out, aliases for values.

Rule: pure; templates see only the excerpt, so that every template, a user's own too, can print it. An event is annotated
before anything is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from recorder.difference import Path
from recorder.jsonrpc import json_bytes
from recorder.model import UNREADABLE, AnyEvent, Closed, Frame, Note, Opened, Refused
from recorder.rules import PathPattern
from recorder.timeline.handed_out import opaque_runs
from recorder.transcript.aliases import Aliases
from recorder.transcript.printed import Excerpt

MARK = "…"
"""What stands where a text was cut."""

_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*+:)?')
"""A text in JSON; one that a colon follows is a name."""

T = TypeVar("T", bound=AnyEvent)

_object, _array = msgspec.json.Decoder(dict[str, Raw]), msgspec.json.Decoder(list[Raw])


class Cutting:
    """Makes the excerpts of one capture's events.

    Args:
        excerpt: how much is shown.
        aliases: names for values; None for none.
    """

    def __init__(self, excerpt: Excerpt, aliases: Aliases | None = None) -> None:
        self._excerpt, self._aliases = excerpt, aliases
        self._found: set[PathPattern] = set()

    @property
    def missed(self) -> list[PathPattern]:
        """Paths at which nothing was found."""
        return [pattern for pattern in (*self._excerpt.show, *self._excerpt.drop) if pattern not in self._found]

    def event(self, event: T) -> T:
        """What is shown of an event."""
        changed: AnyEvent = event
        if isinstance(event, Frame):
            changed = self._frame(event)
        elif isinstance(event, Opened | Refused):
            headers = [(name, self.text(value)) for name, value in event.headers]
            changed = replace(event, url=self.text(event.url), headers=headers)
        elif isinstance(event, Note):
            changed = replace(event, text=self.text(event.text))
        elif isinstance(event, Closed):
            changed = replace(event, reason=self.text(event.reason))
        return changed  # type: ignore[return-value]  # of the same kind

    def meaning(self, annotation: Any) -> Any:
        """What is shown of what an event means."""
        return None if annotation is None else _Meaning(annotation, self.text)

    def text(self, text: str) -> str:
        """What is shown of a text."""
        return self._elided(self._aliased(text))

    def _aliased(self, text: str) -> str:
        return text if self._aliases is None else self._aliases.put(text)

    def _elided(self, text: str) -> str:
        most = self._excerpt.elide
        if not most or len(text) <= most:
            return text
        pieces, at = [], 0
        for found in opaque_runs(text):
            if len(found[0]) > most:
                pieces += [text[at : found.start() + most], MARK]
                at = found.end()
        return "".join([*pieces, text[at:]])

    def _frame(self, frame: Frame) -> Frame:
        if frame.json is not UNSET:
            return replace(frame, json=Raw(self._json(bytes(frame.json))))
        try:
            payload = frame.payload
            shown = self._json(payload) if payload[:1] in {b"{", b"["} else self.text(payload.decode()).encode()
        except UNREADABLE:  # no text: there is nothing in it that is shown
            return frame
        return replace(frame, text=shown.decode()) if frame.binary is UNSET else replace(frame, binary=shown)

    def _json(self, payload: bytes) -> bytes:
        if self._excerpt.show or self._excerpt.drop:
            with suppress(*UNREADABLE):  # nested too deeply, or no JSON
                payload = self._part(payload, (), shown=not self._excerpt.show) or b"{}"
        if not self._excerpt.elide and self._aliases is None:
            return payload
        return _STRING.sub(self._string, payload.decode()).encode()

    def _string(self, found: re.Match[str]) -> str:
        text = self._aliased(found[1])
        return f'"{text}"{found[2]}' if found[2] else f'"{self._elided(text)}"'

    def _part(self, raw: bytes, path: Path, *, shown: bool) -> bytes | None:
        """What is shown of a value; None for nothing."""
        if path and self._at(self._excerpt.drop, path):
            return None
        shown = shown or self._at(self._excerpt.show, path)
        begin = raw.lstrip()[:1]
        if begin == b"{":
            members = (
                (name, self._part(bytes(item), (*path, name), shown=shown))
                for name, item in _object.decode(raw).items()
            )
            kept = {name: Raw(item) for name, item in members if item is not None}
            return json_bytes(kept) if kept or shown else None
        if begin == b"[":
            items = (self._part(bytes(item), (*path, at), shown=shown) for at, item in enumerate(_array.decode(raw)))
            some = [Raw(item) for item in items if item is not None]
            return json_bytes(some) if some or shown else None
        return raw if shown else None

    def _at(self, patterns: Iterable[PathPattern], path: Path) -> bool:
        found = [pattern for pattern in patterns if pattern.matches(path)]
        self._found.update(found)
        return bool(found)


class _Meaning:
    """An annotation, or a part of one, whose texts are shown as the excerpt has them."""

    __slots__ = ("_change", "_value")

    def __init__(self, value: Any, change: Callable[[str], str]) -> None:
        self._value, self._change = value, change

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python and jinja2 ask an object what it can do
            raise AttributeError(name)
        return _changed(getattr(self._value, name), self._change)

    def __str__(self) -> str:
        return self._change(str(self._value))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    """Any value with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_changed(name, change): _changed(item, change) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(item, change) for item in value]
    if value is None or isinstance(value, int | float | bytes | Struct):
        return value
    return _Meaning(value, change)

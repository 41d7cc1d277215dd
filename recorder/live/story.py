"""The events related to a frame: its request or answer, its cause, and frames that carry the same values.

Rule: only a bounded number of nearby frames is searched. `exchanges` decides about answers and causes, the profile about
what a message carries. A value counts only if it is unlikely to occur twice by chance, such as a hash or a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from recorder.capture import is_json
from recorder.difference import name_of, path_text
from recorder.jsonrpc import json_text, outlines, value_of
from recorder.live.index import FRAME, NOBODY, TO_NODE
from recorder.live.source import Source
from recorder.model import PRINTED, Frame
from recorder.profiles.sentences import shortened
from recorder.timeline.exchanges import Exchanges
from recorder.timeline.handed_out import opaque, scalars

NEAR = 1_000
"""Most events, each way, that are searched for causes and values."""

NEAR_BYTES = 1 << 21
"""Most bytes of those, each way."""

CARRIED, CARRIED_BYTES = 600, 1 << 20
"""Most events and bytes, each way, that are read to see what they carry."""

VALUES, FRAMES = 6, 8
"""Most values of a frame that are searched for; most frames listed per value, each way."""

LONG = 1 << 16
"""Most bytes of a frame whose values are searched for."""

BACK = 200_000
"""Most events that are searched backwards for the previous frame of the same method."""

MANY_DIFFERENCES = 200
SHOWN = 400
"""Most characters of a value in a difference."""


class Chapter(NamedTuple):
    """A list of related events.

    Args:
        why: how they are related.
        events: their numbers.
        text: the text that all of them contain, for a filter that finds more; empty if there is none.
    """

    why: str
    events: list[int]
    text: str = ""


class Stories:
    """Finds related events in one capture.

    Args:
        source: the capture.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._index = source, source.index

    def of(self, number: int, frame: Frame) -> list[Chapter]:
        """The events related to a frame."""
        told = [*self._exchange(number), *self._causes(number)]
        if len(frame.payload) <= LONG and frame.opcode in PRINTED:
            told += [*self._carried(number, frame), *self._values(number, _read(frame.payload))]
        return told

    def before(self, number: int) -> int:
        """The previous frame of the same session, direction, method and kind; `NOBODY` if there is none."""
        index = self._index
        own = self._likeness(number)
        if not index.method[number]:
            return NOBODY
        back = range(number - 1, max(number - BACK, 0) - 1, -1)
        return next((other for other in back if index.method[other] == own[0] and self._likeness(other) == own), NOBODY)

    def _likeness(self, number: int) -> tuple[int, int, int, int]:
        index = self._index
        return index.method[number], index.seat[number], index.tone[number], index.flags[number] & TO_NODE

    def _exchange(self, number: int) -> Iterator[Chapter]:
        index = self._index
        parts = index.parts.get(number) or ()
        asked = {part.answers for part in parts} | {index.other[number]}
        if before := sorted(other for other in asked if NOBODY < other < number):
            yield Chapter("answers", before)
        if index.other[number] > number:
            yield Chapter("answered by", [index.other[number]])

    def _causes(self, number: int) -> Iterator[Chapter]:
        """The cause of a push, and the pushes that a request caused, if the protocol tells."""
        if "caused_by" not in self._index.spoken_in(number).overrides:
            return
        exchanges: Exchanges[int] = Exchanges()
        caused: list[int] = []
        near = self._near(number, of_session=True)
        for other, event in zip(near, self._source.events(near), strict=True):
            assert isinstance(event, Frame)
            for message in outlines(event.payload):
                cause = exchanges.passes(event, message, self._index.spoken_in(other), other)
                if cause is not None and other == number:
                    yield Chapter("caused by", [cause])
                elif cause == number:
                    caused.append(other)
        if caused:
            yield Chapter("causes", caused[:FRAMES])

    def _carried(self, number: int, frame: Frame) -> Iterator[Chapter]:
        """Frames that carry the same, such as one transaction with more signatures."""
        profile = self._index.spoken_in(number)
        wanted = profile.carried_in(frame.payload)
        if not wanted:
            return
        near = self._near(number, CARRIED, CARRIED_BYTES)
        found = [
            other
            for other, event in zip(near, self._source.events(near), strict=True)
            if other != number and isinstance(event, Frame) and wanted & profile.carried_in(event.payload)
        ]
        if found:
            yield Chapter("carries the same", self._closest(number, found))

    def _values(self, number: int, message: Any) -> Iterator[Chapter]:
        """Frames that contain the same id, hash or token."""
        near = self._near(number)
        if len(near) <= 1:
            return
        begin = self._index.at[near[0]]
        data = self._source.read(begin, self._index.at[near[-1] + 1])
        for name, text in _telling(message):
            found = [other for other in self._holding(near, data, begin, text.encode()) if other != number]
            if found:
                yield Chapter(
                    f"same {name} {shortened(text, 24)}".replace("  ", " "), self._closest(number, found), text
                )

    def _holding(self, near: list[int], data: bytes, begin: int, text: bytes) -> Iterator[int]:
        at, flags = self._index.at, self._index.flags
        for other in near:
            if flags[other] & FRAME and data.find(text, at[other] - begin, at[other + 1] - begin) >= 0:
                yield other

    def _closest(self, number: int, found: list[int]) -> list[int]:
        before, after = [one for one in found if one < number], [one for one in found if one > number]
        return before[-FRAMES:] + after[:FRAMES]

    def _near(self, number: int, most: int = NEAR, size: int = NEAR_BYTES, *, of_session: bool = False) -> list[int]:
        """The events around one, and that one."""
        index = self._index
        first, last = max(number - most, 0), min(number + most, len(index) - 1)
        while index.at[number] - index.at[first] > size:
            first += max((number - first) // 2, 1)
        while index.at[last + 1] - index.at[number + 1] > size:
            last -= max((last - number) // 2, 1)
        near = range(first, last + 1)
        if not of_session:
            return [*near]
        return [one for one in near if index.seat[one] == index.seat[number] and index.shows(one)]


def _read(payload: bytes) -> Any:
    """The JSON value of a frame; None if it is not JSON, or is nested too deeply."""
    return value_of(payload) if is_json(payload) else None


def _telling(message: Any) -> Iterator[tuple[str, str]]:
    """The texts of a message that are worth a search, each with the name of its member."""
    known: set[str] = set()
    for path, value in scalars(message):
        if isinstance(value, str) and value not in known and opaque(value):
            known.add(value)
            yield name_of(path), value
            if len(known) >= VALUES:
                return


def differences(here: bytes, there: bytes) -> list[dict[str, Any]]:
    """The differences between two messages; values are JSON texts, so that numbers stay exact.

    Args:
        here: the message.
        there: the previous one.
    """
    one, other = _read(here), _read(there)
    if one is None or other is None:
        return []
    found = _differing(one, other)
    return [item for item, _count in zip(found, range(MANY_DIFFERENCES), strict=False)]


_ABSENT = object()


def _differing(one: Any, other: Any) -> Iterator[dict[str, Any]]:
    left: list[tuple[tuple[str | int, ...], Any, Any]] = [((), one, other)]
    while left:
        path, here, there = left.pop()
        if isinstance(here, dict) and isinstance(there, dict):
            names = reversed([*dict.fromkeys([*here, *there])])
            left += [((*path, name), here.get(name, _ABSENT), there.get(name, _ABSENT)) for name in names]
        elif isinstance(here, list) and isinstance(there, list):
            longest = range(max(len(here), len(there)) - 1, -1, -1)
            left += [((*path, at), _item(here, at), _item(there, at)) for at in longest]
        elif _text_of(here) != _text_of(there):
            yield {"path": path_text(path), "here": _cut(_text_of(here)), "there": _cut(_text_of(there))}


def _item(values: list[Any], at: int) -> Any:
    return values[at] if at < len(values) else _ABSENT


def _text_of(value: Any) -> str | None:
    return None if value is _ABSENT else json_text(value)


def _cut(text: str | None) -> str | None:
    return None if text is None else shortened(text, SHOWN)

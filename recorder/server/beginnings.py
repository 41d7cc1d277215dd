"""What several recorded sessions of one URL have in common at their beginning: any live client is answered so.

Rule: knows no sockets. Which session a live client is shows when it says what only some of them say; until then it is
none of them. What is told before that is the same in all of them, and nothing in it is bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from recorder.jsonrpc import json_bytes, value_of
from recorder.model import Frame
from recorder.profiles.parts import ID
from recorder.replay.actions import Send
from recorder.replay.matching import digest
from recorder.replay.plan import Plan
from recorder.timeline import Step, urls

LONGEST = 100
"""Frames of a beginning: where sessions part later than that, the first client is the first of them."""

NOTHING = -1


class _Said(NamedTuple):
    """A frame of a beginning.

    Args:
        to_node: whether the party says it.
        content: without its id.
        answers: the place of the request that it answers; `NOTHING` for a greeting.
        payload: as recorded, first what stands before its id, then what stands behind it; whole where it has none.
        binary: whether it is binary.
    """

    to_node: bool
    content: bytes
    answers: int
    payload: tuple[bytes, ...]
    binary: bool


class Beginning:
    """How far one live client has come."""

    def __init__(self, frames: list[_Said]) -> None:
        self._frames, self._at = frames, 0
        self._ids: dict[int, bytes] = {}  # of its requests, by their places

    def told(self) -> list[Send]:
        """What its node says next, before it says more."""
        found = []
        for frame in islice(self._frames, self._at, None):
            if frame.to_node:
                break
            self._at += 1
            payload = self._ids.get(frame.answers, b"").join(frame.payload)
            found.append(Send(0, payload, frame.binary))
        return found

    def hears(self, payload: bytes) -> bool:
        """Whether a message is the next that all of them say."""
        if self._at == len(self._frames) or self._frames[self._at].content != _content(payload):
            return False
        value = value_of(payload)
        if isinstance(value, dict) and "id" in value:
            self._ids[self._at] = json_bytes(value["id"])
        self._at += 1
        return True


class Beginnings:
    """The beginnings of the sessions of a plan, by their paths."""

    def __init__(self, plan: Plan) -> None:
        self._frames = dict(_common(plan))

    def at(self, url: str, most: int = LONGEST) -> Beginning | None:
        """That of a live session with this URL; None where only one was recorded, or the node greets each otherwise.

        Args:
            url: of the live session.
            most: how many frames of it count.
        """
        frames = self._frames.get(urls.path(url))
        return None if frames is None else Beginning(frames[:most])

    def greets(self, url: str) -> bool:
        """Whether a node speaks first there."""
        return any(not frame.to_node for frame in self._frames.get(urls.path(url), [])[:1])


def _common(plan: Plan) -> Iterator[tuple[str, list[_Said]]]:
    """The paths at which several sessions have one URL, over WebSockets, each with their common beginning."""
    known = plan.script.urls
    there: dict[str, list[int]] = {}
    for session, url in known.items():
        if not urls.is_http(url):
            there.setdefault(urls.path(url), []).append(session)
    wanted = {
        path: sessions for path, sessions in there.items() if len({known[one] for one in sessions}) < len(sessions)
    }
    steps: dict[int, list[Step]] = {session: [] for sessions in wanted.values() for session in sessions}
    for step in plan.script.steps if steps else ():
        if step.kind == "frame" and len(steps.get(step.session, ())) < LONGEST and step.session in steps:
            steps[step.session].append(step)
    for path, sessions in wanted.items():
        rows = [list(_frames(plan, steps[session])) for session in sessions]
        first = next((at for at, frame in enumerate(rows[0]) if frame.to_node), len(rows[0]))
        same = _same(rows)
        if all(len(row) == len(steps[session]) == same for session, row in zip(sessions, rows, strict=True)):
            same = min(first, same)  # they never part: whoever speaks first is the first of them
        if same >= first and all(len(row) > first and row[first].to_node for row in rows):
            yield path, rows[0][:same]


def _same(rows: list[list[_Said]]) -> int:
    """How many frames all rows begin with."""
    first, *others = rows
    for at, frame in enumerate(first):
        if any(len(row) <= at or row[at][:3] != frame[:3] for row in others):
            return at
    return len(first)


def _frames(plan: Plan, steps: Iterable[Step]) -> Iterator[_Said]:
    """A session from its beginning on, as far as its client and its node go in turns and nothing is bound."""
    places: dict[int, int] = {}  # of requests, by step
    spoken = False
    for at, step in enumerate(steps):
        assert isinstance(step.event, Frame)
        part, payload = step.parts[0], step.event.payload
        slots = plan.layout(step).slots
        answers = NOTHING if part.request is None else places.get(part.request.step.index, NOTHING)
        to_node = step.direction == "to_node"
        bound = len(step.parts) > 1 or len(slots) > 1 or any(slot.kind != ID for slot in slots)
        if bound or (spoken and not to_node and answers == NOTHING) or (to_node and part.kind is None):
            return
        spoken, places[step.index] = spoken or to_node, at
        pieces = (payload[: slots[0].start], payload[slots[0].end :]) if slots else (payload,)
        yield _Said(to_node, _content(payload), answers, pieces, step.event.opcode == "binary")


def _content(payload: bytes) -> bytes:
    value = value_of(payload)
    return payload if value is None else digest(value)

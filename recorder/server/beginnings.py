"""What several recorded sessions of one URL have in common at their beginning: any live client is answered so.

Rule: knows no sockets. Which session a live client is shows when it says what only one of them says, or no more than one
of them; until then it is none of them. What is told before that is the same in all that it may be, and nothing in it is
bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


class _Session(NamedTuple):
    """A recorded session at its beginning.

    Args:
        number: its own.
        frames: of its beginning, as far as that can be told to anybody.
        asks: how many messages its client sends, at most `LONGEST`.
        whole: whether the beginning is all of it, or all of it that counts.
        client_next: whether its client speaks next, behind its beginning.
    """

    number: int
    frames: list[_Said]
    asks: int
    whole: bool
    client_next: bool

    def says(self, at: int) -> tuple[bool, bytes, int] | None:
        """What is said at a place; None behind its beginning."""
        return self.frames[at][:3] if at < len(self.frames) else None

    def client_speaks(self, at: int) -> bool:
        """Whether its client speaks at a place."""
        said = self.says(at)
        return self.client_next if said is None else said[0]


class Beginning:
    """How far one live client has come.

    Args:
        sessions: those that it may be.
        most: how many frames of them count.
    """

    def __init__(self, sessions: list[_Session], most: int) -> None:
        self._sessions, self._most = sessions, most
        self._at = self._heard = 0
        self._ids: dict[int, bytes] = {}  # of its requests, by their places

    def told(self) -> list[Send]:
        """What its node says next, before it says more."""
        found = []
        while self._at < self._most and (said := _common(self._sessions, self._at)) is not None and not said.to_node:
            self._at += 1
            found.append(Send(0, self._ids.get(said.answers, b"").join(said.payload), said.binary))
        return found

    def hears(self, payload: bytes) -> bool:
        """Whether several of them say a message next, so that it is not known yet which it is."""
        heard = True, _content(payload)
        left = [one for one in self._sessions if (said := one.says(self._at)) is not None and said[:2] == heard]
        if self._at >= self._most or not _diverge(left, self._at):
            return False
        if len(left) < len(self._sessions) and _common(left, self._at + 1) is None:
            return False  # what it is answered tells which it is
        value = value_of(payload)
        if isinstance(value, dict) and "id" in value:
            self._ids[self._at] = json_bytes(value["id"])
        self._sessions = left
        self._at += 1
        self._heard += 1
        return True

    @property
    def may_be(self) -> frozenset[int]:
        """The recorded sessions that it may be."""
        return frozenset(one.number for one in self._sessions)

    @property
    def silence_tells(self) -> bool:
        """Whether a silent client is likely one of them: not where each of them says something next, be it slowly."""
        return not all(one.client_speaks(self._at) for one in self._sessions)

    @property
    def over(self) -> frozenset[int]:
        """Those of them whose clients say no more than it has."""
        return frozenset(one.number for one in self._sessions if one.asks == self._heard)


class Beginnings:
    """The beginnings of the sessions of a plan, by their paths."""

    def __init__(self, plan: Plan) -> None:
        self._sessions = dict(_several(plan))

    def at(self, url: str, most: int = LONGEST) -> Beginning | None:
        """That of a live session with this URL; None where only one was recorded, or the node greets each otherwise.

        Args:
            url: of the live session.
            most: how many frames of it count.
        """
        sessions = self._sessions.get(urls.path(url))
        return None if sessions is None else Beginning(sessions, most)

    def greets(self, url: str) -> bool:
        """Whether a node speaks first there."""
        sessions = self._sessions.get(urls.path(url), [])
        return any(not frame.to_node for session in sessions[:1] for frame in session.frames[:1])


def _several(plan: Plan) -> Iterator[tuple[str, list[_Session]]]:
    """The paths at which several sessions have one URL, over WebSockets, each with these; all are greeted alike."""
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
    for path, numbers in wanted.items():
        sessions = [_session(plan, number, steps[number]) for number in numbers]
        first = next((at for at, frame in enumerate(sessions[0].frames) if frame.to_node), len(sessions[0].frames))
        alike = all(_common(sessions, at) is not None for at in range(first))
        if alike and all(len(one.frames) > first and one.frames[first].to_node for one in sessions):
            yield path, sessions


def _session(plan: Plan, number: int, steps: list[Step]) -> _Session:
    frames = list(_frames(plan, steps))
    asks = sum(step.direction == "to_node" for step in steps)
    client_next = any(step.direction == "to_node" for step in steps[len(frames) : len(frames) + 1])
    return _Session(number, frames, asks, len(frames) == len(steps), client_next)


def _common(sessions: list[_Session], at: int) -> _Said | None:
    """What all of these sessions say at a place; None where one says something else, or nothing."""
    said = {one.says(at) for one in sessions}
    return sessions[0].frames[at] if len(said) == 1 and None not in said else None


def _diverge(sessions: list[_Session], at: int) -> bool:
    """Whether these are several that say something else from a place on; if not, who comes first is the first of them."""
    longest = max((len(one.frames) for one in sessions), default=0)
    several = len(sessions) > 1 and not all(one.whole for one in sessions)
    return several or any(_common(sessions, place) is None for place in range(at, longest))


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

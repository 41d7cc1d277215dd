"""Matches each answer to the request that it answers.

Rule: only this module decides it, for replay, comparison, faults, live lines and filters. Total, and bounded for any
length of a session. An answer belongs to the open request of the other end with its id (JSON-RPC 2.0, section 5; both
ends may use the same id), over HTTP in its exchange; without a matching id, to the request that the profile names.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from recorder.jsonrpc import Kind
from recorder.model import Direction, Frame
from recorder.profiles import Profile

ANSWERS = frozenset({"result", "error"})
"""Kinds of messages that are answers by their members."""

OPPOSITE: dict[Direction, Direction] = {"to_node": "from_node", "from_node": "to_node"}

OPEN_LIMIT = 10_000
"""Most requests remembered, in all sessions together; the oldest is forgotten first."""

Place = tuple[int, Direction, int]
"""Session, direction of the request, and over HTTP its exchange: the place where an answer looks for its request."""

T = TypeVar("T")

KEY, WITHIN = "key", "within"
"""What identifies a request besides its id: a key of the profile, or the HTTP exchange."""


def place_of(session: int, direction: Direction, exchange: int) -> Place:
    """The place where a request of this direction waits for its answer.

    A request that a node sends over HTTP, within an answer, is answered by a new HTTP request: it is in no exchange.
    """
    return session, direction, exchange if direction == "to_node" else 0


@dataclass(eq=False, slots=True)
class _Asked(Generic[T]):
    token: T
    open: bool = True


class Exchanges(Generic[T]):
    """The open requests of a timeline, each with a value of the caller's.

    Args:
        limit: the most requests to remember; None for all, if their number is known to be bounded.
    """

    def __init__(self, limit: int | None = OPEN_LIMIT) -> None:
        self._limit = limit
        self._asked: OrderedDict[Hashable, deque[_Asked[T]]] = OrderedDict()  # by place and what tells them

    def asked(self, place: Place, message: Mapping[str, Any], profile: Profile, token: T) -> None:
        """A message that may be answered has passed."""
        asked = _Asked(token)
        identity = message.get("id")
        keys: list[Hashable] = [] if identity is None else [id_key(identity)]
        if place[-1]:
            keys.append((WITHIN, place[-1]))
        keys += [(KEY, key) for key in profile.asks(message)]
        for key in keys:
            waiting = self._asked.get((place, key))
            if waiting is None:
                waiting = self._asked[place, key] = deque(maxlen=self._limit)
            while waiting and not waiting[0].open:  # answered by another of their keys
                waiting.popleft()
            waiting.append(asked)
        while self._limit is not None and len(self._asked) > self._limit:
            self._asked.popitem(last=False)

    def answered(self, place: Place, message: Mapping[str, Any], profile: Profile) -> T | None:
        """The request that a message answers; None if there is none.

        Args:
            place: of the request: in the other direction.
            message: a result, an error, or a message that the profile treats as an answer.
            profile: of the session.
        """
        identity = message.get("id")
        keys: list[Hashable] = [] if identity is None else [id_key(identity)]
        keys += [(KEY, key) for key in profile.answers(message)]
        if place[-1]:
            keys.append((WITHIN, place[-1]))  # an error without an id, in answer to a whole body
        return self._take(place, keys)

    def caused(self, place: Place, message: Mapping[str, Any], profile: Profile) -> T | None:
        """The request that caused a push, if the profile shows it; nothing else can answer that request any more."""
        return self._take(place, [(KEY, key) for key in profile.caused_by(message)])

    def passes(self, frame: Frame, message: Mapping[str, Any], profile: Profile, token: T) -> T | None:
        """Let a message of a frame pass, whatever it is; returns the request that caused it, if it is a push with a cause."""
        there = place_of(frame.session, OPPOSITE[frame.direction], frame.exchange)
        if kind_of(message) in ANSWERS or any(True for _key in profile.answers(message)):
            self.answered(there, message, profile)
            return None
        cause = self.caused(there, message, profile)
        self.asked(place_of(frame.session, frame.direction, frame.exchange), message, profile, token)
        return cause

    def knows(self, place: Place, message: Mapping[str, Any]) -> bool:
        """Whether an open request has the id of a message."""
        waiting = self._asked.get((place, id_key(message.get("id"))))
        return waiting is not None and any(asked.open for asked in waiting)

    def _take(self, place: Place, keys: Iterable[Hashable]) -> T | None:
        """The oldest open request with the first key that matches any."""
        for key in keys:
            waiting = self._asked.get((place, key))
            while waiting:
                asked = waiting.popleft()
                if not waiting:
                    del self._asked[place, key]
                if asked.open:
                    asked.open = False
                    return asked.token
        return None


def id_key(identity: Any) -> Hashable:
    """An id in the form in which ids are compared: the text "1" differs from the number 1, and 1.0 does not."""
    if type(identity) is int:  # most are
        return identity
    if isinstance(identity, bool | list | dict):
        return repr(identity)
    return identity if not isinstance(identity, str) else f"text {identity}"


def kind_of(message: Any) -> Kind | None:
    """The kind of a message by its members; None if the JSON value is not a JSON-RPC message."""
    if not isinstance(message, dict):
        return None
    error = message.get("error")
    if "error" in message and ("result" not in message or error is not None):
        return "error"
    if "result" in message:
        return "result"
    if not isinstance(message.get("method"), str):
        return None
    return "request" if message.get("id") is not None else "notification"


def bare(message: Any) -> Any:
    """A message without its id, and without the id of a request that an error quotes."""
    if not isinstance(message, dict):
        return message
    found = {name: value for name, value in message.items() if name != "id"}
    error = found.get("error")
    if isinstance(error, dict) and isinstance(error.get("request"), dict) and "id" in error["request"]:
        found["error"] = error | {"request": {name: value for name, value in error["request"].items() if name != "id"}}
    return found

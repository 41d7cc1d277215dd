"""Matches each answer to the request that it answers.

Rule: only this module decides it, for replay, comparison, faults, live lines and filters. Total, and bounded for any
length of a session. An answer belongs to the open request of the other end with its id (JSON-RPC 2.0, section 5; both
ends may use the same id), over HTTP in its exchange, or in a stream that is in none; without a matching id, to the
request that the profile names.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from recorder.jsonrpc import ANSWERS, Members, kind_of
from recorder.model import OPPOSITE, Direction, Frame
from recorder.profiles import Profile
from recorder.profiles.base import CANCEL

OPEN_LIMIT = 10_000
"""Most requests remembered, in all sessions together; the oldest is forgotten first."""

ANSWERED = 1_000
"""Most requests that are remembered after their answer, where the number of open ones is limited."""

INVALID = "invalid"
"""A key of what is no request, or has an id that is none, and is answered all the same."""

ELSEWHERE = "elsewhere"
"""A key of a request over HTTP: its answer may come in a stream that its client listens to, in no exchange."""

Scope = tuple[int, Direction, int]
"""Session, direction of the request, and over HTTP its exchange: what ids are unique in, and answers are looked for in."""

T = TypeVar("T")

_NUMBER = re.compile("0|-?[1-9][0-9]{0,17}")


def scope_of(session: int, direction: Direction, exchange: int) -> Scope:
    """The scope in which a request of this direction waits for its answer.

    A request that a node sends over HTTP, within an answer, is answered by a new HTTP request: it is in no exchange.
    """
    return session, direction, exchange if direction == "to_node" else 0


def answered_scope(frame: Frame) -> Scope:
    """The scope in which the requests that a frame answers wait."""
    return scope_of(frame.session, OPPOSITE[frame.direction], frame.exchange)


class _Asked(Struct, Generic[T], eq=False):
    """An open request.

    Args:
        token: the caller's.
        scope: where it waits.
        message: itself.
        profile: of its session.
        keys: under which it waits.
    """

    token: T
    scope: Scope
    message: Members
    profile: Profile
    keys: list[Hashable]


class Exchanges(Generic[T]):
    """The open requests of a timeline, each with a value of the caller's.

    A request waits under its id and, over HTTP, in its exchange. Its profile's keys are made when the first message comes
    that could be matched by them: in most traffic none does.

    Args:
        limit: the most requests to remember; None for all, if their number is known to be bounded.
    """

    def __init__(self, limit: int | None = OPEN_LIMIT) -> None:
        self._limit = limit
        self._open: OrderedDict[_Asked[T], None] = OrderedDict()  # the oldest first
        self._waiting: dict[Hashable, _Asked[T] | OrderedDict[_Asked[T], None]] = {}  # by key: one, or several
        self._unnamed: dict[Scope, dict[_Asked[T], None]] = {}  # those whose profile's keys are not made yet
        self._answered: OrderedDict[Hashable, T] = OrderedDict()  # by scope and id; the last used is last

    def asked(self, scope: Scope, message: Members, profile: Profile, token: T, *, in_batch: bool = False) -> bool:
        """A message that may be answered has passed; returns whether an open request has its id.

        Args:
            scope: where it waits for its answer.
            message: itself.
            profile: of the session.
            token: the caller's.
            in_batch: whether it is one of a batch, where what is invalid is answered under the id null.
        """
        identity, used, exchange = message.get("id"), False, scope[-1]
        invalid = not isinstance(message.get("method"), str) or isinstance(identity, bool | list | dict)
        under_null = in_batch and (invalid or "id" in message)
        if identity is None and not exchange and profile.only_ids and not under_null:
            return False  # nothing can answer it
        asked = _Asked(token, scope, message, profile, [])
        self._open[asked] = None
        if identity is not None:
            used = self._wait(asked, (scope, id_key(identity)))
        elif "id" in message:
            self._wait(asked, (scope, None))
        if exchange:
            if identity is not None:
                self._wait(asked, (scope[:-1], ELSEWHERE, id_key(identity)))
            self._wait(asked, scope)
        if invalid and (exchange or in_batch):
            self._wait(asked, (scope, INVALID))
        if not profile.only_ids:
            self._unnamed.setdefault(scope, {})[asked] = None
        if self._limit is not None and len(self._open) > self._limit:
            self._close(next(iter(self._open)))
        return used

    def answered(self, scope: Scope, message: Members, profile: Profile, *, in_batch: bool = False) -> T | None:
        """The request that a message answers; None if there is none.

        Args:
            scope: of the request: in the other direction.
            message: a result, an error, or a message that the profile treats as an answer.
            profile: of the session.
            in_batch: whether others came with it; one that came alone may answer all of a body.
        """
        identity, exchange = message.get("id"), scope[-1]
        key = scope, None if identity is None else id_key(identity)
        found = None if identity is None else self._first(key)
        if found is None and identity is not None and not exchange:
            found = self._first((scope[:-1], ELSEWHERE, id_key(identity)))  # it was only accepted in its exchange
            found = found or self._first((scope, _other_form(identity)))
        if found is None:
            found = self._named(scope, profile.answers(message))
        if found is None and (exchange or in_batch) and key not in self._answered:
            found = self._without_id(scope, message) if in_batch or "id" in message else None
            found = found or (None if in_batch else self._first(scope))  # an error may answer a body
        if found is None:
            return None
        if identity is not None:
            self._answered[key] = found.token
            if self._limit is not None and len(self._answered) > ANSWERED:
                self._answered.popitem(last=False)
        return self._close(found)

    def _without_id(self, scope: Scope, message: Members) -> _Asked[T] | None:
        """The request that an answer with the id null is to: an error to what was no request, else to one with that id."""
        if message.get("id") is not None:
            return None
        invalid = self._first((scope, INVALID)) if kind_of(message) == "error" else None
        return invalid or self._first((scope, None))

    def oldest(self, scope: Scope) -> T | None:
        """The oldest open request of an exchange over HTTP; None if there is none."""
        found = self._first(scope)
        return None if found is None else found.token

    def answered_again(self, scope: Scope, message: Members) -> T | None:
        """The request that a message answers once more; None if there is none.

        A request may have several results, each under its id: in a stream of events (A2A), or over a WebSocket where it
        has subscribed to something (CometBFT).
        """
        key = scope, id_key(message.get("id"))
        if key not in self._answered:
            return None
        self._answered.move_to_end(key)
        return self._answered[key]

    def caused(self, scope: Scope, message: Members, profile: Profile) -> T | None:
        """The request that caused a push, if the profile shows it; nothing else can answer that request any more."""
        found = self._named(scope, profile.caused_by(message))
        return None if found is None else self._close(found)

    def passes(self, frame: Frame, message: Members, profile: Profile, token: T) -> T | None:
        """Let a message of a frame pass, whatever it is; returns the request that caused it, if it is a push with a cause."""
        there = answered_scope(frame)
        if kind_of(message) in ANSWERS or profile.answers(message):
            self.answered(there, message, profile)
            return None
        cause = self.caused(there, message, profile)
        self.asked(scope_of(frame.session, frame.direction, frame.exchange), message, profile, token)
        return cause

    def knows(self, scope: Scope, message: Members) -> bool:
        """Whether an open request has the id of a message."""
        return (scope, id_key(message.get("id"))) in self._waiting

    def _wait(self, asked: _Asked[T], key: Hashable) -> bool:
        """Let a request wait under a key; returns whether others do."""
        asked.keys.append(key)
        others = self._waiting.setdefault(key, asked)
        if others is asked:
            return False
        if not isinstance(others, OrderedDict):
            others = self._waiting[key] = OrderedDict({others: None})
        others[asked] = None
        return True

    def _first(self, key: Hashable) -> _Asked[T] | None:
        """The oldest request that waits under a key."""
        waiting = self._waiting.get(key)
        return next(iter(waiting)) if isinstance(waiting, OrderedDict) else waiting

    def _named(self, scope: Scope, keys: Iterable[Hashable]) -> _Asked[T] | None:
        """The oldest request in a scope with the first of a profile's keys that any has."""
        for key in keys:
            for asked in self._unnamed.pop(scope, ()):
                for own in {*asked.profile.asks(asked.message)}:
                    self._wait(asked, (scope, "named", own))
            found = self._first((scope, "named", key))
            if found is not None:
                return found
        return None

    def _close(self, asked: _Asked[T]) -> T:
        """The request is open no more; returns its token."""
        del self._open[asked]
        for key in asked.keys:
            waiting = self._waiting.pop(key)
            if isinstance(waiting, OrderedDict) and len(waiting) > 1:
                del waiting[asked]
                self._waiting[key] = waiting
        unnamed = self._unnamed.get(asked.scope)
        if unnamed is not None:
            unnamed.pop(asked, None)
            if not unnamed:
                del self._unnamed[asked.scope]
        return asked.token


def id_key(identity: Any) -> Hashable:
    """An id in the form in which ids are compared: the text "1" differs from the number 1, and 1.0 does not."""
    if type(identity) is int:  # most are
        return identity
    if isinstance(identity, bool | list | dict):
        return repr(identity)
    return identity if not isinstance(identity, str) else f"text {identity}"


def _other_form(identity: Any) -> Hashable:
    """The key of an id of which its end has made a text, or a number."""
    if isinstance(identity, str) and _NUMBER.fullmatch(identity):
        return int(identity)
    return id_key(str(identity))


def bare(message: Any) -> Any:
    """A message without its id, and without the id of a request that an error quotes or a cancellation names."""
    if not isinstance(message, dict):
        return message
    found = _without_id(message)
    error = found.get("error")
    if isinstance(error, dict) and isinstance(error.get("request"), dict) and "id" in error["request"]:
        found["error"] = error | {"request": _without_id(error["request"])}
    if found.get("method") == CANCEL and isinstance(found.get("params"), dict):
        found["params"] = _without_id(found["params"])
    return found


def _without_id(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name != "id"}

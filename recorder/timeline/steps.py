"""The steps of a capture: what happened, and what answers what.

Rule: made by `script` alone. A step keeps its bytes and parses them on demand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from recorder.jsonrpc import ANSWERS, CALLS, Kind, value_of
from recorder.model import Closed, Direction, Frame, Opened
from recorder.profiles import Profile
from recorder.timeline.refusals import refuses
from recorder.timeline.words import label_of, name_of

Happening = Literal["open", "frame", "close"]

BATCHES = 8
"""Batches whose messages are asked for in turn, each parsed once: those of as many sessions, with their answers."""

EMPTY = "an empty answer"
"""The name of an HTTP answer without a body, which acknowledges a notification, say."""


@dataclass(slots=True, eq=False)
class Part:
    """One JSON-RPC message of a frame; if the frame has none, the frame itself.

    Args:
        step: the frame.
        number: its place in a batch; None if it is not in one.
        kind: its kind, by its members; None if it is not JSON-RPC.
        method: the method that it calls or pushes; of an answer, that of its request; empty if unknown.
        request: of an answer, its request.
        answer: of a request, its answer: of several in an exchange over HTTP the last, else the first.
        before: of a request, the answers before that one; they are pushes.
        caused_by: of a push, the request that caused it, if that shows.
    """

    step: Step
    number: int | None
    kind: Kind | None
    method: str = ""
    request: Part | None = None
    answer: Part | None = None
    before: tuple[Part, ...] = ()
    caused_by: Part | None = None

    @property
    def value(self) -> Any:
        """Its JSON value; None if the frame is not JSON. It is shared: never change it."""
        return self.step.message if self.number is None else _batch(self.step)[self.number]

    @property
    def looks(self) -> bool:
        """Whether it only asks how things are by now: its client may do so as often as it likes."""
        profile, answer = self.step.profile, self.answer
        if answer is None or answer.kind != "result":
            return False
        return self.method in profile.polled or (
            self.method in profile.polled_for_news and not answer.value.get("result")
        )

    @property
    def subscribed(self) -> Part | None:
        """Of a further result of a request, which is a push, that request."""
        return self.caused_by if self.kind in ANSWERS else None

    @property
    def asks(self) -> bool:
        """Whether it is a request or a push, not an answer."""
        return self.request is None and self.kind in CALLS


@dataclass(slots=True, eq=False)
class Step:
    """One thing that happens in a capture.

    Args:
        index: its place among the steps.
        line: its line in the capture.
        kind: what happens.
        session: the recorded session.
        direction: of a frame; of an opening or a closing, that of the end that does it.
        event: as recorded.
        profile: the protocol of its session.
        scenario: its scenario.
        parts: of a frame, its messages.
        thread: the part of its session that it is of; empty where there are none.
        cause: of a push, the index of the last step of a party before it (over HTTP: in its exchange; in a thread: of it);
            -1 for none.
        carries: the things that it carries and other steps carry too.
        after: the last steps of other sessions that carried them before.
        keeps_alive: whether it only keeps its session open, so that a run is the same without it.
    """

    index: int
    line: int
    kind: Happening
    session: int
    direction: Direction
    event: Opened | Frame | Closed
    profile: Profile
    scenario: str = ""
    parts: tuple[Part, ...] = ()
    thread: str = ""
    cause: int = -1
    carries: frozenset[Any] = frozenset()
    after: tuple[int, ...] = ()
    keeps_alive: bool = False

    @property
    def message(self) -> Any:
        """Of a frame, its JSON value, parsed anew; None if it is not JSON."""
        return value_of(self.event.payload) if isinstance(self.event, Frame) else None

    @property
    def polls(self) -> bool:
        """Whether it only asks how things are by now, or whether there are news: nothing comes of it."""
        states, news = self.profile.polled, self.profile.polled_for_news
        return bool(states and self.parts) and all(
            part.kind == "request" and (part.method in states or part.method in news) for part in self.parts
        )

    @property
    def exchange(self) -> int:
        """Over HTTP, the request of its session that it belongs to; else 0."""
        return self.event.exchange if isinstance(self.event, Frame) else 0

    @property
    def endpoint(self) -> str:
        """The endpoint that it tells a client to post to; empty for most steps."""
        event = self.event
        if not isinstance(event, Frame) or event.event_type != self.profile.endpoint_event:
            return ""
        return event.payload.decode(errors="replace")

    @property
    def name(self) -> str:
        """The name of the step: its method, or its kind."""
        if isinstance(self.event, Frame):
            return EMPTY if self.event.bodiless else name_of(self.message)
        return self.kind

    @property
    def label(self) -> str:
        """Its name, with the value that distinguishes it from others of its method, or with the request it answers."""
        if not isinstance(self.event, Frame) or self.event.bodiless:
            return self.name
        label = label_of(self.message, self.profile.telling)
        answered = self.parts[0].method if len(self.parts) == 1 and self.parts[0].kind in ANSWERS else ""
        return f"{label} of {answered}" if answered else label

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that a frame calls, pushes or answers."""
        return tuple(dict.fromkeys(part.method for part in self.parts if part.method))

    @property
    def names(self) -> tuple[str, ...]:
        """What rules may call a frame: its name, and its methods."""
        return (self.name, *self.methods)

    @property
    def bodiless(self) -> bool:
        """Whether it is an answer over HTTP without a body, or the beginning of a stream."""
        return isinstance(self.event, Frame) and self.event.bodiless

    @property
    def refuses(self) -> bool:
        """Whether it is an answer over HTTP that refuses a call without JSON-RPC."""
        return isinstance(self.event, Frame) and refuses(self.event)

    @property
    def subscribed(self) -> Part | None:
        """The request of which it brings a further result; None for most steps, and for batches."""
        return self.parts[0].subscribed if len(self.parts) == 1 else None

    @property
    def answers(self) -> Iterator[Part]:
        """The requests that its messages answer."""
        return (part.request for part in self.parts if part.request is not None)


class Stream(NamedTuple):
    """A stream of events that a client opened to listen.

    Args:
        head: of its answer.
        headers: of the request for it.
        line: of the capture, where it begins.
        asks_first: whether its client had asked anything before.
        endpoint: where its client posts what is answered in it; empty where that is the session's URL.
    """

    head: Frame
    headers: Sequence[tuple[str, str]]
    line: int
    asks_first: bool
    endpoint: str = ""


@lru_cache(maxsize=BATCHES)
def _batch(step: Step) -> Sequence[Any]:
    """The messages of a batch."""
    messages: list[Any] = step.message
    return messages

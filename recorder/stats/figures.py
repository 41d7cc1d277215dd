"""Figures of a timeline: how often each method was called, how long its answers took, which calls are still open.

Rule: each event is read once, in order, in bounded memory. How a type of event is counted is a row of `_TAKES`. Which
request a response answers is decided in `timeline`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recorder.jsonrpc import ANSWERS, value_or_text
from recorder.model import OPPOSITE, PRINTED, AnyEvent, Closed, Direction, Frame, Opened, Refused, unnamed
from recorder.profiles import AUTO
from recorder.profiles.sentences import wants_answer
from recorder.timeline.followed import Followed, Item, Look, Odd, Request
from recorder.timeline.refusals import has_error_status, refuses_by_status
from recorder.timeline.words import identified, name_of, shown_id

MANY_METHODS, MANY_SESSIONS, MANY_ODD = 1_000, 10_000, 1_000
"""Most rows of each table; further methods count as `OTHERS`, further sessions and oddities only in the totals."""

OTHERS = "…"

STEPS = 256
"""Steps of the histogram between a duration and its double."""


class Durations:
    """How long things took, as a histogram: constant memory, each duration exact to 0.3 %.

    Of each step the longest is kept, so that what is told of them is the duration of one, to the digit.
    """

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._longest: dict[int, int] = {}

    def add(self, nanoseconds: int) -> None:
        """Count one."""
        step = round(math.log2(max(nanoseconds, 1)) * STEPS)
        self._counts[step] += 1
        self._longest[step] = max(nanoseconds, self._longest.get(step, 0))

    def within(self, share: float) -> int | None:
        """The duration in nanoseconds that this share of them did not exceed; None if there are none."""
        wanted = math.ceil(share * self._counts.total())
        for step, count in sorted(self._counts.items()):
            wanted -= count
            if wanted <= 0:
                return self._longest[step]
        return None

    def histogram(self, edges: Sequence[float]) -> list[int]:
        """How many took up to each of these, in nanoseconds and ascending, and no less than the one before; and the rest."""
        found = [0] * (len(edges) + 1)
        for step, count in self._counts.items():
            found[bisect_left(edges, 2 ** (step / STEPS))] += count
        return found


Named = tuple[Direction, str]
"""A method by who sends it and its name."""


@dataclass(slots=True)
class Method:
    """The figures of a method that one end sends.

    Args:
        calls: its requests.
        notifications: its messages that want no answer.
        errors: answers to calls that failed, by their HTTP status too, and calls that theirs leave without an answer.
        bytes: of the messages and their answers; each message of a batch has an equal share.
        took: the time from each request to its answer.
    """

    calls: int = 0
    notifications: int = 0
    errors: int = 0
    bytes: int = 0
    took: Durations = field(default_factory=Durations)

    @property
    def counts(self) -> dict[str, int]:
        """All but how long it took."""
        return {name: getattr(self, name) for name in ("calls", "notifications", "errors", "bytes")}


def by_use(methods: Mapping[Named, Method]) -> list[tuple[Named, Method]]:
    """Methods with their figures, the most used first."""
    return sorted(methods.items(), key=lambda item: -(item[1].calls + item[1].notifications))


@dataclass(slots=True)
class Session:
    """The figures of a session.

    Args:
        party: the printed name of its client end.
        url: the node's.
        frames: in both directions.
        began: when it was opened, UTC in nanoseconds since 1970; 0 if unknown.
        last: the time of its last event.
        closed: how it ended; None while it is open.
    """

    party: str
    url: str = ""
    frames: int = 0
    began: int = 0
    last: int = 0
    closed: Closed | None = None


class Oddity(NamedTuple):
    """An unexpected message.

    Args:
        what: what is wrong with it.
        session: its session.
        direction: its direction.
        name: its method, or `a result`, `an error`.
        time: when it passed.
        id: its id, as its JSON has it; empty if it has none.
        of: the requests that it is about, in words, with their ids: what it answers, or leaves without an answer.
    """

    what: Odd
    session: int
    direction: Direction
    name: str
    time: int
    id: str = ""
    of: str = ""


class Statistics:
    """The figures of a timeline.

    Args:
        profile: the name of its profile, or `auto`.

    Attributes:
        methods: by direction and name.
        sessions: by number.
        opened: how many sessions there were.
        frames: frames that carry messages, by direction.
        bytes: of their payloads.
        errors: answers to calls that failed, HTTP answers with an error status, and calls that others leave without one.
        refused: handshakes and calls that were refused, by status; not by a JSON-RPC error alone.
        odd: the last unexpected messages.
        oddities: how many unexpected messages there were of each kind.
        now: the time of the last event.
    """

    def __init__(self, profile: str = AUTO) -> None:
        self.methods: dict[Named, Method] = {}
        self.sessions: dict[int, Session] = {}
        self.opened = self.errors = self.now = 0
        self.frames: Counter[Direction] = Counter()
        self.bytes: Counter[Direction] = Counter()
        self.refused: Counter[int] = Counter()
        self.oddities: Counter[Odd] = Counter()
        self.odd: deque[Oddity] = deque(maxlen=MANY_ODD)
        self._followed = Followed(profile)
        self._unanswered: deque[Request] = deque(maxlen=MANY_ODD)

    def see(self, event: AnyEvent) -> None:
        """Count an event."""
        self.now = max(self.now, event.time)
        if (take := _TAKES.get(type(event))) is not None:
            take(self, event)

    @property
    def unanswered(self) -> list[Request]:
        """The calls that were never answered and those that are still open, the oldest first."""
        return sorted([*self._unanswered, *self.waiting], key=lambda request: request.time)

    @property
    def waiting(self) -> list[Request]:
        """The calls that are open."""
        return self._followed.waiting()

    def party(self, session: int) -> str:
        """The printed name of a session's party."""
        known = self.sessions.get(session)
        return known.party if known is not None else unnamed(session)

    def _open(self, event: Opened) -> None:
        self._followed.see(event)
        self.opened += 1
        if len(self.sessions) < MANY_SESSIONS:
            self.sessions[event.session] = Session(event.party, event.url, began=event.time, last=event.time)

    def _close(self, event: Closed) -> None:
        self._unanswered += self._followed.waiting(event.session)
        self._followed.see(event)
        if (session := self.sessions.get(event.session)) is not None:
            session.closed, session.last = event, max(session.last, event.time)

    def _refuse(self, event: Refused) -> None:
        self.refused[event.status] += 1

    def _frame(self, frame: Frame) -> None:
        if frame.opcode not in PRINTED:
            return
        if refuses_by_status(frame):
            self.refused[frame.status] += 1
        look, size = self._followed.look(frame), len(frame.payload)
        share = size // max(len(look.items) + len(look.instead) + len(look.left), 1)
        if not frame.bodiless:
            self._count(frame, size)
        for item in look.items:
            self._item(frame, look, item, share)
        refused = bool(look.items) or has_error_status(frame)  # a batch is answered as a whole by an error alone
        for request in look.instead:
            # Over HTTP a notification gets an empty response, which is no answer.
            asked = request if request.waits else None
            self._answer(frame, request.method, asked, share, refused=refused)
        if look.left:
            self._leave(frame, look, share)
        if not (look.items or look.instead or look.left or frame.bodiless):
            self._notification(frame.direction, name_of({} if frame.json else None), size)

    def _leave(self, frame: Frame, look: Look, size: int) -> None:
        """Count the calls that an HTTP answer leaves without an answer."""
        self._unanswered += look.left
        for request in look.left:
            self._answer(frame, request.method, None, size, refused=True)
        name = (
            "no body" if frame.bodiless else "a batch" if len(look.items) > 1 else name_of(value_or_text(frame.payload))
        )
        self._note(Oddity("no answer", frame.session, frame.direction, name, frame.time, "", _in_words(look.left)))

    def _note(self, oddity: Oddity) -> None:
        self.oddities[oddity.what] += 1
        self.odd.append(oddity)

    def _count(self, frame: Frame, size: int) -> None:
        self.frames[frame.direction] += 1
        self.bytes[frame.direction] += size
        if (session := self.sessions.get(frame.session)) is not None:
            session.frames += 1
            session.last = max(session.last, frame.time)

    def _item(self, frame: Frame, look: Look, item: Item, size: int) -> None:
        if item.odd:
            name, identity = item.method or name_of(item.message), shown_id(item.message)
            of = _in_words([item.request]) if item.answered and item.request is not None else ""
            self._note(Oddity(item.odd, frame.session, frame.direction, name, frame.time, identity, of))
        if item.answered:
            self._answer(frame, item.answered, item.request, size, refused=item.failed)
        elif item.kind in ANSWERS:
            self.errors += item.failed
            self._notification(frame.direction, name_of(item.message), size)
        elif wants_answer(item.message, to_node=frame.direction == "to_node", words=look.profile.words):
            method = self._method(frame.direction, item.method)
            method.calls += 1
            method.bytes += size
        else:
            self._notification(frame.direction, item.method, size)

    def _answer(self, frame: Frame, of: str, request: Request | None, size: int, *, refused: bool) -> None:
        method = self._method(OPPOSITE[frame.direction], of)
        method.bytes += size
        method.errors += refused
        self.errors += refused
        if request is not None and request.time and frame.time >= request.time:
            method.took.add(frame.time - request.time)

    def _notification(self, direction: Direction, name: str, size: int) -> None:
        method = self._method(direction, name)
        method.notifications += 1
        method.bytes += size

    def _method(self, direction: Direction, name: str) -> Method:
        found = self.methods.get((direction, name))
        if found is None:
            name = name if len(self.methods) < MANY_METHODS else OTHERS
            found = self.methods.setdefault((direction, name), Method())
        return found


def _in_words(requests: Sequence[Request]) -> str:
    return ", ".join(map(identified, requests))


_TAKES: Mapping[type, Callable[[Statistics, Any], None]] = {
    Opened: Statistics._open,  # noqa: SLF001 - the class's own table
    Frame: Statistics._frame,  # noqa: SLF001
    Closed: Statistics._close,  # noqa: SLF001
    Refused: Statistics._refuse,  # noqa: SLF001
}
"""How each type of event is counted; other types are not."""

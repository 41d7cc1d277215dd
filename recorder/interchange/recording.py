"""What another tool recorded, told to the same journal as live traffic: it decides what a capture holds of it.

Rule: knows no format. Readers say what passed and when; the clock is theirs, and the events come in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from heapq import merge
from operator import itemgetter
from typing import Any, NamedTuple

from msgspec.structs import replace

from recorder.event_stream import NewIds, ServerEvent
from recorder.interchange.formats import Source
from recorder.interchange.streaming import Timeline
from recorder.journal.http import Asked, HttpJournal
from recorder.journal.requests import Answer, Request
from recorder.journal.session import Session, WireMessage
from recorder.model import AnyEvent, Closed, Direction, Frame, Opened
from recorder.wording import counted

SWITCHING = 101
"""The status with which a node accepts a WebSocket."""

OF_A_SESSION = (Frame, Closed)


class Passed(NamedTuple):
    """A WebSocket message or control frame that has passed, at this time, and in which place of the timeline."""

    time: int
    direction: Direction
    message: WireMessage
    place: int = 0


class Said(NamedTuple):
    """What an answer says, at this time: its body, or one event of its stream with its id, if that is a new one."""

    time: int
    event: ServerEvent
    place: int = 0


class Act(NamedTuple):
    """Something that the journal is told.

    Args:
        place: on the timeline, from 1; 0 where the file does not say it.
        order: the time by which it has its place then.
        time: that is given to what comes of it.
        act: tells it.
        opened: the session of a capture that may begin with it.
    """

    place: int
    order: int
    time: int
    act: Callable[[], Any]
    opened: Opened | None = None


class Recording:
    """A timeline that is told in any order.

    Events come in the order of their places, from 1, where the file says them (it was made of a capture); else in that
    of time.

    Args:
        source: whose profile and masking count.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._timeline = source, Timeline(source)
        self._told: list[Iterable[Act]] = []
        self._renumbered: dict[int, int] = {}  # of sessions, by those that the journal gives
        self._taken: set[int] = set()
        self.journal = self._timeline.journal
        self.http = HttpJournal(self.journal, source.profile)

    def at(self, time: int, act: Callable[[], Any], place: int = 0) -> None:
        """Have the journal told something at a time (UTC, ns); of one time, in the order of these calls."""
        self._told.append([Act(place, time, time, act)])

    def event(self, event: AnyEvent, place: int = 0) -> None:
        """Have an event on the timeline that nobody has to decide on, such as a note, at its time."""
        self.at(event.time, partial(self.journal.write, [event]), place)

    def events(self) -> Iterator[AnyEvent]:
        """All events, in their order."""
        for _place, _order, time, act, opened in merge(*self._told, key=itemgetter(0, 1)):
            self._timeline.now = time
            act()
            for event in self._timeline.told():
                yield self._as_it_was(event, opened)
        if others := self.http.unrecorded:
            self._source.warn(f"{self._source.name}: {counted(others, 'other HTTP request')} left out: no JSON-RPC")

    def _as_it_was(self, event: AnyEvent, opened: Opened | None) -> AnyEvent:
        """An event with what the journal could not know: which session of a capture it was made of."""
        if isinstance(event, Opened):
            return self._opened(event, opened or event)
        if isinstance(event, OF_A_SESSION) and (number := self._renumbered[event.session]) != event.session:
            return replace(event, session=number)
        return event

    def _opened(self, event: Opened, known: Opened) -> Opened:
        number = known.session
        while number in self._taken:
            number += 1
        self._renumbered[event.session] = number
        self._taken.add(number)
        return replace(
            known,
            session=number,
            url=event.url,
            headers=event.headers,
            subprotocol=event.subprotocol,
            answer=event.answer,
            partial=known.partial or self._source.partial,
        )

    def websocket(
        self,
        time: int,
        url: str,
        messages: Iterable[Passed],
        *,
        asked: int = 0,
        headers: Sequence[tuple[str, str]] = (),
        subprotocol: str = "",
        answer: Sequence[tuple[str, str]] = (),
        status: int = SWITCHING,
        closed: Closed | None = None,
        places: tuple[int, int] = (0, 0),
        opened: Opened | None = None,
    ) -> None:
        """A WebSocket, or a handshake that the node refuses with another status.

        Args:
            time: of its handshake.
            url: the node's (`ws://` or `wss://`).
            messages: what passed, in that order, taken as it is needed; a Close frame has the opcode None.
            asked: when the handshake was asked for, if that is known and was earlier.
            headers: of the handshake, as they came.
            subprotocol: that was agreed on.
            answer: the headers of the answer to the handshake.
            status: of that answer.
            closed: how it ended, where its messages have no Close frames of both ends; the session counts for nothing.
            places: where it was opened and closed.
            opened: the session of a capture that it was made of.
        """
        if status != SWITCHING:
            self.at(time, lambda: self.journal.refused(url, status, answer), places[0])
            return
        session: list[Session] = []

        def begin() -> None:
            session.append(self.journal.session(url))
            session[0].open(headers, subprotocol, asked, answer)

        def acts() -> Iterator[Act]:
            yield Act(places[0], time, time, begin, opened)
            last = time
            for passed in messages:
                last = max(last, passed.time)
                now = passed.time if passed.place else max(time, passed.time)
                yield Act(passed.place, last, now, partial(_take, session, passed))
            if closed is not None:
                last = max(last, closed.time)
                now = closed.time if places[1] else last
                yield Act(places[1], last, now, partial(_close, session, closed))

        self._told.append(acts())

    def exchange(
        self,
        time: int,
        request: Request,
        answer: Answer | None = None,
        answered: int = 0,
        said: Sequence[Said] = (),
        places: tuple[int, int] = (0, 0),
        opened: Opened | None = None,
    ) -> None:
        """A request over HTTP, and its answer; `http.unrecorded` counts what is no JSON-RPC.

        Args:
            time: of the request.
            request: as the node got it.
            answer: the head of its answer; None where nothing is known of it.
            answered: when that came.
            said: the body of the answer at the time when it was whole, or each event of its stream.
            places: of the request, and of what first came of its answer.
            opened: the session of a capture that it belonged to.
        """
        one = _Exchange(self.http, request)
        asked, head = places
        acts = [Act(asked, time, time, one.ask, opened)]
        if answer is not None:
            begun = _after(time, answered, head)
            ended = max([begun, *(event.time for event in said)])
            if answer.streams:
                acts.append(Act(head, begun, begun, partial(one.begin, answer), opened))
                for event in said:
                    now = _after(begun, event.time, event.place)
                    acts.append(Act(event.place, now, now, partial(one.say, event), opened))
                last = max([head, *(event.place for event in said)])
                acts.append(Act(last, ended, ended, one.end, opened))
            else:
                body = b"".join(one.event.data for one in said)
                acts.append(Act(head, ended, ended, partial(one.whole, answer, body), opened))
        self._told.append(sorted(acts, key=itemgetter(0, 1)))


class _Exchange:
    """A request that may turn out to concern no session."""

    def __init__(self, http: HttpJournal, request: Request) -> None:
        self._http, self._request = http, request
        self._asked: Asked | None = None

    def ask(self) -> None:
        self._asked = self._http.request(self._request)

    def whole(self, answer: Answer, body: bytes) -> None:
        if self._asked is not None and self._asked.head(answer):
            self._asked.whole(body)

    def begin(self, answer: Answer) -> None:
        if self._asked is not None and self._asked.head(answer):
            self._asked.begun()

    def say(self, said: Said) -> None:
        if self._asked is not None:
            self._asked.event(said.event)

    def end(self) -> None:
        if self._asked is not None:
            self._asked.ended()


def _after(begun: int, time: int, place: int) -> int:
    """The time of what can only have come later, whatever the clock of another tool says."""
    return time if place else max(begun, time)


def said_in(answer: Answer, body: bytes, time: int) -> list[Said]:
    """What a body says that is known to have been whole at a time: itself, or each event of a stream."""
    if answer.form is None:
        return [Said(time, ServerEvent(body))]
    return [Said(time, event) for event in map(NewIds().only, answer.form.parse(body))]


def _take(session: Sequence[Session], passed: Passed) -> None:
    session[0].take(passed.direction, [passed.message])


def _close(session: Sequence[Session], closed: Closed) -> None:
    if closed.lost:
        session[0].ended("from_node" if closed.by == "node" else "to_node", closed.lost)
    else:
        session[0].stopped(closed.code, closed.reason, closed.by)

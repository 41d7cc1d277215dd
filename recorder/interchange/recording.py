"""What another tool recorded, told to the same journal as live traffic: it decides what a capture holds of it.

Rule: knows no format. Readers say what passed and when; the clock is theirs, and the events come in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from recorder import event_stream
from recorder.errors import CaptureWriteError
from recorder.interchange.formats import Source
from recorder.journal.http import Answer, Asked, HttpJournal, Request
from recorder.journal.session import Journal, Message, Session
from recorder.model import AnyEvent, Closed, Direction
from recorder.profiles import session_headers

Pairs = Sequence[tuple[str, str]]
SWITCHING = 101
"""The status with which a node accepts a WebSocket."""


class Passed(NamedTuple):
    """A WebSocket message or control frame that has passed, at this time."""

    time: int
    direction: Direction
    message: Message


class Said(NamedTuple):
    """What an answer says, at this time: its body, or one event of its stream with its id, if that is a new one."""

    time: int
    body: bytes
    event_id: str = ""


class Recording:
    """A timeline that is told in any order.

    Args:
        source: whose profile and masking count.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._now = source, 0
        self._written: list[AnyEvent] = []
        self._acts: list[tuple[int, Callable[[], Any]]] = []
        self.journal = Journal([self], source.profile, failed=_never, masking=source.masking)
        self.journal.now = lambda: self._now
        self.http = HttpJournal(self.journal, session_headers(source.profile))

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Take events from the journal."""
        self._written += events

    def at(self, time: int, act: Callable[[], Any]) -> None:
        """Have the journal told something at a time (UTC, ns); of one time, in the order of these calls."""
        self._acts.append((time, act))

    def event(self, event: AnyEvent) -> None:
        """Have an event on the timeline that nobody has to decide on, such as a note, at its time."""
        self.at(event.time, partial(self.journal.write, [event]))

    def events(self) -> Iterator[AnyEvent]:
        """All events, in the order of time."""
        self._acts.sort(key=lambda pair: pair[0])
        for time, act in self._acts:
            self._now = time
            act()
            yield from self._written
            self._written.clear()
        if others := self.http.unrecorded:
            self._source.warn(
                f"{self._source.name}: {others} other HTTP request{'s' if others > 1 else ''} left out: no JSON-RPC"
            )

    def websocket(
        self,
        time: int,
        url: str,
        messages: Iterable[Passed],
        *,
        asked: int = 0,
        headers: Pairs = (),
        subprotocol: str = "",
        answer: Pairs = (),
        status: int = SWITCHING,
        closed: Closed | None = None,
    ) -> None:
        """A WebSocket, or a handshake that the node refuses with another status.

        Args:
            time: of its handshake.
            url: the node's (`ws://` or `wss://`).
            messages: what passed, in the order of time; a Close frame has the opcode None.
            asked: when the handshake was asked for, if that is known and was earlier.
            headers: of the handshake, as they came.
            subprotocol: that was agreed on.
            answer: the headers of the answer to the handshake.
            status: of that answer.
            closed: how it ended, where its messages have no Close frames of both ends; the session counts for nothing.
        """
        if status != SWITCHING:
            self.at(time, lambda: self.journal.refused(url, status, answer))
            return
        session: list[Session] = []

        def begin() -> None:
            session.append(self.journal.session(url))
            session[0].open(headers, subprotocol, asked, answer)

        self.at(time, begin)
        for passed in messages:
            self.at(max(time, passed.time), partial(_take, session, passed))
        if closed is not None:
            self.at(closed.time, lambda: _close(session[0], closed))

    def exchange(
        self,
        time: int,
        request: Request,
        answer: Answer | None = None,
        answered: int = 0,
        said: Sequence[Said] = (),
    ) -> None:
        """A request over HTTP, and its answer; `http.unrecorded` counts what is no JSON-RPC.

        Args:
            time: of the request.
            request: as the node got it.
            answer: the head of its answer; None where nothing is known of it.
            answered: when that came.
            said: the body of the answer at the time when it was whole, or each event of its stream.
        """
        one = _Exchange(self.http, request)
        self.at(time, one.ask)
        if answer is None:
            return
        begun = max(time, answered)
        ended = max([begun, *(event.time for event in said)])
        if not answer.streams:
            self.at(ended, partial(one.whole, answer, b"".join(event.body for event in said)))
            return
        self.at(begun, partial(one.begin, answer))
        for event in said:
            self.at(max(begun, event.time), partial(one.say, event))
        self.at(ended, one.end)


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

    def say(self, event: Said) -> None:
        if self._asked is not None:
            self._asked.event(event.body, event.event_id)

    def end(self) -> None:
        if self._asked is not None:
            self._asked.ended()


def said_in(answer: Answer, body: bytes, time: int) -> list[Said]:
    """What a body says that is known to have been whole at a time: itself, or each event of a stream."""
    if not answer.streams:
        return [Said(time, body)]
    events = event_stream.parse(body)
    last = ["", *(event.id for event in events)]
    return [
        Said(time, event.data, event.id if event.id != known else "")
        for event, known in zip(events, last, strict=False)
    ]


def _take(session: Sequence[Session], passed: Passed) -> None:
    session[0].take(passed.direction, [passed.message])


def _close(session: Session, closed: Closed) -> None:
    if closed.lost:
        session.ended("from_node" if closed.by == "node" else "to_node", closed.lost)
    else:
        session.stopped(closed.code, closed.reason, closed.by)


def _never(error: CaptureWriteError) -> None:
    """What takes the events of a recording holds them: it cannot fail."""
    raise error

"""One session being recorded, whichever way its frames are taken.

Rule: an event is in the capture when the method that takes it returns; its caller forwards the traffic only then.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from recorder import capture
from recorder.close_codes import ABNORMAL, parse_close
from recorder.errors import CaptureWriteError
from recorder.headers import of_answer, of_handshake
from recorder.masking import Masking
from recorder.model import SENDERS, AnyEvent, Closed, Direction, End, Frame, Opcode, Opened, Refused, unnamed
from recorder.profiles import AUTO, role_of
from recorder.sinks import Sink

logger = logging.getLogger(__name__)


class WireMessage(NamedTuple):
    """A complete message or control frame; `opcode` None is a Close frame."""

    opcode: Opcode | None
    payload: bytes
    fragments: int = 1


class Journal:
    """The timeline as it happens: numbers sessions, stamps events, and hands them to the sinks.

    Args:
        sinks: the capture file first.
        profile: the name of the profile, or `auto`; gives parties their roles.
        failed: called once, when the capture cannot be written for the first time.
        lenient: let traffic pass that cannot be written, instead of raising.
        masking: the masking; by default of known secrets.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        profile: str = AUTO,
        *,
        failed: Callable[[CaptureWriteError], None],
        lenient: bool = False,
        masking: Masking | None = None,
    ) -> None:
        self.masking = masking or Masking(profile=profile)
        self._sinks, self.profile, self._failed, self.lenient = sinks, profile, failed, lenient
        self._numbers = itertools.count(1)
        self._roles: dict[str, int] = {}  # the session that has each role now
        self._shared: set[str] = set()
        self.failure: CaptureWriteError | None = None
        self._held: list[AnyEvent] | None = None
        self.now = time.time_ns

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Put events on the timeline.

        Raises:
            CaptureWriteError: the capture cannot be written; the traffic of these events must not pass.
        """
        if self._held is not None:
            self._held += events
            return
        try:
            for sink in self._sinks:
                sink.write(events)
        except CaptureWriteError as error:
            self.fail(error)
            if not self.lenient:
                raise

    def together(self, work: Callable[[], None]) -> None:
        """Put all events that some work writes on the timeline at once.

        Raises:
            CaptureWriteError: as `write`, at the end.
        """
        held = self._held = []
        try:
            work()
        finally:
            self._held = None
            if held:
                self.write(held)

    def fail(self, error: CaptureWriteError) -> None:
        """Remember that the capture is not whole; the first time, tell."""
        if self.failure is None:
            self.failure = error
            self._failed(error)

    def session(self, url: str) -> Session:
        """A new session; a party without a role is named by the session's number."""
        return Session(self, next(self._numbers), plain(url), role_of(self.profile, url))

    def refused(self, url: str, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Record that the node refuses a handshake, with the headers of its answer.

        Raises:
            CaptureWriteError: it is not in the capture.
        """
        url, masking = plain(url), self.masking
        kept = masking.headers(of_answer((plain(name), plain(value)) for name, value in headers))
        party = role_of(self.profile, url)
        self.write([Refused(time=self.now(), status=status, url=masking.url(url), party=party, headers=kept)])

    def enter(self, role: str, number: int) -> None:
        """Note that a session has this role; the first time that two have it at once, say so."""
        if role and role in self._roles and role not in self._shared:
            self._shared.add(role)
            logger.warning(
                "sessions %d and %d are both printed as %s; `recorder render --split session` separates them",
                self._roles[role],
                number,
                role,
            )
        self._roles[role] = number

    def leave(self, role: str, number: int) -> None:
        """Note that a session is over."""
        if self._roles.get(role) == number:
            del self._roles[role]


def plain(text: str) -> str:
    """Text from a request's head, fit for the capture: bytes that were no UTF-8 come as lone surrogates."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Session:
    """One session on the timeline.

    Args:
        journal: where its events go.
        number: its number in this capture, from 1.
        url: the node's, as the node saw it.
        role: what the profile makes of that.
    """

    def __init__(self, journal: Journal, number: int, url: str, role: str = "") -> None:
        self._journal, self.number, self._url, self._role = journal, number, url, role
        self._masked = journal.masking.of_session()
        self.party = role or unnamed(number)
        self._closes: dict[Direction, tuple[int, str]] = {}
        self._closing = 0  # when the first end began to close
        self.closed: Closed | None = None
        self.headers: list[tuple[str, str]] = []  # of its first request, as they came

    def open(
        self,
        headers: Iterable[tuple[str, str]],
        subprotocol: str = "",
        asked: int = 0,
        answer: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Record that it begins, with the request's headers, and the answer's; `asked` is when that was asked for."""
        self.headers = [(plain(name), plain(value)) for name, value in headers]
        masking = self._journal.masking
        event = Opened(
            time=self._journal.now(),
            asked=asked,
            session=self.number,
            party=self.party,
            role=self._role,
            url=masking.url(self._url),
            headers=masking.headers(self.headers),
            subprotocol=masking.subprotocols(plain(subprotocol)),
            answer=masking.headers(of_handshake((plain(name), plain(value)) for name, value in answer)),
        )
        self._journal.write([event])
        self._journal.enter(self._role, self.number)

    def take(self, direction: Direction, messages: Iterable[WireMessage]) -> None:
        """Record messages; a Close frame counts when the other end has sent its own too, or the transport ends."""
        events: list[AnyEvent] = []
        for opcode, payload, fragments in messages:
            if opcode is not None:
                events.append(self.frame(direction, payload, opcode=opcode, fragments=fragments))
                continue
            self._closing = self._closing or self._journal.now()
            self._closes.setdefault(direction, parse_close(payload))
            if len(self._closes) == len(SENDERS) and self.closed is None:
                events.append(self._farewell())
        if events:
            self._journal.write(events)

    def frame(self, direction: Direction, payload: bytes, **fields: Any) -> Frame:
        """The event that a message is now, with its secrets masked; whoever asks for it has to record it."""
        return capture.frame(
            self._masked[direction](payload),
            time=self._journal.now(),
            session=self.number,
            direction=direction,
            **fields,
        )

    def body(
        self,
        direction: Direction,
        payload: bytes,
        *,
        exchange: int,
        headers: Sequence[tuple[str, str]] = (),
        request_headers: Sequence[tuple[str, str]] = (),
        **fields: Any,
    ) -> None:
        """Record a JSON-RPC body that came over HTTP, a call in a query, or one event of a stream.

        Args:
            direction: of the body.
            payload: it.
            exchange: that it is in.
            headers: that are recorded with it.
            request_headers: those of the request, where a stream begins.
            **fields: further ones of its `Frame`.
        """
        if headers:
            fields["headers"] = self._journal.masking.headers(headers)
        if request_headers:
            fields["request_headers"] = self._journal.masking.headers(request_headers)
        self._journal.write([self.frame(direction, payload, exchange=exchange, **fields)])

    def ended(self, direction: Direction, lost: Literal["eof", "reset"]) -> None:
        """The transport ended; `direction` is that of the end which ended it."""
        if self.closed is None:
            now, by = self._journal.now(), SENDERS[direction]
            self._journal.write([self._farewell() if self._closes else self._close(now, ABNORMAL, "", by, lost)])

    def stopped(self, code: int, reason: str, by: End | Literal[""] = "recorder") -> None:
        """Somebody ended the session with this code; the recorder itself unless `by` says another, or that it is unknown."""
        if self.closed is None:
            self._journal.write([self._close(self._journal.now(), code, reason, by)])

    def _farewell(self) -> Closed:
        direction, (code, reason) = next(iter(self._closes.items()))
        return self._close(self._closing, code, reason, SENDERS[direction])

    def _close(
        self, now: int, code: int, reason: str, by: End | Literal[""], lost: Literal["", "eof", "reset"] = ""
    ) -> Closed:
        self._journal.leave(self._role, self.number)
        self.closed = Closed(time=now, session=self.number, code=code, reason=reason, by=by, lost=lost)
        return self.closed

"""Event streams that a mock node sends, each to one client, over any number of connections.

Rule: events without a listener are kept for the next one. If the recorded events had ids, these have ids too, and a
client that lost its connection gets the events after the last one it has.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from recorder.event_stream import EVENTS, StreamForm, form_of
from recorder.headers import Headers, header_value
from recorder.model import MESSAGE
from recorder.replay.actions import Send
from recorder.server import answers

if TYPE_CHECKING:  # its listener knows the runs that know these
    from recorder.server.listener import Answer


class Stream:
    """One stream.

    Args:
        name: what the ids of its events begin with; empty where they have none.
        form: how it says them.
    """

    def __init__(self, name: str = "", form: StreamForm = EVENTS) -> None:
        self._form = form
        self._name, self._events, self._said = name, list[bytes](), 0
        self._answer: Answer | None = None
        self._status, self._headers, self._over = 200, Headers(), False
        self.instead: dict[bytes, bytes] = {}  # events that are said in another form

    @property
    def begun(self) -> bool:
        """Whether a client has listened."""
        return self._answer is not None

    def begin(self, answer: Answer, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Let it be the answer to a request, from the first event on that nobody has been told."""
        self._answer, self._status, self._headers = answer, status, tuple(headers)

    def resume(self, answer: Answer, said: int) -> None:
        """Let its rest be the answer to another request, of a client that has so many of its events."""
        self._answer, self._said = answer, said
        self.say()

    def send(self, data: bytes, event_type: str = MESSAGE, *, last: bool = False) -> None:
        """Say an event, if it says anything; `last` ends it."""
        if data:
            event_id = f"{self._name}-{len(self._events) + 1}" if self._name else ""
            self._events.append(self._form.encode(self.instead.get(data, data), event_type, event_id))
        self._over = self._over or last
        self.say()

    def say(self) -> None:
        """Say what has not been said, if only that it is there."""
        if self._answer is not None and self._answer.wanted:
            rest = b"".join(self._events[self._said :])
            self._said = len(self._events)
            self._answer.send(self._status, self._headers, rest, last=self._over, sized=False)


class Streams:
    """All streams of a mock node that may go on."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._known: WeakValueDictionary[str, Stream] = WeakValueDictionary()

    def new(self, *, numbered: bool, form: StreamForm = EVENTS) -> Stream:
        """Another one; its owner keeps it.

        Args:
            numbered: whether its events have ids.
            form: how it says them.
        """
        name = f"stream-{next(self._numbers)}" if numbered else ""
        stream = Stream(name, form)
        if name:
            self._known[name] = stream
        return stream

    def resume(self, last: str, answer: Answer) -> bool:
        """Go on behind the event with this id; whether there is one."""
        name, _, said = last.rpartition("-")
        stream = self._known.get(name)
        if stream is None or not said.isdecimal():
            return False
        stream.resume(answer, int(said))
        return True


class Responder:
    """The way back for one request, as its run sees it.

    Args:
        answer: to the client.
        origin: whose pages may read it.
        named: gives headers with the live name of the session.
        stream: makes what says the answer where it is one message after the other.
    """

    def __init__(
        self, answer: Answer, origin: str, named: Callable[[Headers], Headers], stream: Callable[[StreamForm], Stream]
    ) -> None:
        self._answer, self._origin, self._named, self._new = answer, origin, named, stream
        self._stream: Stream | None = None

    def send(self, action: Send) -> None:
        """Answer, or send the next event of an answer that is a stream."""
        head = answers.answer(self._named(action.headers), self._origin, body=bool(action.payload))
        form = form_of(header_value(action.headers, "content-type"))
        if self._stream is None and form is not None:
            self._stream = self._new(form)
            self._stream.begin(self._answer, action.status, head)
        if self._stream is not None:
            self._stream.send(action.payload, action.event_type, last=action.last and not action.breaks)
            if action.breaks:
                self._answer.drop()
        else:
            self._answer.send(action.status, head, action.payload, last=action.last)

    def drop(self, *, with_reset: bool = False) -> None:
        """End its connection without an answer."""
        self._answer.drop(with_reset=with_reset)

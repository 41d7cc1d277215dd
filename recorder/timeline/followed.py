"""Follows a timeline as it happens: the protocol of each session, the request of each answer, the open requests.

Rule: total and bounded, for any length and whatever a peer sends. Which request an answer belongs to is decided in
`exchanges`; the words for it are in `words`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from recorder.event_stream import streams
from recorder.headers import header_value
from recorder.jsonrpc import ANSWERS, SHORT, Kind, Members, Outline, id_of, outlines, parse, texts
from recorder.model import ERRORS, PRINTED, AnyEvent, Closed, Direction, Frame, Opened
from recorder.profiles import AUTO, FIRST, GENERIC, Profile, profile_for
from recorder.profiles.sentences import wants_answer
from recorder.timeline.exchanges import OPEN_LIMIT, Exchanges, answered_scope, scope_of

ACCEPTED = 202

MANY_SESSIONS = 10_000
"""Most sessions whose protocol is remembered."""

Odd = Literal["", "id in use", "no request", "another id", "no id", "no answer"]
"""What is wrong with a message: its id is that of an open request; it answers no request, or one with another id; over
HTTP it answers a request with an id and has none, or leaves a call of its exchange without an answer."""

Like = tuple[int, Direction, str]
"""Session, direction and method of a request."""


class Request(Struct, eq=False):
    """A message that may be answered.

    Args:
        session: its session.
        direction: its direction.
        method: its method.
        message: its outline.
        profile: the protocol of its session, as known when it passed.
        time: when it passed, UTC in nanoseconds since 1970; 0 if unknown.
        waits: whether it has an id, so that its sender waits for the answer.
        crowded: whether another request with its method was open at some time while it was.
        mark: the number that the caller of `look` gave its frame.
        place: of the message in the frame, from 0.
        answer: its answer, once that has passed.
        left: when its HTTP exchange ended without an answer to it; 0 if it did not, or the time is unknown.
    """

    session: int
    direction: Direction
    method: str
    message: Outline
    profile: Profile
    time: int
    waits: bool
    crowded: bool
    mark: int
    place: int
    answer: Outline | None = None
    left: int = 0


class Item(Struct, frozen=True):
    """A message of a frame.

    Args:
        message: its outline.
        kind: its kind, by its members.
        request: the request that it answers, if that was seen; None where that has been answered before.
        answered: the method of that request, or the one that an error quotes; empty for a request, a push, and an
            answer to an unknown request.
        crowded: whether other requests with that method were open too, so that the method does not identify the request.
        odd: what is wrong with it.
        failed: whether its call failed: it is an error, or a result that says so in the words of its protocol.
        again: whether the request has been answered before.
    """

    message: Outline
    kind: Kind | None
    request: Request | None = None
    answered: str = ""
    crowded: bool = False
    odd: Odd = ""
    failed: bool = False
    again: bool = False

    @property
    def method(self) -> str:
        """The method that it calls or pushes; empty for an answer."""
        return self.message.method or ""


class Look(Struct, frozen=True):
    """What is known of a frame when it passes.

    Args:
        profile: the protocol of its session.
        items: its messages.
        instead: further requests that it answers: one error may answer a batch, and over HTTP what is no JSON-RPC does.
        empty: the places in its batch of objects with an id alone that no request waits for: they are no messages.
        left: the calls that nothing can answer any more: it ends their HTTP exchange, and does not answer them.
    """

    profile: Profile
    items: list[Item]
    instead: Sequence[Request] = ()
    empty: Sequence[int] = ()
    left: Sequence[Request] = ()

    def texts(self, payload: bytes) -> list[bytes]:
        """The text of each of its messages.

        Args:
            payload: of the frame.
        """
        if not self.items:
            return []
        return [text for place, text in enumerate(texts(payload)) if place not in self.empty]

    def kind(self, item: Item, direction: Direction) -> Kind | None:
        """The kind of one of its messages as the protocol takes it; None if it is not JSON-RPC.

        Any answer to a call that did not fail is a result, and whatever wants an answer is a request, even without an id.
        """
        if item.failed:
            return "error"
        if item.kind == "request" and item.request is None:
            return item.kind
        if item.kind == "result" or item.request is not None:
            return "result"
        if item.kind is None:
            return None
        waits = wants_answer(item.message, to_node=direction == "to_node", words=self.profile.words)
        return "request" if waits else "notification"

    @property
    def answered(self) -> list[str]:
        """For each message, the method of the request that it answers, or empty."""
        return [item.answered for item in self.items]

    @property
    def odd(self) -> list[Odd]:
        """What is wrong with it: with each of its messages, and with it as a whole."""
        found: list[Odd] = [item.odd for item in self.items if item.odd]
        return [*found, "no answer"] if self.left else found

    @property
    def requests(self) -> list[Request]:
        """The requests that it answers."""
        return [*self.instead, *(item.request for item in self.items if item.request is not None)]

    @property
    def methods(self) -> list[str]:
        """The methods that the frame calls, pushes or answers."""
        found = [request.method for request in (*self.instead, *self.left)]
        for item in self.items:
            found += [name for name in (item.answered, item.method) if name]
        return found


class _Alike(Struct):
    """The requests of a session that have one direction and method.

    Args:
        open: how many are open.
        newest: the last that came.
    """

    open: int
    newest: Request


class Followed:
    """A timeline that is followed as it happens.

    Args:
        profile: the name of the profile, or `auto`: each session's is detected from its traffic.
    """

    def __init__(self, profile: str = AUTO) -> None:
        self._name = profile
        self._exchanges: Exchanges[Request] = Exchanges()
        self._openings: OrderedDict[int, Opened] = OrderedDict()
        self._told: OrderedDict[int, Profile] = OrderedDict()
        self._untold: OrderedDict[int, int] = OrderedDict()  # of other sessions, how many messages have not told it
        self._streams: OrderedDict[tuple[int, int], None] = OrderedDict()  # exchanges that are answered by a stream
        self._waiting: dict[Request, None] = {}
        self._alike: dict[Like, _Alike] = {}  # of those
        self._whole = True

    def see(self, event: AnyEvent) -> None:
        """Note sessions that open and close, and look at frames."""
        if isinstance(event, Opened):
            self._openings[event.session] = event
            self._bound()
            self._begin_anew(event.session)
        elif isinstance(event, Closed):
            self._openings.pop(event.session, None)
            self._begin_anew(event.session)
            for request in self.waiting(event.session):
                self._forget(request)

    def miss(self) -> None:
        """Some frames were skipped: from now on it is unknown whether a message is odd."""
        self._whole = False

    def waiting(self, session: int | None = None) -> list[Request]:
        """The open requests with an id, the oldest first: all, or those of a session."""
        return [request for request in self._waiting if session is None or request.session == session]

    def profile(self, session: int, messages: Sequence[Any] = ()) -> Profile:
        """The protocol of a session, as far as its traffic has shown it."""
        told = self._told.get(session)
        if told is not None:
            return told
        opened = self._openings.get(session) or Opened(session=session, party="")
        profile = profile_for(self._name, opened, messages)
        count = self._untold.pop(session, 0) + len(messages)
        if profile is GENERIC and count <= FIRST:
            self._untold[session] = count
        else:
            self._told[session] = profile
        self._bound()
        return profile

    def _begin_anew(self, session: int) -> None:
        """Forget what the messages of a session told."""
        self._told.pop(session, None)
        self._untold.pop(session, None)

    def _bound(self) -> None:
        for sessions in (self._openings, self._told, self._untold):
            if len(sessions) > MANY_SESSIONS:
                sessions.popitem(last=False)

    def look(self, frame: Frame, mark: int = 0) -> Look:
        """Look at a frame: exactly once at each, in order.

        Args:
            frame: the next one.
            mark: a number for it, which is in the requests that later frames answer.
        """
        if frame.headers and frame.exchange:
            self._note_stream(frame)
        messages = outlines(frame.json or frame.payload) if frame.opcode in PRINTED else []
        empty = [at for at, one in enumerate(messages) if one.is_empty and not self._is_awaited(frame, one)]
        if empty:
            messages = [one for at, one in enumerate(messages) if at not in empty]
        profile = self._told.get(frame.session) or self.profile(frame.session, messages)
        if len(messages) == 1:
            items = [self._item(frame, messages[0], profile, mark)]
            of_all = items[0].request is not None and items[0].kind == "error" and messages[0].id is None
        else:
            items = [self._item(frame, message, profile, mark, at) for at, message in enumerate(messages)]
            of_all = not items and frame.status >= ERRORS
            if not items:
                self._unnamed(frame, profile, mark)
        if not self._ends_exchange(frame, items) or not (rest := self._rest(frame, profile)):
            return Look(profile, items, empty=empty)
        if of_all:
            return Look(profile, items, rest, empty)
        left = [request for request in rest if request.waits]
        for request in left:
            request.left = frame.time
        # Over HTTP a notification gets an empty response.
        return Look(profile, items, [] if items else [one for one in rest if not one.waits], empty, left)

    def _is_awaited(self, frame: Frame, message: Outline) -> bool:
        """Whether a request is open that has the id of a message."""
        return self._exchanges.knows(answered_scope(frame), message)

    def _unnamed(self, frame: Frame, profile: Profile, mark: int) -> None:
        """What a party sends that calls no method may be answered: by what has its id."""
        sent = frame.json if frame.direction == "to_node" and not frame.exchange else None
        identity = id_of(sent) if sent else None
        if identity is not None:
            message = Outline(id=identity)
            request = Request(frame.session, "to_node", "", message, profile, frame.time, False, False, mark, 0)
            self._exchanges.asked(scope_of(frame.session, "to_node", 0), message, profile, request)

    def _item(self, frame: Frame, message: Outline, profile: Profile, mark: int, at: int | None = None) -> Item:
        """A message, by its place in a batch; None if it is alone."""
        kind = message.kind
        if kind in ANSWERS or profile.answers(message):
            return self._answer(frame, message, kind, profile, in_batch=at is not None)
        session, direction, waits = frame.session, frame.direction, kind == "request"
        request = Request(session, direction, message.method, message, profile, frame.time, waits, False, mark, at or 0)
        used = self._exchanges.asked(scope_of(session, direction, frame.exchange), message, profile, request)
        if waits:
            self._wait(request)
        return Item(message, kind, odd="id in use" if used and self._whole else "")

    def _wait(self, request: Request) -> None:
        self._waiting[request] = None
        like = request.session, request.direction, request.method
        alike = self._alike.get(like)
        if alike is None:
            self._alike[like] = _Alike(1, request)
        else:
            alike.newest.crowded = request.crowded = True
            alike.open += 1
            alike.newest = request
        if len(self._waiting) > OPEN_LIMIT:
            self._forget(next(iter(self._waiting)))

    def _answer(self, frame: Frame, message: Outline, kind: Kind | None, profile: Profile, *, in_batch: bool) -> Item:
        there = answered_scope(frame)
        request, failed = (
            self._exchanges.answered(there, message, profile, in_batch=in_batch),
            fails(frame, message, profile),
        )
        if request is not None:
            request.answer = message
            odd: Odd = "another id" if _differ(message.id, request.message.id) else ""
            if frame.exchange and kind == "result" and request.waits and message.get("id") is None:
                odd = "no id"
            return Item(message, kind, request, request.method, self._forget(request), odd, failed)
        if (request := self._exchanges.answered_again(there, message)) is not None:
            doubled = in_batch and frame.exchange and not self._is_streamed(frame)
            odd = "no request" if doubled or request.answer == message else ""  # who subscribes has others to come
            return Item(message, kind, None, request.method, request.crowded, odd, failed, again=True)
        quoted = quoted_method(message)
        stray = kind in ANSWERS and not quoted and (kind == "result" or message.get("id") is not None)
        odd = "no request" if stray and self._is_whole(frame.session) else ""
        return Item(message, kind, answered=quoted, odd=odd, failed=failed)

    def _ends_exchange(self, frame: Frame, items: Sequence[Item]) -> bool:
        """Whether nothing comes after it in its HTTP exchange.

        An event of a stream does not end it, nor does a stream that ends without an answer: its client will resume it,
        but not one that breaks off. What only calls or pushes is in a stream whose beginning was not seen.
        """
        if not frame.exchange or frame.direction != "from_node":
            return False
        if self._is_streamed(frame) and frame.status < ERRORS:
            return False
        return not items or any(item.request is not None or item.kind in ANSWERS for item in items)

    def _rest(self, frame: Frame, profile: Profile) -> list[Request]:
        """The requests that are still open when their HTTP exchange has ended: nothing else can answer them.

        What is only accepted is answered elsewhere (RFC 9110, section 15.3.3).
        """
        there = answered_scope(frame)
        accepts = frame.bodiless and frame.status == ACCEPTED
        found = []
        while (request := self._exchanges.oldest(there)) is not None and not (accepts and request.waits):
            self._exchanges.answered(there, {}, profile)
            self._forget(request)
            found.append(request)
        return found

    def _is_streamed(self, frame: Frame) -> bool:
        return (frame.session, frame.exchange) in self._streams

    def _note_stream(self, frame: Frame) -> None:
        """The first event of a stream has its headers."""
        if frame.direction == "from_node" and streams(header_value(frame.headers, "content-type")):
            self._streams[frame.session, frame.exchange] = None
            if len(self._streams) > OPEN_LIMIT:
                self._streams.popitem(last=False)

    def _forget(self, request: Request) -> bool:
        """Forget an open request; returns whether others with its method were open too."""
        like = request.session, request.direction, request.method
        if request not in self._waiting:
            return request.crowded or like in self._alike
        del self._waiting[request]
        alike = self._alike[like]
        alike.open -= 1
        if not alike.open:
            del self._alike[like]
        return request.crowded

    def _is_whole(self, session: int) -> bool:
        """Whether all of a session has been seen."""
        opened = self._openings.get(session)
        return self._whole and opened is not None and bool(opened.url) and not opened.partial


def fails(frame: Frame, message: Outline, profile: Profile) -> bool:
    """Whether an answer says that its call failed: by an error, or as the protocol says it in a result."""
    kind = message.kind
    if kind != "result" or profile.only_errors:
        return kind == "error"
    result = message.result if len(frame.payload) <= SHORT else _whole_result(frame, message)
    return result is not UNSET and profile.failed(result)


def _whole_result(frame: Frame, message: Outline) -> Raw | UnsetType:
    """The result of a message of a long frame, which its outline leaves out."""
    pairs = zip(outlines(frame.payload), parse(frame.payload), strict=False)
    return next((whole.result for outline, whole in pairs if outline.id == message.id), UNSET)


def _differ(one: Any, other: Any) -> bool:
    """Whether two ids are not the same; what has none has no other."""
    return one != other and not any(identity is None or identity is UNSET for identity in (one, other))


def quoted_method(message: Members) -> str:
    """The method of the request that an error quotes, for requests that were not seen."""
    error = message.get("error")
    request = error.get("request") if isinstance(error, dict) else None
    method = request.get("method") if isinstance(request, dict) else None
    return method if isinstance(method, str) else ""

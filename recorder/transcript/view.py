"""What a template sees of an event: every value it may print, made once.

Rule: these names are a public contract (documented in docs/reference/templates.md): add, never rename. Cheap to make, since every
event of a 10 GB capture becomes one; values that few templates use are properties.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from recorder.capture import as_text, pretty
from recorder.escaping import escape
from recorder.model import ARROWS, SECOND, UNREADABLE, Frame, Refused
from recorder.timeline.followed import Look, Request
from recorder.timeline.refusals import status_of
from recorder.timeline.words import SLOW_ANSWER, Saying, lasting, saying, unusual

TICKS = re.compile("`{3,}")
FENCE = "```"
CENTISECOND, MILLISECOND = SECOND // 100, SECOND // 1000
OK = 200


class View:
    """One event of the timeline.

    Attributes:
        kind: `frame`, `note`, `opened`, `closed`, `ended`, `refused` or `unanswered`.
        session: the session's number; of a note, the one its party opened last, 0 if it is nobody's.
        party: the printed name of the client end; empty for a note of nobody in particular.
        node: the printed name of the other end.
        scenario: the name of the scenario it belongs to; empty before the first.
        address: host and port of the node, as `127.0.0.1:3014`; empty where nobody knows them.
        time: UTC in nanoseconds since 1970, 0 where nobody knows it.
        annotation: of a frame or an opening, what it means (`annotation.Annotation`); made only for templates that name
            it, None for any other event.
    """

    kind: ClassVar[str]
    recorded: ClassVar[frozenset[str]] = frozenset({"time"})
    """Values passed on as they stand in the capture."""

    __slots__ = ("address", "annotation", "event", "node", "party", "scenario", "session")

    def __init__(self, event: Any, session: int, party: str, node: str, scenario: str) -> None:
        self.event, self.session, self.party, self.node, self.scenario = event, session, party, node, scenario
        self.annotation: Any = None
        self.address = ""

    def __getattr__(self, name: str) -> Any:
        if name in self.recorded:
            return getattr(self.event, name)
        raise AttributeError(f"{self.kind} events have no {name!r}")

    @property
    def stamp(self) -> str:
        """The time as older documents print it after a heading, ` (2019-03-13 11:04:47.10)`; empty if unknown."""
        moment, rest = self._moment, self.event.time % SECOND
        return "" if moment is None else f" ({moment:%Y-%m-%d %H:%M:%S}.{rest // CENTISECOND:02})"

    @property
    def clock(self) -> str:
        """The time of day, UTC, `11:04:47.109`; empty if unknown."""
        moment, rest = self._moment, self.event.time % SECOND
        return "" if moment is None else f"{moment:%H:%M:%S}.{rest // MILLISECOND:03}"

    @property
    def _moment(self) -> datetime | None:
        """The time to the second; None if unknown."""
        return datetime.fromtimestamp(self.event.time // SECOND, UTC) if self.event.time else None


class FrameView(View):
    """A frame.

    Attributes:
        arrow: `--->` to the node, `<---` from it.
        body: JSON in the documents' form, else the text as received, else base64.
        language: `javascript` for JSON, `base64` for bytes that are no text, else empty.
        fence: backticks enough to fence the body.
        line: the line of the capture that it stands in; 0 if unknown.
        direction, opcode, fragments, exchange, status, payload: as in the capture (`model.Frame`).
    """

    kind = "frame"
    recorded = View.recorded | {"direction", "opcode", "fragments", "exchange", "status", "payload"}
    __slots__ = ("_look", "_whole", "arrow", "body", "fence", "language", "line")

    def __init__(
        self,
        event: Frame,
        session: int,
        party: str,
        node: str,
        scenario: str,
        annotation: Any = None,
        whole: Frame | None = None,  # where the event is an excerpt of it
        look: Look | None = None,  # made with its annotation
        line: int = 0,
    ) -> None:
        self.event, self.session, self.party, self.node, self.scenario = event, session, party, node, scenario
        self.annotation, self.address = annotation, ""
        self._whole, self._look, self.line = event if whole is None else whole, look, line
        self.arrow = ARROWS[event.direction]
        try:
            if event.json is UNSET:
                self.body, self.language = _body(event)
            else:
                self.body, self.language = msgspec.json.format(event.json, indent=2).decode(), "javascript"
        except UNREADABLE:  # a `json` that this recorder would not have written
            self.body, self.language = _body(event)
        self.fence = _fence(self.body)

    @property
    def saying(self) -> Saying:
        """The frame in words, by who says it; its annotation is known."""
        said = saying(self._whole, self.annotation)
        items = [] if self._look is None else self._look.items
        methods = [name for item in items if (name := item.method or item.answered)]
        said = said._replace(kind="error") if any(item.failed for item in items) else said
        return said if len(items) < 2 else said._replace(method=", ".join(dict.fromkeys(methods)))  # noqa: PLR2004 - a batch

    @property
    def how(self) -> str:
        """The HTTP status of an answer, if not as usual: `403 Forbidden`; else empty."""
        return "" if self.event.direction == "to_node" or self.event.status == OK else status_of(self.event.status)

    @property
    def waits(self) -> bool:
        """Whether a message of it waits for an answer; its annotation is known."""
        look = self._look
        return look is not None and any(look.kind(item, self.event.direction) == "request" for item in look.items)

    @property
    def answers(self) -> tuple[int, ...]:
        """The lines of the capture with the calls that it answers; its annotation is known."""
        return () if self._look is None else tuple(request.mark for request in self._look.requests)

    @property
    def slow(self) -> str:
        """How long an answer took, `813 ms`, if that is half a second or more; else empty. Its annotation is known."""
        asked = [] if self._look is None else [request.time for request in self._look.requests if request.time]
        took = self.event.time - min(asked) if asked else 0
        return lasting(took) if took >= SLOW_ANSWER * SECOND else ""

    @property
    def message(self) -> Any:
        """The JSON value, members by dot or by key; None where the frame is no JSON that Python can hold."""
        try:
            return dotted(msgspec.json.decode(self.event.payload))
        except UNREADABLE:
            return None


class NoteView(View):
    """A note, or the info line that follows a frame; `text` is what it says."""

    kind = "note"
    recorded = View.recorded | {"text"}
    __slots__ = ()

    @property
    def heading(self) -> str:
        """`initiator info`, or `info` for a note of nobody in particular."""
        return f"{self.party} info" if self.party else "info"

    @property
    def quote(self) -> str:
        """The text as a Markdown quotation."""
        return "\n".join(f"> {line}" for line in self.event.text.split("\n"))


class OpenedView(View):
    """A session opens; `url` is the node's, `headers` are the request's, `role` is what the profile knows."""

    kind = "opened"
    recorded = View.recorded | {"url", "role", "headers", "subprotocol"}
    __slots__ = ()


class ClosedView(View):
    """A session ends: with which `code` and `reason`, `by` which end, and how the transport was `lost` if it was."""

    kind = "closed"
    recorded = View.recorded | {"code", "reason", "by", "lost"}
    __slots__ = ()

    @property
    def how(self) -> str:
        """How, if not as usual: `1011 overloaded`, `1006, connection reset`; else empty."""
        return escape(unusual(self.event))

    @property
    def words(self) -> str:
        """Who ends it, and how if not as usual: `node closes initiator's connection: 1011 overloaded`."""
        by_node = self.event.by == "node"
        who = f"{self.node} closes {self.party}'s connection" if by_node else f"{self.party} closes its connection"
        return ": ".join(filter(None, [escape(who), self.how]))


class EndedView(View):
    """A server that its client has started ends badly: `reason` is its exit code or its signal."""

    kind = "ended"
    recorded = View.recorded | {"reason"}
    __slots__ = ()

    @property
    def words(self) -> str:
        """`node ends: exit code 1`."""
        return escape(f"{self.node} ends: {self.event.reason}")


class UnansweredView(View):
    """A call that got no answer until its session ended, or the capture.

    Attributes:
        call: the call in words.
        line: the line of the capture that it stands in.
    """

    kind = "unanswered"
    __slots__ = ("call", "line")

    def __init__(self, request: Request, call: str, party: str, node: str, scenario: str) -> None:
        super().__init__(request, request.session, party, node, scenario)
        self.call, self.line = call, request.mark

    @property
    def words(self) -> str:
        """`shop's orders.close order 7 has no answer`."""
        who = self.party if self.event.direction == "to_node" else self.node
        return escape(f"{who}'s {self.call} has no answer")


class RefusedView(View):
    """A node refuses a handshake, or a call without JSON-RPC.

    Attributes:
        status: of its answer.
        headers: of its answer.
        body: what it says to a call; of a handshake, its URL.
        fence: backticks enough to fence the body.
    """

    kind = "refused"
    recorded = View.recorded | {"status", "headers"}
    __slots__ = ("body", "fence")

    def __init__(self, event: Frame | Refused, session: int, party: str, node: str, scenario: str) -> None:
        super().__init__(event, session, party, node, scenario)
        self.body = event.url if isinstance(event, Refused) else _body(event)[0]
        self.fence = _fence(self.body)

    @property
    def heading(self) -> str:
        """`initiator is refused: 401 Unauthorized`."""
        return f"{self.party or 'a party'} is refused: {status_of(self.event.status)}"


class Dotted(dict[str, Any]):
    """A JSON object whose members a template can write as attributes; absent ones are None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python asks an object what it can do: nothing but a dict
            raise AttributeError(name)
        return self.get(name)


def dotted(value: Any) -> Any:
    """A JSON value with every object in it `Dotted`."""
    if isinstance(value, dict):
        return Dotted((key, dotted(item)) for key, item in value.items())
    return [dotted(item) for item in value] if isinstance(value, list) else value


def _fence(body: str) -> str:
    ticks = TICKS.findall(body) if FENCE in body else ()
    return "`" * (max(map(len, ticks)) + 1) if ticks else FENCE


def _body(frame: Frame) -> tuple[str, str]:
    payload = frame.payload
    if (formatted := pretty(payload)) is not None:
        return formatted, "javascript"
    text = as_text(payload)
    return (b64encode(payload).decode(), "base64") if text is None else (text, "")

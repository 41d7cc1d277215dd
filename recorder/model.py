"""The vocabulary: everything that can be on the timeline of a capture, on one screen.

Rule: plain frozen data, secrets masked, no behaviour beyond reading its own fields. A field added here gets a default, so that
older captures still load; a field renamed or removed needs a format version and a converter in `capture`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import UNSET, Meta, MsgspecError, Raw, Struct, UnsetType

from recorder.close_codes import NO_CODE

Direction = Literal["to_node", "from_node"]
Opcode = Literal["text", "binary", "ping", "pong", "raw"]
End = Literal["party", "node", "recorder"]
Time = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
"""UTC, nanoseconds since 1970, until 2262; 0 if unknown."""

DONE = range(200, 300)
"""The statuses of HTTP that say that it is done (RFC 9110, section 15.3)."""

ERRORS = 400
"""The first status of HTTP that is an error's (RFC 9110, section 15)."""

LEFT = 499
"""The status in a capture where a client left before it was answered, as nginx's logs have it; nobody sends it."""

MESSAGE = "message"
"""The type of an event of a stream that names none (HTML standard, section 9.2.6)."""

UNRECORDED = 0
"""The close code of a session whose document only says that it was closed."""

UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that it cannot decode."""

ARROWS: dict[Direction, str] = {"to_node": "--->", "from_node": "<---"}
SENDERS: dict[Direction, End] = {"to_node": "party", "from_node": "node"}
OPPOSITE: dict[Direction, Direction] = {"to_node": "from_node", "from_node": "to_node"}
SECOND = 1_000_000_000
"""A second, in the unit of event times."""

PRINTED: frozenset[Opcode] = frozenset({"text", "binary"})
"""Frames of these opcodes carry messages; pings, pongs and raw bytes are recorded but not printed by default."""


MARK = re.compile(r"«[^«»]+ [0-9]+»")
"""The mark of a secret: its kind and a number."""

OLD_MARK = "***"
"""The mark of a whole header in older captures."""


def marked(text: str) -> bool:
    """Whether a secret of a text is masked."""
    return text == OLD_MARK or ("«" in text and MARK.search(text) is not None)


def unnamed(session: int) -> str:
    """The printed name of a party whose role is unknown."""
    return f"client-{session}"


class Header(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Line 1 of a capture: which run of which recorder wrote it, and what it recorded."""

    format: int
    run: str  # unique to this run of the recorder: captures of several hosts can be merged
    recorder: str
    mitmproxy: str = ""
    started: Time = 0
    profile: str = "auto"  # each session's is detected from its traffic
    node: str = "node"  # the printed name of the other end
    upstreams: list[str] = []
    info: Literal["derived", "noted"] = "derived"  # noted: the info lines stand in the capture as notes (imports)
    meta: dict[str, str] = {}


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", tag=str.lower):
    """Anything on the timeline."""

    time: Time = 0


class Opened(Event, frozen=True, kw_only=True):
    """A session begins: a WebSocket after its handshake, or a client's first JSON-RPC request over HTTP.

    `time` is when it began: events before it on the timeline came before it. `asked` is when the party asked for it, if
    that was earlier: events in other sessions that the node sent because of it may then precede it on the timeline.
    `url` is the node's, never the proxy's; empty if the session was open before the capture began. For a server that
    its client starts it is `stdio:` and the command. `partial` marks a session whose log begins late: messages that its
    node sent before then are unknown, not missing.
    """

    session: int
    party: str
    role: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = []  # of the request
    subprotocol: str = ""
    answer: list[tuple[str, str]] = []  # headers of the node's answer to a handshake
    asked: Time = 0
    partial: bool = False


class Frame(Event, frozen=True, kw_only=True):
    """One WebSocket message, control frame, JSON-RPC body over HTTP or message on a pipe.

    It has exactly one of the three payloads.

    An HTTP answer without a body (to a notification: 202, 204) is a frame with an empty text, which is not printed. Each
    event of an event stream is a frame; the first has the headers. Messages on a stream that the client opened by GET
    are in no exchange; such a stream begins with a frame with an empty text, which has its headers, and those of the
    request for it. Streams that a client asked for with other headers are others, and numbered. Where a client posts to the
    endpoint that such a stream names, its messages are in no exchange either: the node answers them in the stream.
    """

    session: int
    direction: Direction
    opcode: Opcode = "text"
    fragments: int = 1
    exchange: int = 0  # HTTP: the request of the session that this body belongs to, from 1
    stream: int = 0  # HTTP: which of its session's streams that a client opened to listen it is in; the first is 0
    status: int = 200  # HTTP: of an answer; `LEFT` where there was none
    # HTTP: of an answer, or those in which a request differs; on a pipe, those before the message
    headers: list[tuple[str, str]] = []
    request_headers: list[tuple[str, str]] = []  # HTTP: of the beginning of such a stream, in which its request differs
    query: Literal["", "json", "base64"] = ""  # HTTP: of a call by GET, how its query holds the params
    event_id: str = ""  # HTTP: of an event of a stream, if it has one
    event_type: str = MESSAGE  # HTTP: of an event of a stream
    json: Raw | UnsetType = UNSET
    text: str | UnsetType = UNSET
    binary: bytes | UnsetType = UNSET

    @property
    def payload(self) -> bytes:
        """The bytes as they were on the wire (unmasked, joined, inflated)."""
        if self.json is not UNSET:
            return bytes(self.json)
        if self.text is not UNSET:
            return self.text.encode()
        return b"" if self.binary is UNSET else self.binary

    @property
    def size(self) -> int:
        """The number of bytes of its payload."""
        return len(self.payload) if self.json is UNSET else len(self.json)

    @property
    def bodiless(self) -> bool:
        """Whether it is an HTTP answer without a body, or the beginning of a stream: there is nothing to print."""
        over_http = self.exchange > 0 or bool(self.headers) or self.status >= ERRORS
        return self.text == "" and self.direction == "from_node" and over_http

    @property
    def begins_stream(self) -> bool:
        """Whether it is the beginning of a stream that a client opened to listen to the node."""
        return self.exchange == 0 and self.bodiless and self.status < ERRORS


class Closed(Event, frozen=True, kw_only=True):
    """A session ends; `time` is when the first end began to close it. Over HTTP: the client deleted it.

    Without a Close frame `code` is `ABNORMAL` and `lost` says how the transport ended. If that is unknown, as in an
    imported transcript, `code` is `UNRECORDED` and `by` is empty. For a server that its client starts, `reason` says how it
    exited, and `code` is `NORMAL` for exit code 0.
    """

    session: int
    code: int = NO_CODE
    reason: str = ""
    by: End | Literal[""] = "party"
    lost: Literal["", "eof", "reset"] = ""


class Refused(Event, frozen=True, kw_only=True):
    """A handshake that the node refuses: there is no session."""

    status: int
    url: str  # the node's
    party: str = ""  # if the URL names it
    headers: list[tuple[str, str]] = []  # of the answer


class Note(Event, frozen=True, kw_only=True):
    """A note at this place of the timeline; of a party, or general."""

    text: str
    party: str = ""


class Scenario(Event, frozen=True, kw_only=True):
    """From here on the timeline belongs to the scenario of this name."""

    name: str


AnyEvent = Opened | Frame | Closed | Refused | Note | Scenario

"""The vocabulary: everything that can stand on the timeline of a capture, on one screen.

Rule: plain frozen data, secrets masked, no behaviour beyond reading its own fields. A field added here gets a default, so that
older captures still load; a field renamed or removed needs a format version and a converter in `capture`.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import UNSET, MsgspecError, Raw, Struct, UnsetType

from recorder.close_codes import NO_CODE

Direction = Literal["to_node", "from_node"]
Opcode = Literal["text", "binary", "ping", "pong", "raw"]
End = Literal["party", "node", "recorder"]
UNTOLD = 0
"""The code of a closing of which only a document tells, that it was."""

UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes it cannot make the asked-for value of."""

ARROWS: dict[Direction, str] = {"to_node": "--->", "from_node": "<---"}
SECOND = 1_000_000_000
"""A second in the unit of an event's time."""

PRINTED: frozenset[Opcode] = frozenset({"text", "binary"})
"""Frames of these opcodes carry messages; pings, pongs and raw bytes are recorded but not printed by default."""


MARK = re.compile(r"«[^«»]+ [0-9]+»")
"""What stands in the place of a secret: what it is, and which one of those."""

OLD_MARK = "***"
"""What stood in the place of a whole header in captures before that."""


def marked(text: str) -> bool:
    """Whether a secret of a text is masked."""
    return text == OLD_MARK or ("«" in text and MARK.search(text) is not None)


def unnamed(session: int) -> str:
    """The printed name of a party whose role nobody gave."""
    return f"client-{session}"


class Header(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Line 1 of a capture: which run of which recorder wrote it, about what."""

    format: int
    run: str  # unique to this run of the recorder: captures of several hosts can be merged
    recorder: str
    mitmproxy: str = ""
    started: int = 0  # UTC, nanoseconds since 1970
    profile: str = "auto"  # each session's is told from its traffic
    node: str = "node"  # the printed name of the other end
    upstreams: list[str] = []
    info: Literal["derived", "noted"] = "derived"  # noted: the info lines stand in the capture as notes (imports)
    meta: dict[str, str] = {}


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", tag=str.lower):
    """Anything on the timeline; `time` is UTC in nanoseconds since 1970, 0 where nobody knows it."""

    time: int = 0


class Opened(Event, frozen=True, kw_only=True):
    """A session begins: a WebSocket after its handshake, or a client's first JSON-RPC request over HTTP.

    `time` is when it began, so that what stands before it came before it; `asked` is when the party asked for it, where
    that was earlier: what the node did about it elsewhere since then may stand before it.
    `url` is the node's, never the proxy's; empty where the session was open before the capture began. Of a server that
    its client starts it is `stdio:` and the command. `partial` is said of a session that somebody began to log late: what
    its node had said by itself until then is unknown, not absent.
    """

    session: int
    party: str
    role: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = []  # of the request
    subprotocol: str = ""
    answer: list[tuple[str, str]] = []  # headers of the node's answer to a handshake
    asked: int = 0
    partial: bool = False


class Frame(Event, frozen=True, kw_only=True):
    """One WebSocket message, control frame, JSON-RPC body over HTTP or message on a pipe.

    It has exactly one of the three payloads.

    An answer over HTTP that has no body (to a notification: 202, 204) is a frame of an empty text, which nothing
    prints. Of an answer that is a stream of events each event is a frame, with the headers at the first. What a node
    tells on a stream that its client opened by GET is in no exchange; such a stream begins with a frame of an empty
    text, which has its headers.
    """

    session: int
    direction: Direction
    opcode: Opcode = "text"
    fragments: int = 1
    exchange: int = 0  # HTTP: the request of the session that this body belongs to, from 1
    status: int = 200  # HTTP: of the answer
    headers: list[tuple[str, str]] = []  # HTTP: of the answer, or new ones of a request; on a pipe, before the message
    query: Literal["", "json", "base64"] = ""  # HTTP: of a call by GET, how its query has the params
    event_id: str = ""  # HTTP: of an event of a stream, where it has one of its own
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
    def bodiless(self) -> bool:
        """Whether it is an answer over HTTP that has no body, or the beginning of a stream: there is nothing to print."""
        return self.text == "" and self.direction == "from_node" and (self.exchange > 0 or bool(self.headers))

    @property
    def begins_stream(self) -> bool:
        """Whether it is the beginning of a stream that a client opened to be told what it has not asked for."""
        return self.exchange == 0 and self.bodiless


class Closed(Event, frozen=True, kw_only=True):
    """A session ends; `time` is when the first end began to close it. Over HTTP: its client has deleted it.

    Without a Close frame `code` is `ABNORMAL` and `lost` says how the transport ended. Where nobody knows how it ended, as
    where a transcript was imported, `code` is `UNTOLD` and `by` is empty. Of a server that its client starts, `reason`
    says how it exited, and `code` is `NORMAL` for exit code 0.
    """

    session: int
    code: int = NO_CODE
    reason: str = ""
    by: End | Literal[""] = "party"
    lost: Literal["", "eof", "reset"] = ""


class Refused(Event, frozen=True, kw_only=True):
    """A handshake that the node refuses, so that no session comes about."""

    status: int
    url: str  # the node's
    party: str = ""  # where the URL tells
    headers: list[tuple[str, str]] = []  # of the answer


class Note(Event, frozen=True, kw_only=True):
    """A line somebody wants to read at this place; of a party, or of nobody in particular."""

    text: str
    party: str = ""


class Scenario(Event, frozen=True, kw_only=True):
    """From here on the timeline belongs to the scenario of this name."""

    name: str


AnyEvent = Opened | Frame | Closed | Refused | Note | Scenario

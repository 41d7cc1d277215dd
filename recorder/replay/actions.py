"""What an end that is played does, one type for each.

Rule: values only; a player gives them out, and who moves frames carries them out in that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UNKNOWN_CODE = 1005  # RFC 6455, section 7.4.1: no code was given

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Open:
    """A party opens a session: a WebSocket, or over HTTP, which opens nothing, a client with these headers."""

    session: int
    path: str
    headers: Headers = ()


@dataclass(frozen=True)
class Send:
    """A frame goes out.

    Args:
        session: in which.
        payload: it; over HTTP it may be empty.
        binary: whether it goes as a binary WebSocket message.
        exchange: over HTTP, of the node: the number that its server gave the live request; of a party: the recorded
            number of the exchange, under which its answer comes back.
        status: over HTTP, of the answer.
        headers: over HTTP, those to send.
        last: whether this is all of the answer; an event stream goes on.
    """

    session: int
    payload: bytes
    binary: bool = False
    exchange: int = 0
    status: int = 200
    headers: Headers = ()
    last: bool = True


@dataclass(frozen=True)
class Close:
    """A session is closed, with this code and reason; with an exchange, its connection is, without an answer."""

    session: int
    code: int = UNKNOWN_CODE
    reason: str = ""
    lost: Literal["", "eof", "reset"] = ""
    exchange: int = 0


@dataclass(frozen=True)
class Begin:
    """A scenario begins."""

    scenario: str


Action = Open | Send | Close | Begin

"""What an end of ours does now: opens a session, sends a frame, closes, or begins a scenario.

Rule: plain frozen values, made by a player and carried out by a server, which share nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recorder.close_codes import NO_CODE
from recorder.headers import Headers
from recorder.model import MESSAGE
from recorder.timeline.get_calls import Form


@dataclass(frozen=True, slots=True)
class Open:
    """A party opens a session: a WebSocket, or one over HTTP, which opens nothing.

    Args:
        session: the recorded session.
        path: the path and parameters of its URL.
        headers: of its handshake, fit to be sent.
        subprotocols: that it offers.
        insists: for how many seconds it tries again while the node cannot be reached.
    """

    session: int
    path: str
    headers: Headers = ()
    subprotocols: tuple[str, ...] = ()
    insists: float = 0.0


@dataclass(frozen=True, slots=True)
class Send:
    """A frame goes out.

    Args:
        session: the recorded session.
        payload: the frame; over HTTP a body, or one event of a stream of events.
        binary: whether it is a binary frame of a WebSocket.
        exchange: over HTTP, the request that is answered (the number that the server gave it), or that is made (the
            recorded number); 0 for WebSockets.
        status: of an HTTP answer.
        headers: of an HTTP request or answer, fit to be sent.
        query: of a call by GET, how its query has the params.
        event_type: of an event of a stream.
        last: whether the answer is whole with it; False where more events of its stream follow.
        breaks: whether a stream of events breaks off behind it.
        stream: of a push over HTTP, which of its session's streams it is in.
        leaves: of an HTTP request, after how many seconds its party leaves, if there is no answer; 0 for never.
        insists: of an HTTP request, for how many seconds it is made again while the node cannot be reached.
    """

    session: int
    payload: bytes
    binary: bool = False
    exchange: int = 0
    status: int = 200
    headers: Headers = ()
    query: Form = ""
    event_type: str = MESSAGE
    last: bool = True
    breaks: bool = False
    stream: int = 0
    leaves: float = 0.0
    insists: float = 0.0


@dataclass(frozen=True, slots=True)
class Close:
    """A session ends, or (with an exchange) an HTTP connection, without an answer.

    Args:
        session: the recorded session.
        code: of the Close frame; `NO_CODE` for one without, `ABNORMAL` for a transport that is lost without a Close frame.
        reason: of the Close frame.
        lost: how the transport is lost, where it is.
        exchange: over HTTP, the request whose connection is dropped.
    """

    session: int
    code: int = NO_CODE
    reason: str = ""
    lost: Literal["", "eof", "reset"] = ""
    exchange: int = 0


@dataclass(frozen=True, slots=True)
class Listen:
    """A party opens a stream, over HTTP, to listen to its node.

    Args:
        session: the recorded session.
        headers: of the request, fit to be sent.
    """

    session: int
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Begin:
    """A scenario begins; only parties say so."""

    scenario: str


Action = Open | Send | Close | Listen | Begin

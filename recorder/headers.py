"""HTTP headers: which of them a capture keeps, and which of those are sent when it is played.

Rule: pure, and one list for each reason to leave a header out. Names are compared regardless of case, and kept as
received.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from recorder.model import MARK, marked

Pairs = Iterable[tuple[str, str]]
"""Names and values, in order."""

Headers = tuple[tuple[str, str], ...]
"""The same, kept."""

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""RFC 9110, section 7.6.1: headers of the connection, not of the message; with those that `Connection` names."""

OF_THE_BODY = frozenset({"content-length", "content-encoding", "expect"})
"""How a body was transferred, not what it is."""

OF_THE_SERVER = frozenset({"date", "server"})
"""When and by whom it was answered."""

OF_THE_HANDSHAKE = frozenset({"host", "accept-encoding"})
"""Headers that a client makes for each connection; all `sec-websocket-…` too."""

OF_ONE_REQUEST = frozenset({"last-event-id", "traceparent", "tracestate", "x-request-id"})
"""Which of many like it a request is: HTML standard, section 9.2.4, W3C Trace Context, and a name that is widely used."""

WEBSOCKET = "sec-websocket-"

_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


def of_answer(headers: Pairs) -> list[tuple[str, str]]:
    """The headers of an answer that its client may need."""
    return _without(headers, HOP_BY_HOP | OF_THE_BODY | OF_THE_SERVER)


def of_handshake(headers: Pairs) -> list[tuple[str, str]]:
    """The headers of the answer to a WebSocket handshake, without those of the handshake itself."""
    return [pair for pair in of_answer(headers) if not pair[0].lower().startswith(WEBSOCKET)]


def beside(headers: Pairs, session: Pairs) -> list[tuple[str, str]]:
    """The headers in which a request differs from its session; `merged` reads them.

    A header that only the session has gets an empty value.
    """
    left_out = HOP_BY_HOP | OF_THE_BODY
    own, common = _without(headers, left_out), _without(session, left_out)
    there, known = _by_name(own), _by_name(common)
    found = [(name, value) for name, value in own if known.get(name.lower()) != there[name.lower()]]
    return found + [(name, "") for name, _ in common if name.lower() not in there]


def merged(session: Pairs, own: Pairs) -> list[tuple[str, str]]:
    """The headers of a request: its session's, changed by those in which it differs."""
    own = list(own)
    replaced = {name.lower() for name, _ in own}
    return [pair for pair in session if pair[0].lower() not in replaced] + [pair for pair in own if pair[1]]


def telling(headers: Pairs) -> frozenset[tuple[str, str]]:
    """The headers of a request that tell it from others of its session: no credentials, and not which of many it is."""
    pairs = ((name.lower(), value) for name, value in headers)
    return frozenset((name, value) for name, value in pairs if name not in OF_ONE_REQUEST and not marked(value))


def playable(headers: Pairs) -> Headers:
    """The headers of a recorded request or answer that are sent when it is played.

    Left out are masked ones, those of the connection and of the body's length, and those that each end makes itself.
    """
    left_out = HOP_BY_HOP | OF_THE_BODY | OF_THE_SERVER | OF_THE_HANDSHAKE
    return tuple(
        (name, value)
        for name, value in _without(headers, left_out)
        if not marked(value)
        and not name.lower().startswith(WEBSOCKET)
        and _TOKEN.fullmatch(name)
        and _VALUE.fullmatch(value)
    )


def stand_in(value: str) -> str:
    """A value with a text that may be sent in the place of each mark: `token-1` for `«token 1»`."""
    return MARK.sub(lambda found: found[0].strip("«»").replace(" ", "-"), value)


def revealed(recorded: str, live: str) -> dict[str, str]:
    """What each mark in a recorded value stands for in a live one; nothing where all else is not the same."""
    found = re.fullmatch("(.+)".join(map(re.escape, MARK.split(recorded))), live)
    return dict(zip(MARK.findall(recorded), found.groups(), strict=True)) if found is not None else {}


def passed_on(headers: Pairs) -> Headers:
    """The headers of a live request or answer to forward: all but those of its connection (RFC 9110, section 7.6)."""
    left_out = HOP_BY_HOP | {"host", "content-length"}
    return tuple(pair for pair in _without(headers, left_out) if not pair[0].lower().startswith(WEBSOCKET))


def cookies_set(headers: Pairs) -> dict[str, str]:
    """The cookies that an answer sets (RFC 6265, section 5.2), without their attributes."""
    pairs = (value.partition(";")[0].partition("=") for name, value in headers if name.lower() == "set-cookie")
    return {name.strip(): value.strip() for name, _, value in pairs}


def credentials_of(name: str, value: str) -> tuple[str, str]:
    """A header in two parts: of an Authorization its scheme and what follows (RFC 9110, section 11.4), else nothing and all."""
    scheme, space, rest = value.partition(" ")
    if space and name.lower() in {"authorization", "proxy-authorization"}:
        return f"{scheme}{space}", rest
    return "", value


def header_value(headers: Pairs, name: str) -> str:
    """The value of a header, the first of several; empty if there is none."""
    return next((value for one, value in headers if one.lower() == name), "")


def _without(headers: Pairs, left_out: frozenset[str]) -> list[tuple[str, str]]:
    headers = list(headers)
    named = {
        word.strip().lower() for name, value in headers if name.lower() == "connection" for word in value.split(",")
    }
    gone: Callable[[str], bool] = (left_out | named).__contains__
    return [(name, value) for name, value in headers if not gone(name.lower())]


def _by_name(headers: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found

"""HTTP headers: which are secret, which belong to one hop or one body, and which a client sends again.

Rule: names are compared in small letters (RFC 9110, section 5.1); one list each, used by who records and who plays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Pairs = Iterable[tuple[str, str]]

SECRET = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"})
MASKED = "***"

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
"""RFC 9110, section 7.6.1."""

OF_ONE_BODY = frozenset({"content-length", "content-encoding", "accept-encoding", "expect", "date", "server", "host"})
"""What whoever sends a body makes anew."""

HANDSHAKE = "sec-websocket-"

_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]+")


def masked(headers: Pairs) -> list[tuple[str, str]]:
    """Headers as they may be written down: the values of secret ones are not."""
    return [(name, MASKED if name.lower() in SECRET else value) for name, value in headers]


def of_answer(headers: Pairs) -> list[tuple[str, str]]:
    """The headers of an answer that its client may need, as they may be written down."""
    return masked(pair for pair in headers if _travels(pair[0]))


def beside(headers: Pairs, session: Pairs) -> list[tuple[str, str]]:
    """The headers of a request, as they may be written down, in which it differs from its session's, for `combined`.

    One that the session has and the request has not stands there with an empty value.
    """
    own = masked(pair for pair in headers if _travels(pair[0]))
    common = [pair for pair in session if _travels(pair[0])]
    there, known = _values(own), _values(common)
    found = [(name, value) for name, value in own if known.get(name.lower()) != there[name.lower()]]
    return found + [(name, "") for name, _value in common if name.lower() not in there]


def sent_again(headers: Pairs) -> list[tuple[str, str]]:
    """Of recorded headers, those that somebody who does the same again sends."""
    return [
        (name, value)
        for name, value in headers
        if value != MASKED
        and _travels(name)
        and not name.lower().startswith(HANDSHAKE)
        and _NAME.fullmatch(name)
        and _VALUE.fullmatch(value)
    ]


def combined(*several: Pairs) -> list[tuple[str, str]]:
    """Headers of several sources, later ones in the place of earlier ones of the same name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for headers in several:
        fresh: dict[str, list[tuple[str, str]]] = {}
        for name, value in headers:
            fresh.setdefault(name.lower(), []).append((name, value))
        found |= fresh
    return [pair for pairs in found.values() for pair in pairs]


def value_of(headers: Pairs, name: str) -> str:
    """The value of a header (its name in small letters), the first of several; empty where there is none."""
    return next((value for one, value in headers if one.lower() == name), "")


def _travels(name: str) -> bool:
    """Whether a header says something from end to end that is not of one body alone."""
    return (small := name.lower()) not in HOP_BY_HOP and small not in OF_ONE_BODY


def _values(headers: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found

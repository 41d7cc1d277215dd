"""HTTP headers: which are secret, which belong to one hop or one body, and which a client sends again.

Rule: names are compared in small letters (RFC 9110, section 5.1); one list each, used by who records and who plays.
"""

from __future__ import annotations

from collections.abc import Iterable

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


def masked(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers as they may be written down: the values of secret ones are not."""
    return [(name, MASKED if name.lower() in SECRET else value) for name, value in headers]


def sent_again(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of recorded headers, those that somebody who does the same again sends."""
    return [
        (name, value)
        for name, value in headers
        if value != MASKED
        and (small := name.lower()) not in HOP_BY_HOP
        and small not in OF_ONE_BODY
        and not small.startswith(HANDSHAKE)
    ]


def combined(*several: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers of several sources, later ones in the place of earlier ones of the same name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for headers in several:
        fresh: dict[str, list[tuple[str, str]]] = {}
        for name, value in headers:
            fresh.setdefault(name.lower(), []).append((name, value))
        found |= fresh
    return [pair for pairs in found.values() for pair in pairs]

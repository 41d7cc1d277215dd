"""The headers of a mock node's HTTP answers, so that any client can read them, a web page too.

Rule: pure. Recorded headers are played, with texts in the place of secrets, since a client waits for its token or cookie;
only missing ones are added, and answers to a browser's preflight requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from recorder.headers import Headers, header_value, playable, stand_in

ALLOW_ORIGIN, EXPOSE = "access-control-allow-origin", "access-control-expose-headers"
TAKEN = "POST, OPTIONS"
"""The methods that a mock node answers."""

ASKED_OF = "GET, POST, DELETE, OPTIONS"
"""The methods that a page may try: a refusal is an answer that it can read."""

MAX_AGE = "600"  # seconds that a browser remembers a permission
SIMPLE = frozenset(
    {
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    }
)
"""Headers of an answer that a page may read without permission (Fetch standard, CORS-safelisted)."""

SAME_HEADS = 256
"""Most heads of answers that are remembered: most answers of a mock have one of a few."""

TEXT: Headers = (("content-type", "text/plain; charset=utf-8"),)


def allowed_origin(answers: Iterable[Headers]) -> str:
    """Whose pages may read the answers: as the recorded ones say, else anybody's."""
    return next(filter(None, (header_value(headers, ALLOW_ORIGIN) for headers in answers)), "*")


def played(recorded: Iterable[tuple[str, str]]) -> Headers:
    """Recorded headers as they are sent, each secret as a text that stands for it."""
    return playable((name, stand_in(value)) for name, value in recorded)


@lru_cache(SAME_HEADS)
def answer(recorded: Headers, origin: str, *, body: bool = True) -> Headers:
    """The headers of an answer.

    Args:
        recorded: those that were recorded.
        origin: whose pages may read it, where they do not say.
        body: whether it has a body; JSON, where nothing else was recorded.
    """
    recorded = played(recorded)
    names = {name.lower() for name, _ in recorded}
    added = []
    if body and "content-type" not in names:
        added.append(("content-type", "application/json"))
    if ALLOW_ORIGIN not in names:
        added.append((ALLOW_ORIGIN, origin))
    hidden = sorted(name for name in names - SIMPLE if not name.startswith("access-control-") and name != "vary")
    if hidden and EXPOSE not in names:
        added.append((EXPOSE, ", ".join(hidden)))
    return (*recorded, *added)


def permission(asked: Headers, origin: str) -> Headers:
    """The headers of the answer to a preflight.

    Args:
        asked: the request's.
        origin: whose pages may post.
    """
    wanted, private = (header_value(asked, f"access-control-request-{name}") for name in ("headers", "private-network"))
    given = [
        ("allow", TAKEN),
        (ALLOW_ORIGIN, origin),
        ("access-control-allow-methods", ASKED_OF),
        ("access-control-max-age", MAX_AGE),
    ]
    if wanted:
        given.append(("access-control-allow-headers", wanted))
    if private:
        given.append(("access-control-allow-private-network", "true"))
    if origin != "*":
        given += [("access-control-allow-credentials", "true"), ("vary", "origin")]
    return tuple(given)

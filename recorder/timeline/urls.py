"""URLs from traffic and documents, however malformed.

Rule: the only place that takes a URL apart or puts one together; nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qs, urlencode, urljoin, urlsplit

from recorder.settings import STDIO

_ANY_URL = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
"""RFC 3986, appendix B."""

ADDRESS = frozenset({"host", "port"})
"""Parameters with the address of the peer that a node connects to: they differ in each environment."""

OVER_HTTP = {"ws": "http", "wss": "https"}
OVER_WEBSOCKET = {"http": "ws", "https": "wss"}
SECURE = frozenset({"https", "wss"})


def parts(url: str) -> SplitResult:
    """The parts of a URL; for a server that its client starts, the command is in the place of the address."""
    if is_stdio(url):
        return SplitResult(STDIO, url.partition(":")[2], "", "", "")
    try:
        return urlsplit(url)
    except ValueError:  # the host is none: brackets around what is no address, odd letters
        found = _ANY_URL.fullmatch(url)
        assert found is not None, "it matches everything"
        return SplitResult(*found.groups(""))


def query(url: str) -> dict[str, str]:
    """The parameters of a URL; of a repeated name, the last."""
    if "?" not in url:
        return {}
    return {name: values[-1] for name, values in parse_qs(parts(url).query, keep_blank_values=True).items()}


def compared(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a URL that are compared: all but the address of the peer that a node connects to."""
    return {name: value for name, value in parameters.items() if name not in ADDRESS}


def path(url: str) -> str:
    """The path of a URL; `/` where it has none."""
    return parts(url).path or "/"


def target(path_: str, parameters: Mapping[str, str]) -> str:
    """The target of a request: a path with its parameters."""
    return f"{path_}?{urlencode(parameters)}" if parameters else path_


def request_target(url: str) -> str:
    """The target of a request to a URL, as written there."""
    found = parts(url)
    return f"{found.path or '/'}{f'?{found.query}' if found.query else ''}"


def joined(base: str, reference: str) -> str:
    """The URL that a reference at another URL means (RFC 3986, section 5)."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return base


def carrier(url: str) -> str:
    """The transport of a session with this URL: `ws`, `http` or `stdio`; empty if unknown."""
    scheme = parts(url).scheme
    return scheme.removesuffix("s") if scheme in SECURE else scheme


def is_http(url: str) -> bool:
    """Whether a session with this URL goes over HTTP."""
    return parts(url).scheme in OVER_WEBSOCKET


def is_stdio(url: str) -> bool:
    """Whether a session with this URL goes over the standard input and output of a server that its client starts."""
    return url.startswith(f"{STDIO}:")


def is_secure(url: str) -> bool:
    """Whether TLS is spoken with a node at this URL."""
    return parts(url).scheme in SECURE


def over_http(url: str) -> str:
    """The same node over HTTP."""
    scheme, colon, rest = url.partition(":")
    return f"{OVER_HTTP.get(scheme, scheme)}{colon}{rest}"


def over_websocket(url: str) -> str:
    """The same node over WebSockets."""
    scheme, colon, rest = url.partition(":")
    return f"{OVER_WEBSOCKET.get(scheme, scheme)}{colon}{rest}"


def as_reached(node: str, sessions: Iterable[str]) -> str:
    """A node's URL with the scheme of its sessions: the header is written before it is known whether they are WebSockets.

    Args:
        node: its URL.
        sessions: the URLs of all sessions, of this node and others.
    """
    over = {is_http(url) for url in sessions if url and parts(url).netloc == parts(node).netloc}
    if not over:
        return node
    return over_http(node) if all(over) else over_websocket(node)

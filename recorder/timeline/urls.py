"""URLs that a client sent or somebody wrote down, whatever stands in them.

Rule: the one place that takes a URL apart or puts one together; nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from recorder.settings import STDIO

_ANY_URL = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
"""RFC 3986, appendix B."""

ADDRESS = frozenset({"host", "port"})
"""Parameters that say where a node's peer listens: they differ everywhere."""

OVER_HTTP = {"ws": "http", "wss": "https"}
OVER_WEBSOCKET = {"http": "ws", "https": "wss"}
SECURE = frozenset({"https", "wss"})


def parts(url: str) -> SplitResult:
    """The parts of a URL; the command of a server that its client starts stands in the place of an address."""
    if is_stdio(url):
        return SplitResult(STDIO, url.partition(":")[2], "", "", "")
    try:
        return urlsplit(url)
    except ValueError:  # the host is none: brackets around what is no address, odd letters
        found = _ANY_URL.fullmatch(url)
        assert found is not None, "it matches everything"
        return SplitResult(*found.groups(""))


def query(url: str) -> dict[str, str]:
    """The parameters of a URL, the last of those of one name."""
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
    """What a request asks for: a path and its parameters."""
    return f"{path_}?{urlencode(parameters)}" if parameters else path_


def request_target(url: str) -> str:
    """What a request to a URL asks for, as it stands there."""
    found = parts(url)
    return f"{found.path or '/'}{f'?{found.query}' if found.query else ''}"


def carrier(url: str) -> str:
    """What a session with this URL goes over: `ws`, `http` or `stdio`; empty where that is not known."""
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
    """A node's URL as its sessions had it: a header is written before anybody knows whether they are WebSockets.

    Args:
        node: its URL.
        sessions: the URLs of all sessions; those with the node count.
    """
    over = {is_http(url) for url in sessions if url and parts(url).netloc == parts(node).netloc}
    if not over:
        return node
    return over_http(node) if all(over) else over_websocket(node)

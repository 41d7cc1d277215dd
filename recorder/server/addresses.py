"""Where a mock node listens: once for all nodes of its capture, or once for each of them.

Rule: it plays all nodes at each address, and knows a session by what its client asks for. So nodes have addresses of their
own only where no session of one could be taken for a session of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from recorder.bindings import Bindings
from recorder.errors import InputError
from recorder.replay.live_urls import suits
from recorder.settings import Address
from recorder.timeline import Script
from recorder.timeline.urls import carrier, is_http, parts, request_target
from recorder.wording import counted

ALL = ""
"""In the place of a node: all of them."""


def nodes_at(script: Script, addresses: int, *, anywhere: bool) -> list[str]:
    """The node, as `host:port`, for each of so many addresses, in the order of the capture's header.

    Args:
        script: what was recorded.
        addresses: how many there are.
        anywhere: whether a session may ask for any path.

    Raises:
        InputError: there are more or fewer nodes, or two that cannot be told apart.
    """
    if addresses == 1:
        return [ALL]
    known = (parts(url).netloc for url in [*script.upstreams, *script.urls.values()])
    nodes = list(dict.fromkeys(filter(None, known)))
    if len(nodes) != addresses:
        named = f": {', '.join(nodes)}" if nodes else ""
        each = ", or one for each of them, in this order" if len(nodes) > 1 else ""
        raise InputError(f"has {counted(len(nodes), 'node')}{named}; give one --listen{each}", file=script.file)
    for one, other in combinations(nodes, 2):
        for path in _shared(script, one, other, anywhere=anywhere):
            raise InputError(
                f"{one} and {other} cannot be told apart, as clients of both ask for {path}; give one --listen for all",
                file=script.file,
            )
    return nodes


def _shared(script: Script, one: str, other: str, *, anywhere: bool) -> Iterator[str]:
    """What clients of both nodes ask for, in so far as a session of one may be taken for a session of the other."""
    nothing = Bindings()
    for first, second in ((one, other), (other, one)):
        asked = {
            f"{carrier(url)}:{request_target(url)}": url for url in script.urls.values() if parts(url).netloc == first
        }
        there = [session for session, url in script.urls.items() if parts(url).netloc == second]
        for live, url in asked.items():
            if any(suits(script, session, live, nothing, anywhere=anywhere) for session in there):
                yield parts(url).path or "/"


def urls_at(script: Script, node: str, host: str, port: int) -> list[str]:
    """Where a node is played: `ws://…`, `http://…`, or both, by what the capture has of it; the port is the same."""
    kinds = {"http" if is_http(url) else "ws" for url in script.urls.values() if node in {ALL, parts(url).netloc}}
    return [f"{kind}://{Address(host, port)}" for kind in ("ws", "http") if kind in (kinds or {"ws"})]

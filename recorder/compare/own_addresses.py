"""Addresses that a node tells of itself: those of two nodes that are each other's are the same, wherever they listen.

Rule: pure. A node's address is that of its URL, and what its clients call it (`Host`); on one machine it has several names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from recorder.compare.differences import Scripts
from recorder.difference import Difference
from recorder.headers import header_value
from recorder.model import Opened
from recorder.timeline import Script, urls

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "0.0.0.0")  # noqa: S104 - nothing listens there
"""Names of a machine on itself, and where a node listens that takes connections from everywhere."""

PORTS = range(1024, 65536)
"""Numbers that are taken for a port; smaller ones may be counts."""


class OwnAddresses:
    """The addresses of the nodes of two runs.

    Args:
        scripts: of the recorded run, and of the live one.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def alike(self, item: Difference) -> bool:
        """Whether two values differ in nothing but in where their nodes are: texts with their addresses, or ports."""
        one, other = (own.without(value) for own, value in zip(self._own, (item.recorded, item.live), strict=True))
        return one is not None and one == other

    @cached_property
    def _own(self) -> list[_Own]:
        return [_Own(script) for script in self._scripts]


class _Own:
    def __init__(self, script: Script) -> None:
        self._nodes: dict[str, int] = {}  # the number of each node, by its names
        for number, names in enumerate(_nodes(script)):
            for name in names:
                self._nodes.setdefault(name, number)
        known = "|".join(map(re.escape, sorted(self._nodes, key=len, reverse=True)))
        self._named = re.compile(rf"(?<![\w.-])(?:{known})(?!\w|[.:-]\w)") if known else None

    def without(self, value: Any) -> Any:
        """A text with a mark for each address in it, or which node's a port is; None where there is none."""
        if type(value) is int:
            return self._ports.get(value)
        if not isinstance(value, str) or self._named is None:
            return None
        text, count = self._named.subn(lambda found: f"\0{self._nodes[found[0]]}\0", value)
        return text if count else None

    @cached_property
    def _ports(self) -> dict[int, int]:
        ports = ((name.rpartition(":")[2], number) for name, number in self._nodes.items())
        return {int(port): number for port, number in ports if port.isdecimal() and int(port) in PORTS}


def _nodes(script: Script) -> Iterator[set[str]]:
    """The names of each node: those of the header first."""
    found: dict[str, set[str]] = {}
    for url in script.upstreams:
        found.setdefault(urls.parts(url).netloc, set())
    for step in script.steps:
        if isinstance(step.event, Opened) and not urls.is_stdio(step.event.url):
            names = found.setdefault(urls.parts(step.event.url).netloc, set())
            names.add(header_value(step.event.headers, "host"))
    for netloc, names in found.items():
        yield {each for name in (netloc, *names) if name for each in _names(name)}


def _names(netloc: str) -> Iterator[str]:
    address = netloc.rpartition("@")[2]
    host, colon, port = address.rpartition(":")
    yield address
    if colon and host in LOOPBACK:
        yield from (f"{other}:{port}" for other in LOOPBACK)

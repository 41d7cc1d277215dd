"""What a user may set, parsed and checked once.

Rule: values only, checked in the constructor; a wrong value is an InputError that says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import combinations
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from recorder.errors import InputError

DEFAULT_LISTEN = "127.0.0.1:4014"
DEFAULT_PAGE_PORT = 4080
SCHEMES = {"ws": "http", "wss": "https", "http": "http", "https": "https"}
STDIO = "stdio"
"""The scheme of a server that its client starts; its command follows."""

LOCALHOST = "localhost"
LOOPBACKS = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
"""What `localhost` stands for."""

YEARS = range(1970, 2262)
"""Of times that fit into 63 bits of nanoseconds."""

PORTS = {"http": 80, "https": 443}
MAX_PORT = 65535
_ADDRESS = r"(?:(?:\[(?P<ip6>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]|(?P<host>[A-Za-z0-9._-]*)):)?(?P<port>[0-9]{1,5})"
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, section 5.1
_HEADER_VALUE = r"[\t\x20-\x7e]*"
_DURATION = r"(\d+(?:\.\d+)?)(ms|s|min|h|d)"
_MOMENT = r"(\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d)?)?)(?:[.,](\d+))?([Zz]|[-+]\d\d:?\d\d)?"
"""Compiled where they are used: most commands read none."""

_UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
"""Of durations, in seconds."""

Way = Literal["relay", "hooks"]
Sync = Literal["timer", "frame", "never"]
OnWriteError = Literal["close", "continue"]


def ip_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, however it is written; None for a name."""
    try:
        found = ip_address(host)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on this address."""
    found = ip_of(host)
    return host == LOCALHOST or (found is not None and found.is_loopback)


def is_everywhere(host: str) -> bool:
    """Whether a server that listens on this address does so on all addresses of this machine."""
    found = ip_of(host)
    return not host or (found is not None and found.is_unspecified)


@dataclass(frozen=True)
class Address:
    """A host and a port; port 0 is any free one."""

    host: str
    port: int

    def __post_init__(self) -> None:
        if not 0 <= self.port <= MAX_PORT:
            raise InputError(f"{self.port} is not a port to listen on; write one from 1 to {MAX_PORT}")

    @classmethod
    def parse(cls, text: str) -> Address:
        """`HOST:PORT`, `[IPv6]:PORT`, or `PORT` alone for this machine's loopback."""
        found = re.fullmatch(_ADDRESS, text)
        if found is None or int(found["port"]) > MAX_PORT:
            raise InputError(f"{text!r} is not an address to listen on; write HOST:PORT, as in {DEFAULT_LISTEN}")
        return cls(found["ip6"] or found["host"] or "127.0.0.1", int(found["port"]))

    @property
    def reached(self) -> Address:
        """Where programs on this machine reach what listens on it."""
        if not is_everywhere(self.host):
            return self
        return Address("::1" if ":" in self.host else "127.0.0.1", self.port)

    def meets(self, other: Address) -> bool:
        """Whether both lead programs on this machine to the same place, however they are written."""
        return self.port == other.port and not _hosts(self.reached.host).isdisjoint(_hosts(other.reached.host))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Upstream:
    """A node to record, and where its parties connect instead; its path is put before the paths they request."""

    url: str
    listen: Address

    def __post_init__(self) -> None:
        split_path(self.url)

    @property
    def loops(self) -> bool:
        """Whether the node's address is the one that parties connect to."""
        return self._node.meets(self.listen)

    @property
    def _node(self) -> Address:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        return Address(parts.hostname, port_of(parts))

    def path_for(self, asked: str) -> str:
        """The path and parameters to request from the node for those of a party, which may include the node's path."""
        own = urlsplit(self.url).path.rstrip("/")
        path, mark, parameters = asked.partition("?")
        if path == own or path.startswith(f"{own}/"):
            return asked
        return f"{own}{'' if path == '/' else path}{mark}{parameters}"

    @property
    def mode(self) -> str:
        """The mode specification that mitmproxy takes; it wants the address to listen on without brackets."""
        scheme = SCHEMES[urlsplit(self.url).scheme]
        return f"reverse:{scheme}://{self._node}@{self.listen.host}:{self.listen.port}"


def port_of(url: SplitResult) -> int:
    """The port that a URL names, or that of its scheme."""
    return url.port or PORTS[SCHEMES[url.scheme]]


def _hosts(host: str) -> frozenset[IPv4Address | IPv6Address | str]:
    """What a host stands for."""
    if host.lower() == LOCALHOST:
        return frozenset(LOOPBACKS)
    return frozenset({ip_of(host) or host.lower()})


def parse_upstreams(urls: list[str], listens: list[str]) -> list[Upstream]:
    """Pair each node's URL with the address to listen on, in the order given; missing ones count up from 4014."""
    if len(listens) > len(urls):
        raise InputError(f"{len(listens)} --listen for {len(urls)} node URLs; give one for each, in the same order")
    addresses = [Address.parse(text) for text in listens]
    last = addresses[-1] if addresses else Address.parse("127.0.0.1:4013")
    further = range(1, len(urls) - len(addresses) + 1)
    addresses += [Address(last.host, last.port + extra if last.port else 0) for extra in further]
    if twice := [one for one, other in combinations(addresses, 2) if one.port and one.meets(other)]:
        raise InputError(f"{twice[0]} is the --listen of two nodes; give each its own")
    upstreams = [Upstream(url, address) for url, address in zip(urls, addresses, strict=True)]
    if again := [upstream.url for upstream in upstreams if upstreams.count(upstream) > 1]:
        raise InputError(f"{again[0]} is given twice; give each node once, for any number of parties")
    if loops := [one.url for one in upstreams if one.loops]:
        raise InputError(
            f"{loops[0]} is the address that the recorder listens on; give the node's URL, or another --listen"
        )
    return upstreams


def parse_meta(items: Iterable[str], option: str = "--meta") -> dict[str, str]:
    """The pairs for a capture's header, each given as `key=value`."""
    pairs = [item.partition("=") for item in items]
    for key, equals, value in pairs:
        if not key or not equals:
            raise InputError(f"{option} {key + equals + value!r}: write it as key=value")
    return {key: value for key, _equals, value in pairs}


def parse_headers(items: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Headers to send, each given as `NAME=VALUE`; a repeated name is sent repeatedly."""
    pairs = [item.partition("=") for item in items]
    for name, equals, value in pairs:
        if not equals or not re.fullmatch(_HEADER_NAME, name) or not re.fullmatch(_HEADER_VALUE, value):
            raise InputError(f"--header {name!r}: write it as NAME=VALUE, as in 'Authorization=Bearer …'")
    return tuple((name, value) for name, _equals, value in pairs)


def parse_secrets(items: Iterable[str]) -> dict[str, str]:
    """What marks in a capture stand for, each given as `NAME=VALUE`: for «password 1» its name is `password 1`."""
    pairs = [item.partition("=") for item in items]
    for name, equals, _value in pairs:
        if not equals or not re.fullmatch(r"[^«»]+ [0-9]+", name):
            raise InputError(f"--secret {name!r}: write it as 'NAME=VALUE', as in 'password 1=…' for «password 1»")
    return {f"«{name}»": value for name, _equals, value in pairs}


def parse_duration(text: str) -> float | None:
    """Seconds, from `500ms`, `2s`, `10min`, `3h` or `7d`; None for any other text."""
    found = re.fullmatch(_DURATION, text)
    return float(found[1]) * _UNITS[found[2]] if found else None


def parse_moment(text: str) -> int | None:
    """Nanoseconds since 1970, from a date with or without a time (ISO 8601; UTC unless it has a zone); None for any other text."""
    from recorder.model import SECOND  # noqa: PLC0415 - most commands read no time, and some start without a model

    found = re.fullmatch(_MOMENT, text)
    try:
        whole = None if found is None else datetime.fromisoformat(found[1] + (found[3] or "").upper())
    except ValueError:
        return None
    if found is None or whole is None or whole.year not in YEARS:
        return None
    since = (whole if whole.tzinfo else whole.replace(tzinfo=UTC)).timestamp()
    return int(since) * SECOND + int((found[2] or "")[:9].ljust(9, "0"))


def check_plain(capture: Path) -> None:
    """Refuse to write a capture under the name of a compressed file."""
    if capture.suffix == ".zst":
        raise InputError(
            "captures are written uncompressed; name it .jsonl, and compress it afterwards", file=str(capture)
        )


def parse_speed(text: str) -> float:
    """How fast to play: `instant` is 0, `recorded` 1, and 2 is twice as fast as recorded."""
    named = {"instant": 0.0, "recorded": 1.0}
    with suppress(ValueError):
        speed = named[text] if text in named else float(text)
        if 0 <= speed < float("inf") and (speed or text in named):
            return speed
    raise InputError(f"--speed {text!r}: write instant, recorded, or how many times as fast as recorded, as in 10")


def split_path(url: str) -> tuple[str, str]:
    """The URL of a node that parties are played against, without its path, and the path.

    The path is empty if each party sends its own; else it replaces the recorded one, for nodes with another path at
    each start.
    """
    parts = _parts(url)
    if parts.query or parts.fragment:
        raise InputError(f"{url!r}: leave out the query; each party sends its own")
    return f"{parts.scheme}://{parts.netloc}", "" if parts.path == "/" else parts.path


def parse_api(url: str, option: str) -> str:
    """The URL of an HTTP API, which may have a path."""
    if url.startswith(("http://", "https://")):
        with suppress(InputError):
            parts = _parts(url)
            if not (parts.query or parts.fragment):
                return url
    raise InputError(f"{option} {url!r}: write it as http://HOST:PORT, or https://HOST/PATH")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable:
        raise InputError(f"{url!r} is not a node's URL; write it as ws://127.0.0.1:3014 (ws, wss, http or https)")
    return parts


@dataclass(frozen=True, kw_only=True)
class RecordSettings:
    """All settings of `recorder record`."""

    capture: Path
    upstreams: list[Upstream]
    profile: str = "auto"
    overwrite: bool = False
    path: Way = "relay"
    sync: Sync = "timer"
    on_write_error: OnWriteError = "close"
    ca: Path | None = None
    insecure: bool = False
    cert: Path | None = None
    mask: tuple[str, ...] = ()
    mask_none: bool = False
    meta: dict[str, str] = field(default_factory=dict)
    quiet: bool = False
    keep_host: bool = False

    def __post_init__(self) -> None:
        check_plain(self.capture)


@dataclass(frozen=True, kw_only=True)
class ViewSettings:
    """How a capture is shown as a page.

    Args:
        captures: one, or two to compare; `-` is standard input.
        listen: where the page is.
        anywhere: whether any port will do where that one is taken.
        token: that whoever opens it must have; needed where other machines reach it.
        follow: whether the capture may still be written.
        marks: where its recorder listens, which puts scenarios and notes into it; None where none does.
    """

    captures: tuple[str, ...]
    listen: Address
    anywhere: bool = False
    token: str = ""
    follow: bool = False
    marks: Address | None = None

"""Where a stream is: the URL of its servers, and its name.

Rule: a value. The login that it may hold is never shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from recorder.errors import InputError

EXAMPLE = "nats://127.0.0.1:4222/TRAFFIC"
SCHEMES = ("nats://", "tls://")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
"""Of a stream: its name is also the first token of its subjects."""


@dataclass(frozen=True)
class StreamAddress:
    """A stream of a NATS server or cluster.

    Args:
        servers: their URLs, which may have a user and a password, or a token.
        stream: the name of the stream.
    """

    servers: tuple[str, ...]
    stream: str

    @classmethod
    def parse(cls, text: str) -> StreamAddress:
        """`nats://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]/STREAM`, or `tls://…`.

        Raises:
            InputError: it is something else.
        """
        scheme, mark, rest = text.partition("://")
        hosts, slash, stream = rest.rpartition("/")
        servers = tuple(f"{scheme}://{host}" for host in hosts.split(","))
        if not is_stream(text) or not mark or not slash or not _NAME.fullmatch(stream):
            raise InputError(f"{_shown(text)!r} is not a stream; write it as {EXAMPLE}")
        if not all(_usable(server) for server in servers):
            raise InputError(f"{_shown(text)!r} names no server; write it as {EXAMPLE}")
        return cls(servers, stream)

    def __str__(self) -> str:
        scheme = self.servers[0].partition("://")[0]
        return f"{scheme}://{','.join(urlsplit(server).netloc.rpartition('@')[2] for server in self.servers)}/{self.stream}"


def is_stream(text: str) -> bool:
    """Whether a text is meant as the address of a stream, and not as the name of a file."""
    return text.startswith(SCHEMES)


def _usable(server: str) -> bool:
    try:
        parts = urlsplit(server)
        return bool(parts.hostname) and parts.port != 0 and not (parts.query or parts.fragment or parts.path)
    except ValueError:
        return False


def _shown(text: str) -> str:
    return re.sub(r"//[^/]*@", "//", re.sub(r",[^/,]*@", ",", text))

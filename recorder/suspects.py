"""What looks like a secret and stands in a capture nevertheless: counted and named, for whoever is to commit it.

Rule: looks alone are no reason to change what was said, so this changes nothing and is asked when the traffic is over;
bytes are searched first, and only lines in which something is found are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any, BinaryIO

from recorder import capture
from recorder.difference import Path, text_of
from recorder.jsonrpc import value_of
from recorder.model import AnyEvent, Frame, Opened, marked
from recorder.profiles import AUTO, own_names
from recorder.secret_names import words_of
from recorder.timeline import urls
from recorder.timeline.handed_out import LONGEST, opaque, scalars

_HINTS = (b"oken", b"ecret", b"assw", b"ssphr", b"redential", b"uthoriz", b'"auth"', b'ey":', b'"event":"opened"')
"""Bytes of which one stands in each line that there is something to be found in."""

_NAMED = re.compile(
    r"(?:.*_)?(?:api_?key|(?:access|private|secret|auth)_?key|token|secret|credentials?|passw(?:or)?d"
    r"|passphrase|auth|authorization|mnemonic)"
)
_PLACE_TOKENS = re.compile(r".*(?:page|continuation|progress|done|result|sync|cancellation)_token")
"""Tokens that say how far somebody has come, and open nothing."""

_NUMBER = re.compile(r"0x[0-9a-fA-F]*")
_SAID = re.compile(r"(?i)(bearer |basic |token:|password:|secret:|api[-_]?key:)\S{4,}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")

SHORTEST = 4
"""Characters of a secret."""

LEAST_KEY = 16
"""Characters of a key in a URL's path."""

BLOCK = 1 << 18
"""Bytes that are passed over at once."""

SHOWN = 3
"""Places, and options, in the line."""


class Suspects:
    """What looks like a secret in a capture.

    Args:
        profile: the name of the profile, or `auto`: what is its own is none.
    """

    def __init__(self, profile: str = AUTO) -> None:
        self._own = own_names(profile)
        self._values: set[str] = set()
        self._places: dict[tuple[str, str], None] = {}  # path and method, in order
        self._options: dict[str, None] = {}

    def read(self, file: BinaryIO) -> None:
        """Look at a capture.

        Raises:
            InputError: it is none.
        """
        for event in capture.load(_telling(file))[1]:
            self.see(event)

    def see(self, event: AnyEvent) -> None:
        """Look at an event."""
        if isinstance(event, Opened):
            self._address(event.url)
        elif isinstance(event, Frame):
            value = value_of(event.payload)
            for message in value if isinstance(value, list) else [value]:
                if isinstance(message, dict):
                    self._message(message)

    def _message(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        for path, value in scalars(message):
            if isinstance(value, str) and SHORTEST <= len(value) <= LONGEST and not marked(value):
                self._text(str(method) if isinstance(method, str) else "", path, value)

    def _text(self, method: str, path: Path, value: str) -> None:
        named = path[-1]
        if (said := _SAID.fullmatch(value)) is not None:
            self._add(value, _place(path, method), f"'{said[1]}*'")
        elif isinstance(named, str) and named.lower() not in self._own and not _NUMBER.fullmatch(value):
            words = "_".join(words_of(named))
            if _NAMED.fullmatch(words) and not _PLACE_TOKENS.fullmatch(words):
                self._add(value, _place(path, method), named)

    def _address(self, url: str) -> None:
        path = urls.path(url)
        for segment in path.split("/"):
            if len(segment) >= LEAST_KEY and opaque(segment) and not _UUID.fullmatch(segment) and not marked(segment):
                before = path.partition(segment)[0]
                self._add(segment, ("the URL's path", ""), f"'/{re.escape(before)}([^/?]+)/'")

    def _add(self, value: str, place: tuple[str, str], option: str) -> None:
        self._values.add(value)
        self._places.setdefault(place)
        self._options.setdefault(option)

    def lines(self) -> list[str]:
        """What was found, in words; none where nothing was."""
        if not self._values:
            return []
        count, one = len(self._values), len(self._values) == 1
        options = [f"--mask {option}" for option in self._options][:SHOWN]
        found = f"{count} value{'' if one else 's'} look{'s' if one else ''} like {'a secret' if one else 'secrets'}"
        return [f"{found}: {_some(self._where())}; {' '.join(options)} masks {'it' if one else 'them'}"]

    def _where(self) -> list[str]:
        """Each place once: where methods share all but their last name, for all of them."""
        found: dict[str, list[str]] = {}
        for place, method in self._places:
            found.setdefault(place, []).append(method)
        return [f"{place}{_of(methods)}" for place, methods in found.items()]


def looks_secret(file: File, profile: str) -> list[str]:
    """What in a capture that was just written looks like a secret, in words; a device keeps none."""
    return suspects(file, profile).lines() if file.is_file() and file.stat().st_size else []


def _telling(file: BinaryIO) -> Iterator[bytes]:
    """The first line, and those in which there is something to be found: many are passed over at once."""
    yield file.readline()
    while block := file.read(BLOCK) + file.readline():
        if _hinted(block):
            yield from filter(_hinted, block.splitlines(keepends=True))


def _hinted(text: bytes) -> bool:
    return any(text.find(hint) >= 0 for hint in _HINTS)


def suspects(file: File, profile: str) -> Suspects:
    """What looks like a secret in a capture on disk.

    Raises:
        InputError: it is no capture.
        OSError: it cannot be read.
    """
    found = Suspects(profile)
    with file.open("rb") as opened:
        found.read(opened)
    return found


def _place(path: Path, method: str) -> tuple[str, str]:
    return text_of(path), method


def _of(methods: list[str]) -> str:
    """The methods that a place is of."""
    named = [method for method in methods if method]
    if not named:
        return ""
    families = {method.rpartition(".")[0] for method in named}
    if len(named) > 1 and len(families) == 1 and families != {""}:
        named = [f"{family}.*" for family in families]
    return f" of {_some(named)}"


def _some(items: list[str]) -> str:
    return ", ".join([*items[:SHOWN], *(["…"] if len(items) > SHOWN else [])])

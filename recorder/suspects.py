"""Counts and names what looks like a secret in a capture, for the person who will commit it.

Rule: nothing is masked by its form alone, so this changes nothing, and runs after the recording. Bytes are searched
first; only lines with a match are parsed.
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
"""Every line with a finding contains one of these."""

_NAMED = re.compile(
    r"(?:.*_)?(?:api_?key|(?:access|private|secret|auth)_?key|token|secret|credentials?|passw(?:or)?d"
    r"|passphrase|auth|authorization|mnemonic)"
)
_PLACE_TOKENS = re.compile(r".*(?:page|continuation|progress|done|result|sync|cancellation)_token")
"""Tokens that mark progress and give no access."""

_NUMBER = re.compile(r"0x[0-9a-fA-F]*")
_SAID = re.compile(r"(?i)(bearer |basic |token:|password:|secret:|api[-_]?key:)\S{4,}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")

SHORTEST = 4
"""Characters of a secret."""

LEAST_KEY = 16
"""Characters of a key in a URL's path."""

BLOCK = 1 << 18
"""Bytes that are skipped at once."""

SHOWN = 3
"""Most places, and options, on the line."""


class Suspects:
    """What looks like a secret in a capture.

    Args:
        profile: the name of the profile, or `auto`: names of its own are no secrets.
    """

    def __init__(self, profile: str = AUTO) -> None:
        self._own = own_names(profile)
        self._values: set[str] = set()
        self._places: dict[tuple[str, str], None] = {}  # path and method, in order
        self._options: dict[str, None] = {}

    def read(self, file: BinaryIO) -> None:
        """Look at a capture.

        Raises:
            InputError: it is not a capture.
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
        elif isinstance(named, str) and not self._is_own(method, named) and not _NUMBER.fullmatch(value):
            words = "_".join(words_of(named))
            if _NAMED.fullmatch(words) and not _PLACE_TOKENS.fullmatch(words):
                self._add(value, _place(path, method), named)

    def _is_own(self, method: str, name: str) -> bool:
        """Whether a protocol has a member with such a name, and no secret in it."""
        return not self._own.isdisjoint((name.lower(), f"{method} {name}".lower()))

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
        """The findings in words; no lines if there are none."""
        if not self._values:
            return []
        count, one = len(self._values), len(self._values) == 1
        options = [f"--mask {option}" for option in self._options][:SHOWN]
        found = f"{count} value{'' if one else 's'} look{'s' if one else ''} like {'a secret' if one else 'secrets'}"
        return [f"{found}: {_some(self._where())}; {' '.join(options)} masks {'it' if one else 'them'}"]

    def _where(self) -> list[str]:
        """Each place once; methods that differ only in their last name are joined."""
        found: dict[str, list[str]] = {}
        for place, method in self._places:
            found.setdefault(place, []).append(method)
        return [f"{place}{_of(methods)}" for place, methods in found.items()]


def looks_secret(file: File, profile: str) -> list[str]:
    """What looks like a secret in a capture that was just written, in words; nothing for a device."""
    return suspects(file, profile).lines() if file.is_file() and file.stat().st_size else []


def _telling(file: BinaryIO) -> Iterator[bytes]:
    """The first line, and those that may have a finding; many are skipped at once."""
    yield file.readline()
    while block := file.read(BLOCK) + file.readline():
        if _hinted(block):
            yield from filter(_hinted, block.splitlines(keepends=True))


def _hinted(text: bytes) -> bool:
    return any(text.find(hint) >= 0 for hint in _HINTS)


def suspects(file: File, profile: str) -> Suspects:
    """What looks like a secret in a capture on disk.

    Raises:
        InputError: it is not a capture.
        OSError: it cannot be read.
    """
    found = Suspects(profile)
    with file.open("rb") as opened:
        found.read(opened)
    return found


def _place(path: Path, method: str) -> tuple[str, str]:
    return text_of(path), method


def _of(methods: list[str]) -> str:
    """The methods of a place."""
    named = [method for method in methods if method]
    if not named:
        return ""
    families = {method.rpartition(".")[0] for method in named}
    if len(named) > 1 and len(families) == 1 and families != {""}:
        named = [f"{family}.*" for family in families]
    return f" of {_some(named)}"


def _some(items: list[str]) -> str:
    return ", ".join([*items[:SHOWN], *(["…"] if len(items) > SHOWN else [])])

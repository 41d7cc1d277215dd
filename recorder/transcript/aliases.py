"""Aliases in a transcript, for values that differ in each run: `«initiator»`, `«channel_id»`.

Rule: pure, and one to one: a transcript with its legend gives the values back. A `«` in the traffic is doubled; the mark
of a secret (`«token 1»`) stays as it is, because no alias has a space in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from recorder.bindings.bound import bound
from recorder.errors import InputError
from recorder.model import MARK
from recorder.profiles import Profile
from recorder.timeline import Script
from recorder.timeline.handed_out import opaque, scalars
from recorder.transcript.provenance import BEGINNING

LONGEST = 128
"""Characters of a value that gets a name: longer ones are documents, and transactions."""

HEADING = "#### aliases"

OPEN, CLOSE = "«", "»"
_TOKEN = r"[A-Za-z0-9_-]+"  # noqa: S105 - no password
_ESCAPED = r"\\u[0-9a-fA-F]{4}|\\."
"""A sign that JSON, or a line of ours, writes in letters, which are no part of what stands behind it."""

_DISTINCT = re.compile(r"(?=.*[^A-Za-z._-])[!#-\[\]-~]{8,}")
"""A text that is no word, and has nothing that JSON or a line of the legend would write otherwise."""

_UNFIT = re.compile(r"[^\w.-]+")
_WRITTEN = re.compile(f"{OPEN}{OPEN}|{OPEN}[\\w.-]+{CLOSE}")
_ENTRY = re.compile(f"- ({_WRITTEN.pattern}): (.+)")
_FENCE = re.compile(r"(`{3,})")
_UNNAMED = "value"


class Aliases:
    """The names of values.

    Args:
        values: each with the name that is wanted for it, in the order in which names are given: the second value that
            wants a name gets it with a 2 behind it.
    """

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, str] = {}
        for value, wanted in values:
            if value not in self._names:
                self._give(value, _UNFIT.sub("_", wanted).strip("_") or _UNNAMED)
        odd = sorted((value for value in self._names if not re.fullmatch(_TOKEN, value)), key=len, reverse=True)
        self._pattern = re.compile("|".join([MARK.pattern, OPEN, _ESCAPED, *map(_whole, odd), _TOKEN]))

    def _give(self, value: str, wanted: str) -> None:
        number, name = 1, wanted
        while name in self._values:
            number += 1
            name = f"{wanted}-{number}"
        self._names[value], self._values[name] = name, value

    def put(self, text: str) -> str:
        """A text with names in the place of values."""
        return self._pattern.sub(self._put, text)

    def _put(self, found: re.Match[str]) -> str:
        if found[0] == OPEN:
            return OPEN * 2
        name = self._names.get(found[0])
        return found[0] if name is None else f"{OPEN}{name}{CLOSE}"

    def used(self, pieces: Iterable[str], used: dict[str, str]) -> Iterator[str]:
        """The pieces of a transcript; `used` learns the names in them, each with its value, in order."""
        for piece in pieces:
            for written in _WRITTEN.findall(piece) if OPEN in piece else ():
                value = OPEN if written == OPEN * 2 else self._values.get(written[1:-1])
                if value is not None:
                    used[written] = value
            yield piece


def _whole(value: str) -> str:
    """The pattern of a value that is no single token: nothing goes on behind it."""
    return re.escape(value) + (r"(?![A-Za-z0-9_-])" if re.fullmatch(_TOKEN, value[-1:]) else "")


def aliases_of(script: Script, keys: Mapping[str, str] | None = None) -> Aliases:
    """The names of a capture's accounts, and of the texts that a comparison binds: whose it is, or what it is called.

    Args:
        script: the capture.
        keys: accounts by name, besides those that it tells.
    """
    return Aliases(_wanted(script, keys or {}))


def _wanted(script: Script, keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in keys.items():
        yield value, name
    for value, account in script.accounts.items():
        if account.party:
            yield value, account.party
    named = _named(script)
    called: dict[str, str] = {}
    for seen in script.seen():
        for path, value in scalars(seen.value, seen.path) if named else ():
            if value in named and not called.get(value):
                called[value] = path[-1] if path and isinstance(path[-1], str) else ""
    for value, account in script.accounts.items():
        if not account.party:
            yield value, called.get(value, "")
    yield from called.items()


def _named(script: Script) -> set[str]:
    """The texts that get a name: what is bound, and looks like nothing else that is said."""
    texts, compared = bound(script)
    handed = {value for value in script.handed.texts if isinstance(value, str)}
    distinct = {one for one in texts | handed if opaque(one) or (_DISTINCT.fullmatch(one) and one not in compared)}
    found = {one for one in distinct if len(one) <= LONGEST}
    return found - _saying(script.protocols, found)


def _saying(protocols: Iterable[Profile], values: Iterable[str]) -> set[str]:
    """Those of the values that are encoded texts with something in them to read: a name would hide it."""
    found: set[str] = set()
    for profile in protocols:
        encoded, decoder = profile.encoded, profile.decoder({}, ())
        if encoded is not None and decoder is not None:
            texts = (value for value in values if encoded.fullmatch(value.encode()))
            found.update(text for text in texts if decoder.item(text).carries)
    return found


def legend(used: dict[str, str], suffix: str = ".md") -> str:
    """The end of a transcript that says what its names stand for; empty where there are none.

    Args:
        used: names with their values.
        suffix: of its file.
    """
    if used and suffix == ".html":
        rows = "".join(
            f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>\n" for name, value in used.items()
        )
        return f'<section class="aliases" id="aliases">\n<h2>Aliases</h2>\n<dl>\n{rows}</dl>\n</section>\n'
    return "".join([f"\n{HEADING}\n", *(f"- {name}: {value}\n" for name, value in used.items())]) if used else ""


class Unaliased:
    """The lines of a transcript without its legend and its provenance, with values in the place of names.

    Args:
        lines: the document's, which can be gone through again.
        file: its name, for errors.

    Raises:
        InputError: a line of its legend is none.
    """

    def __init__(self, lines: Iterable[str], file: str) -> None:
        self._lines, self._end, self._values = lines, 0, dict[str, str]()
        for number, line in _outside(lines):
            if line.rstrip() == HEADING or line.startswith(BEGINNING):
                self._end = self._end or number
            elif self._end and line.strip():
                if (entry := _ENTRY.fullmatch(line.rstrip())) is None:
                    raise InputError("is no line of a legend, `- «name»: value`", file=file, line=number)
                self._values[entry[1]] = entry[2]

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(self._lines, 1):
            if number == self._end:
                return
            yield _WRITTEN.sub(lambda found: self._values.get(found[0], found[0]), line) if self._end else line


def _outside(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines that are in no block of code, with their numbers."""
    closing = ""
    for number, line in enumerate(lines, 1):
        if closing:
            closing = "" if line.rstrip() == closing else closing
        elif fence := _FENCE.match(line):
            closing = fence[1]
        else:
            yield number, line

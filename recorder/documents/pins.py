"""Pins: comments that say which recorded frame a block shows, and what of it.

Rule: pure; a pin is its text and back. Captures and excerpts of frames come from a `Source`, for documents know neither
files nor templates.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from recorder.documents.recordings import Recorded
from recorder.errors import InputError

KEYS = ("scenario", "party", "method", "line", "nth", "from", "to", "as", "show", "drop", "elide")
"""What a pin may say, in the order in which it is written."""

FORMS = ("transcript", "timestamped", "annotated", "summary", "sequence", "table")
"""The templates that a pin may ask for."""

_NUMBERS = frozenset({"line", "nth", "from", "to", "elide"})
_SEVERAL = frozenset({"show", "drop"})
_FIELDS = {"from": "first", "to": "last", "as": "form"}  # words of Python's own


@dataclass(frozen=True)
class Pin:
    """Which frame a block shows, and what of it.

    Args:
        capture: its path, from the document's folder.
        scenario: that the frame belongs to; empty for any.
        party: whose session it is of; empty for any.
        method: pattern of the method that it calls or pushes, or of what it is called (`result of sum`); empty for any.
        line: of the capture; 0 for any.
        nth: which of those that fit, from 1.
        first: of a stretch, its first line in the capture; 0 for the first of all.
        last: of a stretch, its last line; 0 for the last of all.
        form: the template that a stretch is shown by; empty where one message is shown in a block.
        show: paths of which alone something is shown; none for all.
        drop: paths that are left out.
        elide: characters that are left of long texts that nobody reads; 0 for all.
    """

    capture: str
    scenario: str = ""
    party: str = ""
    method: str = ""
    line: int = 0
    nth: int = 1
    first: int = 0
    last: int = 0
    form: str = ""
    show: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    elide: int = 0

    @classmethod
    def parse(cls, text: str) -> Pin:
        """A pin, as it stands in a comment.

        Raises:
            InputError: it says something that is not known.
        """
        try:
            capture, *words = shlex.split(text)
        except ValueError as error:
            raise InputError(
                f"the pin cannot be read: {error}; begin it with a capture, put quotes in pairs"
            ) from error
        found: dict[str, list[str]] = {}
        for word in words:
            key, equals, value = word.partition("=")
            if not equals or key not in KEYS:
                raise InputError(f"the pin has {word!r}; it may have {', '.join(f'{one}=' for one in KEYS)}")
            if found.get(key) and key not in _SEVERAL:
                raise InputError(f"the pin has {key}= twice; give it once")
            if key in _NUMBERS and not (value.isascii() and value.isdigit() and int(value[:9])):
                raise InputError(f"the pin has {word!r}; give a number from 1")
            found.setdefault(key, []).append(value)
        numbers = {key: int(value[0][:9]) for key, value in found.items() if key in _NUMBERS}
        paths = {key: tuple(value) for key, value in found.items() if key in _SEVERAL}
        texts = {key: value[0] for key, value in found.items() if key not in _NUMBERS | _SEVERAL}
        given = {_FIELDS.get(key, key): value for key, value in (numbers | paths | texts).items()}
        pin = cls(capture, **given)  # type: ignore[arg-type]  # by the key
        if pin.form not in {"", *FORMS}:
            raise InputError(f"the pin has as={pin.form}; it may be {', '.join(FORMS)}")
        if (pin.first or pin.last) and not pin.form:
            raise InputError("the pin has from= or to=, a stretch of frames; say with as= how they are shown")
        return pin

    def __str__(self) -> str:
        words = [shlex.quote(self.capture)]
        for key in KEYS:
            value = getattr(self, _FIELDS.get(key, key))
            values = value if isinstance(value, tuple) else (value,) if value and (key, value) != ("nth", 1) else ()
            words += [f"{key}={shlex.quote(str(one))}" for one in values]
        return " ".join(words)

    def fits(self, message: Recorded) -> bool:
        """Whether it may be that message."""
        return (
            self.line in {0, message.at.line}
            and self.scenario in {"", message.scenario}
            and self.party in {"", message.at.party}
            and (not self.method or any(fnmatchcase(name, self.method) for name in message.names))
        )


class Source(Protocol):
    """Where pins lead to, from the folder of one document."""

    def messages(self, capture: str) -> Sequence[Recorded]:
        """The messages of a capture, in their order.

        Raises:
            InputError: it cannot be read.
        """

    def excerpt(self, pin: Pin, message: Recorded) -> bytes:
        """What a pin shows of a message, as JSON.

        Raises:
            InputError: a path leads nowhere, or is none.
        """

    def rendered(self, pin: Pin) -> str:
        """What a pin shows of a stretch, by its template.

        Raises:
            InputError: nothing is there, or as of `excerpt`.
        """


def pinned(pin: Pin, source: Source) -> Recorded:
    """The message that a pin is about.

    Raises:
        InputError: there is none.
    """
    found = [message for message in source.messages(pin.capture) if pin.fits(message)]
    if len(found) < pin.nth:
        count = f"only {len(found)}" if found else "none"
        raise InputError(f"{pin.capture} has {count} of what the pin asks for ({pin}); ask for another, or pin it anew")
    return found[pin.nth - 1]

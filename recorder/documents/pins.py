"""Pins: comments that say which recorded frame a block shows, and what of it.

Rule: pure; a pin is its text and back. Captures and excerpts of frames come from a `Source`, for documents know neither
files nor templates.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol, TypeVar

from recorder.documents.recordings import Entry, Opening, Recorded
from recorder.errors import InputError
from recorder.rules import globbed

KEYS = ("scenario", "party", "method", "line", "nth", "from", "to", "as", "show", "drop", "elide")
"""The keys of a pin, in the order in which they are written."""

FORMS = ("transcript", "timestamped", "annotated", "summary", "sequence", "table")
"""The templates that a pin may ask for."""

ENDS = ("--", "*/", "/*", "\n", "\r")
"""What may end a comment: a pin that has it is not written."""

T = TypeVar("T", bound=Entry)

_NUMBERS = frozenset({"line", "nth", "from", "to", "elide"})
_SEVERAL = frozenset({"method", "line", "show", "drop"})
_FIELDS = {"method": "methods", "line": "lines", "from": "first", "to": "last", "as": "form"}


@dataclass(frozen=True)
class Pin:
    """Which frame a block shows, or which frames, and what of them.

    Args:
        capture: its path, from the document's folder.
        scenario: that the frame belongs to; empty for any.
        party: whose session it is of; empty for any.
        methods: patterns of the method that it calls or pushes, or of what it is called (`result of sum`, `opening`): one
            for each message that the block shows, or one for all of them; none for any method.
        lines: of the capture, one for each frame that the block shows; none for any line.
        nth: which of those that fit, from 1.
        first: of a stretch, its first line in the capture; 0 for the first of all.
        last: of a stretch, its last line; 0 for the last of all.
        form: the template that a stretch is shown by; empty where one message is shown in a block.
        show: paths of which alone something is shown; none for all.
        drop: paths that are left out.
        elide: how many characters stay of long texts that only machines read; 0 for all.
    """

    capture: str
    scenario: str = ""
    party: str = ""
    methods: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
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
            InputError: it has an unknown key or value.
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
        given: dict[str, Any] = {}
        for key, texts in found.items():
            values = tuple(int(text[:9]) if key in _NUMBERS else text for text in texts)
            given[_FIELDS.get(key, key)] = values if key in _SEVERAL else values[0]
        pin = cls(capture, **given)
        if pin.form not in {"", *FORMS}:
            raise InputError(f"the pin has as={pin.form}; it may be {', '.join(FORMS)}")
        if pin.form and max(len(pin.methods), len(pin.lines)) > 1:
            key = "method" if len(pin.methods) > 1 else "line"
            raise InputError(f"the pin has {key}= twice, and as={pin.form}; name a stretch of frames by from= and to=")
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

    @property
    def method(self) -> str:
        """The pattern for its first message; empty for any."""
        return self.methods[0] if self.methods else ""

    def fits(self, message: Entry) -> bool:
        """Whether it may be that message, or that opening of a session; or one of several."""
        return (
            (not self.lines or message.at.line in self.lines)
            and self.scenario in {"", message.scenario}
            and self.party in {"", message.at.party}
            and (not self.methods or any(_is_called(message, method) for method in self.methods))
        )

    def shows(self, message: Recorded) -> bool:
        """Whether a rendering shows that message: it fits, or answers a method that does."""
        answered = message.answered and any(globbed(method).fullmatch(message.answered) for method in self.methods)
        return self.fits(message) or (bool(answered) and replace(self, methods=()).fits(message))


class Source(Protocol):
    """Where pins lead to, from the folder of one document."""

    def messages(self, capture: str) -> Sequence[Recorded]:
        """The messages of a capture, in their order.

        Raises:
            InputError: it cannot be read.
        """

    def openings(self, capture: str) -> Sequence[Opening]:
        """The openings of sessions in a capture, as `messages`."""

    def excerpts(self, pin: Pin, messages: Sequence[Recorded]) -> list[bytes]:
        """What a pin shows of messages, each as JSON.

        Raises:
            InputError: a path leads nowhere, or is none.
        """

    def rendered(self, pin: Pin) -> tuple[str, Sequence[Recorded]]:
        """What a pin shows of a stretch by its template, and the messages in it.

        Raises:
            InputError: nothing is there, or as of `excerpts`.
        """


def in_turn(pin: Pin, recorded: Sequence[T], *, batch: bool = False) -> Iterator[list[T]]:
    """For each message that a pin of several methods may begin with: it, and for each further method the next such message.

    Args:
        pin: with a method.
        recorded: the messages of its capture; or the openings.
        batch: whether all are in one frame.
    """
    scopes: dict[Any, list[T]] = {}
    for one in recorded:
        if pin.fits(one):
            scopes.setdefault(one.at if batch else "the capture", []).append(one)
    for scope in scopes.values():
        for number in (number for number, one in enumerate(scope) if _is_called(one, pin.method)):
            behind = islice(scope, number, None)
            way = [one for method in pin.methods for one in islice(_called(behind, method), 1)]
            if len(way) < len(pin.methods):
                break
            yield way


def _called(messages: Iterable[T], method: str) -> Iterator[T]:
    return (one for one in messages if _is_called(one, method))


def _is_called(message: Entry, method: str) -> bool:
    return any(globbed(method).fullmatch(name) for name in message.names)


def pinned(pin: Pin, recorded: Sequence[T], count: int = 1, *, batch: bool = False) -> list[T]:
    """What a pin is about: one message, several of one batch, or one for each of its methods or its lines.

    Args:
        pin: of the block.
        recorded: the messages of its capture; or the openings.
        count: how many the block shows; 0 where it is empty.
        batch: whether the block shows them as one batch.

    Raises:
        InputError: there is none, or they are not as many as the block shows.
    """
    found = [one for one in recorded if pin.fits(one)]
    if len(pin.methods) > 1:
        ways = [*islice(in_turn(pin, recorded, batch=batch), pin.nth)]
        have = _too_few(len(ways), pin.nth)
        found = ways[-1] if ways else found[:0]
    elif len(pin.lines) > 1:
        found = [one for line in pin.lines for one in found if one.at.line == line]
        lacks = [line for line in pin.lines if all(one.at.line != line for one in found)]
        have = f"nothing at line {lacks[0]}" if lacks else ""
    else:
        have = _too_few(len(found), pin.nth)
        found = found[pin.nth - 1 :]
        found = [one for one in found if one.at == found[0].at][: max(count, 1)]
    if have:
        raise InputError(f"{pin.capture} has {have} of what the pin asks for ({pin}); ask for another, or pin it anew")
    if count and count != len(found):
        are = "is" if len(found) == 1 else "are"
        raise InputError(
            f"{count} messages stand in the block, and {len(found)} {are} pinned; give each its method= or its line="
        )
    return found


def _too_few(count: int, nth: int) -> str:
    return "" if count >= nth else f"only {count}" if count else "none"

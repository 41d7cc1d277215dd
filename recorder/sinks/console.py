"""The traffic on a terminal while it happens, one line an event.

Rule: never in the way. `write` only remembers; lines are made later and for a bounded time, and what did not fit is
counted instead of shown. What transactions mean is said while there is time, and left out under load. Nothing a peer
sent reaches the terminal unescaped.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from recorder.escaping import escape
from recorder.model import ARROWS, PRINTED, AnyEvent, Closed, Frame, Note, Opened, Refused, Scenario
from recorder.profiles import AUTO
from recorder.timeline.refusals import refused
from recorder.timeline.words import Followed, described

if TYPE_CHECKING:  # given by those who want it
    from recorder.timeline.annotating import Annotations

BACKLOG = 500
"""Frames remembered between two turns; more are counted as not shown."""

RARE = 10_000
"""All else that is remembered while the output takes nothing."""

MAX_WORDS = 200
"""Characters shown of whatever a peer chose: a method, a message, a URL."""

TURN = 0.001
"""Seconds that one turn of printing may take: no frame waits longer for a line about another."""

BUSY, LONG = 50, 1 << 16
"""With more events waiting, or a frame of more bytes than this, nothing is decoded: plain lines are quick."""

SLOW, REST = 0.05, 10
"""After decoding a frame took so many seconds, none is decoded for so many."""

BOLD, DIM, RED, GREEN, CYAN, YELLOW, PLAIN = (
    "\x1b[1m",
    "\x1b[2m",
    "\x1b[31m",
    "\x1b[32m",
    "\x1b[36m",
    "\x1b[33m",
    "\x1b[0m",
)
COLOURS = {"to_node": CYAN, "from_node": GREEN}


class Out(Protocol):
    """Where lines go; it keeps nobody waiting."""

    def write(self, text: str, /) -> object:
        """Print a text."""


class Console:
    """Prints what happens; a `Sink`.

    Args:
        out: where to.
        colour: whether `out` is a terminal that shows colours.
        clock: a monotonic clock, in seconds.
        annotations: say what frames mean; None shows methods alone.
        profile: the name of the profile, or `auto`.
    """

    def __init__(
        self,
        out: Out,
        *,
        colour: bool,
        clock: Callable[[], float] = time.monotonic,
        annotations: Annotations | None = None,
        profile: str = AUTO,
    ) -> None:
        self._out, self._colour, self._clock, self._annotations = out, colour, clock, annotations
        self._waiting: deque[AnyEvent] = deque()
        self._unshown = 0
        self._parties: dict[int, str] = {}
        self._followed = Followed(profile)
        self._rest = 0.0  # until when nothing is decoded

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Remember a batch for the next turn."""
        for event in events:
            if isinstance(event, Frame) and ((event.opcode not in PRINTED and event.opcode != "raw") or event.bodiless):
                continue
            if len(self._waiting) < (BACKLOG if isinstance(event, Frame) else RARE):
                self._waiting.append(event)
            else:
                self._unshown += 1

    def turn(self, seconds: float = TURN) -> None:
        """Print what waits, for at most so long."""
        until = self._clock() + seconds
        lines = []
        while self._waiting and self._clock() < until:
            lines.append(self._line(self._waiting.popleft()))
        if self._unshown and not self._waiting:
            lines.append(self._paint(DIM, f"… {self._unshown:,} more events, recorded and not shown"))
            self._unshown = 0
        if lines:
            self._put("\n".join(lines))

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Print a line of the recorder's own, in its place among the events."""
        self.turn(seconds=1)
        self._put(self._paint(RED, escape(text)) if wrong else escape(text))

    def _put(self, text: str) -> None:
        self._out.write(f"{text}\n")

    def _line(self, event: AnyEvent) -> str:
        stamp = datetime.fromtimestamp(event.time / 1e9, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        return f"{self._paint(DIM, stamp)} {self._words(event)}"

    def _words(self, event: AnyEvent) -> str:
        self._followed.see(event)
        if isinstance(event, Refused):
            return self._paint(RED, _shown(refused(event)))
        if isinstance(event, Scenario):
            return self._paint(BOLD, f"scenario {_shown(event.name)}")
        if isinstance(event, Note):
            return self._paint(YELLOW, _shown(f"{event.party or 'note'}: {event.text}"))
        if isinstance(event, Opened):
            self._parties[event.session] = event.party
            if self._annotations is not None:
                self._annotations.see(event)
        party = _shown(self._parties.get(event.session, ""))
        if isinstance(event, Opened):
            return f"{party} {self._paint(BOLD, 'opens')} {_shown(event.url)}"
        if isinstance(event, Closed):
            self._parties.pop(event.session, None)
            reason = _shown(f" {event.reason}" if event.reason else "")
            lost = {"": "", "eof": ", no Close frame", "reset": ", connection reset"}[event.lost]
            return f"{party} {self._paint(BOLD, 'closed')} by {event.by}, {event.code}{reason}{lost}"
        words = _shown(described(event, self._followed.look(event)))
        what = self._paint(RED, words) if words.startswith("error") else words
        arrow = self._paint(COLOURS[event.direction], ARROWS[event.direction])
        return f"{party} {arrow} {what}{self._meaning(event)} {self._paint(DIM, _size(event))}"

    def _meaning(self, frame: Frame) -> str:
        """What is decoded of a frame, in short; a protocol's own words are in the line already."""
        if self._annotations is None or len(self._waiting) > BUSY or len(frame.payload) > LONG:
            return ""
        if (began := self._clock()) < self._rest:
            return ""
        annotation = self._annotations.see(frame)
        if (now := self._clock()) - began > SLOW:
            self._rest = now + REST
        if annotation is None or annotation.words or not annotation.short:
            return ""
        return f"  {self._paint(BOLD, _shown(annotation.short))} "

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._colour else text


def _shown(text: str) -> str:
    return escape(text if len(text) <= MAX_WORDS else f"{text[:MAX_WORDS]}…")


def _size(frame: Frame) -> str:
    return f"{len(frame.payload):,} B"

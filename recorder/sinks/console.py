"""Shows the traffic on a terminal while it happens, one line for each event.

Rule: never delays the traffic. `write` only queues; lines are made later, for a bounded time, and events that do not fit
are counted instead of shown. Decoded transactions are left out under load. Nothing a peer sent reaches the terminal
unescaped. Events that are filtered out are followed too, so that answers can name their calls.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from recorder.close_codes import GOING_AWAY, NO_CODE, NORMAL
from recorder.escaping import escape
from recorder.model import ARROWS, SECOND, AnyEvent, Closed, Frame, Note, Opened, Refused, Scenario
from recorder.profiles import AUTO
from recorder.rules import Rule
from recorder.timeline.followed import Followed, Look
from recorder.timeline.refusals import has_error_status, refused
from recorder.timeline.words import SLOW_ANSWER, clock, described, ended, lasting, name_of

if TYPE_CHECKING:  # given by those who want it
    from recorder.timeline.annotating import Annotations

BACKLOG = 500
"""Most frames queued between two turns; more are counted as not shown."""

RARE = 10_000
"""Most events of all kinds that are queued while the output is blocked."""

MAX_WORDS = 200
"""Most characters of a text that a peer chose: a method, a message, a URL."""

TURN = 0.001
"""Most seconds of one turn of printing: no frame waits longer for a line about another."""

BUSY, LONG = 50, 1 << 16
"""With more events waiting, or a frame of more bytes than this, nothing is decoded: plain lines are quick."""

SLOW, REST = 0.05, 10
"""If decoding a frame took longer than the first, no frame is decoded for the second (seconds)."""

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

ENDS_WELL = frozenset({NORMAL, GOING_AWAY, NO_CODE})
NOT_SHOWN: frozenset[str] = frozenset({"ping", "pong"})


@dataclass(frozen=True, kw_only=True)
class LineFilter:
    """Which lines are shown; an empty field shows all.

    Args:
        only: patterns of names, as a rule's `method`: methods that a frame calls, pushes or answers, `a result`,
            `an error`, `open`, `close`.
        without: patterns of names that are not shown.
        parties: printed names.
        errors: show only errors, unexpected messages, and sessions that ended badly.
        slow: mark answers that took this many seconds or more.
    """

    only: Sequence[str] = ()
    without: Sequence[str] = ()
    parties: frozenset[str] = frozenset()
    errors: bool = False
    slow: float = SLOW_ANSWER

    def takes(self, party: str, look: Look | str, *, wrong: bool) -> bool:
        """Whether the line of a frame, or of another event by its name, is shown.

        Args:
            party: its printed name.
            look: what the frame holds; `open` or `close` for the event of a session.
            wrong: whether it is an error, or unexpected.
        """
        if (self.parties and party not in self.parties) or (self.errors and not wrong):
            return False
        if not (self.only or self.without):
            return True
        names = [look] if isinstance(look, str) else _names(look)
        return (not self.only or _match(self.only, names)) and not _match(self.without, names)


EVERYTHING = LineFilter()


class Out(Protocol):
    """Where lines are printed; `write` does not block."""

    def write(self, text: str, /) -> object:
        """Print a text."""


class Console:
    """Prints what happens; a `Sink`.

    Args:
        out: where to.
        colour: whether `out` is a terminal that shows colours.
        clock: a monotonic clock, in seconds.
        annotations: annotate frames; None shows only methods.
        profile: the name of the profile, or `auto`.
        shows: which lines are shown.
    """

    def __init__(
        self,
        out: Out,
        *,
        colour: bool,
        clock: Callable[[], float] = time.monotonic,
        annotations: Annotations | None = None,
        profile: str = AUTO,
        shows: LineFilter = EVERYTHING,
    ) -> None:
        self._out, self._colour, self._clock, self._annotations = out, colour, clock, annotations
        self._waiting: deque[AnyEvent] = deque()
        self._unshown = 0
        self._parties: dict[int, str] = {}
        self._followed, self._shows = Followed(profile), shows
        self._rest = 0.0  # until when nothing is decoded

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Remember a batch for the next turn."""
        for event in events:
            if isinstance(event, Frame) and event.opcode in NOT_SHOWN:
                continue
            if len(self._waiting) < (BACKLOG if isinstance(event, Frame) else RARE):
                self._waiting.append(event)
            else:
                self._unshown += 1
                self._followed.miss()

    def turn(self, seconds: float = TURN) -> None:
        """Print queued events, for at most this long."""
        until = self._clock() + seconds
        lines = []
        while self._waiting and self._clock() < until:
            event = self._waiting.popleft()
            if words := self._words(event):
                lines.append(f"{self._paint(DIM, clock(event.time))} {words}")
        if self._unshown and not self._waiting:
            lines.append(self._paint(DIM, f"… {self._unshown:,} more events, recorded but not shown"))
            self._unshown = 0
        if lines:
            self._put("\n".join(lines))

    def say(self, text: str) -> None:
        """Print a line of the recorder's own, in order with the events."""
        self.turn(seconds=1)
        self._put(escape(text))

    def _put(self, text: str) -> None:
        self._out.write(f"{text}\n")

    def _words(self, event: AnyEvent) -> str:
        """The line of an event; empty if it is not shown."""
        self._followed.see(event)
        if isinstance(event, Frame):
            return self._frame(event)
        if isinstance(event, Refused):
            return self._refused(event)
        if isinstance(event, Scenario):
            return self._paint(BOLD, f"scenario {_shown(event.name)}")
        if isinstance(event, Note):
            return self._paint(YELLOW, _shown(f"{event.party or 'note'}: {event.text}"))
        if isinstance(event, Opened):
            self._parties[event.session] = event.party
            if self._annotations is not None:
                self._annotations.see(event)
            name, what = "open", f"{self._paint(BOLD, 'opens')} {_shown(event.url)}"
        else:
            name, what = "close", self._paint(BOLD, _shown(ended(event)))
        party = self._parties.get(event.session, "")
        wrong = isinstance(event, Closed) and (bool(event.lost) or event.code not in ENDS_WELL)
        if isinstance(event, Closed):
            self._parties.pop(event.session, None)
        return f"{_shown(party)} {what}" if self._shows.takes(party, name, wrong=wrong) else ""

    def _frame(self, frame: Frame) -> str:
        look = self._followed.look(frame)
        meaning = self._meaning(frame, look)  # for each frame: signers are known from earlier frames
        party = self._parties.get(frame.session, "")
        refused = has_error_status(frame)
        failed = refused or bool(look.left) or any(item.failed for item in look.items)
        wrong = failed or bool(look.odd)
        if (frame.bodiless and not wrong) or not self._shows.takes(party, look, wrong=wrong):
            return ""
        words = _shown(described(frame, look))
        more = f"  {self._paint(BOLD, meaning)}" if meaning and not words.endswith(f" {meaning}") else ""
        what = self._paint(RED if failed else YELLOW, words) if wrong else words
        arrow = self._paint(COLOURS[frame.direction], ARROWS[frame.direction])
        return f"{_shown(party)} {arrow} {what}{more}  {self._tail(frame, look)}"

    def _refused(self, event: Refused) -> str:
        shown = self._shows.takes(event.party, "open", wrong=True)
        return self._paint(RED, _shown(refused(event))) if shown else ""

    def _tail(self, frame: Frame, look: Look) -> str:
        """How long the answer took, and its size."""
        size = f"{len(frame.payload):,} B"
        asked = [request.time for request in (*look.requests, *look.left) if request.time]
        took = frame.time - min(asked) if asked else -1
        if took < 0:
            return self._paint(DIM, size)
        if took < self._shows.slow * SECOND:
            return self._paint(DIM, f"{lasting(took)}, {size}")
        return f"{self._paint(YELLOW, f'slow: {lasting(took)}')}{self._paint(DIM, f', {size}')}"

    def _meaning(self, frame: Frame, look: Look) -> str:
        """The decoded contents of a frame in short; a protocol's own words are in the line already."""
        if self._annotations is None or len(self._waiting) > BUSY or len(frame.payload) > LONG:
            return ""
        if (began := self._clock()) < self._rest:
            return ""
        annotation = self._annotations.see(frame, look)
        if (now := self._clock()) - began > SLOW:
            self._rest = now + REST
        if annotation is None or annotation.words or not annotation.short:
            return ""
        return _shown(annotation.short)

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._colour else text


def _shown(text: str) -> str:
    return escape(text if len(text) <= MAX_WORDS else f"{text[:MAX_WORDS]}…")


def _names(look: Look) -> list[str]:
    return [*look.methods, *(name_of(item.message) for item in look.items if not item.method)]


def _match(patterns: Sequence[str], names: Sequence[str]) -> bool:
    return any(Rule("", method=pattern).concerns(names) for pattern in patterns)

"""What another tool recorded, in the order in which it passed: each event is a capture's as soon as it is told.

Rule: knows no format, and holds nothing. The clock is the reader's; what a capture keeps of a message is for the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recorder.errors import CaptureWriteError
from recorder.interchange.formats import Source
from recorder.journal.session import Journal, Session
from recorder.model import AnyEvent


class Timeline:
    """A timeline that is told in its order.

    Args:
        source: whose profile and masking count.

    Attributes:
        now: the time of what is told next (UTC, ns); 0 where it is unknown.
    """

    def __init__(self, source: Source) -> None:
        self.now = 0
        self._told: list[AnyEvent] = []
        self.journal = Journal([self], source.profile, failed=_never, masking=source.masking)
        self.journal.now = lambda: self.now

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Take events from the journal."""
        self._told += events

    def told(self) -> Iterator[AnyEvent]:
        """The events since the last call."""
        yield from self._told
        self._told.clear()

    def session(self, url: str) -> Session:
        """A session that begins now; what passes in it is its frames' (`Session.frame`)."""
        session = self.journal.session(url)
        session.open([])
        return session


def _never(error: CaptureWriteError) -> None:
    """What takes the events holds them: it cannot fail."""
    raise error

"""The runs of a script in a mock node: which run a session takes part in, and how all of them went.

Rule: knows no sockets. A run that is over is forgotten where further ones begin for ever, all but its outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from recorder.replay import Outcome, Player, PlaySettings, Script
from recorder.replay.script import query
from recorder.server.run import Run, Tell

USED, UNKNOWN = "nothing recorded is left for it", "none like it is recorded"


class Place(NamedTuple):
    """A recorded session in a run of its script."""

    run: Run
    session: int


class Runs:
    """All runs, in the order in which they began.

    Args:
        script: what was recorded.
        settings: how to play it.
        loop: begin the script again for further parties.
        tell: told what happens, as the events of a capture.
        changed: told when a run may be over.
    """

    def __init__(
        self, script: Script, settings: PlaySettings, *, loop: bool, tell: Tell | None, changed: Callable[[], None]
    ) -> None:
        self._script, self._settings, self._loop, self._tell, self._changed = script, settings, loop, tell, changed
        self._runs: dict[Run, tuple[str, ...]] = {}  # with the accounts of those who take part
        self.begun = 0
        self._past = Outcome()  # of runs that are over and gone
        recorded = [query(url) for url in script.urls.values()]
        self._paired = [
            party for party in sorted(script.accounts) if len({one.get(f"{party}_id") for one in recorded}) == 1
        ]

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def take(self, url: str, first: bytes = b"") -> Place | None:
        """The run and the recorded session that a live session is, by its URL and the frame that it begins with."""
        key = self._key(url)
        for run, known in self._runs.items():
            usable = not self._loop or (not run.player.broken and known in {(), key})
            if usable and (session := run.player.wants(url, first)):
                self._runs[run] = known or key
                return Place(run, session)
        if self._runs and not (self._loop and all(run.player.started for run in self._runs)):
            return None
        run = self._begin(key)
        session = run.player.wants(url, first)
        return Place(run, session) if session else None

    def refusal(self, url: str) -> str:
        """Why there is no place for a session with this URL."""
        return USED if Player(self._script, self._settings).wants(url) else UNKNOWN

    def forget(self) -> bool:
        """Forget looped runs in which nothing more can happen, but for what made one fail; whether there was one."""
        if not self._loop:
            return False
        over = [run for run in self._runs if not run.wires and (run.over.is_set() or run.player.broken)]
        for run in over:
            if run.error is None:
                _add(self._past, run.player.end())
                del self._runs[run]
        return bool(over)

    def outcome(self, refused: list[str]) -> Outcome:
        """How all runs went, so far, and who found no place in any."""
        total = Outcome(list(self._past.unused), refused + self._past.unexpected, list(self._past.notes))
        for run in self._runs:
            if run.player.started or self.begun == len(self._runs) == 1:
                _add(total, run.player.end())
        if not self.begun:
            _add(total, Player(self._script, self._settings).end())
        return total

    def _key(self, url: str) -> tuple[str, ...]:
        """The accounts in a URL, to tell which parties belong together; none where they tell nothing."""
        parameters = query(url)
        return tuple(filter(None, (parameters.get(f"{party}_id") for party in self._paired)))

    def _begin(self, key: tuple[str, ...]) -> Run:
        first = self.begun * (max(self._script.parties, default=0) + 1)
        self.begun += 1
        run = Run(Player(self._script, self._settings), tell=self._tell, first=first, ended=self._changed)
        self._runs[run] = key
        return run


def _add(total: Outcome, outcome: Outcome) -> None:
    total.unused += outcome.unused
    total.unexpected += outcome.unexpected
    total.notes += outcome.notes

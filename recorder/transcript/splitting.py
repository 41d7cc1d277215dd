"""Splits a capture into several transcripts, and names them.

Rule: pure; each name is unique and a valid file name, whatever the capture contains.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal

from recorder.model import AnyEvent, Closed, Frame, Header, Opened
from recorder.profiles import channel_of
from recorder.transcript.view import View

Split = Literal["scenario", "channel", "session"]

BEFORE = "before"
"""Where events go that stand before the first scenario."""

MAX_NAME = 200
"""Bytes that the name of a transcript may have: files allow 255, with what is put around it."""

_UNSAFE = re.compile(r"[^\w. -]|^\.")


def split_by_scenario(items: Iterable[View]) -> Iterator[tuple[str, Iterator[View]]]:
    """Stretches of the timeline with their names; a scenario that comes again has its number behind its name."""
    names = Names()
    for scenario, group in groupby(items, key=lambda view: view.scenario):
        yield names.make(scenario or BEFORE), group


class Names:
    """Names of files, each fit for one and given once.

    Args:
        folders: whether a name with `/` is that of a file in a folder.
    """

    def __init__(self, *, folders: bool = False) -> None:
        self._folders = folders
        self._given: set[str] = set()
        self._numbers: dict[str, int] = {}

    def make(self, wanted: str) -> str:
        """The wanted name, changed as little as makes it fit and new."""
        base = "/".join(_fit(part) or "_" for part in wanted.split("/")) if self._folders else _fit(wanted)
        number = self._numbers.get(base, 0)
        name = ""
        while not name or name.casefold() in self._given:  # some file systems know no case
            number += 1
            name = base if number == 1 else f"{base}-{number}"
        self._numbers[base] = number
        self._given.add(name.casefold())
        return name


def _fit(name: str) -> str:
    return _UNSAFE.sub("_", name).encode(errors="replace")[:MAX_NAME].decode(errors="ignore")


def session_names(header: Header, events: Iterable[AnyEvent], split: Split) -> dict[int, str]:
    """The name of the transcript that each session goes to: its own, or its channel's."""
    spoken_of: dict[int, str] = {}
    parties: dict[int, str] = {}
    for event in events:
        if isinstance(event, Opened):
            parties[event.session] = event.party
        if isinstance(event, Opened | Frame | Closed) and not spoken_of.get(event.session):
            spoken_of[event.session] = (
                channel_of(header.profile, event) if split == "channel" and isinstance(event, Frame) else ""
            )
    names = Names()
    own = {session: f"{session}-{parties.get(session, 'client')}" for session in spoken_of}
    made = {name: names.make(name) for name in dict.fromkeys(spoken_of[s] or own[s] for s in spoken_of)}
    return {session: made[name or own[session]] for session, name in spoken_of.items()}

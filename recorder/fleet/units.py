"""Units of work: what a worker does about the notice that a session has begun.

Rule: workers never speak to each other. Whoever has a notice decides by what the stream holds, and all decide alike: of
the sessions of a channel the last one that joined it is responsible for all of them. A session joins before it is over,
and its notice is kept until then, so that the responsible one is always still to come. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from recorder.fleet.parcels import token

SOONEST, LATEST = 0.25, 60.0
"""Seconds until one looks again at a unit that is not over: at first, and at the most."""

GROWTH = 1.5
"""How much longer it takes each time: a unit waits at its end for about half of the time that it took."""

SHARE, SELDOM = 0.25, 3600.0
"""What is silent is looked at again after this share of its silence, and once in so many seconds at least."""

MOST_DEATHS = 3
"""Workers that may die of a unit until it is put aside."""

LONG = 120
"""Most characters of a unit's name."""

Decision = Literal["wait", "leave", "do", "done"]


class Session(NamedTuple):
    """A session of a run."""

    run: str
    number: int


@dataclass(frozen=True, slots=True)
class Member:
    """A session of a unit, as the stream shows it.

    Args:
        session: it.
        joined: where in the stream its first parcel with the unit's channel stands.
        noticed: whether the stream still has its opening, of which a worker is told.
        closed: whether it was closed.
        ended: whether its run ended after all that is there of it: nothing more comes, unless its capture grows.
    """

    session: Session
    joined: int
    noticed: bool = True
    closed: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """All sessions of a channel, or a session without one.

    Args:
        channel: it; empty for none.
        members: its sessions.
        last: where in the stream its last parcel stands.
        silent: for how many seconds nothing has come of it, by the clock of the stream's server.
    """

    channel: str
    members: Sequence[Member]
    last: int
    silent: float

    @property
    def name(self) -> str:
        """Its name, which is fit for a file, and no other unit's."""
        first = self.members[0].session
        name = token(self.channel) if self.channel else f"{token(first.run)}-{first.number}"
        if len(name) <= LONG:
            return name
        return f"{name[:LONG]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"

    @property
    def sessions(self) -> list[Session]:
        """Its sessions."""
        return [member.session for member in self.members]

    @property
    def closed(self) -> bool:
        """Whether all its sessions were closed: nothing more can come."""
        return all(member.closed for member in self.members)

    def over(self, idle: float) -> bool:
        """Whether nothing more is expected.

        Args:
            idle: after how many seconds of silence a session is taken as over.
        """
        return self.silent >= idle or all(member.closed or member.ended for member in self.members)

    def responsible(self, session: Session) -> bool:
        """Whether nobody of whom a worker is told joined after this session."""
        mine = max((member.joined for member in self.members if member.session == session), default=0)
        return all(member.joined <= mine for member in self.members if member.noticed)


@dataclass(frozen=True, slots=True)
class Job:
    """A unit to do.

    Args:
        stream: which stream its places are of: its name, and when it was made.
        unit: what it is.
        captures: of its runs; none where they cannot be read.
        events: how many they have.
        said: what is missing, or what is wrong where there is no capture: a line each.
        folder: for whatever else is made on the way; it is removed.
    """

    stream: str
    unit: Unit
    captures: Sequence[Path]
    events: int
    said: Sequence[str]
    folder: Path


def decide(unit: Unit, session: Session, idle: float, done: int) -> Decision:
    """What to do about a notice.

    Args:
        unit: what it is about, as the stream shows it now.
        session: whose opening it tells.
        idle: as for `Unit.over`.
        done: up to which place of the stream the unit has been done.

    Returns:
        `wait`: look again later. `leave`: another notice is responsible. `do`: do it. `done`: there is nothing new.
    """
    if not unit.responsible(session):
        return "leave"
    if not unit.over(idle):
        return "wait"
    return "done" if done >= unit.last else "do"


def pause(times: int, silent: float) -> float:
    """Seconds until one looks again.

    Args:
        times: how often one has looked, from 1.
        silent: for how many seconds nothing has come.
    """
    growing = SOONEST * GROWTH ** min(times - 1, 30)
    return max(min(growing, LATEST), min(silent * SHARE, SELDOM))

"""Units of work: what a worker does about the notice that a session has begun.

Rule: workers do not talk to each other. The worker that has a notice decides by what is in the stream, and all workers decide
alike: of the sessions of a channel, the one that joined it last is responsible for all of them. A session joins before it is
over, and its notice is kept until then; so the notice of the responsible session is still there. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from recorder.fleet.parcels import token

SOONEST, LATEST = 0.25, 60.0
"""Seconds until a unit that is not over is looked at again: at first, and at most."""

GROWTH = 1.5
"""The factor by which these seconds grow: at its end a unit waits for about half of the time that it took."""

SHARE, SELDOM = 0.25, 3600.0
"""A silent unit is looked at again after this share of its silence, but at least once in so many seconds."""

MOST_DEATHS = 3
"""Workers that may die of a unit before it is put aside."""

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
        session: the session.
        joined: the place in the stream of its first parcel with the unit's channel.
        noticed: whether the stream still has its opening, which is the notice that a worker gets.
        closed: whether it was closed.
        ended: whether its run has ended after its last parcel: nothing more comes, unless its capture grows.
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
        channel: the channel; empty for a session without one.
        members: its sessions.
        last: the place in the stream of its last parcel.
        silent: for how many seconds nothing has come of it, by the clock of the stream's server.
    """

    channel: str
    members: Sequence[Member]
    last: int
    silent: float

    @property
    def name(self) -> str:
        """Its name, which can be the name of a file, and is not that of another unit."""
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
        """Whether all its sessions were closed, so that nothing more can come."""
        return all(member.closed for member in self.members)

    def over(self, idle: float) -> bool:
        """Whether nothing more is expected.

        Args:
            idle: seconds of silence after which a session counts as over.
        """
        return self.silent >= idle or all(member.closed or member.ended for member in self.members)

    def responsible(self, session: Session) -> bool:
        """Whether this session joined last of all whose notices workers get."""
        mine = max((member.joined for member in self.members if member.session == session), default=0)
        return all(member.joined <= mine for member in self.members if member.noticed)


@dataclass(frozen=True, slots=True)
class Job:
    """A unit to do.

    Args:
        stream: the name of the stream, and when it was created: the places of the unit are of this stream.
        unit: the unit.
        captures: the captures of its runs; empty if they cannot be read.
        events: how many events they have.
        said: a line about each thing that is missing, or that is wrong if there are no captures.
        folder: a folder for temporary files, which is removed afterwards.
    """

    stream: str
    unit: Unit
    captures: Sequence[Path]
    events: int
    said: Sequence[str]
    folder: Path


def decide(unit: Unit, session: Session, idle: float, done: int) -> Decision:
    """What to do about the notice of a session.

    Args:
        unit: the unit of the session, as the stream shows it now.
        session: the session.
        idle: seconds of silence after which a session counts as over.
        done: the place in the stream up to which the unit has been done.

    Returns:
        `wait`: look again later. `leave`: another session is responsible. `do`: do the unit. `done`: nothing is new.
    """
    if not unit.responsible(session):
        return "leave"
    if not unit.over(idle):
        return "wait"
    return "done" if done >= unit.last else "do"


def pause(times: int, silent: float) -> float:
    """Seconds until a unit is looked at again.

    Args:
        times: how often it has been looked at, from 1.
        silent: for how many seconds nothing has come of it.
    """
    growing = SOONEST * GROWTH ** min(times - 1, 30)
    return max(min(growing, LATEST), min(silent * SHARE, SELDOM))

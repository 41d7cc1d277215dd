"""Settings and outcome of a run: plain data.

Rule: values only, so that players, servers and commands share them without knowing each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from recorder.errors import InputError
from recorder.headers import Headers
from recorder.replay.faults import Fault
from recorder.replay.matching import Mode
from recorder.rules import NO_RULES, Rules

PATIENCE = 2.0


@dataclass
class Outcome:
    """The outcome of a run.

    Args:
        unused: recorded steps that never came.
        unexpected: frames that came and were not recorded, with the nearest recorded ones.
        notes: other facts: values that could not be rewritten, steps that were sent out of order.
        unclosed: those of `unused` that are the ends of sessions whose clients are still connected.
        masked: by the line of the capture, a mark that a party has sent, because nobody gave what it stands for.
    """

    unused: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    masked: dict[int, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything recorded came, and nothing else."""
        return not (self.unused or self.unexpected)

    def __str__(self) -> str:
        if self.ok:
            return "\n".join([*self.notes, "everything recorded came, and nothing else"])
        counts = f"{len(self.unexpected)} extra, {len(self.unused)} missing"
        return "\n".join([*self.unexpected, *self.unused, *self.notes, counts])


@dataclass(frozen=True, kw_only=True)
class PlaySettings:
    """How to play.

    Args:
        ends: the ends that are played: `node`, and parties by name.
        mode: how strictly what comes is matched.
        keys: 32-byte seeds by recorded account, for those whose transactions are signed anew.
        made: the accounts whose keys were made for this run.
        network_id: of the live network; by default the recorded one.
        speed: 0 for as fast as it goes, 1 for the recorded gaps, 2 for half of them.
        faults: what to do wrong on purpose.
        rules: what may be repeated, missing or different.
        headers: of parties, in place of masked ones.
        secrets: by mark, what parties send in the place of it.
        patience: seconds without any event until a step is taken although earlier ones have not happened.
        endurance: the same if one of those depends on something outside of all sessions, such as a chain; by default
            equal to `patience`.
        goes_on: whether a party then goes on without the missing messages of its node; else it waits.
    """

    ends: frozenset[str]
    mode: Mode = "shape"
    keys: Mapping[str, bytes] = field(default_factory=dict)
    made: frozenset[str] = frozenset()
    network_id: str = ""
    speed: float = 0
    faults: tuple[Fault, ...] = ()
    rules: Rules = NO_RULES
    headers: Headers = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    patience: float = PATIENCE
    endurance: float = 0
    goes_on: bool = False

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise InputError(f"mode {self.mode!r}: write {', '.join(get_args(Mode))}")

"""Which session of one capture is which of the other.

Rule: of one party with the same party, and as their URLs and the order of their openings suggest.
"""

from __future__ import annotations

from typing import NamedTuple

from recorder.aliases import Bindings, compare
from recorder.replay import Script, Step
from recorder.replay.places import ADDRESS
from recorder.replay.script import query


class Paired(NamedTuple):
    """Sessions that belong together, and those that are alone."""

    pairs: list[tuple[int, int]]
    missing: list[int]
    extra: list[int]


def by_session(script: Script) -> dict[int, list[Step]]:
    """The steps of each session, sessions in the order in which they begin."""
    found: dict[int, list[Step]] = {}
    for step in script.steps:
        found.setdefault(step.session, []).append(step)
    return found


def pair_sessions(recorded: Script, live: Script) -> Paired:
    """Pair the sessions of two captures."""
    ours, theirs = by_session(recorded), by_session(live)
    paired = Paired([], list(ours), list(theirs))
    for same_party in (True, False):  # what is left over is paired by order: a party may have changed its name
        costs = sorted(
            (_distance(recorded, live, one, other), abs(at - there), at, there)
            for at, one in enumerate(paired.missing)
            for there, other in enumerate(paired.extra)
            if (recorded.parties.get(one) == live.parties.get(other)) is same_party
        )
        left, right = list(paired.missing), list(paired.extra)
        for _cost, _apart, at, there in costs:
            one, other = left[at], right[there]
            if one in paired.missing and other in paired.extra:
                paired.pairs.append((one, other))
                paired.missing.remove(one)
                paired.extra.remove(other)
        if not same_party or not _renamed(recorded, live, paired):
            break
    paired.pairs.sort()
    return paired


def _renamed(recorded: Script, live: Script, paired: Paired) -> bool:
    """Whether the parties that are left have other names in the other capture, rather than other sessions."""
    names = {recorded.parties.get(one) for one in paired.missing}
    others = {live.parties.get(one) for one in paired.extra}
    return not names & set(live.parties.values()) and not others & set(recorded.parties.values())


def _distance(recorded: Script, live: Script, one: int, other: int) -> int:
    ours, theirs = query(recorded.urls.get(one, "")), query(live.urls.get(other, ""))
    if not ours or not theirs:
        return 0
    return len(compare(bare(ours), bare(theirs), Bindings(), recorded.profile.volatile))


def bare(parameters: dict[str, str]) -> dict[str, str]:
    """The parameters of a URL without those that say where a node's peer listens."""
    return {name: value for name, value in parameters.items() if name not in ADDRESS}

"""Findings and decisions of a comparison: plain data.

Rule: values only; `report` puts them into words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from recorder.difference import Difference

Kind = Literal["changed", "missing", "extra", "order", "parted"]


class Finding(NamedTuple):
    """One deviation.

    Args:
        kind: `changed`, `missing` (recorded, and never came), `extra` (came, and is not recorded), `order`, or `parted`
            (from here on the runs go different ways).
        scenario: its scenario.
        party: the party of its session.
        step: a method, a result of a method, an opening; if the runs part, the step that was recorded next.
        arrow: the direction of a frame; empty for openings and closings.
        recorded: file and line of the recorded event; empty for what is extra.
        live: file and line of the live event; empty for what is missing.
        details: the differences of a changed step.
        than: if the order differs, the step that should have come before; if the runs part, the one that came instead.
        reason: for an unrecorded error, or a session that ended early: who refuses or ends what, and why.
        cause: its usual cause, in the protocol, or in how a client polls.
        more: how many further frames are missing or extra because of it: its answer, or the rest of its session in the
            scenario; if the runs part, how many frames did not happen.
        others: if the runs part, how many frames were not recorded, differ, or came in another order.
    """

    kind: Kind
    scenario: str
    party: str
    step: str
    arrow: str = ""
    recorded: str = ""
    live: str = ""
    details: tuple[Difference, ...] = ()
    than: str = ""
    more: int = 0
    reason: str = ""
    cause: str = ""
    others: int = 0


class Decision(NamedTuple):
    """Why a difference is not a finding.

    Args:
        what: `bound`, `rule`, `follows`, `carried`, `ping`, `late`, `end`, `parted`, `partial`, `look`, `clock`, `anew`,
            `address` or `unused`.
        text: the reason, on one line.
    """

    what: str
    text: str


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison.

    Args:
        frames: how many frames were recorded, by scenario, in the order of the timeline.
        findings: those with a reason first, because others may follow from them; each in the order of the recorded
            timeline, with extra steps at their place.
        decisions: what was bound to what, and what was allowed, and why.
        unreached: scenarios of which something did not happen, because a session had ended before.
        astray: scenarios of which something went another way, because the runs parted earlier.
    """

    frames: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    decisions: tuple[Decision, ...] = ()
    unreached: frozenset[str] = frozenset()
    astray: frozenset[str] = frozenset()

    @property
    def same(self) -> bool:
        """Whether there are no findings."""
        return not self.findings

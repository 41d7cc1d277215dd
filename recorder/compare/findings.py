"""What a comparison finds and decides: plain data.

Rule: values only; how they read is `report`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from recorder.difference import Difference

Kind = Literal["changed", "missing", "extra", "order", "parted"]


class Finding(NamedTuple):
    """One thing that went another way.

    Args:
        kind: `changed`, `missing` (recorded, and never came), `extra` (came, and is not recorded), `order`, or `parted`
            (from here on the runs go different ways).
        scenario: where it happened.
        party: whose session.
        step: what it is: a method, a result of a method, an opening; where the runs part, what was recorded next.
        arrow: the direction of a frame; empty for openings and closings.
        recorded: file and line of the recorded event; empty for what is extra.
        live: file and line of the live event; empty for what is missing.
        details: of what has changed.
        than: of another order, what should have come before; where the runs part, what came instead.
        reason: of an error that came where none like it was recorded, or of a session that ended early, who refuses or
            ends what, and why.
        cause: what usually causes that, in the protocol.
        more: of what is missing or extra, how many frames are too that follow from it: its answer, or all that its
            session still has in the scenario; where the runs part, how many frames did not happen.
        others: where the runs part, how many frames came that were not recorded, are others, or came in another order.
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
    """Why something that is not the same was no finding.

    Args:
        what: `bound`, `rule`, `follows`, `carried`, `ping`, `late`, `end`, `parted` or `partial`.
        text: in a line.
    """

    what: str
    text: str


@dataclass(frozen=True)
class Comparison:
    """All that a comparison found.

    Args:
        frames: how many frames were recorded, by scenario, in the order of the timeline.
        findings: those with a reason first, for others may follow from them; each in the order of the recorded
            timeline, what is extra at its place.
        decisions: what was bound to what, and what was let pass, and why.
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
        """Whether nothing went another way."""
        return not self.findings

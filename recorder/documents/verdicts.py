"""What an example is: true, or not, and why.

Rule: a verdict is made once, with all that is known where it is found: what is printed of it is `report`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from recorder.difference import Path
from recorder.documents.blocks import Block
from recorder.documents.exact import Exact
from recorder.documents.matching import Finding, Match
from recorder.documents.recordings import At, Group
from recorder.documents.written import Node, Problem

Verdict = Literal["true", "unseen", "stale", "wrong direction", "broken"]

SEVERITY: tuple[Verdict, ...] = get_args(Verdict)
"""The verdicts from the least to the most severe: of several in one block the most severe counts."""


@dataclass(frozen=True)
class Reason:
    """Why a message of an example has its verdict.

    Args:
        verdict: of the message.
        offset: where in the block's text.
        what: why, in words.
        path: in the message; None where it is about no place in it.
        meant: what should stand there; empty where that is not known, or follows from the nearest frame.
    """

    verdict: Verdict
    offset: int
    what: str
    path: Path | None = None
    meant: str | int = ""


@dataclass(eq=False)
class Judged:
    """A message of an example, or a session's URL, and what it is.

    Args:
        name: what it is about, in words.
        verdict: what it is.
        reasons: why it is not true.
        at: the recorded frame that it is, or is nearest to.
        match: that frame, and what stands for what.
        remarks: what is printed with `--verbose`.
        known: ids of the nearest frame, and those that stand for them in the document.
        unseen_call: whether it is a call or a push that no recording has, by its name.
        method: that it calls or pushes; empty of an answer.
        call: of an answer, the request that the document shows for it; None where it shows none.
    """

    name: str
    verdict: Verdict = "true"
    reasons: list[Reason] = field(default_factory=list)
    at: At | None = None
    match: Match | None = None
    remarks: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    unseen_call: bool = False
    method: str = ""
    call: Judged | None = None

    def because(
        self, verdict: Verdict, offset: int, what: str, path: Path | None = None, meant: str | int = ""
    ) -> None:
        """It has this verdict, or a more severe one, for this reason; arguments as of `Reason`."""
        self.verdict = max(self.verdict, verdict, key=SEVERITY.index)
        self.reasons.append(Reason(verdict, offset, what, path, meant))

    def differs(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        """As `because`, for each of these findings."""
        for one in findings:
            self.because(verdict, one.offset, str(one), one.path)


class Shown(NamedTuple):
    """What a pin shows, beside what stands in the block.

    Args:
        text: as JSON, long texts cut as the pin says; what a template makes of a stretch; empty of a URL.
        node: what stands there; None where nothing does.
        exact: that beside the value of the frame, as much of it as the pin shows.
        spell: how a value is written there.
    """

    text: bytes
    node: Node | None = None
    exact: Exact = Exact([], [])
    spell: Callable[[Any], str] = str


@dataclass(eq=False)
class Result:
    """A block of a document, and what it is.

    Args:
        file: the document, as it is printed.
        block: the block.
        judged: its messages and URLs.
        left: why it is left alone, by its comment or because it is no example; None where it is not.
        is_example: whether something in it is an example.
        problems: what in it is no JSON.
        shown: what its pin shows, message by message.
        rendered: the groups of the messages that its pin shows by a template.
    """

    file: str
    block: Block
    judged: list[Judged] = field(default_factory=list)
    left: str | None = None
    is_example: bool = True
    problems: list[Problem] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    rendered: list[Group] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The most severe of its messages' verdicts; `true` of what is left alone."""
        return max((one.verdict for one in self.judged), key=SEVERITY.index, default="true")

    @property
    def reasons(self) -> list[Reason]:
        """Why it has its verdict, in the order of the text."""
        found = [reason for one in self.judged for reason in one.reasons if reason.verdict == self.verdict]
        return sorted(found, key=lambda reason: reason.offset)

    @property
    def worst(self) -> Judged:
        """The message that gave it its verdict: the first of those."""
        return next(one for one in self.judged if one.verdict == self.verdict)

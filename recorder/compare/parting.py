"""Where two runs part: they begin the same, then a session takes another course, which causes later differences.

Rule: a parting is a refusal of the node, the end of a session, or another course of a party; a single changed frame with
the same course after it is none. In a lockstep protocol, all later differences in sessions that carry the same things
follow from it; else only those of the same session.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from recorder.compare.findings import Comparison, Decision, Finding
from recorder.jsonrpc import canonical
from recorder.model import Closed
from recorder.timeline import Script, Step
from recorder.timeline.script import NODE

Sides = tuple[Step | None, Step | None]
"""A recorded step and the live one that it is; None on the side that has none."""

NOTHING = "nothing more"
SOME = 2
"""Findings that a parting explains, at least."""


class Parting(NamedTuple):
    """Where the runs part.

    Args:
        recorded: the frame that came next in the recorded run; None where its session said no more.
        live: the one that came next in the live run; likewise.
        closing: how the live session ended; None where nobody knows.
        follows: which findings follow from it, by number.
    """

    recorded: Step | None
    live: Step | None
    closing: Step | None
    follows: list[int]


class _Fork(NamedTuple):
    """A place where a session goes on in two ways.

    Args:
        here: the place in the recorded timeline from which on things may follow from it.
        ends: whether the session has nothing after it that both have, but for calls that are refused as all are.
        session: which it is.
    """

    recorded: Step | None
    live: Step | None
    here: int
    ends: bool
    session: int


class Runs:
    """Two runs whose steps are paired.

    Args:
        scripts: of the recorded run, and of the live one.
        sessions: the recorded session that each live one is.
        pairs: the steps that are each other's.
        alone: those of either run that have no other, and should.
        refused: those of the live run that refuse what was not refused.
    """

    def __init__(
        self,
        scripts: tuple[Script, Script],
        sessions: Mapping[int, int],
        pairs: Iterable[tuple[Step, Step]],
        alone: Collection[Step],
        refused: Collection[Step],
    ) -> None:
        self._partners = dict(pairs)
        self._alone, self._refused = set(alone), refused
        self._unserved = {(step.session, step.exchange) for step in refused if step.refuses}
        self._shut = _shut(scripts[1], refused)
        self._session: dict[Step, int] = {}
        self._closings: dict[int, Step] = {}
        self._groups = _Groups()
        self._ours, self._theirs = (
            self._courses(script, numbers) for script, numbers in zip(scripts, (None, sessions), strict=True)
        )

    def partings(self, findings: Sequence[Sides]) -> Iterator[Parting]:
        """Where they part: once at most in sessions that have to do with each other."""
        first: dict[int, _Fork] = {}
        for session, ours in self._ours.items():
            fork = self._fork(session, ours, self._theirs.get(session, []))
            if fork is not None and (fork.ends or ours[0].profile.lockstep):
                group = self._groups.leader(session)
                first[group] = min(first.get(group, fork), fork, key=lambda one: one.here)
        follow = self._following(first, findings)
        for group, fork in first.items():
            if len(follow[group]) >= SOME:
                yield Parting(fork.recorded, fork.live, self._closings.get(fork.session), follow[group])

    def _following(self, forks: Mapping[int, _Fork], findings: Sequence[Sides]) -> dict[int, list[int]]:
        """The findings, by number, that stand after the fork of their group, in one of the two timelines."""
        there = self._live_places(forks)
        found: dict[int, list[int]] = {group: [] for group in forks}
        for number, (one, other) in enumerate(findings):
            step = one or other
            assert step is not None
            group = self._groups.leader(self._session[step])
            if group not in forks:
                continue
            here = one is not None and one.index >= forks[group].here
            if here or (other is not None and other.index >= there.get(group, 0)):
                found[group].append(number)
        return found

    def _courses(self, script: Script, numbers: Mapping[int, int] | None) -> dict[int, list[Step]]:
        """The frames of each session that are reported or paired, by the number of the recorded session."""
        partners = self._partners if numbers is None else set(self._partners.values())
        found: dict[int, list[Step]] = {}
        for step in script.steps:
            session = step.session if numbers is None else numbers.get(step.session, ~step.session)
            self._session[step] = session
            if step.profile.lockstep:
                self._groups.carries(session, step.carries)
            if step.kind == "close" and numbers is not None:
                self._closings[session] = step
            if step.kind == "frame" and (step in self._alone or step in partners):
                found.setdefault(session, []).append(step)
        return found

    def _live_places(self, forks: Mapping[int, _Fork]) -> dict[int, int]:
        """Of each group, the place in the live timeline after which nothing is as it was before the fork."""
        found: dict[int, int] = {}
        for one, other in self._partners.items():
            group = self._groups.leader(self._session[one])
            if group in forks and one.index < forks[group].here:
                found[group] = max(found.get(group, 0), other.index + 1)
        for group, fork in forks.items():
            if fork.live is not None:
                found[group] = min(found.get(group, 0), fork.live.index)
        return found

    def _fork(self, session: int, ours: list[Step], theirs: list[Step]) -> _Fork | None:
        """The first place where a session goes on in two ways."""
        at = self._start(ours, theirs)
        if at is None:
            return None
        for earlier in range(at - 1, -1, -1):  # what the node had left out before belongs to it
            if ours[earlier] in self._alone:
                at = earlier
            elif ours[earlier].direction == "from_node":
                break
        before = [step for step in ours[:at] if step in self._partners]
        came = {self._partners[step] for step in before}
        reached = theirs.index(self._partners[before[-1]]) + 1 if before else 0
        live = next((step for step in theirs[reached:] if step not in came), None)
        recorded = ours[at] if at < len(ours) else None
        return _Fork(
            recorded,
            live,
            recorded.index if recorded is not None else ours[-1].index + 1,
            not any(map(self._goes_on, ours[at:])),
            session,
        )

    def _start(self, ours: list[Step], theirs: list[Step]) -> int | None:
        """The place in the recorded course at which the live one becomes another."""
        places = {step: place for place, step in enumerate(theirs)}
        came: set[Step] = set()
        at = reached = 0
        while True:
            run, after = self._alone_from(ours, at, came)
            others, next_of_theirs = self._alone_from(theirs, reached, came)
            if any(step in self._refused for step in (*others, next_of_theirs)):
                return at
            back = (self._partners[after] if after is not None else None) is next_of_theirs
            if run and _parts(run, others, next_of_theirs, back=back):
                return at
            if after is None:
                return None
            came.add(self._partners[after])
            reached = places[self._partners[after]] + 1
            at += len(run) + 1

    def _alone_from(self, course: list[Step], at: int, came: set[Step]) -> tuple[list[Step], Step | None]:
        """The frames from a place on that have no other, and the first after them that has."""
        run: list[Step] = []
        for place in range(at, len(course)):
            step = course[place]
            if step in self._alone:
                run.append(step)
            elif step not in came:
                return run, step
        return run, None

    def _goes_on(self, step: Step) -> bool:
        """Whether both runs have a frame, and the live session is served: it was not over, and its call not refused."""
        other = self._partners.get(step)
        if other is None or step.profile.ends(step.label):
            return False
        return other.session not in self._shut and (other.session, other.exchange) not in self._unserved


def _shut(live: Script, refused: Collection[Step]) -> set[int]:
    """The sessions in which every call is refused, in the same words: by who wants a password first, say."""
    reasons: dict[int, list[bytes]] = {}
    for step in live.steps:
        for part in step.parts:
            if part.request is not None and step.direction == "from_node":
                error = part.value.get("error") if step in refused else None
                said = [error.get("code"), error.get("message")] if isinstance(error, dict) else error
                reasons.setdefault(step.session, []).append(b"" if said is None else canonical(said))
    return {session for session, said in reasons.items() if len(said) >= SOME and said[0] and len({*said}) == 1}


def _parts(run: list[Step], others: list[Step], after: Step | None, *, back: bool) -> bool:
    """Whether a session goes another way where frames are missing.

    Args:
        run: those that are missing.
        others: those that came instead.
        after: the live frame after them; None where the session said no more.
        back: whether it is also what comes after those that are missing.
    """
    if not others:
        cut = run[0].direction == "from_node" and run[0].profile.lockstep  # without which its party could not go on
        over = after is not None and after.profile.ends(after.label)
        return after is None or ((cut or over) and any(step.direction == "to_node" for step in run))
    if back and len(run) == len(others) == 1 and run[0].direction == others[0].direction:
        return False
    return any(step.direction == "to_node" for step in (*run, *others))


class _Groups:
    """Sessions that have to do with each other, for they carry the same things."""

    def __init__(self) -> None:
        self._carriers: dict[Hashable, int] = {}
        self._leads: dict[int, int] = {}

    def carries(self, session: int, items: Iterable[Hashable]) -> None:
        """A session carries these."""
        for item in items:
            one, other = self.leader(self._carriers.setdefault(item, session)), self.leader(session)
            self._leads[max(one, other)] = min(one, other)

    def leader(self, session: int) -> int:
        """The session by which a group is known."""
        while (ahead := self._leads.get(session, session)) != session:
            session = ahead
        return session


def merged(
    comparison: Comparison, steps: Sequence[Sides], partings: Iterable[Parting], scripts: tuple[Script, Script]
) -> Comparison:
    """A comparison in which all that follows from one parting is one finding, before the others.

    Args:
        comparison: what was found, each by itself.
        steps: of each finding, the recorded step and the live one.
        partings: where the runs part.
        scripts: of the recorded run, and of the live one.
    """
    findings, decisions = comparison.findings, list(comparison.decisions)
    unreached, astray = set(comparison.unreached), set[str]()
    first: list[Finding] = []
    follow: set[int] = set()
    for parting in partings:
        told = [(findings[number], steps[number]) for number in parting.follows]
        first.append(_finding(parting, told, scripts))
        follow.update(parting.follows)
        for one, (recorded, _live) in told:
            where = " | ".join(filter(None, (one.recorded, one.live)))
            decisions.append(Decision("parted", f"{where}: {one.party} {one.step} {one.kind}"))
            closes = recorded is not None and recorded.kind == "close"  # where it came too soon, it went nowhere else
            if one.kind == "missing" or (closes and not comparison.frames.get(one.scenario)):
                unreached.add(one.scenario)
            elif not closes:
                astray.add(one.scenario)
    kept = [finding for number, finding in enumerate(findings) if number not in follow]
    return Comparison(
        comparison.frames, (*first, *kept), tuple(decisions), frozenset(unreached - astray), frozenset(astray)
    )


def _finding(parting: Parting, told: list[tuple[Finding, Sides]], scripts: tuple[Script, Script]) -> Finding:
    recorded, live = scripts
    one, other = parting.recorded, parting.live
    step, script = (one, recorded) if one is not None else (other, live)
    assert step is not None
    said = [other, *(part.answer.step for part in other.parts if part.answer is not None)] if other is not None else []
    came = next((step for step in said if step.direction == "from_node"), None)  # or what the node answered it
    pushed = any(_is_push(sides[1]) for finding, sides in told if finding.kind == "extra")
    ended = _ended(parting)
    counts = {"missing": 0, "others": 0}
    for finding, sides in told:
        own = all(side in {one, other} for side in sides if side is not None)
        counts["missing" if finding.kind == "missing" else "others"] += finding.more + (not own)
    party = script.parties.get(step.session, "")
    return Finding(
        "parted",
        step.scenario,
        party,
        recorded.described(one) if one is not None else NOTHING,
        recorded=f"{recorded.file}:{one.line}" if one is not None else "",
        live=f"{live.file}:{other.line}" if other is not None else "",
        than=live.described(other) if other is not None else f"{party} close" if ended else NOTHING,
        more=counts["missing"],
        reason=next((finding.reason for finding, sides in told if sides[1] is came), "") or ended,
        cause=_cause(one, came, recorded) if one is not None and (came or not (ended or pushed)) else "",
        others=counts["others"],
    )


def _is_push(step: Step | None) -> bool:
    return step is not None and step.direction == "from_node" and any(part.asks for part in step.parts)


def _cause(awaited: Step, came: Step | None, recorded: Script) -> str:
    """What usually is the matter where this was recorded, and that (or nothing) came."""
    said = recorded.steps[awaited.cause].label if awaited.cause >= 0 else ""
    return awaited.profile.cause(awaited.label, came.message if came is not None else None, said)


def _ended(parting: Parting) -> str:
    """How the session ended, where that is all that came."""
    event = parting.closing.event if parting.live is None and parting.closing is not None else None
    if not isinstance(event, Closed) or event.by != NODE:
        return ""
    told = [str(event.code)] if event.code > 0 else []
    return " ".join([f"node ends the session{':' if told or event.reason else ''}", *told, event.reason]).rstrip()

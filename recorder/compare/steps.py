"""Pairs the steps of two sessions.

Rule: requests and pushes are paired by content; an answer goes with its request, whatever its content, and pushes in an
HTTP exchange stay in it. Of calls that only look how things are by now, those that saw the same are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from operator import attrgetter

from recorder.compare.alignment import Aligned, Likeness, align
from recorder.compare.differences import Scripts
from recorder.compare.shapes import Shapes
from recorder.jsonrpc import ANSWERS
from recorder.model import Direction
from recorder.timeline import Part, Step

DIRECTIONS: tuple[Direction, Direction] = ("to_node", "from_node")


def asks(step: Step) -> bool:
    """Whether a frame asks or tells something, rather than to answer; a further result of a call tells something."""
    if step.kind != "frame" or step.bodiless or step.refuses:
        return False
    return all(part.request is None and (part.kind not in ANSWERS or part.caused_by is not None) for part in step.parts)


@dataclass(frozen=True)
class Ways:
    """How steps are paired.

    Args:
        shapes: of both captures.
        likeness: how two frames are compared that have not the same shape.
        row: of a push, which others it is aligned with.
        repeated: what is repeated as often as a clock has it: in both captures the same for the same; None for most steps.
    """

    shapes: tuple[Shapes, Shapes]
    likeness: Likeness[Step]
    row: Callable[[Step], Hashable] = lambda _step: None
    repeated: Callable[[Step], Hashable | None] = lambda _step: None


def logged(steps: Aligned[Step], scripts: Scripts, sessions: tuple[int, int]) -> tuple[Aligned[Step], list[str]]:
    """Take out the pushes that a node sent before the other capture's log of the session begins.

    The first frame in the log is found by its name: an earlier one is not paired with it.

    Args:
        steps: of the session.
        scripts: both captures.
        sessions: its number in each.

    Returns:
        What is left, and what was taken out, in words.
    """
    told: list[str] = []
    for side, log in ((1, 0), (0, 1)):
        if sessions[log] in scripts[log].partial:
            steps, early = _from_the_log_on(steps, side)
            files = scripts[side].file, scripts[log].file
            told += [
                f"{files[0]}:{one.line} {one.label}: {files[1]} has no log of this session before a later frame"
                for one in early
            ]
    return steps, told


def _from_the_log_on(steps: Aligned[Step], side: int) -> tuple[Aligned[Step], list[Step]]:
    """What is left when the one that was not logged late has lost its beginning, and that beginning."""
    heard = (pair for pair in steps.pairs if pair[0].direction == "from_node" and pair[0].kind == "frame")
    begun = (pair[side].index for pair in heard if pair[0].label == pair[1].label or not asks(pair[0]))
    first = min(begun, default=0)

    def is_early(step: Step) -> bool:
        return step.direction == "from_node" and step.index < first and asks(step)

    apart = [pair for pair in steps.pairs if is_early(pair[side])]
    alone = [*steps.missing, *(one for one, _other in apart)], [*steps.extra, *(other for _one, other in apart)]
    early = [step for step in alone[side] if is_early(step)]
    alone[side][:] = [step for step in alone[side] if not is_early(step)]
    return Aligned([pair for pair in steps.pairs if not is_early(pair[side])], *alone), early


class _Sorted:
    """The steps of a session by what they do."""

    def __init__(self, steps: list[Step]) -> None:
        self.openings: list[Step] = []
        self.closings: list[Step] = []
        self.asked: dict[Direction, list[Step]] = {"to_node": [], "from_node": []}
        self.answers: list[Step] = []
        for step in steps:
            if step.kind == "open":
                self.openings.append(step)
            elif step.kind == "close":
                self.closings.append(step)
            elif asks(step) or _in_turn(step):
                self.asked[step.direction].append(step)
            elif not step.bodiless:
                self.answers.append(step)


class Pairing:
    """Two sessions that are each other's.

    Args:
        ways: how their steps are paired.
        partners: takes the live message of each recorded one.

    Attributes:
        spare: looks that the other run did without, and their answers; neither missing nor extra.
    """

    def __init__(self, ways: Ways, partners: dict[Part, Part]) -> None:
        self._ways, self.partners = ways, partners
        self._pairs: list[tuple[Step, Step]] = []
        self._exchanges: dict[int, int] = {}
        self.spare: tuple[list[Step], list[Step]] = ([], [])

    def of(self, recorded: list[Step], live: list[Step]) -> Aligned[Step]:
        """Pair the steps."""
        ours, theirs = _Sorted(recorded), _Sorted(live)
        self._align(ours.openings, theirs.openings)
        self._align(ours.closings, theirs.closings)
        self._align(ours.asked["to_node"], theirs.asked["to_node"])
        self._pushes(ours.asked["from_node"], theirs.asked["from_node"])
        self._answers(ours.answers, theirs.answers)
        left, right = self._left(recorded, live)
        if left and right:
            self._exchanged(left, right)
            left, right = self._left(left, right)
            for direction in DIRECTIONS:
                self._strays(*([one for one in steps if one.direction == direction] for steps in (left, right)))
            self._in_place(recorded, live)
            left, right = self._left(left, right)
        return Aligned(self._pairs, left, right)

    def _left(self, recorded: list[Step], live: list[Step]) -> tuple[list[Step], list[Step]]:
        ours = {one.index for one, _other in self._pairs}.union(one.index for one in self.spare[0])
        theirs = {other.index for _one, other in self._pairs}.union(other.index for other in self.spare[1])
        return [one for one in recorded if one.index not in ours], [one for one in live if one.index not in theirs]

    def _align(self, recorded: list[Step], live: list[Step]) -> None:
        """Pair steps by what they say; of those that a rule repeats, the last with the last."""
        groups: dict[Hashable, tuple[list[Step], list[Step]]] = {}
        for side, steps in enumerate((recorded, live)):
            for step in steps:
                groups.setdefault(self._ways.repeated(step), ([], []))[side].append(step)
        others = groups.pop(None, ([], []))
        for here, there in groups.values():
            self._polls(here, there)
        left, right = self._without_looks(*others)
        if left and right:
            ours, theirs = self._ways.shapes
            shapes = [ours.of(one) for one in left], [theirs.of(one) for one in right]
            for one, other in align(left, right, shapes, self._ways.likeness).pairs:
                self._pair(one, other)

    def _polls(self, recorded: list[Step], live: list[Step]) -> None:
        groups: dict[int, tuple[list[Step], list[Step]]] = {}
        for side, steps in enumerate((recorded, live)):
            for step in steps:
                groups.setdefault(self._ways.shapes[side].of(step), ([], []))[side].append(step)
        left: list[Step] = []
        right: list[Step] = []
        for ours, theirs in groups.values():
            if ours and theirs:
                self._last_and_alike(ours, theirs)
            left += [] if theirs else ours
            right += [] if ours else theirs
        self._first_and_last(left, right)

    def _last_and_alike(self, recorded: list[Step], live: list[Step]) -> None:
        """Pair what is said in the same words: the last with the last, before it what was answered alike."""
        ours, theirs = self._ways.shapes
        saw = [_seen(one, ours) for one in recorded[:-1]], [_seen(one, theirs) for one in live[:-1]]
        for one, other in [*align(recorded[:-1], live[:-1], saw, None).pairs, (recorded[-1], live[-1])]:
            self._pair(one, other)

    def _without_looks(self, recorded: list[Step], live: list[Step]) -> tuple[list[Step], list[Step]]:
        """Pair the calls that only look how things are, where both runs have such; what is left."""
        rows = [
            [(step, shapes.of(step)) for step in steps]
            for steps, shapes in zip((recorded, live), self._ways.shapes, strict=True)
        ]
        looks = {shape for row in rows for step, shape in row if _looks(step)}
        groups: dict[int, tuple[list[Step], list[Step]]] = {}
        left: tuple[list[Step], list[Step]] = ([], [])
        for side, row in enumerate(rows):
            for step, shape in row:
                alike = shape in looks and (_looks(step) or _got_nothing(step))
                into = groups.setdefault(shape, ([], [])) if alike else left
                into[side].append(step)
        for ours, theirs in groups.values():
            rest = self._pair_looks(ours, theirs) if ours and theirs else (ours, theirs)
            left[0].extend(rest[0])
            left[1].extend(rest[1])
        return sorted(left[0], key=attrgetter("index")), sorted(left[1], key=attrgetter("index"))

    def _pair_looks(self, ours: list[Step], theirs: list[Step]) -> tuple[list[Step], list[Step]]:
        """Pair the looks that saw the same; what is left are calls in the same words that got no result.

        What was recorded last is compared with what came last, unless the other run only stopped looking before. A call that
        got no result is compared with one that is left of the other run.
        """
        shapes = self._ways.shapes
        saw = [_seen(one, shapes[0]) for one in ours], [_seen(one, shapes[1]) for one in theirs]
        pairs = align(ours, theirs, saw, None).pairs
        paired = {step for pair in pairs for step in pair}
        if ours[-1] not in paired and (theirs[-1] not in paired or not _saw_anything(theirs[-1])):
            pairs = [pair for pair in pairs if pair[1] is not theirs[-1]] + [(ours[-1], theirs[-1])]
            paired = {step for pair in pairs for step in pair}
        refused, spare = _by_looks(one for one in ours if one not in paired)
        lost, others = _by_looks(one for one in theirs if one not in paired)
        pairs += zip([*refused, *spare], lost, strict=False)
        pairs += zip(refused[len(lost) :], others, strict=False)
        for one, other in pairs:
            self._pair(one, other)
        paired = {step for pair in pairs for step in pair}
        for free, steps in zip(self.spare, (spare, others), strict=True):
            for step in (one for one in steps if one not in paired):
                free += [step, *(part.answer.step for part in step.parts if part.answer is not None)]
        return [one for one in refused if one not in paired], [one for one in lost if one not in paired]

    def _first_and_last(self, recorded: list[Step], live: list[Step]) -> None:
        common = min(len(recorded), len(live))
        for at in range(common - 1):
            self._pair(recorded[at], live[at])
        if common:
            self._pair(recorded[-1], live[-1])

    def _pair(self, one: Step, other: Step) -> None:
        self._pairs.append((one, other))
        if one.exchange and other.exchange:
            self._exchanges.setdefault(one.exchange, other.exchange)
        if len(one.parts) == len(other.parts) == 1:
            self.partners.setdefault(one.parts[0], other.parts[0])
        elif asks(one):
            ours, theirs = self._ways.shapes
            shapes = [ours.of_part(part) for part in one.parts], [theirs.of_part(part) for part in other.parts]
            self.partners.update(align(one.parts, other.parts, shapes, OF_ONE_METHOD).pairs)

    def _pushes(self, recorded: list[Step], live: list[Step]) -> None:
        """Pair what a node says by itself: over HTTP in its exchange, further results of a call as such, else as it may be."""
        back = {there: here for here, there in self._exchanges.items()}
        asked = (one.subscribed for one in recorded)
        calls = {self.partners[call]: call for call in asked if call in self.partners}
        lanes: dict[tuple[Hashable, int, Part | None], tuple[list[Step], list[Step]]] = {}
        for one in recorded:
            here = one.exchange if one.exchange in self._exchanges else 0
            call = one.subscribed if one.subscribed in self.partners else None
            lanes.setdefault((self._ways.row(one), here, call), ([], []))[0].append(one)
        for other in live:
            call = calls.get(other.subscribed) if other.subscribed is not None else None
            lanes.setdefault((self._ways.row(other), back.get(other.exchange, 0), call), ([], []))[1].append(other)
        for ours, theirs in lanes.values():
            self._align(ours, theirs)
        if any(here or call for _row, here, call in lanes):
            self._align(*self._left(recorded, live))

    def _answers(self, recorded: list[Step], live: list[Step]) -> None:
        """Pair answers with the answers of the paired requests."""
        answers: dict[Part, list[Step]] = {}
        for step in live:
            for request in step.answers:
                answers.setdefault(request, []).append(step)
        taken: set[int] = set()
        for step in recorded:
            partners = (self.partners[request] for request in step.answers if request in self.partners)
            candidates = (other for partner in partners for other in answers.get(partner, ()))
            found = next((other for other in candidates if other.index not in taken), None)
            if found is not None:
                taken.add(found.index)
                self._pair(step, found)

    def _exchanged(self, recorded: list[Step], live: list[Step]) -> None:
        """Pair what answers the same request over HTTP without saying so: a body that is no JSON-RPC, or an empty one."""
        there: dict[int, list[Step]] = {}
        for other in live:
            if other.direction == "from_node" and other.exchange and not _tells(other):
                there.setdefault(other.exchange, []).append(other)
        for step in recorded:
            if step.direction == "from_node" and not _tells(step):
                found = there.get(self._exchanges.get(step.exchange, 0))
                if found:
                    self._pair(step, found.pop(0))

    def _strays(self, recorded: list[Step], live: list[Step]) -> None:
        """Pair answers of which one answers nothing: its id is another, say, or its request is missing."""
        ours, theirs = ([one for one in steps if _is_answer(one)] for steps in (recorded, live))
        self._align(ours, [one for one in theirs if not any(one.answers)])
        left, right = self._left(ours, theirs)
        self._align([one for one in left if not any(one.answers)], right)

    def _in_place(self, recorded: list[Step], live: list[Step]) -> None:
        """Pair a frame that holds no message with the one that is missing where it came: between the same others."""
        places = {step: one.index for one, other in self._pairs for step in (one, other)}
        spare = {*self.spare[0], *self.spare[1]}
        gaps: dict[tuple[Direction, int], tuple[list[Step], list[Step]]] = {}
        for side, steps in enumerate((recorded, live)):
            last = dict.fromkeys(DIRECTIONS, -1)
            for step in steps:
                if step in places:
                    last[step.direction] = places[step]
                elif step not in spare:
                    gaps.setdefault((step.direction, last[step.direction]), ([], []))[side].append(step)
        for ours, theirs in gaps.values():
            if len(ours) == len(theirs) == 1 and (_is_no_message(ours[0]) or _is_no_message(theirs[0])):
                self._pair(ours[0], theirs[0])


def _is_no_message(step: Step) -> bool:
    """Whether a frame holds no JSON object."""
    return step.kind == "frame" and not any(isinstance(part.value, dict) for part in step.parts)


def _looks(step: Step) -> bool:
    """Whether a frame is a call that only looks how things are, and got a result."""
    return len(step.parts) == 1 and step.parts[0].looks


def _got_nothing(step: Step) -> bool:
    """Whether a frame is a call that got no result."""
    part = step.parts[0] if len(step.parts) == 1 else None
    return part is not None and part.asks and (part.answer is None or part.answer.kind != "result")


def _by_looks(steps: Iterable[Step]) -> tuple[list[Step], list[Step]]:
    """Calls that got no result, and looks that did."""
    found: tuple[list[Step], list[Step]] = ([], [])
    for step in steps:
        found[_looks(step)].append(step)
    return found


def _seen(step: Step, shapes: Shapes) -> int:
    """The shape of what a look saw; 0 where nothing answers."""
    answer = step.parts[0].answer if step.parts else None
    return shapes.of(answer.step) if answer is not None else 0


def _saw_anything(step: Step) -> bool:
    answer = step.parts[0].answer
    return answer is not None and bool(answer.value.get("result"))


def _in_turn(step: Step) -> bool:
    """Whether a frame answers by its turn, and not by an id: of calls that are the same, it may be either's."""
    return step.profile.lockstep and any(
        part.request is not None and not isinstance(part.value.get("id"), str | int) for part in step.parts
    )


def _tells(step: Step) -> bool:
    return any(part.asks for part in step.parts)


def _is_answer(step: Step) -> bool:
    return step.kind == "frame" and not step.bodiless and not asks(step)


def _no_cost(one: Part, other: Part) -> int | None:
    return 0 if one.method == other.method else None


OF_ONE_METHOD: Likeness[Part] = Likeness(lambda part: part.method, _no_cost, anywhere=True)
"""Members of batches, wherever they stand: those of one method are each other's."""

"""Traffic as a sequence diagram: lifelines, arrows, notes, boxes around scenarios, loops for long repetitions.

Rule: pure, and in bounded memory: steps come out as events go in; only arrows that may be part of a repetition are held.
Only the templates decide how a step is drawn.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any, Literal, NamedTuple

from recorder.escaping import escape
from recorder.profiles.sentences import shortened
from recorder.transcript.view import View

MOST_ARROWS = 200
"""Of one part: those who draw Mermaid refuse diagrams of more than 50,000 characters."""

LONGER = 1.25
"""How much longer a part may become, so that it does not end between a call and its answer."""

LONG = 120
"""Characters of a label."""

LONGEST_UNIT, REPEATS, RUN = 4, 3, 6
"""A run repeats up to `LONGEST_UNIT` arrows, at least `REPEATS` times, and has at least `RUN` arrows."""

_UNSAFE = re.compile(r"[^\w .,:+*/()'!?=|\x80-\U0010ffff-]")
_WRAP = re.compile("^((?:no)?wrap):")
"""How a label would tell Mermaid to break its lines."""

Kind = Literal["begin", "lifeline", "box", "arrow", "note", "loop", "close", "end"]


class Step(NamedTuple):
    """One line of a diagram.

    Args:
        kind: `begin` and `end` of a part; a `lifeline` that is new in it; a `box` around a scenario or a `loop` around
            what came several times, each until its `close`; an `arrow`; a `note`.
        start: the number of a lifeline, from 0: of an arrow where it begins, of a note or a box the first that it is over.
        end: the other lifeline of an arrow; of a note or a box the last that it is over.
        text: the name, the label, how often a loop came.
        style: of an arrow `call`, `answer` or `error`; of a note `error` where a call has no answer.
        number: of an arrow or a note, which of the events it is, from 1.
    """

    kind: Kind
    start: int = 0
    end: int = 0
    text: str = ""
    style: str = ""
    number: int = 0


class _Arrow(NamedTuple):
    """An arrow that may be one of a run.

    Args:
        step: it.
        key: what those of one run have in common.
        waits: the line of the capture with its call; 0 if it waits for no answer.
        answers: the lines with the calls that it answers.
    """

    step: Step
    key: tuple[Any, ...]
    waits: int = 0
    answers: tuple[int, ...] = ()

    @property
    def steps(self) -> list[Step]:
        """What is drawn of it."""
        return [self.step]


class _Loop(NamedTuple):
    """A run: its arrows, once, and how often they came; calls and answers stand in it together."""

    times: int
    unit: list[_Arrow]
    waits: int = 0
    answers: tuple[int, ...] = ()

    @property
    def steps(self) -> list[Step]:
        """What is drawn of it."""
        return [Step("loop", text=f"{self.times} times"), *(arrow.step for arrow in self.unit), Step("close")]


class Diagram:
    """Draws the events of a transcript, given in their order.

    Args:
        most: arrows of one part, a run counted once; what comes then is drawn in a further one.
    """

    def __init__(self, most: int = MOST_ARROWS) -> None:
        self._most = most
        self._names: list[str] = []  # of lifelines
        self._parties: dict[str, int] = {}
        self._nodes: dict[str, int] = {}  # by address
        self._declared = self._arrows = self._events = 0
        self._open = False  # whether a part has begun
        self._scenario = ""
        self._boxed = False  # whether its box is open
        self._unanswered: set[int] = set()  # calls of this part
        self._runs = _Runs()
        self._steps: list[Step] = []

    def see(self, event: View) -> list[Step]:
        """The steps that an event completes."""
        self._events += 1
        kind = event.kind
        party = self._party(event) if event.party else None  # it speaks first, and stands first
        node = self._node(event)
        party = node if party is None else party
        self._room(event.scenario)
        if kind == "note":
            self._flush()
            over = (party, party) if event.party else (0, len(self._names) - 1)
            self._put(Step("note", *over, _label(event.text), number=self._events))
        elif kind == "unanswered":
            self._flush()
            over = (min(party, node), max(party, node))
            self._put(Step("note", *over, _label(event.words), "error", number=self._events))
        elif kind == "opened":
            self._arrow(party, node, "opens a connection", "call")
        elif kind == "closed":
            ends = (node, party) if event.by == "node" else (party, node)
            self._arrow(*ends, ": ".join(filter(None, ["closes the connection", event.how])), "call")
        elif kind == "ended":
            self._arrow(node, party, f"ends: {event.reason}", "error")
        elif kind == "refused":
            self._arrow(node, party, event.heading, "error")
        else:
            saying = event.saying
            ends = (party, node) if event.direction == "to_node" else (node, party)
            waits = event.line if event.waits else 0
            self._arrow(*ends, saying.words, saying.kind, saying.method, waits, event.answers)
        return self._taken()

    def end(self) -> list[Step]:
        """The steps that are left after the last event."""
        self._finish()
        return self._taken()

    def _taken(self) -> list[Step]:
        steps, self._steps = self._steps, []
        return steps

    def _put(self, *steps: Step) -> None:
        self._steps += steps

    def _node(self, event: View) -> int:
        """The lifeline of a node: one for each address, where nobody knows it the first."""
        first = next(iter(self._nodes), None)
        if first is None or (first and event.address and event.address not in self._nodes):
            name = event.node if first is None else f"{event.node} {event.address}"
            self._nodes[event.address] = self._lifeline(name)
        elif not first and event.address:  # it has been that one all the time
            self._nodes = {event.address: self._nodes[first]}
        return self._nodes[event.address or next(iter(self._nodes))]

    def _party(self, event: View) -> int:
        if event.party not in self._parties:
            self._parties[event.party] = self._lifeline(event.party)
        return self._parties[event.party]

    def _lifeline(self, name: str) -> int:
        self._names.append(_label(name))
        return len(self._names) - 1

    def _room(self, scenario: str) -> None:
        """Begin a part where none is open, declare what is new, and open the scenario's box."""
        if scenario != self._scenario:
            self._flush()
            self._leave()
            self._scenario = scenario
        if self._declared < len(self._names):
            self._flush()
        self._begin()

    def _begin(self) -> None:
        if not self._open:
            self._open, self._declared, self._arrows = True, 0, 0
            self._unanswered.clear()
            self._put(Step("begin"))
        for number in range(self._declared, len(self._names)):
            self._put(Step("lifeline", number, number, self._names[number]))
        self._declared = len(self._names)
        if self._scenario and not self._boxed:
            self._put(Step("box", 0, len(self._names) - 1, _label(self._scenario)))
            self._boxed = True

    def _arrow(
        self,
        start: int,
        end: int,
        text: str,
        style: str,
        method: str = "",
        waits: int = 0,
        answers: tuple[int, ...] = (),
    ) -> None:
        step = Step("arrow", start, end, _label(text), style, self._events)
        self._draw(self._runs.see(_Arrow(step, (start, end, style, method or text), waits, answers)))

    def _flush(self) -> None:
        self._draw(self._runs.end())

    def _draw(self, found: list[_Arrow | _Loop]) -> None:
        """Draw arrows and loops; where a part is full, in a further one."""
        for one in found:
            if self._arrows >= self._most * (LONGER if self._unanswered else 1):
                self._close()
                self._begin()
            steps = one.steps
            self._put(*steps)
            self._arrows += sum(step.kind == "arrow" for step in steps)
            self._unanswered.difference_update(one.answers)
            if one.waits:
                self._unanswered.add(one.waits)

    def _leave(self) -> None:
        if self._boxed:
            self._put(Step("close"))
            self._boxed = False

    def _close(self) -> None:
        self._leave()
        self._put(Step("end"))
        self._open = False

    def _finish(self) -> None:
        if self._open:
            self._flush()
            self._close()


class _Runs:
    """Arrows on their way, until it is clear whether they are a run."""

    def __init__(self) -> None:
        self._held: list[_Arrow] = []  # not in a run, as far as is known
        self._unit: list[_Arrow] = []  # of the run that goes on
        self._count = 0
        self._next: list[_Arrow] = []  # the beginning of its next repetition

    def see(self, arrow: _Arrow) -> list[_Arrow | _Loop]:
        """What is complete with a further arrow."""
        found: list[_Arrow | _Loop] = []
        if self._unit:
            if self._unit[len(self._next)].key == arrow.key:
                self._next.append(arrow)
                if len(self._next) == len(self._unit):
                    self._merge(self._next)
                    self._next = []
                return found
            found.append(self._loop())
        self._held.append(arrow)
        found += self._look()
        if len(self._held) > LONGEST_UNIT * REPEATS:
            found.append(self._held.pop(0))
        return found

    def end(self) -> list[_Arrow | _Loop]:
        """What is held."""
        loops = [self._loop()] if self._unit else []
        held, self._held = self._held, []
        return [*loops, *held]

    def _look(self) -> list[_Arrow]:
        """Whether what is held ends with a run; what stands before it is none."""
        for length in range(1, LONGEST_UNIT + 1):
            if len(self._held) <= length or self._held[-1].key != self._held[-1 - length].key:
                continue
            repeats = max(REPEATS, -(-RUN // length))
            last = self._held[-length * repeats :]
            units = [last[at : at + length] for at in range(0, len(last), length)]
            if len(units) == repeats and len({tuple(arrow.key for arrow in unit) for unit in units}) == 1:
                before = self._held[: -len(last)]
                self._held, self._unit, self._count = [], units[0], 1
                for unit in units[1:]:
                    self._merge(unit)
                return before
        return []

    def _merge(self, unit: list[_Arrow]) -> None:
        self._count += 1
        self._unit = [
            _Arrow(known.step._replace(text=_common(known.step.text, new.step.text)), known.key)
            for known, new in zip(self._unit, unit, strict=True)
        ]

    def _loop(self) -> _Loop:
        """The run that is over; what had begun to come again is held on."""
        loop = _Loop(self._count, self._unit)
        self._held, self._unit, self._next = self._next, [], []
        return loop


def _common(one: str, other: str) -> str:
    """What two labels both say."""
    if one == other:
        return one
    pairs = zip(one.removesuffix(" …").split(" "), other.split(" "), strict=False)
    return " ".join([*(word for word, _same in takewhile(lambda pair: pair[0] == pair[1], pairs)), "…"])


def _label(text: str) -> str:
    return shortened(escape(text), LONG) or "…"


def mermaid(text: str) -> str:
    """A label as Mermaid takes it: what it or a browser might read as more than text stands by its number."""
    return _WRAP.sub(r"\1#58;", _UNSAFE.sub(lambda found: f"#{ord(found[0])};", text))

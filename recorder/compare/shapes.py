"""The shape of a message: the message without what differs from run to run. Messages of the same shape may be paired.

Rule: a shape only proposes; bindings decide whether messages are the same. A shape is a number, the same for the same
shape in both captures. A bound value is represented by the message that brought it first, so that calls about different
values have different shapes, in any order. In the place where it came first it is not, if no other value ever stands
there: messages that came together would else depend on which was the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Literal

from recorder.bindings import Kinds
from recorder.compare.made_anew import Name, id_name
from recorder.compare.moments import MAY_TELL, Moment
from recorder.difference import Path, name_of
from recorder.model import Closed, Frame, Opened
from recorder.profiles.parts import Identities
from recorder.timeline import Part, Script, Step, urls
from recorder.timeline.exchanges import bare

Keeping = Literal["origin", "blank"]
"""What a shape keeps of bound values. `origin`: of a text, which message brought it first; of a number, its distance
from the smallest of the capture. `blank`: nothing, and nothing of values that depend on a size either.
"""

NO_THREADS: Mapping[str, int] = {}
NO_NAMES: frozenset[Name] = frozenset()

Shape = int
Shaping = Callable[[Any, Path], Any]


class Shapes:
    """The shapes of the messages of a capture.

    Args:
        script: of the capture.
        kinds: which of its values are bound, by protocol.
        keeping: what is kept of values that are bound.
        threads: of its threads by name, the numbers that they share with those of the other capture.
        anew: the names of ids that are made anew in each run; of these, nothing is kept.
        live: whether it is the capture that is compared with the recorded one.
    """

    def __init__(
        self,
        script: Script,
        kinds: Mapping[str, Kinds],
        keeping: Keeping,
        threads: Mapping[str, int] = NO_THREADS,
        anew: Container[Name] = NO_NAMES,
        *,
        live: bool = False,
    ) -> None:
        self._makers = {
            profile.name: _Maker(kinds[profile.name], script.identities_of(profile), keeping, threads, anew, live=live)
            for profile in script.protocols
        }
        self._known: dict[int, Shape] = {}
        self._members: dict[Part, Shape] = {}
        if keeping == "origin":
            self._tell(script.steps)

    def of(self, step: Step) -> Shape:
        """The shape of a step."""
        known = self._known.get(step.index)
        if known is None:
            known = self._known[step.index] = self._made(step)
        return known

    def marks(self, step: Step) -> list[Shape]:
        """The shapes of what is in the URL of an opening: its path, and each parameter."""
        url = step.event.url if isinstance(step.event, Opened) else ""
        if not url:
            return []
        maker = self._makers[step.profile.name]
        told = urls.compared(urls.query(url))
        return [
            maker.shape({name: value}, "", step, ("url",)) for name, value in (("path", urls.path(url)), *told.items())
        ]

    def of_part(self, part: Part) -> Shape:
        """The shape of a message, alone or in a batch."""
        whole = self.of(part.step)
        return whole if part.number is None else self._members[part]

    def _tell(self, steps: Sequence[Step]) -> None:
        """Find the smallest of each number, and what brings each text first: an answer's come with its request."""
        for step in steps:
            maker = self._makers[step.profile.name]
            if maker.counting:
                for part in step.parts:
                    maker.count(part.value, part.method)
        asked = [step for step in steps if not any(part.request is not None for part in step.parts)]
        for step in asked:
            for part in step.parts:
                self._makers[step.profile.name].survey(part.value, part.method)
        for step in asked:
            self.of(step)
            for part in step.parts:
                if (answer := part.answer) is not None:
                    maker = self._makers[step.profile.name]
                    maker.answered(bare(answer.value), part.method, step.session, self.of_part(part))

    def _made(self, step: Step) -> Shape:
        maker, event = self._makers[step.profile.name], step.event
        if isinstance(event, Closed):
            return hash((step.kind, event.code, event.by, event.reason))
        if isinstance(event, Opened):
            return hash((step.kind, maker.shape(urls.compared(urls.query(event.url)), "", step, ("url",))))
        message = step.message
        if message is None:
            return hash((step.direction, b"" if step.endpoint else event.payload))
        if isinstance(message, list):
            for part, value in zip(step.parts, message, strict=False):
                self._members[part] = maker.shape(bare(value), part.method, step)
            return hash((step.direction, len(message), *sorted(self._members.get(part, 0) for part in step.parts)))
        return hash((step.direction, maker.shape(bare(message), step.parts[0].method, step)))


class _Maker:
    """Makes the shapes of the messages of one protocol."""

    def __init__(
        self,
        kinds: Kinds,
        who: Identities,
        keeping: Keeping,
        threads: Mapping[str, int],
        anew: Container[Name],
        *,
        live: bool,
    ) -> None:
        self._kinds, self._origins, profile = kinds, keeping == "origin", kinds.profile
        self._threads, self._anew = threads, anew
        self._varying: Step | None = None  # the frame that is looked at, where it may tell a time, or has ids made anew
        self._letters = kinds.letters
        self._costs = profile.costs
        self._encoded = profile.encoded is not None
        self._text_shape, self._count_text = (profile.comparison(who, who).text_shape for _ in range(2))
        self._live = live
        self.counting = bool(profile.counters)
        self._method = ""
        self._least: dict[str, int] = {}
        self._names: dict[tuple[str, Any], int] = {}
        self._first: dict[tuple[str, Any], tuple[str, Path]] = {}  # the place in which a message brought it
        self._only: dict[tuple[str, Path], Any] = {}  # of each place, the value; none where there are several
        self._new: dict[tuple[str, Any], Path] = {}
        self._ordinals: Counter[tuple[int, Shape, Path]] = Counter()  # in each session: which has the first is chance

    def shape(self, value: Any, method: str, step: Step, path: Path = ()) -> Shape:
        """The shape of a message of a step; what it brings first is known by it from now on."""
        self._method = method
        varies = isinstance(step.event, Frame) and (self._anew or MAY_TELL.search(step.event.payload))
        self._varying = step if varies else None
        made = hash(self._value(value, path))
        if self._new:
            self._first |= {new: (method, there) for new, there in self._new.items()}
            self._name(made, step.session)
        return made

    def answered(self, value: Any, method: str, session: int, request: Shape) -> None:
        """What an answer brings first is known by its request."""
        self._method = method
        self._each(value, (), self._brought)
        if self._new:
            self._name(request, session)

    def survey(self, value: Any, method: str) -> None:
        """Note which bound values stand in which places of messages that ask or tell something."""
        self._method = method
        self._each(bare(value), (), self._stands)

    def count(self, value: Any, method: str) -> None:
        """Note the numbers of a message."""
        self._method = method
        self._number(value, ())

    def _name(self, shape: Shape, session: int) -> None:
        for new, path in self._new.items():
            self._ordinals[session, shape, path] += 1
            self._names[new] = hash((shape, path, self._ordinals[session, shape, path]))
        self._new.clear()

    def _value(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            letters = self._letters if self._varying is None else None
            return tuple(
                [
                    (name, item)
                    if letters is not None and isinstance(item := value[name], str) and item not in letters
                    else (name, self._value(value[name], (*path, name)))
                    for name in sorted(value)
                ]
            )
        if isinstance(value, list):
            return ("list", *[self._value(item, (*path, index)) for index, item in enumerate(value)])
        if isinstance(value, bool) or value is None:
            return str(value)
        if self._varying is not None or self._letters is None or value in self._letters:
            return self._scalar(value, path)
        return value if isinstance(value, str) else ("number", value)

    def _scalar(self, value: Any, path: Path) -> Any:
        if self._encoded and isinstance(value, str):
            shape = self._text_shape(value, self._value, live=self._live)
            if shape is not None:
                return shape
        if kind := self._kinds.of(self._method, path, value):
            return self._bound(kind, value, path)
        if self._varying is not None and (form := self._form(value, path, self._varying)):
            return form
        if isinstance(value, str):
            return value
        return name if not self._origins and (name := name_of(path)) in self._costs else ("number", value)

    def _form(self, value: Any, path: Path, step: Step) -> tuple[str, str] | None:
        """What is kept of a value that is another in each run; None where it is none."""
        if (moment := Moment.told(value, step)) is not None:
            return "time", moment.form
        name = id_name(path, value) if self._anew and isinstance(value, str) else ""
        return ("anew", name) if name and (step.direction, name) in self._anew else None

    def _bound(self, kind: str, value: Any, path: Path) -> Any:
        if not self._origins:
            return kind
        if value in self._threads:
            return kind, self._threads[value]
        if kind in self._least:
            return kind, value - self._least[kind]
        known = self._names.get((kind, value))
        if known is None:
            self._new.setdefault((kind, value), path)
            return kind
        place = self._method, path
        is_alone = self._first.get((kind, value)) == place and self._only.get(place) is not None
        return kind if is_alone else (kind, known)

    def _each(self, value: Any, path: Path, take: Callable[[str, Any, Path], None]) -> None:
        """Go through what is bound, but for counted numbers."""
        letters = self._letters
        if isinstance(value, dict):
            for name, item in value.items():
                if letters is None or not isinstance(item, str) or item in letters:
                    self._each(item, (*path, name), take)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._each(item, (*path, index), take)
        elif value is not None and not isinstance(value, bool) and (letters is None or value in letters):
            kind = self._kinds.of(self._method, path, value)
            if kind and kind not in self._least:
                take(kind, value, path)

    def _brought(self, kind: str, value: Any, path: Path) -> None:
        if (kind, value) not in self._names:
            self._new.setdefault((kind, value), path)

    def _stands(self, _kind: str, value: Any, path: Path) -> None:
        place = self._method, path
        if self._only.setdefault(place, value) != value:
            self._only[place] = None

    def _number(self, value: Any, path: Path) -> None:
        """Find the smallest of each number that its protocol counts; what is handed out is no such number."""
        if isinstance(value, dict):
            for name, item in value.items():
                self._number(item, (*path, name))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._number(item, (*path, index))
        elif isinstance(value, str):
            self._count_text(value, self._number, live=self._live)
        elif isinstance(value, int) and not isinstance(value, bool):
            kind = self._kinds.profile.volatile(self._method, path, value)
            if kind:
                self._least[kind] = min(value, self._least.get(kind, value))

"""Compares a live message with a recorded one, and binds what may differ.

Rule: a difference has its path, the rule it breaks and both values from the moment it is found. The profile decodes
encoded texts: it takes part through `compare_text`, and gives the values inside back to be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from recorder.bindings.bindings import Bindings
from recorder.bindings.kinds import Kinds
from recorder.difference import Difference, Path
from recorder.model import marked
from recorder.timeline.handed_out import HANDED

NUMBERS = (int, Decimal)


class Comparator:
    """One comparison of two messages.

    Args:
        bindings: the bindings; new ones are added here.
        kinds: says which values are bound.
        method: of the message, or of the request that it answers.
    """

    def __init__(self, bindings: Bindings, kinds: Kinds, method: str = "") -> None:
        self.differences: list[Difference] = []
        self.bindings, self.method, self._kinds = bindings, method, kinds
        self._outside, self._type = 0, ""

    def value(self, recorded: Any, live: Any, path: Path) -> None:
        """Compare two values of any type."""
        if isinstance(recorded, dict):
            if isinstance(live, dict):
                self._object(recorded, live, path)
                return
        elif isinstance(recorded, list):
            if isinstance(live, list):
                self._list(recorded, live, path)
                return
        elif isinstance(recorded, str):
            if isinstance(live, str):
                self._text(recorded, live, path)
                return
        elif is_number(recorded) and is_number(live):
            self._scalar(recorded, live, path)
            return
        if type(recorded) is not type(live):
            self.differ(path, "type", recorded, live)
        elif recorded != live:
            self.differ(path, "value", recorded, live)

    def bind(
        self, kind: str, recorded: Any, live: Any, path: Path, written: Callable[[Any], Any] | None = None
    ) -> None:
        """Bind one value to the other; a difference if another value is bound already.

        `written` gives the form in which a value is written in this place, if that is another form.
        """
        expected = self.bindings.bind(kind, recorded, live)
        if expected is not None:
            expected, live = (expected, live) if written is None else (written(expected), written(live))
            self.differ(path, "bound", expected, live)

    def differ(self, path: Path, rule: str, recorded: Any, live: Any) -> None:
        """Note a difference."""
        self.differences.append(Difference(path, rule, recorded, live, self._outside, self._type))

    @contextmanager
    def within(self, outside: int, kind: str) -> Iterator[None]:
        """Within the block, differences are inside an encoded text.

        Args:
            outside: how many steps of the path lead to the text; of nested texts, to the outer one.
            kind: the type of the object that they are fields of.
        """
        before = self._outside, self._type
        self._outside, self._type = self._outside or outside, kind
        try:
            yield
        finally:
            self._outside, self._type = before

    def _object(self, recorded: dict[str, Any], live: dict[str, Any], path: Path) -> None:
        moved: tuple[str, ...] = ()  # this is called for every object
        for name, value in recorded.items():
            there = name
            if name not in live and self._kinds.profile.names_move:
                there = self._kinds.profile.live_name(name, self.bindings)
                moved += (there,)
            if there in live:
                self.value(value, live[there], (*path, there))
            else:
                self.differ((*path, name), "missing", value, None)
        for name, value in live.items():
            if name not in recorded and name not in moved:
                self.differ((*path, name), "added", None, value)

    def _list(self, recorded: list[Any], live: list[Any], path: Path) -> None:
        if len(recorded) != len(live):
            self.differ(path, "length", len(recorded), len(live))
            return
        for index, (one, other) in enumerate(zip(recorded, live, strict=True)):
            self.value(one, other, (*path, index))

    def _text(self, recorded: str, live: str, path: Path) -> None:
        if not self._kinds.profile.compare_text(self, recorded, live, path):
            self._scalar(recorded, live, path)

    def _scalar(self, recorded: Any, live: Any, path: Path) -> None:
        if kind := self._kinds.of(self.method, path, recorded):
            self.bind(kind, recorded, live, path)
        elif recorded != live:
            if isinstance(recorded, str) and isinstance(live, str) and marked(live):
                self.bind(HANDED, recorded, live, path)  # masked after it was recorded
            else:
                self.differ(path, "value", recorded, live)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number; in Python, booleans are ints too."""
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def compare(
    recorded: Any, live: Any, bindings: Bindings, kinds: Kinds, method: str = "", path: Path = ()
) -> list[Difference]:
    """The differences between two JSON values; volatile values are bound in `bindings`."""
    comparator = Comparator(bindings, kinds, method)
    comparator.value(recorded, live, path)
    return comparator.differences

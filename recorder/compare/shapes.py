"""A frame without what differs from run to run: two frames of the same shape may be each other's.

Rule: a shape only proposes; whether frames are the same is decided with bindings. Shapes are small numbers, the same
number for the same shape in both captures.
"""

from __future__ import annotations

from typing import Any, Literal

from recorder.aliases.comparison import OPAQUE
from recorder.aliases.texts import DERIVED, STRUCTURED, decoded, prefix_of
from recorder.model import Closed, Frame
from recorder.replay import Script, Step
from recorder.replay.script import query

Numbers = Literal["counted", "blank"]
"""Of volatile numbers, `counted` keeps how far each is from the smallest of its capture; `blank` keeps nothing.

Neither does it of what a transaction costs: that follows from its size, and so from them.
"""

COSTS = frozenset({"fee", "initiator_amount_final", "responder_amount_final"})


class Shapes:
    """Shapes of the frames of several captures."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._known: dict[Any, int] = {}

    def of(self, script: Script) -> dict[int, int]:
        """The shape of each step of a capture, by its index."""
        reader = _Reader(script, self._numbers)
        return {step.index: self._known.setdefault(reader.step(step), len(self._known)) for step in script.steps}


class _Reader:
    def __init__(self, script: Script, numbers: Numbers) -> None:
        self._volatile, self._numbers = script.profile.volatile, numbers
        self._parties = {account: party for party, account in script.accounts.items()}
        self._texts: dict[str, Any] = {}
        self._least: dict[str, int] = {}
        if numbers == "counted":
            for step in script.steps:
                self._count(step.message, "")

    def step(self, step: Step) -> Any:
        event = step.event
        if isinstance(event, Frame):
            return (step.direction, self._value(step.message, "") if step.message is not None else event.payload)
        if isinstance(event, Closed):
            return (step.kind, event.code, event.by, event.reason)
        return (step.kind, self._value(query(event.url), ""))

    def _value(self, value: Any, field: str) -> Any:
        if isinstance(value, dict):
            if value.get("type") in OPAQUE:
                return value["type"]
            return tuple(sorted((name, self._value(item, name)) for name, item in value.items() if name != "id"))
        if isinstance(value, list):
            return len(value) if field == "signatures" else ("list", *(self._value(item, field) for item in value))
        if isinstance(value, str):
            return self._text(value, field)
        if field in self._volatile.numbers and not isinstance(value, bool) and isinstance(value, int):
            return f"number {value - self._least.get(field, value)}"
        return field if field in COSTS and self._numbers == "blank" else f"{type(value).__name__} {value!r}"

    def _text(self, text: str, field: str) -> Any:
        prefix = prefix_of(text)
        if not prefix:
            return field if field in self._volatile.texts else f"text {text}"
        if prefix in STRUCTURED and prefix not in DERIVED:
            if text not in self._texts:
                read = decoded(text)
                self._texts[text] = text if read is None else repr(self._value(read.value, ""))
            return self._texts[text]
        return f"{prefix} {self._parties.get(text, '')}"

    def _count(self, value: Any, field: str) -> None:
        """Find the smallest of each volatile number."""
        if isinstance(value, dict):
            for name, item in value.items():
                self._count(item, name)
        elif isinstance(value, list):
            for item in value:
                self._count(item, field)
        elif isinstance(value, str) and prefix_of(value) == "tx" and (read := decoded(value)) is not None:
            self._count(read.value, "")
        elif field in self._volatile.numbers and isinstance(value, int) and not isinstance(value, bool):
            self._least[field] = min(value, self._least.get(field, value))

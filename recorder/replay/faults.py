"""What a mock does wrong on purpose, to test its clients.

Rule: a fault happens to a frame that is about to be sent, chosen by its number or its method. A kind of fault is a row
in `_VALUES`, which reads its value, and what `Faults.apply` does about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recorder.close_codes import CODES
from recorder.errors import InputError
from recorder.jsonrpc import json_bytes, json_text, value_of
from recorder.replay.actions import Action, Close, Send
from recorder.settings import parse_duration
from recorder.timeline import Part, Script, Step

_SPEC = re.compile(r"(?P<kind>\w+):(?P<where>[^=]+)(?:=(?P<value>.*))?", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """One fault: `drop:12`, `delay:getBlock=500ms`, `duplicate:12`, `close:12=1011`, `error:12={"code": …}`.

    Args:
        kind: what happens.
        where: the frame's number in the capture (from 1, both directions counted), or its method; of a frame that
            comes from the other end, it happens to the first answer.
        value: the delay in seconds, the close code, or the error object; nothing for the others.
    """

    kind: str
    where: str
    value: float | int | str = ""

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read a fault as it is written on the command line.

        Raises:
            InputError: it is none, with how one is written.
        """
        found = _SPEC.fullmatch(text)
        make = _VALUES.get(found["kind"]) if found else None
        if found is None or make is None:
            raise InputError(
                f"--fault {text!r}: write KIND:FRAME or KIND:METHOD, with KIND one of {', '.join(_VALUES)}, as in drop:12"
            )
        return cls(found["kind"], found["where"], make(text, found["value"]))


def _nothing(text: str, value: str | None) -> str:
    if value:
        raise InputError(f"--fault {text!r}: this one takes no value")
    return ""


def _seconds(text: str, value: str | None) -> float:
    if (seconds := parse_duration(value or "")) is None:
        raise InputError(f"--fault {text!r}: give the delay, as in delay:12=500ms")
    return seconds


def _code(text: str, value: str | None) -> int:
    if not (value or "").isdecimal() or int(value or 0) not in CODES:
        raise InputError(f"--fault {text!r}: give a close code from {CODES[0]} to {CODES[-1]}, as in close:12=1011")
    return int(value or 0)


def _object(text: str, value: str | None) -> str:
    parsed = value_of(value or "")
    if not isinstance(parsed, dict):
        raise InputError(
            f"""--fault {text!r}: give the error object, as in error:12='{{"code": -32000, "message": "no"}}'"""
        )
    return json_text(parsed)


_VALUES: dict[str, Callable[[str, str | None], float | int | str]] = {
    "drop": _nothing,
    "delay": _seconds,
    "duplicate": _nothing,
    "close": _code,
    "error": _object,
}


def check(faults: Iterable[Fault], script: Script, ends: Container[str]) -> None:
    """Refuse a fault that happens to nothing: a test that asked for it would pass without it.

    Args:
        faults: the wanted ones.
        script: what is played.
        ends: who is played.

    Raises:
        InputError: these ends neither send nor answer the frame that a fault names.
    """
    wanted = list(faults)
    known = frozenset[str]().union(*_places(script, ends).values()) if wanted else frozenset[str]()
    for fault in wanted:
        if fault.where not in known:
            raise InputError(
                f"--fault {fault.kind}:{fault.where}: no such frame is sent or answered in {script.file}; "
                "give its method, or its number among the frames of both directions"
            )


def _places(script: Script, ends: Container[str]) -> dict[Part, frozenset[str]]:
    """What a fault may call each message that these ends send.

    That is its frame's number among all frames, from 1, and its method; those of the request that it answers, too (of a
    push: of the frame before it, where that has no answer yet), but for a method that these ends send themselves.
    """
    frames = [step for step in script.steps if step.kind == "frame"]
    numbers = {step.index: str(number) for number, step in enumerate(frames, 1)}
    named = {step.index: step.name for step in frames}
    sent = {step.index for step in frames if script.sender(step) in ends}
    own = {named[index] for index in sent}
    places: dict[Part, frozenset[str]] = {}
    last: dict[int, Step] = {}  # what came last in each session, until something is said to it
    for step in frames:
        if step.index not in sent:
            last[step.session] = step
            continue
        before = last.get(step.session)
        asked = [part.request.step for part in step.parts if part.request is not None]
        if not asked or before in asked:
            last.pop(step.session, None)
        for part in step.parts:
            names = {numbers[step.index], named[step.index]}
            if part.request is not None:
                one = part.request.step.index
                names |= {numbers[one], *({named[one], part.request.method} - own)}
            elif not asked and before is not None:
                names |= {numbers[before.index], *({named[before.index], *before.methods} - own)}
            places[part] = frozenset(names)
    return places


class Faults:
    """The faults of one run, and the frames they hold back."""

    def __init__(self, faults: Iterable[Fault], script: Script, ends: Container[str]) -> None:
        self._faults = list(faults)
        self._places = _places(script, ends) if self._faults else {}
        self._held: list[tuple[float, Send]] = []

    def apply(self, parts: Sequence[Part | None], action: Action, now: float) -> Iterator[Action]:
        """What becomes of an action.

        Args:
            parts: the recorded messages that it is made by; None for one that nobody recorded.
            action: it.
            now: the time.
        """
        if not self._faults or not isinstance(action, Send):
            yield action
            return
        places = [self._places.get(part, frozenset()) if part is not None else frozenset[str]() for part in parts]
        faults = [one for one in self._faults if any(one.where in names for names in places)]
        after = action
        held = [when for when, other in self._held if action.exchange and other.exchange == action.exchange]
        for fault in faults:
            if fault.kind == "delay":
                self._held.append((max([now + float(fault.value), *held]), after))
            elif fault.kind == "error":
                concerned = [fault.where in names for names in places]
                after = replace(after, payload=_answer(after.payload, str(fault.value), concerned))
            elif fault.kind == "duplicate":
                yield after
            elif fault.kind == "close":
                yield Close(after.session, int(fault.value), "a fault, on purpose", exchange=after.exchange)
            elif fault.kind == "drop" and after.exchange:
                yield Close(after.session, exchange=after.exchange)
        if any(fault.kind in {"drop", "delay", "close"} for fault in faults):
            return
        if held:  # an event of a stream comes behind those before it
            self._held.append((max(held), after))
        else:
            yield after

    def released(self, now: float) -> Iterator[Action]:
        """What was held back long enough."""
        ready = [action for when, action in self._held if when <= now]
        self._held = [held for held in self._held if held[0] > now]
        yield from ready

    def times(self) -> list[float]:
        """When held frames go out."""
        return [when for when, _action in self._held]


def _answer(payload: bytes, error: str, concerned: Sequence[bool]) -> bytes:
    """The frame, with an error in the place of its result, of a batch in the place of those that it is about."""
    message = value_of(payload)
    if isinstance(message, list):
        pairs = zip(message, concerned, strict=True)
        return json_bytes([_error(one, error) if meant else one for one, meant in pairs]) if message else payload
    return json_bytes(_error(message, error)) if isinstance(message, dict) else payload


def _error(message: Any, error: str) -> Any:
    if not isinstance(message, dict):
        return message
    kept = {name: value for name, value in message.items() if name in {"jsonrpc", "id", "channel_id", "version"}}
    return {"id": None} | kept | {"error": value_of(error)}

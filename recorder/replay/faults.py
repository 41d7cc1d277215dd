"""What a mock does wrong on purpose, to test its clients.

Rule: a fault happens to a frame that is about to be sent, chosen by its number or its method. A kind of fault is a row
in `_VALUES`, which reads its value, and what `Faults.apply` does about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace

from recorder.errors import InputError
from recorder.jsonrpc import text_of, value_of
from recorder.replay.actions import Action, Close, Send
from recorder.timeline import Script, Step

_SPEC = re.compile(r"(?P<kind>\w+):(?P<where>[^=]+)(?:=(?P<value>.*))?", re.DOTALL)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")


@dataclass(frozen=True)
class Fault:
    """One fault: `drop:12`, `delay:channels.update=500ms`, `duplicate:12`, `close:12=1011`, `error:12={"code": …}`.

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
    found = _DURATION.fullmatch(value or "")
    if found is None:
        raise InputError(f"--fault {text!r}: say for how long, as in delay:12=500ms")
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def _code(text: str, value: str | None) -> int:
    if not (value or "").isdecimal() or not 1000 <= int(value or 0) <= 4999:  # noqa: PLR2004 - RFC 6455, section 7.4.2
        raise InputError(f"--fault {text!r}: give a close code from 1000 to 4999, as in close:12=1011")
    return int(value or 0)


def _object(text: str, value: str | None) -> str:
    try:
        parsed = json.loads(value or "")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise InputError(
            f"""--fault {text!r}: give the error object, as in error:12='{{"code": -32000, "message": "no"}}'"""
        )
    return json.dumps(parsed)


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
    known = frozenset[str]().union(*_places(script, ends).values())
    for fault in faults:
        if fault.where not in known:
            raise InputError(
                f"--fault {fault.kind}:{fault.where}: no such frame is sent or answered in {script.file}; "
                "give its method, or its number among the frames of both directions"
            )


def _places(script: Script, ends: Container[str]) -> dict[int, frozenset[str]]:
    """What a fault may call each frame that these ends send, by the index of its step.

    That is its number among all frames, from 1, and its method; those of the frames that it answers, too, but for a
    method that these ends send themselves.
    """
    frames = [step for step in script.steps if step.kind == "frame"]
    numbers = {step.index: str(number) for number, step in enumerate(frames, 1)}
    sent = {step.index: step.name for step in frames if script.sender(step) in ends}
    own = frozenset(sent.values())
    places: dict[int, frozenset[str]] = {}
    last: dict[int, Step] = {}  # what came last in each session
    for step in frames:
        if step.index not in sent:
            last[step.session] = step
            continue
        asked = [part.step for part in step.answers] or [one for one in (last.pop(step.session, None),) if one]
        for one in asked:
            if last.get(step.session) is one:
                del last[step.session]
        names = {name for one in asked for name in (numbers[one.index], *_called(one)) if name not in own}
        places[step.index] = frozenset((numbers[step.index], step.name)) | names
    return places


def _called(step: Step) -> Iterator[str]:
    """The methods that a frame calls, each message of a batch."""
    yield step.name
    yield from (part.method for part in step.parts if part.method)


class Faults:
    """The faults of one run, and the frames they hold back."""

    def __init__(self, faults: Iterable[Fault], script: Script, ends: Container[str]) -> None:
        self._faults = list(faults)
        self._places = _places(script, ends) if self._faults else {}
        self._held: list[tuple[float, Action]] = []

    def apply(self, steps: Iterable[Step], action: Action, now: float) -> Iterator[Action]:
        """What becomes of an action that these recorded steps are made by."""
        if not self._faults or not isinstance(action, Send):
            yield action
            return
        places = frozenset[str]().union(*(self._places.get(step.index, ()) for step in steps))
        faults = [one for one in self._faults if one.where in places]
        after = action
        for fault in faults:
            if fault.kind == "delay":
                self._held.append((now + float(fault.value), after))
            elif fault.kind == "error":
                after = replace(after, payload=_answer(after.payload, str(fault.value)))
            elif fault.kind == "duplicate":
                yield after
            elif fault.kind == "close":
                yield Close(after.session, int(fault.value), "a fault, on purpose", exchange=after.exchange)
            elif fault.kind == "drop" and after.exchange:
                yield Close(after.session, exchange=after.exchange)
        if not any(fault.kind in {"drop", "delay", "close"} for fault in faults):
            yield after

    def released(self, now: float) -> Iterator[Action]:
        """What was held back long enough."""
        ready = [action for when, action in self._held if when <= now]
        self._held = [held for held in self._held if held[0] > now]
        yield from ready

    def times(self) -> list[float]:
        """When held frames go out."""
        return [when for when, _action in self._held]


def _answer(payload: bytes, error: str) -> bytes:
    """The frame, with an error in the place of its result; as it is, where it is no message of its own."""
    message = value_of(payload)
    if not isinstance(message, dict):
        return payload
    kept = {name: value for name, value in message.items() if name in {"jsonrpc", "id", "channel_id", "version"}}
    return text_of({"id": None} | kept | {"error": value_of(error)})

"""A frame in a few words, and the methods it is about: for live lines, filters, and whoever names a step.

Rule: total, whatever a peer sends, and bounded; what answers what is `exchanges`' business.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from recorder.capture import is_json
from recorder.escaping import escape
from recorder.jsonrpc import outlines
from recorder.model import PRINTED, AnyEvent, Closed, Frame, Opened
from recorder.profiles import AUTO, FIRST, GENERIC, Profile, profile_for
from recorder.timeline.exchanges import OPPOSITE, Exchanges, kind_of, place_of

if TYPE_CHECKING:  # given by those who want it
    from recorder.profiles.annotation import Annotation

MANY_SESSIONS = 10_000
"""Sessions whose protocol is remembered."""


def name_of(message: Any) -> str:
    """The method of a message, or what else it is."""
    if isinstance(message, list) and message:
        return "a batch"
    kind = kind_of(message)
    if kind is None:
        return "a frame that is no JSON-RPC" if not isinstance(message, dict) else "JSON that is no JSON-RPC"
    method = message.get("method")
    return str(method) if isinstance(method, str) else "an error" if kind == "error" else "a result"


def label_of(message: Any, telling: Iterable[str]) -> str:
    """The name of a message, and what tells it from others of its method: `info open`."""
    params = message.get("params") if isinstance(message, dict) else None
    data = params.get("data") if isinstance(params, dict) else None
    words = [data[field] for field in telling if isinstance(data.get(field), str)] if isinstance(data, dict) else []
    return " ".join([name_of(message), *words])


class Look(NamedTuple):
    """What is known of a frame when it passes.

    Args:
        profile: what its session means.
        messages: its messages, as far as they tell what answers what.
        answered: of each, the method of the request that it answers; empty for a request, a push, and an answer to
            nobody knows what.
    """

    profile: Profile
    messages: list[dict[str, Any]]
    answered: list[str]

    @property
    def methods(self) -> list[str]:
        """The methods a frame is about: those it calls, pushes, or answers."""
        found = []
        for message, answered in zip(self.messages, self.answered, strict=True):
            found += [name for name in (answered, message.get("method")) if isinstance(name, str) and name]
        return found


class Followed:
    """A timeline that is followed as it happens.

    Args:
        profile: the name of the profile, or `auto`: each session's is told from its traffic.
    """

    def __init__(self, profile: str = AUTO) -> None:
        self._name = profile
        self._exchanges: Exchanges[str] = Exchanges()
        self._openings: OrderedDict[int, Opened] = OrderedDict()
        self._profiles: OrderedDict[int, tuple[Profile, int]] = OrderedDict()  # and the messages that have told it

    def see(self, event: AnyEvent) -> None:
        """Note who opens and who leaves; frames are looked at."""
        if isinstance(event, Opened):
            self._openings[event.session] = event
            if len(self._openings) > MANY_SESSIONS:
                self._openings.popitem(last=False)
            self._profiles.pop(event.session, None)
        elif isinstance(event, Closed):
            self._openings.pop(event.session, None)
            self._profiles.pop(event.session, None)

    def profile(self, session: int, messages: Sequence[Any] = ()) -> Profile:
        """What a session means, as far as its traffic tells until now."""
        known, count = self._profiles.get(session, (GENERIC, 0))
        if count > FIRST or known is not GENERIC:
            return known
        opened = self._openings.get(session) or Opened(session=session, party="")
        known = profile_for(self._name, opened, messages)
        self._profiles[session] = known, count + len(messages)
        if len(self._profiles) > MANY_SESSIONS:
            self._profiles.popitem(last=False)
        return known

    def look(self, frame: Frame) -> Look:
        """Look at a frame; once at each, in their order."""
        messages = outlines(frame.payload)
        profile = self.profile(frame.session, messages)
        return Look(profile, messages, [self._answered(frame, message, profile) for message in messages])

    def _answered(self, frame: Frame, message: Mapping[str, Any], profile: Profile) -> str:
        method = message.get("method")
        there = place_of(frame.session, OPPOSITE[frame.direction], frame.exchange)
        if kind_of(message) in {"result", "error"} or any(True for _key in profile.answers(message)):
            return self._exchanges.answered(there, message, profile) or quoted_method(message)
        if isinstance(method, str):
            here = place_of(frame.session, frame.direction, frame.exchange)
            self._exchanges.asked(here, message, profile, method)
        return ""


def described(frame: Frame, look: Look) -> str:
    """A frame in a few words: its method, or the result or error of which request."""
    if frame.opcode not in PRINTED:
        return frame.opcode
    if not look.messages:
        if frame.bodiless:
            return f"status {frame.status}, no body"
        if is_json(frame.payload):
            return "JSON, not JSON-RPC"
        return "text, not JSON-RPC" if frame.opcode == "text" else frame.opcode
    words = [
        _described(message, answered, look.profile)
        for message, answered in zip(look.messages, look.answered, strict=True)
    ]
    return words[0] if len(words) == 1 else f"batch of {len(words)}: {', '.join(words)}"


class Saying(NamedTuple):
    """What an end says with a frame.

    Args:
        kind: `error` where it refuses something, `answer` where it answers and asks or tells nothing, else `call`.
        method: which its messages are about; of a batch, each once.
        words: all of it, but for who says it: `answers client's getBlock: 7`.
    """

    kind: Literal["call", "answer", "error"]
    method: str
    words: str


def saying(frame: Frame, annotation: Annotation, who: str) -> Saying:
    """A frame in words, where it is said already who says it.

    Args:
        frame: as it was recorded.
        annotation: what it means.
        who: the printed name of the end that sent it.
    """
    messages = outlines(frame.payload)
    kinds = {kind_of(message) for message in messages}
    methods = [message["method"] for message in messages if isinstance(message.get("method"), str)]
    lead = f"{escape(who)} "
    words = annotation.sentence.removeprefix(lead).replace(f"; {lead}", "; ")
    return Saying(
        "error" if "error" in kinds else "answer" if kinds == {"result"} else "call",
        ", ".join(dict.fromkeys(methods)) or annotation.method,
        words if len(messages) <= 1 else f"batch of {len(messages)}: {words}",
    )


def quoted_method(message: Mapping[str, Any]) -> str:
    """The method of the request that an error quotes, for those who came too late to see it."""
    error = message.get("error")
    request = error.get("request") if isinstance(error, dict) else None
    method = request.get("method") if isinstance(request, dict) else None
    return method if isinstance(method, str) else ""


def _described(message: Mapping[str, Any], answered: str, profile: Profile) -> str:
    of = f" of {answered}" if answered else ""
    kind = kind_of(message)
    if kind == "error":
        error = message["error"]
        code, text = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, None)
        shown = "" if code is None or isinstance(code, dict | list) else f" {code}"
        return f"error{shown}{f' {text}' if isinstance(text, str) and text else ''}{of}"
    if kind == "result":
        told = profile.words.answer(answered, message["result"])
        return f"result{of}{f': {told}' if told else ''}"
    method = str(message.get("method") or "")
    return profile.words.call(method, message.get("params")) or method or "a method without a name"

"""Events in a few words, and their names: for live lines, summaries and messages that name a step.

Rule: total and bounded, whatever a peer sends. The words for frames that are not JSON-RPC are in `profiles.sentences`;
which request a response answers is decided in `exchanges`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from recorder.capture import is_json
from recorder.close_codes import NO_CODE, NORMAL
from recorder.jsonrpc import SHORT, Members, is_foreign, json_text, kind_of, outlines, value_or_text
from recorder.model import LEFT, PRINTED, SECOND, UNRECORDED, Closed, Frame
from recorder.profiles import GENERIC, Profile
from recorder.profiles.sentences import NO_RPC, STRANGE, shortened, shown, strange
from recorder.secret_names import says_secret
from recorder.timeline.followed import Item, Look, Odd, Request
from recorder.timeline.handed_out import may_be_opaque, says_id
from recorder.timeline.refusals import breaks_off, has_error_status

if TYPE_CHECKING:  # given by those who want it
    from recorder.profiles.annotation import Annotation

SHORT_VALUE = 40
"""Most characters of a value that tells calls apart."""

HEAD, TAIL, LONG_ID, LONGEST_ID = 6, 4, 16, 80
"""Characters that are shown of a long id, `0x90f8…c9c1`; most of one that is not long, and of any."""

FEW, DEEP = 20, 3
"""How many members of params are searched for such a value, and how deep."""

USUAL = frozenset({NORMAL, NO_CODE, UNRECORDED})
"""Codes with which most sessions end."""

MICROSECOND = MILLISECOND = 1_000
"""In nanoseconds; and in microseconds."""

SLOW_ANSWER = 0.5
"""By default, answers that took this many seconds are marked as slow."""

ODDITIES: dict[Odd, str] = {
    "id in use": "used the id of an open request",
    "no request": "answered no request",
    "another id": "answered a request under another id",
    "no id": "answered a request without its id",
    "no answer": "left a call without an answer",
}
"""What each unexpected message did."""

LOST = {"": "", "eof": ", no Close frame", "reset": ", connection reset"}


def name_of(message: Any) -> str:
    """The method of a message; `a result`, `an error` or `a batch` where it has none."""
    if isinstance(message, list) and message:
        return "a batch"
    kind = kind_of(message)
    if kind is None:
        return STRANGE if isinstance(message, dict) else f"a frame{NO_RPC}"
    method = message.get("method")
    return str(method) if isinstance(method, str) else "an error" if kind == "error" else "a result"


def readable_name(message: Any) -> str:
    """The name of a message; of an object that is not JSON-RPC, with its first members."""
    name = name_of(message)
    return strange(message) if name == STRANGE or is_foreign(message) else name


def label_of(message: Any, telling: Iterable[str]) -> str:
    """The name of a message, with the values that tell it from others of its method: `info open`."""
    params = message.get("params") if isinstance(message, dict) else None
    return " ".join([name_of(message), *_fields(params, telling)])


def _fields(params: Any, names: Iterable[str]) -> list[str]:
    data = params.get("data") if isinstance(params, dict) else None
    return [data[name] for name in names if isinstance(data.get(name), str)] if isinstance(data, dict) else []


def called(message: Members, profile: Profile) -> str:
    """A call in a few words: the protocol's, or its method with its most telling parameter."""
    method, params = str(message.get("method") or ""), message.get("params")
    return profile.words.called(method, params) or (
        " ".join(filter(None, [method, telling(params, profile)])) or "a method without a name"
    )


def called_by(request: Request) -> str:
    """A request in a few words."""
    return called(request.message, request.profile)


def identified(request: Request) -> str:
    """A request in a few words, with its id."""
    identity = shown_id(request.message)
    return f"{called_by(request)} (id {identity})" if identity else called_by(request)


def shown_id(message: Members) -> str:
    """The id of a message as its JSON has it, short; empty if it has none."""
    identity = message.get("id")
    return "" if identity is None else shortened(json_text(identity))


def telling(params: Any, profile: Profile = GENERIC) -> str:
    """What tells a call from others of its method: the protocol's fields, or the first short text or number.

    An id that stands before it is told too, shortened if it is long; and so is any other opaque value if nothing else
    is there. What the protocol encodes is not: it is told when it has been decoded. Nor is what is named like a secret.
    """
    fields = " ".join(_fields(params, profile.telling)) if profile.telling else ""
    return fields or _short_value("", params, DEEP, profile) or _opaque_value(params, profile)


def _short_value(name: str, value: Any, depth: int, profile: Profile) -> str:
    """The first short value, an outer one before one within, and an id that stands before it; empty if there is none."""
    identity, pairs = "", _pairs(name, value)
    for key, item in pairs:
        if _is_short(item):
            found = _named(key, item, value)
            return f"{identity}, {found}" if identity else found
        if not identity and says_id(key) and _is_opaque(key, item, profile):
            identity = _named(key, item, value)
    if identity or depth <= 1:
        return identity
    return next(filter(None, (_short_value(key, item, depth - 1, profile) for key, item in pairs)), "")


def _opaque_value(params: Any, profile: Profile) -> str:
    """The first opaque value of params, shortened; empty if there is none."""
    pairs = _pairs("", params)
    return next((_named(key, item, params) for key, item in pairs if _is_opaque(key, item, profile)), "")


def _pairs(name: str, value: Any) -> list[tuple[str, Any]]:
    """The first members of an object, or items of a list, each with its name."""
    if isinstance(value, dict):
        return [*islice(value.items(), FEW)]
    return [(name, item) for item in value[:FEW]] if isinstance(value, list) else []


def _named(name: str, item: Any, within: Any) -> str:
    long = isinstance(item, str) and len(item) > LONG_ID and _opaque(item)
    text = f"{item[:HEAD]}…{item[-TAIL:]}" if long else shown(item)
    return f"{shown(name)} {text}" if isinstance(within, dict) else text


def _is_short(item: Any) -> bool:
    if isinstance(item, str):
        return 0 < len(item) <= SHORT_VALUE and item.isprintable() and not _opaque(item)
    return not isinstance(item, bool | dict | list | None)


def _is_opaque(name: str, item: Any, profile: Profile) -> bool:
    """Whether a value is opaque and may be told."""
    if not isinstance(item, str) or len(item) > LONGEST_ID or not _opaque(item):
        return False
    return not profile.kind_of_text(item) and (item.startswith("0x") or not says_secret(name))


_opaque = lru_cache(1024)(may_be_opaque)  # of short texts alone, so that they take no room


def described(frame: Frame, look: Look) -> str:
    """A frame in a few words: its call, or its result or error and the method of the request."""
    if frame.opcode not in PRINTED:
        return frame.opcode
    answer = f"the answer to {', '.join(map(identified, look.instead))}".removesuffix(" to ")
    if frame.status == LEFT:
        return f"its client left before {answer}"
    if breaks_off(frame):
        return f"status {frame.status}, {answer} breaks off"
    status = f"status {frame.status}, " if has_error_status(frame) else ""
    words = [described_message(item, look) for item in look.items] or [_strange(frame, look)]
    left = f", no answer to {', '.join(map(identified, look.left))}" if look.left else ""
    return status + (words[0] if len(words) == 1 else f"batch of {len(words)}: {', '.join(words)}") + left


def described_message(item: Item, look: Look) -> str:
    """A message of a frame in a few words."""
    message, profile = item.message, look.profile
    answered = ", ".join([_answered(item), *(request.method for request in look.instead)])
    of = f" of {answered}" if answered else " without a request" if item.odd == "no request" else ""
    if item.kind == "error":
        error = message["error"]
        code, text = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, error)
        code = "" if code is None or isinstance(code, dict | list) else str(code)
        words = " ".join(filter(None, [code, text if isinstance(text, str) else ""]))
    elif item.kind == "result":
        words = profile.words.said(item.answered, message)
    else:
        return f"{called(message, profile)}{f', its id {shown_id(message)} is already in use' if item.odd else ''}"
    if item.odd in {"another id", "no id"}:
        of += f", under another id: {shown_id(message)}" if item.odd == "another id" else ", without its id"
    elif item.odd:
        of += f", id {shown_id(message)}" if shown_id(message) else ""
    return f"{'another ' if item.again else ''}{item.kind}{of}{f': {words}' if words else ''}"


def _answered(item: Item) -> str:
    """The request that a message answers: the less its method tells which one that is, the more of it."""
    request = item.request
    if request is None or not item.answered or not (item.crowded or item.failed or item.odd):
        return item.answered
    words = called_by(request)
    return identified(request) if item.odd or (item.crowded and words == item.answered) else words


def with_meaning(words: str, annotation: Annotation | None) -> str:
    """The words of a frame, and what is decoded in it where they do not say it already."""
    if annotation is None or annotation.words or not annotation.short or words.endswith(f" {annotation.short}"):
        return words
    return f"{words} {annotation.short}"


class Saying(NamedTuple):
    """A frame in words, for a table or a diagram.

    Args:
        kind: `error` if the frame has an error, `answer` if it has nothing but results, else `call`.
        method: the method that its messages are about; of a batch, each once.
        words: what it says, without the sender: `answers client's getBlock: 7`.
    """

    kind: Literal["call", "answer", "error"]
    method: str
    words: str


def saying(frame: Frame, annotation: Annotation) -> Saying:
    """A frame in words, for a place that already names the sender.

    Args:
        frame: as it was recorded.
        annotation: what it means.
    """
    messages = outlines(frame.payload)
    kinds = {kind_of(message) for message in messages}
    methods = [message["method"] for message in messages if isinstance(message.get("method"), str)]
    words = "; ".join(annotation.predicates)
    return Saying(
        "error" if "error" in kinds else "answer" if kinds == {"result"} else "call",
        ", ".join(dict.fromkeys(methods)) or annotation.method,
        words if len(messages) <= 1 else f"batch of {len(messages)}: {words}",
    )


def ended(event: Closed) -> str:
    """How a session ended: `closed by node, 1006, connection reset`."""
    if not event.by and event.code == UNRECORDED:
        return "closed"
    return f"closed by {event.by}, {_how(event)}"


def unusual(event: Closed) -> str:
    """How a session ended, if not as sessions usually do: `1011 overloaded`, `1006, connection reset`; else empty."""
    return "" if event.code in USUAL and not event.lost else _how(event)


def _how(event: Closed) -> str:
    reason = f" {event.reason}" if event.reason else ""
    return f"{event.code}{reason}{LOST[event.lost]}"


def clock(time: int) -> str:
    """When something happened, in local time: `19:33:08.220`."""
    return f"{_second(time // SECOND)}.{time % SECOND // 1_000_000:03}"


@lru_cache(4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%H:%M:%S")


def lasting(nanoseconds: float) -> str:
    """How long something took: `0.4 ms`, `12 ms`, `1.2 s`, `3 min`, `5 h`.

    Rounded from whole microseconds, a half up, as the page does it, so that a duration is the same wherever it stands.
    """
    took = int(nanoseconds // MICROSECOND)
    if took < 10 * MILLISECOND:  # below, a decimal matters
        return f"{_rounded(took * 10, MILLISECOND) / 10:.1f} ms"
    if _rounded(took, MILLISECOND) < 1000:  # noqa: PLR2004 - what is printed as 1000 ms is a second
        return f"{_rounded(took, MILLISECOND)} ms"
    second = 1000 * MILLISECOND
    if took < 10 * second:
        return f"{_rounded(took * 10, second) / 10:.1f} s"
    if took < 120 * second:
        return f"{_rounded(took, second)} s"
    return f"{_rounded(took, 60 * second)} min" if took < 7200 * second else f"{_rounded(took, 3600 * second)} h"


def _rounded(number: int, unit: int) -> int:
    return (number + unit // 2) // unit


def _strange(frame: Frame, look: Look) -> str:
    of = f" of {called_by(look.instead[0])}" if look.instead else ""
    if frame.bodiless:
        return f"no body{of}"
    return f"{strange(_value(frame.payload), frame.event_type)}{of}"


def _value(payload: bytes) -> Any:
    """What is in a frame, as far as its words need it: of a long one, whether it is JSON."""
    return {} if len(payload) > SHORT and is_json(payload) else value_or_text(payload)

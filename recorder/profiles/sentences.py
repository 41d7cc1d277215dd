"""A JSON-RPC message in one sentence: who calls, notifies, answers or refuses whom, and what.

Rule: built from the message and from nothing else; one line, whatever a peer put into it. A protocol contributes
through `Words` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from recorder.escaping import escape
from recorder.jsonrpc import Members, is_object, json_text, kind_of
from recorder.model import MESSAGE, Opened
from recorder.wording import counted

LONG = 60
"""Most characters of a value on a line."""

SOME = 3
"""Most members of params or of a result in a sentence."""

DEEP = 4
"""Most objects, one within the other, that are looked into for a member that is none."""

NO_RPC = " that is not JSON-RPC"
STRANGE = f"JSON{NO_RPC}"
"""The name of an object that has none of the members of a message."""


def _nothing(_method: str, _value: Any) -> str | None:
    return None


def _no_details(_method: str, _value: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words that a protocol has for its messages.

    Args:
        call: from a method and its params, what the call is about (`balanceOf`), empty for nothing; None for the params.
        answer: from a method and its result, the words for the result (`1.5 ETH`); None for the value itself.
        details: from a method and its params or result, lines with what their JSON does not show.
        ids: whether every request has an id; if not, a client's message without one is a request too.
    """

    call: Callable[[str, Any], str | None] = _nothing
    answer: Callable[[str, Any], str | None] = _nothing
    details: Callable[[str, Any], Iterable[str]] = _no_details
    ids: bool = True

    def called(self, method: str, params: Any) -> str:
        """A call with what it is about (`eth_call balanceOf`); empty if the protocol has no words for it."""
        about = self.call(method, params)
        return "" if about is None else f"{method} {about}".rstrip()

    def said(self, answered: str, message: Members) -> str:
        """The words for the result of a message; empty if there are none, and then the result need not be decoded.

        Args:
            answered: the method of the request.
            message: the answer.
        """
        return "" if self.answer is _nothing else self.answer(answered, message.get("result")) or ""


PLAIN = Words()
"""The words of plain JSON-RPC."""


def opening(event: Opened) -> str:
    """What a party does that opens a session."""
    return escape("opens a connection" + (f" as {event.role}" if event.role and event.role != event.party else ""))


def predicate(
    message: Any,
    whom: str,
    *,
    to_node: bool,
    words: Words = PLAIN,
    answered: str = "",
    call: str = "",
    event_type: str = MESSAGE,
) -> str:
    """A message in words, without its sender: `answers client's getBlock: 7`.

    Args:
        message: its JSON value; it may be anything.
        whom: the printed name of the other end.
        to_node: whether the other end is the node.
        words: the protocol's own.
        answered: the method of the request that it answers; empty if unknown.
        call: what it calls, in words; empty for those of `words`.
        event_type: of the event of a stream that says it.
    """
    if not isinstance(message, dict):
        return escape(f"sends {whom} {strange(message, event_type)}")
    return escape(_predicate(message, whom, to_node, words, answered, call))


def is_error(message: Any) -> bool:
    """Whether a message refuses a request."""
    return isinstance(message, dict) and message.get("error") is not None


def method_of(message: Any) -> str:
    """The method that a message calls or pushes; empty if it has none."""
    method = message.get("method") if is_object(message) else None
    return method if isinstance(method, str) else ""


def _predicate(message: Members, whom: str, to_node: bool, words: Words, answered: str, call: str) -> str:
    if is_error(message):
        return refusal(message["error"], whom, answered)
    of = f"{whom}'s {answered}" if answered else whom
    if "result" not in message and answered and kind_of(message) == "result":
        return f"answers {of} without a result"
    if "result" in message:
        return f"answers {of}: {words.answer(answered, message['result']) or _answer(message['result'])}"
    method = method_of(message)
    if not method:
        return f"sends {whom} {strange(message)}"
    params = message.get("params")
    what = call or words.called(method, params) or _call(method, params)
    if not wants_answer(message, to_node=to_node, words=words):
        return f"notifies {whom}: {what}"
    return f"calls {what}" if to_node else f"asks {whom}: {what}"


def wants_answer(message: Members, *, to_node: bool, words: Words = PLAIN) -> bool:
    """Whether a message with a method is a request, not a notification."""
    return message.get("id") is not None or (to_node and not words.ids)


def strange(value: Any, event_type: str = MESSAGE) -> str:
    """A value that is not JSON-RPC, in words: an object by its first members; None stands for bytes that are not text.

    Args:
        value: it.
        event_type: the type of the event of a stream that says it.
    """
    if isinstance(value, str):
        return f"text{NO_RPC}" if event_type == MESSAGE else f"the event {shown(event_type)}: {shown(value)}"
    some = members(value) if isinstance(value, dict) else ""
    return f"something{NO_RPC}" if value is None else f"{STRANGE}{': ' if some else ''}{some}"


def _call(method: str, params: Any) -> str:
    """A call in plain JSON-RPC: `stock.take, sku A-100, count 2`, `sum 1, 2`."""
    if isinstance(params, list):
        return f"{method} {_some(map(shown, params), len(params))}".rstrip()
    return ", ".join(filter(None, [method, members(params)])) if isinstance(params, dict) else method


def _answer(result: Any) -> str:
    return (members(result) if isinstance(result, dict) else "") or shown(result)


def members(value: Mapping[str, Any], depth: int = DEEP) -> str:
    """The first members that are not objects: `sku A-100, tags (a list of 2 items)`; where all are, those of the first.

    Args:
        value: the object.
        depth: how many objects are looked into, one within the other.
    """
    found = {name: item for name, item in value.items() if not isinstance(item, dict)}
    if found or depth <= 1:
        return _some((f"{shown(name)} {_beside(item)}" for name, item in found.items()), len(value))
    within = ((name, members(item, depth - 1)) for name, item in value.items())
    return _some(islice((f"{shown(name)} ({told})" for name, told in within if told), 1), len(value))


def _beside(item: Any) -> str:
    return f"({shown(item)})" if isinstance(item, list) else shown(item)


def _some(texts: Iterable[str], count: int) -> str:
    some = [*islice(texts, SOME)]
    return ", ".join([*some, *(["…"] if 0 < len(some) < count else [])])


def refusal(error: Any, whom: str, answered: str = "", *, long: int = LONG) -> str:
    """An error in words, without its sender and not yet escaped: whom it refuses what, and why.

    Args:
        error: the member of a message.
        whom: the printed name of the other end.
        answered: the method of the request that it answers; empty if unknown.
        long: most characters of each value in it.
    """
    what = f"{whom}'s {answered}" if answered else whom
    if not isinstance(error, dict):
        return f"refuses {what}: error {shown(error, long)}"
    code = f" {shown(error['code'])}" if "code" in error else ""
    text = f" {shown(error['message'], long)}" if "message" in error else ""
    data = error.get("data")
    reasons = [item["message"] for item in data if _has_reason(item)] if isinstance(data, list) else []
    why = f" ({shortened(', '.join(reasons), long)})" if reasons else ""
    return f"refuses {what}: error{code}{text}{why}"


def _has_reason(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("message"), str)


def shown(value: Any, long: int = LONG) -> str:
    """A value of a message, short and on one line."""
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {counted(len(value), 'item')}" if value else "an empty list"
    return shortened(value if isinstance(value, str) and value and value.isprintable() else json_text(value), long)


def shortened(text: str, long: int = LONG) -> str:
    """A text short enough for a line."""
    return text if len(text) <= long else f"{text[: long - 1]}…"

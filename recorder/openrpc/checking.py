"""Traffic held against an OpenRPC document.

Rule: each message by itself, whoever sent it; a method is the document's whichever end calls it. That the document lacks a
method is not told of a call that was rejected: the end that was called lacks it too.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec import UNSET, Raw

from recorder.difference import Path, path_text
from recorder.jsonrpc import Message, Outline, parse_error
from recorder.model import AnyEvent
from recorder.openrpc.document import Descriptor, Document, Method
from recorder.openrpc.messages import Call, Sent, asks, messages, params_of, raw_params_of, read, rejects
from recorder.openrpc.shapes import Known, call_key, result_key
from recorder.timeline.exchanges import OPEN_LIMIT

Rule = Literal["method", "params", "result", "error"]

DISCOVER = "rpc.discover"
"""The method that hands out the document itself; it need not be in it."""

PREDEFINED = frozenset({-32700, *range(-32603, -32599)})
"""Codes of JSON-RPC 2.0 itself (section 5.1), which no document needs to name."""

Found = tuple[Rule, Path, str]
"""The part of the document that is broken, the path in the message, and what is wrong."""


class Violation(NamedTuple):
    """Where a message does not obey the document.

    Args:
        line: of the capture.
        method: of the message, or of the request that it answers.
        rule: which part of the document it breaks.
        path: of the value in the frame.
        text: what is wrong.
    """

    line: int
    method: str
    rule: Rule
    path: str
    text: str


class _Held:
    """The violations of calls that may still be rejected, and of the messages after them."""

    def __init__(self) -> None:
        self._found: OrderedDict[Call, Sequence[Violation]] = OrderedDict()
        self._open: set[Call] = set()

    def add(self, message: Call, found: Sequence[Violation], *, asks: bool) -> None:
        """Add the violations of a message, and whether that may be rejected."""
        if found:
            self._found[message] = found
            if asks:
                self._open.add(message)

    def answered(self, call: Call, *, rejected: bool) -> None:
        """Settle a call: if it was rejected, it may be of a method that is not in the document."""
        if call in self._open:
            self._open.remove(call)
            if rejected:
                self._found[call] = [one for one in self._found[call] if one.rule != "method"]

    def told(self, most: int = OPEN_LIMIT) -> Iterator[Violation]:
        """The violations before the oldest open call, and of the oldest messages beyond a number."""
        while self._found and (len(self._found) > most or next(iter(self._found)) not in self._open):
            message, found = self._found.popitem(last=False)
            self._open.discard(message)
            yield from found


class Checking:
    """Holds the messages of a capture against a document.

    Args:
        document: what is obeyed.

    Attributes:
        methods: how many messages each method has.
    """

    def __init__(self, document: Document) -> None:
        self._document, self._obeying = document, Known()
        self._by_shape: dict[str, bool] = {}  # by method: whether the shape of its params decides
        self.methods: Counter[str] = Counter()

    def violations(self, profile: str, events: Iterable[AnyEvent]) -> Iterator[Violation]:
        """Look at all messages of a capture, in the order of the timeline.

        Args:
            profile: of its header.
            events: of the capture.

        Raises:
            InputError: a schema of the document is malformed.
        """
        held = _Held()
        for sent in messages(profile, events):
            name = sent.answered if sent.message.method is UNSET else sent.message.method
            if name:
                self.methods[name] += 1
            if sent.asked is not None:
                held.answered(sent.asked, rejected=rejects(sent.message))
            found = [
                Violation(sent.call[0], method, rule, path_text((*sent.within, *path)), text)
                for method, (rule, path, text) in self._of(sent)
            ]
            held.add(sent.call, found, asks=asks(sent.message))
            yield from held.told()
        yield from held.told(most=0)

    def _of(self, sent: Sent) -> Iterator[tuple[str, Found]]:
        message, known = sent.message, self._document.methods
        if message.method is not UNSET and message.method != DISCOVER:
            called = known.get(message.method)
            if called is None:
                yield message.method, ("method", ("method",), "is not in the document")
            else:
                for one in self._called(called, message):
                    yield message.method, one
        answered = known.get(sent.answered)
        if answered is not None:
            for one in self._answered(answered, sent):
                yield sent.answered, one

    def _called(self, method: Method, message: Message | Outline) -> Sequence[Found]:
        name, key = method.name, None
        by_shape = self._by_shape.get(name)
        if by_shape is None:
            by_shape = self._by_shape[name] = all(map(self._document.by_shape, method.params))
        size = 0 if message.params is UNSET else len(message.params)
        if by_shape and (params := params_of(message)) is not None:
            key = call_key(name, params, size, asks(message))
            if key in self._obeying:
                return ()
        found = [*_call_faults(self._document, method, message)]
        if not found:
            self._obeying.keep(key, len(name) + size)
        return found

    def _answered(self, method: Method, sent: Sent) -> Sequence[Found]:
        message, result, name, key = sent.message, method.result, method.name, None
        if message.kind == "error":
            return [*_refusal_faults(method, message)]
        if sent.asked is None or result is None or message.result is UNSET:
            return ()
        size = len(message.result)
        if self._document.by_shape(result):
            key = result_key(name, read(message.result), size)
            if key in self._obeying:
                return ()
        found = [*_faults(self._document, result, message.result, ("result",), "result")]
        if not found:
            self._obeying.keep(key, len(name) + size)
        return found


def _call_faults(document: Document, method: Method, message: Message | Outline) -> Iterator[Found]:
    if method.result is None and asks(message):
        yield "method", ("id",), "wants an answer, and the document has the method as a notification"
    params = raw_params_of(message)
    if params is None:
        yield "params", ("params",), "is neither an array nor an object that can be read"
    elif isinstance(params, dict):
        yield from _by_name(document, method, params)
    else:
        yield from _by_position(document, method, params)


def _refusal_faults(method: Method, message: Message | Outline) -> Iterator[Found]:
    code = parse_error(message.error).code
    if method.errors and type(code) is int and code not in method.errors | PREDEFINED:
        known = ", ".join(map(str, sorted(method.errors)))
        are = "is" if len(method.errors) == 1 else "are"
        yield "error", ("error", "code"), f"{code} is not documented; {known} {are}"


def _by_name(document: Document, method: Method, given: Mapping[str, Raw]) -> Iterator[Found]:
    if method.structure == "by-position" and given:
        yield "params", ("params",), "is an object, and params are given by position"
        return
    for one in method.params:
        if one.name in given:
            yield from _faults(document, one, given[one.name], ("params", one.name), "params")
        elif one.required:
            yield "params", ("params", one.name), "is missing"
    known = {one.name for one in method.params}
    for name in given:
        if name not in known:
            yield "params", ("params", name), "is not in the document"


def _by_position(document: Document, method: Method, values: Sequence[Raw]) -> Iterator[Found]:
    if method.structure == "by-name" and values:
        yield "params", ("params",), "is an array, and params are given by name"
        return
    for at, (one, value) in enumerate(zip(method.params, values, strict=False)):
        yield from _faults(document, one, value, ("params", at), "params")
    for at, one in enumerate(method.params):
        if at >= len(values) and one.required:
            yield "params", ("params", at), f"is missing ({one.name})"
    if len(values) > len(method.params):
        yield "params", ("params",), f"has {len(values)} items, and there are {len(method.params)} params"


def _faults(document: Document, one: Descriptor, raw: Raw, path: Path, rule: Rule) -> Iterator[Found]:
    for fault in document.faults(one, bytes(raw)):
        yield rule, (*path, *fault.path), fault.text

"""Traffic held against an OpenRPC document.

Rule: each message by itself, whoever sent it; a method is the document's whichever end calls it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from msgspec import UNSET, MsgspecError, Raw, UnsetType
from msgspec.json import Decoder

from recorder.difference import Path, text_of
from recorder.jsonrpc import parse_error
from recorder.model import AnyEvent
from recorder.openrpc.document import Descriptor, Document, Method
from recorder.openrpc.messages import NOBODY, Sent, messages

Rule = Literal["method", "params", "result", "error"]

DISCOVER = "rpc.discover"
"""The method that hands out the document itself; it need not be in it."""

PREDEFINED = frozenset({-32700, *range(-32603, -32599)})
"""Codes of JSON-RPC 2.0 itself (section 5.1), which no document needs to name."""

_array = Decoder(list[Raw])
_object = Decoder(dict[str, Raw])


class Violation(NamedTuple):
    """Where a message does not obey the document.

    Args:
        line: of the capture.
        method: of the message, or of the request that it answers.
        rule: which part of the document it breaks.
        path: of the value in the message.
        text: what is wrong.
    """

    line: int
    method: str
    rule: Rule
    path: str
    text: str


class Checking:
    """Holds the messages of a capture against a document.

    Args:
        document: what is obeyed.

    Attributes:
        found: the violations, in the order of the timeline.
        methods: how many messages each method has.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.found: list[Violation] = []
        self.methods: Counter[str] = Counter()

    def see(self, profile: str, events: Iterable[AnyEvent]) -> None:
        """Look at all messages of a capture.

        Args:
            profile: of its header.
            events: of the capture.

        Raises:
            InputError: a schema of the document is malformed.
        """
        for sent in messages(profile, events):
            if sent.method:
                self.methods[sent.method] += 1
                self.found += (Violation(sent.line, sent.method, *found) for found in self._of(sent))

    def _of(self, sent: Sent) -> Iterator[tuple[Rule, str, str]]:
        method = self._document.methods.get(sent.method)
        if method is not None:
            yield from ((rule, text_of(path), text) for rule, path, text in _judged(self._document, method, sent))
        elif sent.message.method is not UNSET and sent.method != DISCOVER:
            yield "method", "method", "is not in the document"


Found = tuple[Rule, Path, str]


def _judged(document: Document, method: Method, sent: Sent) -> Iterator[Found]:
    message = sent.message
    if message.method is not UNSET:
        yield from _params(document, method, message.params)
    elif message.kind == "error":
        code = parse_error(message.error).code
        if method.errors and type(code) is int and code not in method.errors | PREDEFINED:
            known = ", ".join(map(str, sorted(method.errors)))
            yield (
                "error",
                ("error", "code"),
                f"{code} is not documented; {known} {'is' if len(method.errors) == 1 else 'are'}",
            )
    elif sent.asked[0] != NOBODY and method.result is not None and message.result is not UNSET:
        yield from _faults(document, method.result, message.result, ("result",), "result")


def _params(document: Document, method: Method, raw: Raw | UnsetType) -> Iterator[Found]:
    text = b"[]" if raw is UNSET else bytes(raw)
    if text.lstrip().startswith(b"{"):
        yield from _by_name(document, method, text)
    elif text.lstrip().startswith(b"["):
        yield from _by_position(document, method, text, given=raw is not UNSET)
    else:
        yield "params", ("params",), "is neither an array nor an object"


def _by_name(document: Document, method: Method, text: bytes) -> Iterator[Found]:
    given = _object.decode(text)
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


def _by_position(document: Document, method: Method, text: bytes, *, given: bool) -> Iterator[Found]:
    values = _array.decode(text)
    if method.structure == "by-name" and given and values:
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
    try:
        found = document.faults(one, bytes(raw))
    except (MsgspecError, RecursionError, UnicodeDecodeError):
        yield rule, path, "cannot be read"
        return
    for fault in found:
        yield rule, (*path, *fault.path), fault.text

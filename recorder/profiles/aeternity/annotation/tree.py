"""A decoded text, field by field, with names and amounts beside what they stand for; and as a line of JSON.

Rule: nothing is left out but by a limit that says so, and every line is fit for a terminal: whatever a peer chose is
quoted or escaped. The JSON is what `recorder.decode` gives, with more keys beside it, never in place of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from recorder.errors import RecorderError
from recorder.escaping import escape
from recorder.jsonrpc import json_text
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.words import both, call_text, fate_text, quoted
from recorder.profiles.aeternity.chain import SCHEMAS, Encoded, decode, encode_text

if TYPE_CHECKING:  # which shows itself with what stands here
    from recorder.profiles.aeternity.annotation.values import Item, Signature

MANY_LINES = 120
MANY_NAMES = 64
"""The lines of a text with more names are made each time: to check that no name has changed would take as long."""

LONG_HEX = 64
MOST_DEPTH = 110
INDENT = "  "
KEY, KEY_DIGITS = "key", 64
COINS = frozenset({
    "amount", "fee", "deposit", "balance", "query_fee", "name_fee", "channel_amount", "channel_reserve",
    "initiator_amount", "responder_amount", "initiator_amount_final", "responder_amount_final",
    "initiator_reserve", "responder_reserve",
})  # fmt: skip
"""Fields that hold aettos."""


def tree(item: Item, *, most: int = 0, full: bool = False) -> str:
    """A text as lines, its facts below its fields.

    Args:
        item: the text, annotated.
        most: how many lines of it are kept; 0 for all.
        full: show long bytes whole.
    """
    knows = item.say if most and not full else None
    fields = knows.shown.recall(item.text) if knows is not None else None
    if fields is None or not fields.holds(item):
        fields = _Tree(item, full=full).fields(most)
        if knows is not None and len(fields.names) + len(fields.signers) <= MANY_NAMES:
            knows.shown.keep(item.text, fields)
    facts = _facts(item)
    if not facts and fields.kept == fields.lines:
        return fields.text
    shown = facts[: most - fields.kept] if most else facts
    if rest := fields.lines + len(facts) - fields.kept - len(shown):
        shown.append(f"… {rest} more lines: `recorder decode` shows them")
    return "\n".join([fields.text, *shown])


class Fields(NamedTuple):
    """The fields of a text as lines, and the names in them: the lines are valid while the names are.

    Args:
        text: the first of the lines.
        kept: how many lines these are.
        lines: how many lines all fields have.
        names: the name that was printed for each account or id.
        signers: who made each signature.
        functions: how many names of functions were known when a call was printed; None if there is no call.
    """

    text: str
    kept: int
    lines: int
    names: dict[str, str]
    signers: dict[str, Signature | None]
    functions: int | None

    def holds(self, item: Item) -> bool:
        """Whether all names are still the same."""
        say = item.say
        return (
            say is not None
            and self.functions in {None, say.functions}
            and all(say.alias(identity) == name for identity, name in self.names.items())
            and all(item.signers.get(text) == signature for text, signature in self.signers.items())
        )


def _facts(item: Item) -> list[str]:
    if item.decoded is None:
        return []
    facts = [*item.transaction.facts, *item.facts] if item.transaction is not None else [*item.facts]
    facts += [f"warning: {warning}" for warning in item.decoded.warnings]
    return ["", *map(escape, facts)] if facts else []


def readable(item: Item, *, full: bool = False) -> str:
    """A text as lines, with its path and what it is.

    Args:
        item: the text, annotated.
        full: show long bytes whole, and then all bytes of the text.
    """
    lines = [f"{escape(item.path)}:"] if item.path else []
    if item.transaction is not None:
        lines += [escape(item.transaction.line), ""]
    lines.append(tree(item, full=full))
    if full and item.decoded is not None:
        lines += ["", f"{len(item.decoded.data):,} bytes: {item.decoded.data.hex()}"]
    return "\n".join(lines)


def machine_readable(item: Item) -> str:
    """A text as one line of JSON: its value, or {"error": {"path", "offset", "reason"}}."""
    if item.problem is not None:
        problem = item.problem
        return json_text({"error": {"path": problem.path, "offset": problem.offset, "reason": problem.reason}})
    assert item.decoded is not None, "it was read"
    told: dict[str, Any] = item.decoded.as_json(item.say.symbols if item.say is not None else None)
    if item.signers:
        told["signatures"] = [
            {"signature": text, "signer": signature.signer, "key": signature.key, "network_id": signature.network_id}
            for text, signature in item.signers.items()
        ]
    if item.transaction is not None and item.transaction.hash:
        told["hash"] = item.transaction.hash
    return json_text(told)


class _Tree:
    """Walks a decoded value."""

    def __init__(self, item: Item, *, full: bool) -> None:
        self._item, self._full = item, full
        self._say = item.say
        self._names: dict[str, str] = {}
        self._signers: dict[str, Signature | None] = {}
        self._functions: int | None = None

    def fields(self, most: int) -> Fields:
        """The fields as lines, of which the first `most` are kept; 0 for all."""
        item = self._item
        if item.decoded is None:
            return Fields(escape(f"cannot be read: {item.problem}"), 1, 1, {}, {}, None)
        lines = self._value("", item.decoded.value, 0)
        shown = [*map(escape, islice(lines, most or None))]
        count = len(shown) + sum(1 for _line in lines)
        return Fields("\n".join(shown), len(shown), count, self._names, self._signers, self._functions)

    def _alias(self, identity: str) -> str:
        name = self._names[identity] = self._say.alias(identity) if self._say is not None else ""
        return name

    def _value(self, label: str, value: dict[str, Any], depth: int) -> Iterator[str]:
        """A value in one of the forms that `decode` gives."""
        pad, head = INDENT * depth, f"{label}: " if label else ""
        if "fields" in value:
            yield f"{pad}{head}{value['type']} (tag {value['tag']}, version {value['version']})"
            if depth > MOST_DEPTH:
                yield f"{pad}{INDENT}…"
                return
            yield from self._object(value, depth + 1)
        elif "t" in value or "not_fate" in value:
            yield f"{pad}{head}{self._contract_data(value)}"
        elif value.get("kind") == "map":
            key = f", key {fate_text(value['key'])}" if value["key"] is not None else ""
            yield f"{pad}{head}map {value['map_id']} of the store{key}"
        elif value.get("kind") == "register":
            yield f"{pad}{head}register {value['register']} of the store"
        else:
            yield f"{pad}{head}{value['type']} {self._hex(value['hex'])}"

    def _object(self, value: dict[str, Any], depth: int) -> Iterator[str]:
        layout = SCHEMAS.get((value["tag"], value["version"]))
        for name, part in value["fields"].items():
            field = layout.fields[name] if layout is not None else None
            yield from self._field(name, part, getattr(getattr(field, "of", field), "prefix", ""), depth)

    def _field(self, name: str, part: Any, prefix: str, depth: int) -> Iterator[str]:
        if isinstance(part, dict):
            yield from self._value(name, part, depth)
        elif isinstance(part, list | tuple):
            yield f"{INDENT * depth}{name}:{'' if part else ' none'}"
            if depth > MOST_DEPTH:
                return
            for at, item in enumerate(part):
                yield from self._field(f"{at}", item, prefix, depth + 1)
        elif prefix == "cb" and isinstance(part, str) and part:
            yield from self._value(name, _contract_value(part), depth)
        else:
            yield f"{INDENT * depth}{name}: {self._leaf(name, part, prefix)}"

    def _leaf(self, name: str, part: Any, prefix: str) -> str:
        if isinstance(part, int) and not isinstance(part, bool):
            return both(part) if name in COINS and part else json_text(part)
        if not isinstance(part, str):
            return str(part).lower()
        shown = self._text(part, prefix) if part else "empty"
        return f"{shown} ({alias})" if name == KEY and (alias := self._owner(part)) else shown

    def _owner(self, part: str) -> str:
        """The name of the account that a key in a state tree is; empty if it has none."""
        account = _encoded("ak", part) if len(part) == KEY_DIGITS else ""
        return self._alias(account) if account else ""

    def _text(self, part: str, prefix: str) -> str:
        if prefix == "sg":
            return self._signature(part)
        if prefix in chain.PREFIXES:
            return _encoded(prefix, part) or self._hex(part)
        if "_" not in part:
            return self._hex(part)
        alias = self._alias(part)
        return f"{part} ({alias})" if alias else part

    def _signature(self, part: str) -> str:
        signature = self._signers[part] = self._item.signers.get(part)
        text = _encoded("sg", part) or part
        return f"{text} {signature.words}" if signature is not None else text

    def _contract_data(self, value: dict[str, Any]) -> str:
        if self._say is not None:
            self._functions = self._say.functions
        if (call := chain.call_of(value, self._say.symbols if self._say is not None else None)) is not None:
            return f"call {call_text(call)}"
        if "text" in value:
            return quoted(value["text"].encode()) if value["text"] else "no bytes"
        if "aevm_words" in value:
            return f"AEVM words {' '.join(word.lstrip('0') or '0' for word in value['aevm_words'])}"
        return fate_text(value)

    def _hex(self, text: str) -> str:
        try:
            data = bytes.fromhex(text)
        except ValueError:
            return text
        if len(data) > 1 and (words := quoted(data)).startswith('"'):
            return f"{words} ({len(data)} bytes)"
        if self._full or len(text) <= LONG_HEX:
            return f"{text}"
        return f"{text[:LONG_HEX]}… ({len(data):,} bytes)"


def _contract_value(part: str) -> dict[str, Any]:
    try:
        return decode(Encoded("cb", bytes.fromhex(part)), opaque=True).value
    except (RecorderError, ValueError):
        return {"type": "bytes", "hex": part}


def _encoded(prefix: str, part: str) -> str:
    try:
        return encode_text(prefix, bytes.fromhex(part))
    except (RecorderError, ValueError):
        return ""

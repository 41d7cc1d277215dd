"""Puts live values in the place of recorded ones, inside encoded transactions too.

Rule: bytes that need no change stay as they are: payloads are rewritten as text, never re-serialised. What cannot be
rewritten (a signature by a key nobody gave) is kept and said, once, with where.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from recorder.aliases.bindings import Bindings
from recorder.aliases.texts import DERIVED, ENCODED, NONCE, STRUCTURED, UNSIGNED, decoded, nonce_of
from recorder.errors import DecodeError, InputError
from recorder.profiles import Volatile
from recorder.profiles.aeternity import chain

Sign = Callable[[str, bytes], str]
"""From a recorded signature (hex) and the bytes of the live transaction: the live signature (hex), or empty."""


_TEXTS = re.compile(ENCODED.pattern.encode())


class Rewriter:
    """Makes the live form of what was recorded.

    Args:
        bindings: what stands for what; it learns what is made here.
        volatile: which fields' values differ from run to run.
        sign: signs for the parties whose keys there are.
        say: told what cannot be rewritten.
    """

    def __init__(self, bindings: Bindings, volatile: Volatile, sign: Sign, say: Callable[[str], None]) -> None:
        self._bindings, self._volatile, self._sign, self._say = bindings, volatile, sign, say
        self._said: set[str] = set()
        fields = "|".join(sorted(volatile.numbers))
        self._numbers = re.compile(rf'"({fields})"\s*:\s*(-?\d+)(?![\d.eE])'.encode())

    def payload(self, recorded: bytes, live_id: Raw | None = None) -> bytes:
        """The live form of a frame's bytes.

        Args:
            recorded: the frame as it was.
            live_id: the JSON-RPC id to answer with; None keeps the recorded one.
        """
        live = _TEXTS.sub(self._match, recorded)
        if any(
            self._bindings.get(kind.decode(), int(value)) not in {None, int(value)}
            for kind, value in self._numbers.findall(live)
        ):
            live = self._numbers.sub(self._number, live)
        if live_id is not None:
            message = msgspec.json.decode(live, type=dict[str, Raw])
            if message.get("id") != live_id:
                live = msgspec.json.encode(message | {"id": live_id})
        return live

    def text(self, recorded: str) -> str:
        """The live form of an encoded string."""
        prefix = recorded[:2]
        bound = self._bindings.get(prefix, recorded)
        if bound is not None:
            return str(bound)
        if prefix not in STRUCTURED or (read := decoded(recorded)) is None:
            return recorded
        value = self._value(read.value, "")
        if value == read.value:
            return recorded
        try:
            live = chain.encode(value, prefix)
        except (InputError, DecodeError) as error:
            self._tell(f"{recorded[:20]}… cannot be rewritten: {error}")
            return recorded
        self._bindings.bind(prefix, recorded, live)
        return live

    def _match(self, match: re.Match[bytes]) -> bytes:
        return self.text(match[0].decode()).encode()

    def _number(self, match: re.Match[bytes]) -> bytes:
        live = self._bindings.get(match[1].decode(), int(match[2]))
        return match[0] if live is None else match[0][: -len(match[2])] + str(live).encode()

    def _value(self, value: Any, field: str) -> Any:
        """The live form of a decoded value."""
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self._value(item, field) for item in value]
        if isinstance(value, str):
            if ENCODED.fullmatch(value) and value[:2] not in DERIVED:
                return self.text(value)
            bound = self._bindings.get(field, value) if field in self._volatile.texts else None
            return value if bound is None else bound
        if field in self._volatile.numbers and not isinstance(value, bool):
            bound = self._bindings.get(field, value)
            return value if bound is None else bound
        return value

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        if "fields" not in value:
            return {name: self._value(item, name) for name, item in value.items()}
        fields = {
            name: self._nonce(value["fields"]) if name == NONCE else self._value(item, name)
            for name, item in value["fields"].items()
            if name != "signatures"
        }
        if "signatures" in value["fields"]:
            fields["transaction"] = self._transaction(value["fields"]["transaction"], fields["transaction"])
            signatures = self._signatures(value["fields"]["signatures"], fields["transaction"], value)
            fields = {"signatures": signatures, **fields}
        return value | {"fields": fields}

    def _nonce(self, fields: dict[str, Any]) -> Any:
        live = self._bindings.get(nonce_of(fields), fields[NONCE])
        return fields[NONCE] if live is None else live

    def _transaction(self, recorded: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
        """The live form of what is signed: as it came, where it has come; else as it is made here."""
        live = self._bindings.get(UNSIGNED, chain.encode_object(recorded))
        return chain.decode_object(live) if live else made

    def _signatures(self, recorded: list[str], transaction: dict[str, Any], signed: dict[str, Any]) -> list[str]:
        if not recorded:
            return recorded
        unsigned = chain.encode_object(transaction)
        changed = transaction != signed["fields"]["transaction"]
        live = [self._signature(one, unsigned, changed=changed) for one in recorded]
        return sorted(live) if recorded == sorted(recorded) else live

    def _signature(self, recorded: str, unsigned: bytes, *, changed: bool) -> str:
        bound = self._bindings.get("sg", recorded)
        if bound is not None:
            return str(bound)
        made = self._sign(recorded, unsigned)
        if made:
            self._bindings.bind("sg", recorded, made)
            return made
        if changed:
            self._tell(f"signature {recorded[:16]}… is by a key nobody gave: kept, though what it signed has changed")
        return recorded

    def _tell(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)

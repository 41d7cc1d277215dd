"""Compares what came with what was recorded, and binds what may differ.

Rule: a difference says where it is, which rule it breaks, and both values. Fields of a transaction are compared by
name, under the path of the text they are in.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from recorder.aliases.bindings import Bindings
from recorder.aliases.texts import DATA, DERIVED, NONCE, STRUCTURED, UNSIGNED, decoded, nonce_of, prefix_of, unsigned
from recorder.profiles import Volatile

OPAQUE = frozenset({"trees_poi", "state_trees", "call_state_tree"})
"""Objects made of hashes over accounts; with other accounts nothing in them is the same."""


class Difference(NamedTuple):
    """One item in which what came is not what was recorded.

    Args:
        path: where, as in `params.data.signed_tx.transaction.amount`.
        rule: `value` (they must be equal), `bound` (another live value stands for the recorded one), `missing`,
            `added`, `type` or `length`.
        recorded: the recorded value; None where it was added.
        live: the value that came; None where it is missing.
    """

    path: str
    rule: str
    recorded: Any
    live: Any

    def __str__(self) -> str:
        says = {"missing": "is missing", "added": "was added"}
        if self.rule in says:
            return f"{self.path} {says[self.rule]}: {_short(self.recorded if self.rule == 'missing' else self.live)}"
        return f"{self.path or 'the message'}: {_short(self.recorded)} recorded, {_short(self.live)} came ({self.rule})"


def compare(recorded: Any, live: Any, bindings: Bindings, volatile: Volatile, path: str = "") -> list[Difference]:
    """The differences between two JSON values; what is volatile is bound in `bindings` as it is met."""
    comparison = _Comparison(bindings, volatile)
    comparison.any(recorded, live, path, path.rpartition(".")[2])
    return comparison.differences


class _Comparison:
    def __init__(self, bindings: Bindings, volatile: Volatile) -> None:
        self.differences: list[Difference] = []
        self._bindings, self._volatile = bindings, volatile

    def any(self, recorded: Any, live: Any, path: str, field: str) -> None:
        if type(recorded) is not type(live):
            self._differ(path, "type", recorded, live)
        elif isinstance(recorded, dict):
            self._object(recorded, live, path)
        elif isinstance(recorded, list):
            self._list(recorded, live, path, field)
        elif isinstance(recorded, str):
            self._text(recorded, live, path, field)
        elif field in self._volatile.numbers and not isinstance(recorded, bool):
            self._bind(field, recorded, live, path)
        elif recorded != live:
            self._differ(path, "value", recorded, live)

    def _object(self, recorded: dict[str, Any], live: dict[str, Any], path: str) -> None:
        if _opaque(recorded, live):
            return
        for name, value in recorded.items():
            below = f"{path}.{name}" if path else name
            if name in live:
                self.any(value, live[name], below, name)
            else:
                self._differ(below, "missing", value, None)
        for name, value in live.items():
            if name not in recorded:
                self._differ(f"{path}.{name}" if path else name, "added", None, value)

    def _list(self, recorded: list[Any], live: list[Any], path: str, field: str) -> None:
        if len(recorded) != len(live):
            self._differ(path, "length", len(recorded), len(live))
        elif field == "signatures":
            self._signatures(recorded, live)
        else:
            for index, pair in enumerate(zip(recorded, live, strict=True)):
                self.any(*pair, f"{path}[{index}]", field)

    def _signatures(self, recorded: list[Any], live: list[Any]) -> None:
        """Signatures are sorted by their bytes, so their order says nothing: pair those known, then the rest."""
        rest = [one for one in recorded if self._bindings.get("sg", one) not in live]
        came = [one for one in live if self._bindings.recorded("sg", one) not in recorded]
        for one, other in zip(rest, came, strict=False):
            self._bindings.bind("sg", one, other)

    def _text(self, recorded: str, live: str, path: str, field: str) -> None:
        prefix = prefix_of(recorded)
        if prefix and prefix == prefix_of(live):
            if prefix in STRUCTURED and (recorded != live or prefix == "tx") and self._structured(recorded, live, path):
                return
            if prefix in DERIVED:
                return
            if prefix not in DATA:
                self._bind(prefix, recorded, live, path)
                return
        if field in self._volatile.texts:
            self._bind(field, recorded, live, path)
        elif recorded != live:
            self._differ(path, "value", recorded, live)

    def _structured(self, recorded: str, live: str, path: str) -> bool:
        """Compare two texts by what is in them; whether both could be read."""
        if self._bindings.get(recorded[:2], recorded) == live:
            return True
        ours, theirs = decoded(recorded), decoded(live)
        if ours is None or theirs is None:
            return False
        known = len(self.differences)
        self._decoded(ours.value, theirs.value, path)
        if recorded.startswith("tx"):
            if len(self.differences) == known:
                self._bind("tx", recorded, live, path)
            else:  # another fee, say: what is signed and sent on is the live one all the same
                self._bindings.bind("tx", recorded, live)
            self._bindings.bind(UNSIGNED, unsigned(recorded), unsigned(live))
        return True

    def _decoded(self, recorded: dict[str, Any], live: dict[str, Any], path: str) -> None:
        if _opaque(recorded, live):
            return
        if recorded.get("type") != live.get("type") or "fields" not in recorded:
            self.any(recorded, live, path, "")
            return
        if recorded.get("version") != live.get("version"):
            self._differ(f"{path}.version", "value", recorded.get("version"), live.get("version"))
        for name, value in recorded["fields"].items():
            if name not in live["fields"]:
                self._differ(f"{path}.{name}", "missing", value, None)
            elif isinstance(value, dict) and isinstance(live["fields"][name], dict) and "fields" in value:
                self._decoded(value, live["fields"][name], f"{path}.{name}")
            elif name == NONCE and name in self._volatile.numbers:
                self._bind(nonce_of(recorded["fields"]), value, live["fields"][name], f"{path}.{name}")
            else:
                self.any(value, live["fields"][name], f"{path}.{name}", name)

    def _bind(self, kind: str, recorded: Any, live: Any, path: str) -> None:
        if not self._bindings.bind(kind, recorded, live):
            bound = self._bindings.get(kind, recorded)
            self._differ(path, "bound", recorded if bound is None else bound, live)

    def _differ(self, path: str, rule: str, recorded: Any, live: Any) -> None:
        self.differences.append(Difference(path, rule, recorded, live))


def _opaque(recorded: dict[str, Any], live: dict[str, Any]) -> bool:
    return recorded.get("type") in OPAQUE and recorded.get("type") == live.get("type")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}…{text[-12:]}"  # noqa: PLR2004 - what fits a line

"""Compares transactions: what they contain, who signed them, what they cost.

Rule: fields of a transaction are compared by name, under the path of the text that they are in. Signatures are the same
if the same party made them; a fee may differ by what the size costs; a difference that other frames pass on is reported
once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from recorder.difference import Difference, Path, value_at
from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import (
    DATA,
    NONCE,
    PROOFS,
    STRUCTURED,
    TREES,
    UNSIGNED,
    bound_as,
    decoded,
    live_of,
    nonce_of,
    prefix_of,
    read_as,
    unsigned,
)
from recorder.profiles.aeternity.identities import signers_of
from recorder.profiles.parts import Comparing, Comparison, Identities

GAS_PER_BYTE = 20
LEAST_GAS_PRICE = 10**9
"""What the node computes fees from: (base gas + 20 * size) * gas price, the price at least 10^9."""

KEYS, HASH_DIGITS = ("ct", "ak", "ok"), 64
"""Ids that a contract logs as bare digits, and how many."""

FEE, SIGNATURES = "fee", "signatures"
SHARES = ("initiator_amount_final", "responder_amount_final")


def compare_text(comparing: Comparing, recorded: str, live: str, path: Path) -> bool:
    """Compare two texts by what they contain; False if they are not encoded, or have different prefixes."""
    prefix = prefix_of(recorded)
    if not prefix or prefix != prefix_of(live):
        return False
    if prefix in STRUCTURED and (recorded != live or prefix == "tx") and _structured(comparing, recorded, live, path):
        return True
    if prefix in PROOFS:
        return recorded == live or _proofs(comparing, recorded, live, path)
    if prefix in DATA:
        return False
    _bind(comparing, recorded, live, path)
    return True


def _bind(comparing: Comparing, recorded: str, live: str, path: Path) -> None:
    kind, value = bound_as(recorded)
    comparing.bind(kind, value, bound_as(live)[1], path, partial(read_as, recorded[:2]))


def _structured(comparing: Comparing, recorded: str, live: str, path: Path) -> bool:
    """Compare two texts by what is in them; whether both could be read."""
    prefix, bindings = recorded[:2], comparing.bindings
    if bindings.get(prefix, recorded) == live:
        return True
    ours, theirs = decoded(recorded), decoded(live)
    if ours is None or theirs is None:
        return False
    known = len(comparing.differences)
    with comparing.within(len(path), ""):
        _decoded(comparing, ours.value, theirs.value, path)
    if prefix == "tx":
        if len(comparing.differences) == known:
            comparing.bind(prefix, recorded, live, path)
        else:  # another fee, say: what is signed and sent on is the live one all the same
            bindings.bind(prefix, recorded, live)
        bindings.bind(UNSIGNED, unsigned(recorded), unsigned(live))
    return True


def _proofs(comparing: Comparing, recorded: str, live: str, path: Path) -> bool:
    """Compare two proofs or sets of state trees by what they contain; whether both could be read."""
    ours, theirs = decoded(recorded), decoded(live)
    if ours is None or theirs is None:
        return False
    with comparing.within(len(path), ""):
        _trees(comparing, ours.value, theirs.value, path)
    return True


def _trees(comparing: Comparing, recorded: dict[str, Any], live: dict[str, Any], path: Path) -> None:
    try:
        ours, theirs = chain.held(recorded), chain.held(live)
    except (DecodeError, InputError):  # traffic may have a proof that proves nothing: then its bytes are compared
        comparing.value(recorded, live, path)
        return
    for name in dict.fromkeys((*ours, *theirs)):
        _leaves(comparing, ours.get(name, {}), theirs.get(name, {}), (*path, name))


def _leaves(comparing: Comparing, recorded: dict[str, Any], live: dict[str, Any], path: Path) -> None:
    """Compare the leaves of a tree: each with that of the live id if it is known, else with one of the others."""
    others = dict(live)
    strange: list[tuple[str, Any]] = []
    for identity, leaf in recorded.items():
        known = _live_words(comparing, identity)
        if known in others:
            comparing.value(_live_log(comparing, leaf), others.pop(known), (*path, identity))
        else:
            strange.append((identity, leaf))
    if len(strange) != len(others):
        comparing.differ(path, "length", len(recorded), len(live))
        return
    for (identity, leaf), (came, other) in zip(strange, others.items(), strict=True):
        for word, live_word in zip(identity.split(" "), came.split(" "), strict=False):
            if (prefix := prefix_of(word)) and prefix == prefix_of(live_word):
                _bind(comparing, word, live_word, (*path, identity))
        comparing.value(leaf, other, (*path, identity))


def _live_log(comparing: Comparing, leaf: Any) -> Any:
    """A call with live ids in its log, where they are bare digits."""
    if not isinstance(leaf, dict) or not isinstance(leaf.get("log"), list):
        return leaf
    log = [
        [_live_key(comparing, who), [_live_key(comparing, one) for one in told], *rest]
        for who, told, *rest in leaf["log"]
    ]
    return leaf | {"log": log}


def _live_key(comparing: Comparing, digits: str) -> str:
    for prefix in KEYS if len(digits) == HASH_DIGITS else ():
        live = comparing.bindings.get(prefix, chain.encode_text(prefix, bytes.fromhex(digits)))
        if live is not None:
            return chain.decode_text(live)[1].hex()
    return digits


def _live_words(comparing: Comparing, identity: str) -> str:
    """The name of a leaf, with live ids in the place of recorded ones."""
    return " ".join(live_of(comparing.bindings, word) or word for word in identity.split(" "))


def _decoded(comparing: Comparing, recorded: dict[str, Any], live: dict[str, Any], path: Path) -> None:
    kind = recorded.get("type")
    if kind in TREES and kind == live.get("type"):
        if recorded != live:
            _trees(comparing, recorded, live, path)
        return
    if kind != live.get("type") or "fields" not in recorded:
        comparing.value(recorded, live, path)
        return
    with comparing.within(len(path), str(kind)):
        if recorded.get("version") != live.get("version"):
            comparing.differ((*path, "version"), "value", recorded.get("version"), live.get("version"))
        _fields(comparing, recorded["fields"], live["fields"], path)


def _fields(comparing: Comparing, recorded: dict[str, Any], live: dict[str, Any], path: Path) -> None:
    for name in dict.fromkeys((*recorded, *live)):
        below: Path = (*path, name)
        if name not in live or name not in recorded:
            comparing.differ(below, "added" if name in live else "missing", recorded.get(name), live.get(name))
            continue
        value, other = recorded[name], live[name]
        if isinstance(value, dict) and isinstance(other, dict) and "fields" in value:
            _decoded(comparing, value, other, below)
        elif name == NONCE:
            comparing.bind(nonce_of(recorded), value, other, below)
        elif name == SIGNATURES:
            _signatures(comparing, value, other, below)
        else:
            comparing.value(value, other, below)


def _signatures(comparing: Comparing, recorded: list[Any], live: list[Any], path: Path) -> None:
    """Signatures are sorted by their bytes, so their order says nothing: pair those known, then the rest."""
    bindings = comparing.bindings
    if len(recorded) != len(live):
        comparing.differ(path, "length", len(recorded), len(live))
        return
    rest = [one for one in recorded if bindings.get("sg", one) not in live]
    came = [one for one in live if bindings.recorded("sg", one) not in recorded]
    for one, other in zip(rest, came, strict=False):
        bindings.bind("sg", one, other)


class Likeness(Comparison):
    """The protocol's part in the comparison of two captures."""

    def __init__(self, recorded: Identities, live: Identities) -> None:
        super().__init__(recorded, live)
        self._parties = tuple(
            {account: known.party for account, known in one.accounts.items()} for one in (recorded, live)
        )
        self._shapes: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def further(self, recorded: Any, live: Any) -> Iterator[Difference]:
        """Parties who signed a recorded transaction, and have not signed the live one."""
        for path, text in _transactions(recorded, ()):
            came = value_at(live, path)
            if not isinstance(came, str) or prefix_of(came) != "tx" or came == text:
                continue
            ours, theirs = _signed_by(self.recorded, text), _signed_by(self.live, came)
            if sum(ours.values()) == sum(theirs.values()) and signers_of(self.live):
                for who in sorted(filter(None, (ours - theirs).elements())):
                    yield Difference((*path, SIGNATURES), "signature", who, "", len(path), "signed_tx")

    def follows(self, recorded: Any, live: Any, differences: Sequence[Difference]) -> dict[Difference, str]:
        """Fees, and shares of a closing that they are taken from, that differ because a transaction's size does."""
        passed: dict[Difference, str] = {}
        for fee in differences:
            if fee.field != FEE or not fee.inside or not _both(fee):
                continue
            outer = fee.path[: fee.inside]
            grown = _size(value_at(live, outer)) - _size(value_at(recorded, outer))
            more = fee.live - fee.recorded
            if grown and more % (GAS_PER_BYTE * grown) == 0 and more // (GAS_PER_BYTE * grown) >= LEAST_GAS_PRICE:
                passed[fee] = "another size"
                shares = [
                    one for one in differences if _both(one) and one.path in {(*fee.path[:-1], name) for name in SHARES}
                ]
                if sum(one.live - one.recorded for one in shares) == -more:
                    passed |= dict.fromkeys(shares, "another size")
        return passed

    def carried(self, recorded: Any, live: Any, difference: Difference) -> Any:
        """The transactions that it is in, without signatures: other frames may carry them too."""
        if not difference.inside or difference.rule == "length":
            return None
        outer = difference.path[: difference.inside]
        ours, theirs = value_at(recorded, outer), value_at(live, outer)
        if not (isinstance(ours, str) and isinstance(theirs, str) and prefix_of(ours) == prefix_of(theirs) == "tx"):
            return None
        inner = difference.path[difference.inside :]
        last = max((at for at, part in enumerate(inner) if part == "transaction"), default=-1)
        return unsigned(ours), unsigned(theirs), inner[last + 1 :]

    def text_shape(self, text: str, shape: Callable[[Any, Path], Any], *, live: bool) -> Any:
        """An account by its party, any other id by its kind, contents by the shapes of their fields."""
        prefix = prefix_of(text)
        if not prefix:
            return None
        if prefix not in STRUCTURED:
            return f"{prefix} {self._parties[live].get(text, '')}"
        known = self._shapes[live]
        if text not in known:
            read = decoded(text)
            known[text] = text if read is None else repr(_shape(read.value, shape))
        return known[text]


def _shape(value: dict[str, Any], shape: Callable[[Any, Path], Any]) -> Any:
    if value.get("type") in TREES:
        return value["type"]
    if "fields" not in value:
        return shape(value, ())
    fields = []
    for name, item in sorted(value["fields"].items()):
        if isinstance(item, dict) and "fields" in item:
            fields.append((name, _shape(item, shape)))
        elif name == SIGNATURES:
            fields.append((name, len(item)))
        else:
            fields.append((name, shape(item, (name,))))
    return value.get("type"), value.get("version"), tuple(fields)


def _signed_by(who: Identities, text: str) -> Counter[str]:
    """Which parties signed a transaction; a signature by a key that is nobody's counts under the empty name."""
    read = decoded(text)
    if read is None or read.value.get("type") != "signed_tx":
        return Counter()
    signers = signers_of(who)
    made = (signers.get(signature) for signature in read.value["fields"][SIGNATURES])
    return Counter("" if one is None else one.signer or "another key" for one in made)


def _transactions(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if value.startswith("tx_") and prefix_of(value):
            yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _transactions(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _transactions(item, (*path, index))


def _both(one: Difference) -> bool:
    return isinstance(one.recorded, int) and isinstance(one.live, int) and one.rule == "value"


def _size(text: Any) -> int:
    return len(unsigned(text)) if isinstance(text, str) else 0

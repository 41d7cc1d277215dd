"""The differences of two steps, each with where inside of which transaction it is.

Rule: what differs is found by `aliases.compare`; here stands only what that does not see: signatures by other keys,
URLs, closings, and fees that follow from a transaction's size.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

from recorder.aliases import Bindings, Difference
from recorder.aliases import compare as compare_values
from recorder.aliases.texts import decoded, prefix_of, unsigned
from recorder.compare.pairing import bare
from recorder.compare.terms import Detail
from recorder.model import UNTOLD, Closed, Opened
from recorder.replay import Script, Step
from recorder.replay.matching import differences_of
from recorder.replay.script import query

GAS_PER_BYTE = 20
LEAST_GAS_PRICE = 10**9
"""What the node computes fees from: (base gas + 20 * size) * gas price, the price at least 10^9."""

_STEPS = re.compile(r"[^.\[\]]+")


class Scripts(NamedTuple):
    """The capture that was recorded, and the one that is compared with it."""

    recorded: Script
    live: Script


def differences(scripts: Scripts, one: Step, other: Step, bindings: Bindings) -> list[Detail]:
    """All differences of a live step from the recorded one."""
    found = _found(scripts, one, other, bindings)
    signed = (Detail(*item) for item in _signers(scripts, one, other))
    return [*(located(one, difference) for difference in found), *signed]


def _content(step: Step) -> Any:
    """What a step says: a frame's JSON value, an opening's parameters."""
    return {"url": query(step.event.url)} if isinstance(step.event, Opened) else step.message


def _found(scripts: Scripts, one: Step, other: Step, bindings: Bindings) -> list[Difference]:
    volatile = scripts.recorded.profile.volatile
    if isinstance(one.event, Opened) and isinstance(other.event, Opened):
        ours, theirs = query(one.event.url), query(other.event.url)
        if not one.event.url or not other.event.url:
            return []
        return compare_values(bare(ours), bare(theirs), bindings, volatile, "url")
    if isinstance(one.event, Closed) and isinstance(other.event, Closed):
        if UNTOLD in {one.event.code, other.event.code}:
            return []  # one of the two is of a transcript, which tells no more than that it was closed
        pairs = ((name, getattr(one.event, name), getattr(other.event, name)) for name in ("code", "reason", "by"))
        return [Difference(name, "value", ours, theirs) for name, ours, theirs in pairs if ours != theirs]
    if other.message is None:
        payload = getattr(other.event, "payload", b"")
        return differences_of(one, payload, bindings, volatile)
    return differences_of(one, other.message, bindings, volatile)


def located(step: Step, difference: Difference) -> Detail:
    """A difference with the part of its path that is inside an encoded text, and the type of object it is in."""
    value: Any = _content(step)
    inside: list[str] = []
    kind = ""
    for part in _STEPS.findall(difference.path):
        if isinstance(value, str) and prefix_of(value) and (read := decoded(value)) is not None:
            value, inside = read.value, [""]
        if isinstance(value, dict) and isinstance(value.get("fields"), dict):
            kind, value = str(value.get("type", "")), value["fields"]
        value = _member(value, part)
        if inside:
            inside.append(part)
    return Detail(
        difference.path,
        ".".join(inside[1:]),
        kind if inside else "",
        difference.rule,
        difference.recorded,
        difference.live,
    )


def _member(value: Any, part: str) -> Any:
    if isinstance(value, list):
        return value[int(part)] if part.isdecimal() and int(part) < len(value) else None
    return value.get(part) if isinstance(value, dict) else None


def _signers(scripts: Scripts, one: Step, other: Step) -> list[tuple[str, str, str, str, str, str]]:
    """Where the recorded transaction was signed by somebody who has not signed the live one."""
    found = []
    came = _content(other)
    for path, text in _transactions(_content(one), ""):
        live = at(came, path)
        if isinstance(live, str) and prefix_of(live) == "tx" and live != text:
            ours, theirs = _signed_by(scripts.recorded, text), _signed_by(scripts.live, live)
            if sum(ours.values()) == sum(theirs.values()) and scripts.live.signers:
                absent = sorted(filter(None, (ours - theirs).elements()))
                found += [(f"{path}.signatures", "signatures", "signed_tx", "signature", who, "") for who in absent]
    return found


def _signed_by(script: Script, text: str) -> Counter[str]:
    """Which parties signed a transaction; a signature by a key that is nobody's counts under the empty name."""
    read = decoded(text)
    if read is None or read.value.get("type") != "signed_tx":
        return Counter()
    made = (script.signers.get(signature) for signature in read.value["fields"]["signatures"])
    return Counter("" if one is None else one.signer or "another key" for one in made)


def _transactions(value: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(path, value)] if prefix_of(value) == "tx" else []
    if isinstance(value, dict):
        return [
            found for name, item in value.items() for found in _transactions(item, f"{path}.{name}" if path else name)
        ]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _transactions(item, f"{path}[{index}]")]
    return []


def at(value: Any, path: str) -> Any:
    """What stands at a path of a JSON value; None where nothing does."""
    for part in _STEPS.findall(path):
        value = _member(value, part)
    return value


def follows_from_size(one: Step, other: Step, details: list[Detail]) -> list[Detail]:
    """Those fees, and shares of a closing that they are taken from, that differ because a transaction's size does."""
    passed: list[Detail] = []
    for fee in details:
        if fee.path.rpartition(".")[2] != "fee" or not fee.inside or not _both(fee):
            continue
        outer = fee.path.removesuffix(f".{fee.inside}")
        ours, theirs = at(_content(one), outer), at(_content(other), outer)
        grown = _size(theirs) - _size(ours)
        more = fee.live - fee.recorded
        if grown and more % (GAS_PER_BYTE * grown) == 0 and more // (GAS_PER_BYTE * grown) >= LEAST_GAS_PRICE:
            passed.append(fee)
            shares = [item for item in details if _is_share(item, fee)]
            if sum(item.live - item.recorded for item in shares) == -more:
                passed += shares
    return passed


def _is_share(item: Detail, fee: Detail) -> bool:
    here = fee.path.removesuffix("fee")
    return _both(item) and item.path in {f"{here}{party}_amount_final" for party in ("initiator", "responder")}


def _both(item: Detail) -> bool:
    return isinstance(item.recorded, int) and isinstance(item.live, int) and item.rule == "value"


def _size(text: Any) -> int:
    return len(unsigned(text)) if isinstance(text, str) else 0


def same_transactions(one: Step, other: Step, details: list[Detail]) -> dict[str, tuple[bytes, bytes, str]]:
    """By path, the recorded and the live transaction it is in, without signatures: others may carry them too."""
    found = {}
    for item in details:
        outer = item.path.removesuffix(f".{item.inside}") if item.inside else ""
        if outer and item.rule != "length":
            ours, theirs = at(_content(one), outer), at(_content(other), outer)
            if isinstance(ours, str) and isinstance(theirs, str) and prefix_of(ours) == prefix_of(theirs) == "tx":
                found[item.path] = (unsigned(ours), unsigned(theirs), item.inside.rpartition("transaction.")[2])
    return found

"""What an annotation says: plain values, made once a frame.

Rule: these names are what templates and Python see (documented in docs/reference/templates.md): add, never rename. Text that is costly
to make is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from recorder.errors import DecodeError
from recorder.escaping import escape
from recorder.profiles import annotation
from recorder.profiles.aeternity.annotation.tree import MANY_LINES, machine_readable, readable, tree
from recorder.profiles.aeternity.chain import Decoded

if TYPE_CHECKING:  # they make such values
    from recorder.profiles.aeternity.annotation.knowledge import SessionKnowledge
    from recorder.profiles.aeternity.annotation.text_contents import Content

CARRY_SOMETHING = frozenset({"tx", "cb", "ck", "cs", "cv", "pi", "ss"})
"""Prefixes of texts that are worth a look inside; the others are ids, hashes and plain bytes."""


SOME, LONG = 3, 80
"""Strings that a summary names, and characters it shows of each."""


class Signature(Struct, frozen=True, gc=False):
    """A signature, or the authentication of a generalised account in its place.

    Args:
        signer: the printed name of the account, or its text where it has none; empty when no known key fits.
        key: the account (`ak_…`), or empty.
        network_id: the network it was made for, or empty.
        generalised: whether a generalised account's contract vouches instead of a key.
        hex: the signature, or empty.
        tried: whether it was held against the known keys; of very many, only some are.
    """

    signer: str
    key: str = ""
    network_id: str = ""
    generalised: bool = False
    hex: str = ""
    tried: bool = True

    @property
    def words(self) -> str:
        """`signed by initiator ✓`."""
        if self.generalised:
            return f"authorised by {self.signer}, a generalised account: its contract decides on chain"
        if not self.tried:
            return "signature not checked: there are too many"
        return f"signed by {self.signer} ✓" if self.key else "signature by an unknown key ✗"


class Transaction(Struct, frozen=True):
    """A transaction in a frame, seen through signatures and wrappers.

    Args:
        type: of the innermost transaction: `channel_withdraw_tx`.
        fields: its fields by name, as `recorder.decode` gives them.
        short: it in a few words, `withdraw 1 → initiator`.
        phrase: its words for a sentence, `a withdrawal of 1 aetto`.
        wanted: how many signatures the node wants of it; 0 where it is not signed at all.
        signatures: those it has.
        added: the signatures it did not have when it was seen before, or all of them.
        content: the text that it stands in.
        facts: what else is known of it, a line each.
    """

    type: str
    fields: Mapping[str, Any]
    short: str
    phrase: str
    wanted: int = 0
    signatures: tuple[Signature, ...] = ()
    added: tuple[Signature, ...] = ()
    content: Content | None = None
    facts: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """Its hash on the chain (`th_…`) as it stands; empty where it is not signed."""
        return self.content.hash if self.content is not None else ""

    @property
    def round(self) -> int | None:
        """The channel's round it makes; None where it makes none."""
        value = self.fields.get("round")
        return value if isinstance(value, int) else None

    @property
    def amount(self) -> int | None:
        """What it moves, in aettos."""
        value = self.fields.get("amount")
        return value if isinstance(value, int) else None

    @property
    def fee(self) -> int | None:
        """Its fee in aettos; None for what stays off the chain."""
        value = self.fields.get("fee")
        return value if isinstance(value, int) else None

    @property
    def signed(self) -> str:
        """`1/2 signed`, and how many of the signatures are of nobody known."""
        if not self.wanted:
            return "unsigned"
        strange = sum(signature.tried and not signature.key for signature in self.signatures)
        return f"{len(self.signatures)}/{self.wanted} signed" + (f", {strange} by unknown keys ✗" if strange else "")

    @property
    def columns(self) -> dict[str, str]:
        """What a table shows of it; no more than is known."""
        told = {
            "transaction": self.type,
            "round": self.round,
            "amount": self.amount,
            "fee": self.fee,
            "signers": ", ".join(filter(None, (signature.signer for signature in self.signatures))),
            "hash": self.hash,
        }
        return {name: str(value) for name, value in told.items() if value not in (None, "")}

    @property
    def line(self) -> str:
        """`withdraw 1 → initiator · round 2 · 1/2 signed`."""
        parts = [self.short, *([f"round {self.round}"] if self.round is not None else []), self.signed]
        return " · ".join(parts)


class Item(Struct, frozen=True, dict=True):
    """An encoded string.

    Args:
        path: where it stands in the frame, `params.data.signed_tx`; a member's name in brackets where it is one.
        text: it, as received (percent-encoding undone).
        decoded: what it says; None where it cannot be read.
        problem: why not, with path and offset.
        transaction: the transaction that it is.
        facts: what else is known of it, a line each.
        signers: every signature in it, those of enclosed disputes' payloads too, by its hex.
        say: what is known where it stands: how all is called.
    """

    path: str
    text: str
    decoded: Decoded | None = None
    problem: DecodeError | None = None
    transaction: Transaction | None = None
    facts: tuple[str, ...] = ()
    signers: Mapping[str, Signature] = MappingProxyType({})
    say: SessionKnowledge | None = None

    @property
    def carries(self) -> bool:
        """Whether there is more to it than an id or plain bytes."""
        if self.decoded is None:
            return self.problem is not None
        return self.decoded.prefix in CARRY_SOMETHING or "fields" in self.decoded.value or bool(self.facts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the node accepts but would write otherwise."""
        return self.decoded.warnings if self.decoded is not None else ()

    def for_people(self, *, full: bool) -> str:
        """It, field by field; with `full`, bytes whole."""
        return readable(self, full=full)

    def for_programs(self) -> str:
        """It as one line of JSON: its value, or {"error": {"path", "offset", "reason"}}."""
        return machine_readable(self)

    @cached_property
    def tree(self) -> str:
        """It, field by field, for people; long ones are cut."""
        return tree(self, most=MANY_LINES)


class Annotation(annotation.Annotation):
    """What a frame (or the URL a session was opened with) means.

    Args:
        items: its encoded strings, in order.
        tell: makes the sentence, once it is asked for.
        method: as for any protocol.
        event: likewise.
    """

    items: tuple[Item, ...]

    def __init__(self, items: tuple[Item, ...], tell: Callable[[], str], method: str = "", event: str = "") -> None:
        vars(self).update(items=items, _tell=tell, method=method, event=event)

    @cached_property
    def sentence(self) -> str:
        """The whole in words."""
        told: str = vars(self)["_tell"]()
        return told

    @property
    def carrying(self) -> list[Item]:
        """The items worth a look inside, each text once."""
        return list({item.text: item for item in self.items if item.carries}.values())

    @cached_property
    def transactions(self) -> list[Transaction]:
        """The transactions in it."""
        return [item.transaction for item in self.items if item.transaction is not None]

    @property
    def columns(self) -> dict[str, str]:
        """Its first transaction: type, round, amount and fee in aettos, who has signed it, its hash."""
        return self.transactions[0].columns if self.transactions else {}

    @cached_property
    def tree(self) -> str:
        """The items worth a look inside, each below its path."""
        return "\n\n".join(f"{escape(item.path) or item.text[:2]}: {item.tree}" for item in self.carrying)

    @cached_property
    def short(self) -> str:
        """A few words for a line of the live view; empty where nothing is worth it."""
        return escape("; ".join(dict.fromkeys(transaction.line for transaction in self.transactions)) or self.event)

    @property
    def summary(self) -> str:
        """A line that says what is decoded below it."""
        if short := self.short:
            return short
        told = [(item.path.rpartition(".")[2] or item.text[:2], item.tree.partition("\n")[0]) for item in self.carrying]
        some = [f"{name}: {line if len(line) <= LONG else line[: LONG - 1] + '…'}" for name, line in told[:SOME]]
        more = f" · {len(told) - SOME} more" if len(told) > SOME else ""
        return escape(" · ".join(some) + more)

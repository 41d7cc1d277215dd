"""What an annotation consists of: plain values, made once for each frame.

Rule: templates and Python use these names (documented in docs/reference/templates.md): add, never rename. Text that is
costly to make is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from recorder.errors import DecodeError
from recorder.escaping import escape
from recorder.profiles import annotation
from recorder.profiles.aeternity.annotation.tree import MANY_LINES, machine_readable, readable, tree
from recorder.profiles.aeternity.chain import Decoded

if TYPE_CHECKING:  # these modules import this one
    from recorder.profiles.aeternity.annotation.knowledge import SessionKnowledge
    from recorder.profiles.aeternity.annotation.text_contents import Content

CARRY_SOMETHING = frozenset({"tx", "cb", "ck", "cs", "cv", "pi", "ss"})
"""Prefixes of texts with contents worth showing; the others are ids, hashes and plain bytes."""

SOME, LONG = 3, 80
"""Texts that a summary names, and characters that it shows of each."""


class Signature(Struct, frozen=True, gc=False):
    """A signature, or the authentication of a generalised account in its place.

    Args:
        signer: the printed name of the account, or a short form of it; empty if no known key fits.
        key: the account (`ak_…`), or empty.
        network_id: the network it was made for, or empty.
        generalised: whether the contract of a generalised account decides instead of a key.
        hex: the signature, or empty.
        tried: whether the known keys were tried; of very many signatures, only some are.
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
    """A transaction in a frame: the innermost, with the signatures around it.

    Args:
        type: its type: `channel_withdraw_tx`.
        fields: its fields by name, as `recorder.decode` gives them.
        short: its few words: `withdraw 1 → initiator`.
        phrase: its words in a sentence: `a withdrawal of 1 aetto`.
        wanted: how many signatures the node wants; 0 if it is not signed at all.
        signatures: those it has.
        added: those that it did not have when it was seen before; all of them if it was not.
        content: what its text contains.
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
        """Its hash on the chain (`th_…`), with the signatures that it has; empty if it is not signed."""
        return self.content.hash if self.content is not None else ""

    @property
    def round(self) -> int | None:
        """The round of the channel that it makes; None if it makes none."""
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
        """`1/2 signed`, and how many signatures are by unknown keys."""
        if not self.wanted:
            return "unsigned"
        strange = sum(signature.tried and not signature.key for signature in self.signatures)
        return f"{len(self.signatures)}/{self.wanted} signed" + (f", {strange} by unknown keys ✗" if strange else "")

    @property
    def columns(self) -> dict[str, str]:
        """What is known of it, for a table."""
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
    """An encoded text.

    Args:
        path: its path in the frame: `params.data.signed_tx`; in brackets if it is the name of a member.
        text: the text, as received (percent-encoding undone).
        decoded: what it contains; None if it cannot be read.
        problem: why it cannot be read, with path and offset.
        transaction: the transaction in it.
        facts: what else is known of it, a line each.
        signers: every signature in it by its hex, also of an older state that proves something in it.
        say: the names that are known in its session.
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
        """What the node accepts but would write in another way."""
        return self.decoded.warnings if self.decoded is not None else ()

    def for_people(self, *, full: bool) -> str:
        """Its fields as lines; with `full`, all bytes."""
        return readable(self, full=full)

    def for_programs(self) -> str:
        """One line of JSON: its value, or {"error": {"path", "offset", "reason"}}."""
        return machine_readable(self)

    @cached_property
    def tree(self) -> str:
        """Its fields as lines; the end of a long text is left out."""
        return tree(self, most=MANY_LINES)


class Annotation(annotation.Annotation):
    """What a frame (or the URL a session was opened with) means; its items are its encoded texts, in order."""

    items: tuple[Item, ...]

    @property
    def carrying(self) -> list[Item]:
        """The items with contents worth showing, each text once."""
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
        """The items with contents worth showing, each below its path."""
        return "\n\n".join(f"{escape(item.path) or item.text[:2]}: {item.tree}" for item in self.carrying)

    @cached_property
    def short(self) -> str:
        """A few words for a line of the live view; empty if there is nothing to add."""
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

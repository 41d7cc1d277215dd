"""The state machine of one channel: what each party is told when something comes, is signed, or is on the chain.

Rule: no clock, no socket, no JSON text; sessions, time and the chain's nonces are the node's. What a party is asked to
sign is a `Proposal`; a party that is asked nothing may propose.

Source: a node's recordings. Two things are assumed: one whose FSM is busy with another's proposal is told of a conflict
when it proposes (as the suite's `update_conflict` shows), and `Behaviour.wins` is a conflict that only one party notices.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recorder.errors import DecodeError
from recorder.profiles.aeternity import chain
from stand_in.transactions import create, offchain_state, priced, signatures_of, signed, trees

if TYPE_CHECKING:
    from stand_in.node import Node

ROLES = ("responder", "initiator")  # in which a node's recordings have them told of what both are told
CONFLICT = (2, "conflict")


@dataclass(frozen=True)
class Words:
    """What a kind of proposal is called when it is to be signed, to be signed too, and half signed."""

    ask: str
    ack: str
    half: str


KINDS = {
    "funding": Words("initiator_sign", "responder_sign", "funding_created"),
    "update": Words("update", "update_ack", "update"),
    "deposit": Words("deposit_tx", "deposit_ack", "deposit_created"),
    "withdraw": Words("withdraw_tx", "withdraw_ack", "withdraw_created"),
    "shutdown": Words("shutdown_sign", "shutdown_sign_ack", "shutdown"),
}
FAILURES = {"Method not found": -32601, "Internal error": -32603}
REASONS = {
    "Insufficient balance": 1001,
    "Broken encoding: account pubkey": 1005,
    "Not a number": 1008,
    "Participant not found": 1011,
    "Invalid meta object": 1014,
    "Invalid fsm id": 1016,
}


class Refused(Exception):  # noqa: N818 - it is the node's answer, no mistake of anybody's
    """A request fails, or is rejected for one of the `REASONS`."""


@dataclass
class Proposal:
    """What one party proposes, and both must sign."""

    kind: str
    by: str
    transaction: bytes
    balances: dict[str, int]
    updates: list[dict[str, Any]] = field(default_factory=list)
    signatures: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        """What it is called."""
        return KINDS[self.kind]

    @property
    def text(self) -> str:
        """The transaction with the signatures that it has."""
        return signed(self.transaction, list(self.signatures.values()))


@dataclass
class Session:
    """A party's session, as far as a channel knows it.

    Args:
        role: whose it is.
        outbox: takes what is said in it.
        send: sends bytes.
        close: ends it.
    """

    role: str
    outbox: list[tuple["Session", str, dict[str, Any] | None]]
    send: Callable[[bytes], None]
    close: Callable[[], None]
    channel: "Channel | None" = None
    channel_id: str | None = None  # as it was told last
    ended: bool = False
    waiting: list[tuple[str, str, dict[str, Any] | None]] = field(default_factory=list)  # until what, its name, and it

    def say(self, name: str, message: dict[str, Any]) -> None:
        """Say something, by a name that a label may have."""
        self.outbox.append((self, name, message))

    def end(self) -> None:
        """End it when all is said."""
        self.outbox.append((self, "end", None))


@dataclass
class Party:
    """One end of a channel, at the node."""

    role: str
    account: str
    session: "Session | None" = None
    fsm_id: str = ""
    asked: Proposal | None = None


def other(role: str) -> str:
    """The other party's role."""
    return "responder" if role == "initiator" else "initiator"


class Channel:
    """One channel from its first session on.

    Args:
        node: whose it is.
        parameters: of the first session's URL.
    """

    def __init__(self, node: "Node", parameters: dict[str, str]) -> None:
        self._node, self.parameters = node, parameters
        self.id: str | None = None
        self.held = dict(node.behaviour.held)
        self.parties = {role: Party(role, parameters[f"{role}_id"]) for role in ROLES}
        self.accounts = {role: party.account for role, party in self.parties.items()}
        self.open = self.over = False
        self._apart = False  # a state machine has ended, and its party is to come back
        self._round, self._state = 1, ""
        push = int(parameters["push_amount"])
        amounts = {role: int(parameters[f"{role}_amount"]) for role in ROLES}
        self._balances = {
            self.accounts["initiator"]: amounts["initiator"] - push,
            self.accounts["responder"]: amounts["responder"] + push,
        }
        self._handlers: dict[str, Callable[[str, dict[str, Any]], None]] = {
            "channels.update.new": self._transfer,
            "channels.deposit": lambda role, params: self._on_chain(role, "deposit", params),
            "channels.withdraw": lambda role, params: self._on_chain(role, "withdraw", params),
            "channels.shutdown": lambda role, _params: self._shutdown(role),
            "channels.message": self._message,
            "channels.leave": lambda role, _params: self._leave(role),
        }

    # Sessions

    def joined(self, role: str, session: "Session") -> None:
        """A party opens a session: its first, or one with which it comes back."""
        party = self.parties[role]
        party.session = session
        if not party.fsm_id:
            party.fsm_id = chain.encode_text("ba", os.urandom(32))
        self._info(role, "fsm_up", fsm_id=party.fsm_id)
        if any(one.session is None for one in self.parties.values()):
            return
        if self.open and self._apart:
            self._apart = False
            for one in ROLES:
                self._info(one, "channel_reestablished")
                self._info(one, "open")
                self._tell(one, "update", {"state": self._state})
        elif not self.open:
            self._info("responder", "channel_open")
            self._info("initiator", "channel_accept")
            self._propose_funding()

    def left(self, role: str) -> None:
        """A party's session has ended; its state machine waits for it, once the channel is open."""
        self.parties[role].session = None
        self.over |= not self.open

    def asked(self, role: str, method: str, params: dict[str, Any]) -> None:
        """A party has sent something that is no question.

        Raises:
            Refused: the method is unknown, cannot be used now, or has params that are not as they must be.
        """
        word, handler = method.removeprefix("channels."), self._handlers.get(method)
        if any(word in {words.ask, words.ack} for words in KINDS.values()):
            self._signed(role, word, params)
        elif handler is None:
            raise Refused("Method not found")
        elif not self.open and handler != self._message:
            raise Refused("Internal error")
        else:
            handler(role, params)

    def balances(self, accounts: list[str]) -> list[dict[str, Any]]:
        """What accounts have in the channel."""
        for account in accounts:
            check_account(account)
        return [{"account": one, "balance": self._balances[one]} for one in accounts if one in self._balances]

    def offchain_state(self) -> dict[str, str]:
        """The last state that both have signed."""
        return offchain_state(self._balances, self._state)

    def die(self, *roles: str) -> None:
        """The state machines end in this order, and with them their sessions."""
        self.over = True
        for role in roles or ROLES:
            self._info(role, "died")
            self._end(role)

    # Proposals

    def _propose_funding(self) -> None:
        nonce = self._node.next_nonce(self.accounts["initiator"])
        transaction = create(
            self._node.behaviour.version, self.parameters, chain.state_hash(trees(self._balances)), nonce
        )
        self._propose(Proposal("funding", "initiator", transaction, self._balances))

    def _transfer(self, role: str, params: dict[str, Any]) -> None:
        amount, source, target, meta = (params.get(name) for name in ("amount", "from", "to", "meta"))
        after = self._changed({source: -_number(amount), check_account(target): _number(amount)})
        if not isinstance(meta, list | None):
            raise Refused("Invalid meta object")
        updates = [{"amount": amount, "from": source, "op": "OffChainTransfer", "to": target}]
        updates += [{"data": text, "op": "OffChainMeta"} for text in meta or []]
        text = chain.build("channel_offchain_tx", 2, channel_id=self.id, round=self._round + 1, state_hash=_hash(after))
        self._propose(Proposal("update", role, chain.decode_text(text).data, after, updates))

    def _on_chain(self, role: str, kind: str, params: dict[str, Any]) -> None:
        amount, account = _number(params.get("amount")), self.accounts[role]
        side, op, change = {
            "deposit": ("from", "OffChainDeposit", amount),
            "withdraw": ("to", "OffChainWithdrawal", -amount),
        }[kind]
        after = self._changed({account: change})
        transaction, _fee = priced(
            f"channel_{kind}_tx",
            channel_id=self.id,
            **{f"{side}_id": account},
            amount=amount,
            ttl=0,
            state_hash=_hash(after),
            round=self._round + 1,
            nonce=self._node.next_nonce(account),
        )
        self._propose(Proposal(kind, role, transaction, after, [{"amount": amount, side: account, "op": op}]))

    def _shutdown(self, role: str) -> None:
        fields: dict[str, Any] = {
            "channel_id": self.id,
            "from_id": self.accounts[role],
            "ttl": 0,
            "nonce": self._node.next_nonce(self.accounts[role]),
        }
        finals = {f"{one}_amount_final": self._balances[self.accounts[one]] for one in ("initiator", "responder")}
        _transaction, fee = priced("channel_close_mutual_tx", **fields, **finals)
        shares = {name: amount - fee // 2 for name, amount in finals.items()}
        if min(shares.values()) < 0:
            raise Refused("Insufficient balance")
        transaction, _fee = priced("channel_close_mutual_tx", **fields, **shares)
        self._propose(Proposal("shutdown", role, transaction, self._balances))

    def _propose(self, proposal: Proposal) -> None:
        theirs = self.parties[other(proposal.by)].asked
        pending = self.parties[proposal.by].asked or (theirs if theirs and theirs.by == proposal.by else None)
        if pending is not None and not self._settled(proposal.by):
            return
        self._ask(proposal.by, proposal, proposal.words.ask)

    def _ask(self, role: str, proposal: Proposal, word: str) -> None:
        self.parties[role].asked = proposal
        data = {"signed_tx": proposal.text, "updates": proposal.updates}
        self._tell(role, f"sign.{word}", data)

    def _settled(self, role: str) -> bool:
        """End a conflict that a party's step has brought; whether that step goes on."""
        wins = self._node.behaviour.wins
        losers = [one for one in (other(role), role) if one != wins]
        for one in losers:
            asked = self.parties[one].asked
            if asked is not None and asked.by != wins:
                self.parties[one].asked = None
            code, words = CONFLICT
            self._conflict(one, code, words)
        return role == wins

    def _conflict(self, role: str, code: int, words: str) -> None:
        told = {"channel_id": self.id, "error_code": code, "error_msg": words, "round": self._round}
        self._tell(role, "conflict", told)

    # Signatures

    def _signed(self, role: str, word: str, params: dict[str, Any]) -> None:
        party, there = self.parties[role], self.parties[other(role)]
        proposal = party.asked
        if proposal is None or word != (proposal.words.ask if role == proposal.by else proposal.words.ack):
            return  # too late: the proposal has lost a conflict
        if isinstance(code := params.get("error"), int):
            party.asked = None
            self._info(role, "aborted_update")
            if role != proposal.by:
                self._conflict(proposal.by, code, "unknown")
            return
        network = self._node.behaviour.network_id
        found = signatures_of(params.get("signed_tx"), proposal.transaction, self.accounts, network)
        if found is None or role not in found:
            return  # a wrong signature is answered by silence
        if role == proposal.by:
            if there.asked is not None and not self._settled(role):
                return
            party.asked, proposal.signatures = None, {role: found[role]}
            self._half_signed(proposal, there.role)
        elif len(found) == len(self.parties):
            party.asked, proposal.signatures = None, found
            self._agreed(proposal)

    def _half_signed(self, proposal: Proposal, to: str) -> None:
        more = {}
        if proposal.kind == "funding":
            made = chain.decode_object(proposal.transaction)["fields"]
            self.id = chain.channel_id(made["initiator_id"], made["nonce"], made["responder_id"])
            more = {"fsm_id": self.parties[to].fsm_id}
        self._info(to, proposal.words.half, **more)
        self._ask(to, proposal, proposal.words.ack)

    def _agreed(self, proposal: Proposal) -> None:
        if proposal.kind == "update":
            self._became(proposal)
            for role in (other(proposal.by), proposal.by):
                self._tell(role, "update", {"state": self._state})
        elif proposal.kind == "shutdown":
            for role in (other(proposal.by), proposal.by):
                self._chain_tells(role, "close_mutual", proposal)
                self._info(role, "closing")
            self._node.post(self.accounts[proposal.by], lambda: self._seen(proposal), self._closed)
        else:
            self._chain_tells(other(proposal.by), f"{proposal.kind}_created", proposal)
            if proposal.kind == "funding":
                self._info(proposal.by, "funding_signed", fsm_id=self.parties[proposal.by].fsm_id)
            self._chain_tells(proposal.by, f"{proposal.kind}_signed", proposal)
            self._node.post(self.accounts[proposal.by], lambda: self._seen(proposal), lambda: self._locked(proposal))

    def _became(self, proposal: Proposal) -> None:
        self._round += proposal.kind != "funding"
        self._state, self._balances = proposal.text, proposal.balances

    # The chain

    def _seen(self, proposal: Proposal) -> None:
        for role in ROLES:
            self._chain_tells(role, "channel_closed" if proposal.kind == "shutdown" else "channel_changed", proposal)

    def _locked(self, proposal: Proposal) -> None:
        self._became(proposal)
        for role in ROLES:
            self._info(role, f"own_{proposal.kind}_locked")
        for role in reversed(ROLES):
            self._info(role, f"{proposal.kind}_locked")
            if proposal.kind == "funding":
                self.open = True
                self._info(role, "open")
            self._tell(role, "update", {"state": self._state})

    def _closed(self) -> None:
        for role in ROLES:
            self._info(role, "closed_confirmed")
        self.die()

    # What else parties do

    def _message(self, role: str, params: dict[str, Any]) -> None:
        said = {"channel_id": self.id, "from": self.accounts[role], "info": params["info"], "to": params["to"]}
        self._tell(other(role), "message", {"message": said})

    def _leave(self, role: str) -> None:
        for one in (other(role), role):
            self._tell(one, "leave", {"state": self._state})
        self.parties[role].fsm_id, self._apart = "", True
        self._info(role, "died")
        self._info(other(role), "peer_disconnected")
        self._end(role)

    # Telling

    def _chain_tells(self, role: str, info: str, proposal: Proposal) -> None:
        kind = {"funding": "create", "shutdown": "close_mutual"}.get(proposal.kind, proposal.kind)
        self._tell(role, "on_chain_tx", {"info": info, "tx": proposal.text, "type": f"channel_{kind}_tx"}, name=info)

    def _info(self, role: str, event: str, **more: Any) -> None:
        self._tell(role, "info", {"event": event, **more}, name=event)

    def _tell(self, role: str, method: str, data: dict[str, Any], name: str = "") -> None:
        if (session := self.parties[role].session) is not None:
            session.channel_id, params = self.id, {"channel_id": self.id, "data": data}
            session.say(name or f"channels.{method}", {"method": f"channels.{method}", "params": params})

    def _end(self, role: str) -> None:
        if (session := self.parties[role].session) is not None:
            self.parties[role].session = None
            session.end()

    def _changed(self, changes: dict[Any, int]) -> dict[str, int]:
        after = dict(self._balances)
        for account, change in changes.items():
            after[check_account(account)] = after.get(account, 0) + change
        if min(after.values()) < 0:
            raise Refused("Insufficient balance")
        return after


def _hash(balances: dict[str, int]) -> str:
    return chain.state_hash(trees(balances))


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise Refused("Not a number")
    return value


def check_account(text: Any) -> str:
    """An account, where it is one.

    Raises:
        Refused: it is none.
    """
    try:
        good = chain.decode_text(text).prefix == "ak"
    except (DecodeError, TypeError, AttributeError):
        good = False
    if not good:
        raise Refused("Broken encoding: account pubkey")
    return text

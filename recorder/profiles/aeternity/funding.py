"""Computes what a run spends from its parties' accounts on the chain, and funds the accounts that were made for it.

Rule: no sockets and no clock: requests go through `Ask`. Recorded accounts are only read, for what was spent from them,
and never used.

Facts: the HTTP API of the node, version 3 (`oas3.yaml`); the faucet of the test network answers with `tx_hash`, or a
`message` where it refuses. A spend takes 15,000 gas and 20 more a byte, at 10^9 aettos each at the least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from recorder.errors import InputError
from recorder.escaping import escape
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.words import ae
from recorder.profiles.aeternity.encoded import OWNERS, texts, unsigned
from recorder.profiles.parts import Ask

AE = 10**18  # aettos
SPARE = AE // 10
"""What an account gets beyond what was taken from the recorded one: fees may be others, and are 0.00002 AE or so."""

T = TypeVar("T")

FEE = 20_000 * 10**9
"""Of a spend: more than any without a payload must pay."""

TRIES = 5
"""Of a spend whose nonce is taken: runs beside each other may be paid from one account."""

REAL = "ae_mainnet"
"""The network whose coins nobody throws away."""

AMOUNTS: dict[str, dict[str, str]] = {
    "channel_create_tx": {"initiator_id": "initiator_amount", "responder_id": "responder_amount"},
    "channel_deposit_tx": {"from_id": "amount"},
}
"""Of transactions that take more than a fee: the fields that say whose and how much."""


class Funding:
    """Gets accounts funded.

    Args:
        messages: of the capture whose parties they are played for.
        networks: that its transactions were signed for.
    """

    def __init__(self, messages: Iterable[Any], networks: frozenset[str]) -> None:
        self._taken = _taken(messages)
        self.networks = networks

    def api(self, node: str) -> str:
        """A plain node has its HTTP API on the port before (3013, 3014); one with TLS is behind a proxy at one address."""
        parts = urlsplit(node)
        if parts.scheme in {"wss", "https"}:
            return f"https://{parts.netloc}"
        host, _colon, port = parts.netloc.rpartition(":")
        return f"http://{host}:{int(port) - 1}" if parts.port else f"http://{parts.netloc}"

    async def network_id(self, node: Ask) -> str:
        """Of the chain that a node is part of; where coins are worth something, nobody is funded."""
        status, value = await node("GET", "/v3/status")
        found = value.get("network_id") if status == HTTPStatus.OK and isinstance(value, dict) else None
        if not isinstance(found, str):
            raise InputError(
                f"{node.url} is not a node's HTTP API ({status} to /v3/status); give its URL with --node-api"
            )
        if found == REAL:
            raise InputError(
                f"{node.url} is on {REAL}: keys are made for one run, and what is paid to them is lost afterwards; "
                "give each party a --key, or name a test network's node"
            )
        return found

    async def pay(self, node: Ask, seed: bytes, accounts: Mapping[str, str], network_id: str) -> None:
        """Have a spend for each account on its way; the node's next nonce counts those that are."""
        payer = chain.account_of(seed)
        amounts = {account: self._needed(recorded) for account, recorded in accounts.items()}
        wanted = sum(amounts.values()) + FEE * len(amounts)
        if (there := await self._balance(node, payer)) < wanted:
            raise InputError(
                f"{payer} has {ae(there)} AE, and the parties need {ae(wanted)} AE; put more into it, or --fund from another"
            )
        for account, amount in amounts.items():
            await self._spend(node, seed, account, amount, network_id)

    async def draw(self, faucet: Ask, accounts: Iterable[str]) -> None:
        """Have a faucet fund accounts, one after the other: it counts nonces too."""
        for account in accounts:
            answer = await faucet("POST", f"/account/{account}")
            if _member(answer, "tx_hash", str) is None:
                raise InputError(
                    f"{faucet.url} does not fund {account}: {_reason(answer)}; try later, or --fund from an account"
                )

    async def lacking(self, node: Ask, accounts: Mapping[str, str]) -> list[str]:
        """The accounts that have nothing yet; what has come must be enough."""
        lacking = []
        for account, recorded in accounts.items():
            there, needed = await self._balance(node, account), self._taken[recorded]
            if not there:
                lacking.append(account)
            elif there < needed:
                raise InputError(
                    f"{account} got {ae(there)} AE, and its party needs {ae(needed)} AE; --fund it from an account"
                )
        return lacking

    async def _spend(self, node: Ask, seed: bytes, account: str, amount: int, network_id: str) -> None:
        payer = chain.account_of(seed)
        for _ in range(TRIES):
            answer = await node("GET", f"/v3/accounts/{payer}/next-nonce")
            if (nonce := _member(answer, "next_nonce", int)) is None:
                raise InputError(f"{node.url} does not report the next nonce of {payer}: {_reason(answer)}")
            signed = chain.sign(chain.decode(_spend(payer, account, amount, nonce)), [seed], network_id)
            answer = await node("POST", "/v3/transactions", {"tx": signed})
            if _member(answer, "tx_hash", str) is not None:
                return
            if "nonce" not in _reason(answer):
                break
        raise InputError(
            f"{node.url} refuses a spend of {ae(amount)} AE from {payer}: {_reason(answer)}; "
            "check that its key may spend, and that nobody else spends from it meanwhile"
        )

    def _needed(self, recorded: str) -> int:
        return self._taken[recorded] + SPARE

    async def _balance(self, node: Ask, account: str) -> int:
        answer = await node("GET", f"/v3/accounts/{account}")
        if answer[0] == HTTPStatus.NOT_FOUND:  # nothing was ever paid to it
            return 0
        if (balance := _member(answer, "balance", int)) is None:
            raise InputError(f"{node.url} does not report the balance of {account}: {_reason(answer)}")
        return balance


def _taken(messages: Iterable[Any]) -> Counter[str]:
    """What the transactions in messages take from each account, in aettos; each counts once, however often it came."""
    found = {unsigned(text) for message in messages for text in texts(message) if text.startswith("tx_")} - {b""}
    taken: Counter[str] = Counter()
    for transaction in map(chain.decode_object, found):
        fields = transaction["fields"]
        payer = next((fields[name] for name in OWNERS if name in fields), "")
        taken[payer] += fields.get("fee", 0)
        for owner, amount in AMOUNTS.get(transaction["type"], {}).items():
            taken[fields[owner]] += fields[amount]
    return taken


def _spend(sender: str, recipient: str, amount: int, nonce: int) -> str:
    fields = {"sender_id": sender, "recipient_id": recipient, "amount": amount, "fee": FEE, "ttl": 0, "nonce": nonce}
    return chain.build("spend_tx", **fields, payload="")


def _member(answer: tuple[int, Any], name: str, kind: type[T]) -> T | None:
    status, value = answer
    found = value.get(name) if status == HTTPStatus.OK and isinstance(value, dict) else None
    return found if isinstance(found, kind) else None


def _reason(answer: tuple[int, Any]) -> str:
    """Why an API does not do what it was asked: `Invalid tx (insufficient_balance)`, or else its status."""
    status, value = answer
    told = value if isinstance(value, dict) else {}
    reason = str(told.get("reason") or told.get("message") or f"HTTP status {status}")
    return escape(f"{reason} ({told['error_code']})" if told.get("error_code") else reason)

"""A message in one sentence: who does what.

Rule: built from what the message says, in the order of the tables; one line, whatever a peer put into it.
"""

from __future__ import annotations

from typing import Any

from recorder.escaping import escape
from recorder.jsonrpc import json_text
from recorder.model import Opened
from recorder.profiles.aeternity.annotation.transactions import ON_CHAIN, TO_SIGN, Place
from recorder.profiles.aeternity.annotation.values import Transaction
from recorder.profiles.aeternity.annotation.words import shortened

SOME = 3
TOLD = ("event", "info", "round", "amount", "from_amount", "reason", "error_msg", "action", "message")
"""Parameters worth a word, in this order."""


def opening(event: Opened) -> str:
    """A session that opens."""
    role = f" as {event.role}" if event.role and event.role != event.party else ""
    return f"{event.party} opens a connection{role}"


def sentence(message: Any, place: Place, transactions: list[Transaction], node: str) -> str:
    """A message in words.

    Args:
        message: its JSON value; anything else is told as what it is.
        place: who speaks, and of which method.
        transactions: what it carries.
        node: the printed name of the other end.
    """
    return escape(_sentence(message, place, transactions, node))


def _sentence(message: Any, place: Place, transactions: list[Transaction], node: str) -> str:
    who, whom = (place.party, node) if place.to_node else (node, place.party)
    if not isinstance(message, dict):
        return f"{who} sends {whom} {'text' if isinstance(message, str) else 'something'} that is no JSON-RPC"
    if "error" in message and message["error"] is not None:
        return _refusal(message["error"], who, whom)
    if "result" in message:
        return _answer(message["result"], who, whom, transactions)
    if transactions and place.method:
        return _about(transactions[0], place, who, whom)
    return _call(message.get("params"), place, who, whom)


def _call(params: Any, place: Place, who: str, whom: str) -> str:
    if not place.method:
        return f"{who} sends {whom} JSON that is no JSON-RPC"
    told = _details(params)
    return f"{who} calls {place.method}{told}" if place.to_node else f"{who} tells {whom}: {place.method}{told}"


def _about(transaction: Transaction, place: Place, who: str, whom: str) -> str:
    made = f", round {transaction.round}" if transaction.round is not None else ""
    what = f"{transaction.phrase}{made}"
    if place.to_node:
        signed = any(signature.key for signature in transaction.added)
        return f"{who} signs {what}" if signed else f"{who} sends {whom} {what} ({transaction.signed})"
    if place.method.startswith(TO_SIGN):
        return f"{who} asks {whom} to sign {what}"
    if place.method == ON_CHAIN:
        return f"{who} tells {whom} of {what}, on chain as {transaction.hash}"
    return f"{who} sends {whom} {what} ({transaction.signed}): {place.method}"


def _refusal(error: Any, who: str, whom: str) -> str:
    if not isinstance(error, dict):
        return f"{who} answers {whom} with an error: {_value(error)}"
    request = error.get("request")
    method = request.get("method") if isinstance(request, dict) else None
    what = f"{whom}'s {method}" if isinstance(method, str) else f"{whom}"
    code = f" {_value(error['code'])}" if "code" in error else ""
    text = f" {_value(error['message'])}" if "message" in error else ""
    data = error.get("data")
    reasons = (
        [item["message"] for item in data if isinstance(item, dict) and isinstance(item.get("message"), str)]
        if isinstance(data, list)
        else []
    )
    why = f" ({shortened(', '.join(reasons))})" if reasons else ""
    return f"{who} refuses {what}: error{code}{text}{why}"


def _answer(result: Any, who: str, whom: str, transactions: list[Transaction]) -> str:
    if transactions:
        first = transactions[0]
        made = f", round {first.round}" if first.round is not None else ""
        return f"{who} answers {whom} with {first.phrase}{made} ({first.signed})"
    return f"{who} answers {whom}: {_value(result)}"


def _details(params: Any) -> str:
    if not isinstance(params, dict):
        return ""
    data = params.get("data")
    found = params | (data if isinstance(data, dict) else {})
    told = [
        _value(found[name]) if name == "event" else f"{name} {_value(found[name])}" for name in TOLD if name in found
    ]
    return ", " + ", ".join(told[:SOME]) if told else ""


def _value(value: Any) -> str:
    """A value of the message, short and on one line."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return shortened(value if isinstance(value, str) and value.isprintable() else json_text(value))

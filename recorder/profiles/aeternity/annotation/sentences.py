"""Messages about transactions and channels in one sentence each.

Rule: built from the message, in the order of the tables; sentences for messages of any protocol are in
`recorder.profiles.sentences`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recorder.escaping import escape
from recorder.jsonrpc import json_text
from recorder.profiles import sentences
from recorder.profiles.aeternity.annotation.knowledge import SessionKnowledge
from recorder.profiles.aeternity.annotation.transactions import ON_CHAIN, TO_SIGN, MessageContext
from recorder.profiles.aeternity.annotation.values import Transaction
from recorder.profiles.aeternity.protocol import PONG, REPLY, TX, WORDS
from recorder.profiles.sentences import is_error, method_of, shortened, shown

SOME = 3
CHANNELS, MESSAGE, ANSWERS = "channels.", "channels.message", (REPLY, PONG)
NAMED = ("event", "info", "round", "amount", "from_amount", "reason", "error_msg", "action", "message")
"""Parameters that a sentence names, in this order."""


def predicate(context: MessageContext, transactions: Sequence[Transaction], whom: str, known: SessionKnowledge) -> str:
    """A message in words, without its sender.

    Args:
        context: the message and its session; the message may be anything.
        transactions: its transactions.
        whom: the printed name of the other end.
        known: names for accounts.
    """
    message = context.message.value
    if transactions and isinstance(message, dict) and not is_error(message):
        if "result" in message:
            return escape(_answer(transactions[0], whom))
        if context.method:
            return escape(_about(transactions[0], context, whom))
    if context.method.startswith(CHANNELS) and (own := _own(message, context, transactions, whom, known)):
        return escape(own)
    quoted = (
        method_of(message["error"].get("request")) if is_error(message) and isinstance(message["error"], dict) else ""
    )
    call = _call(context.method, message.get("params")) if context.method else ""
    return sentences.predicate(message, whom, to_node=context.to_node, words=WORDS, answered=quoted, call=call)


def _own(
    message: dict[str, Any],
    context: MessageContext,
    transactions: Sequence[Transaction],
    whom: str,
    known: SessionKnowledge,
) -> str:
    """A refusal to sign, an answer by a method of its own, a message from the other party; empty for anything else."""
    params = message.get("params")
    if not isinstance(params, dict):
        return ""
    if context.to_node and "error" in params and not transactions:
        what = context.method.removeprefix(CHANNELS).removesuffix(TX)
        return f"refuses to sign {what}: error {shown(params['error'])}"
    if not context.to_node and context.method.endswith(ANSWERS):
        return f"answers {whom}: {_call(context.method, params)}"
    data = params.get("data")
    text = data.get("message") if context.method == MESSAGE and isinstance(data, dict) else None
    if not isinstance(text, dict) or not isinstance(text.get("from"), str) or "info" not in text:
        return ""
    info = json_text(shortened(text["info"])) if isinstance(text["info"], str) else shown(text["info"])
    return f"sends {whom} a message from {known.name(text['from'])}: {info}"


def _about(transaction: Transaction, context: MessageContext, whom: str) -> str:
    what = f"{transaction.phrase}{_round(transaction)}"
    if context.to_node:
        signed = any(signature.key for signature in transaction.added)
        return f"signs {what}" if signed else f"sends {whom} {what} ({transaction.signed})"
    if context.method.startswith(TO_SIGN):
        return f"asks {whom} to sign {what}"
    if context.method == ON_CHAIN:
        return f"notifies {whom} of {what}, on chain as {transaction.hash}"
    return f"sends {whom} {what} ({transaction.signed}): {context.method}"


def _answer(transaction: Transaction, whom: str) -> str:
    return f"answers {whom} with {transaction.phrase}{_round(transaction)} ({transaction.signed})"


def _round(transaction: Transaction) -> str:
    return f", round {transaction.round}" if transaction.round is not None else ""


def _call(method: str, params: Any) -> str:
    if not isinstance(params, dict):
        return method
    data = params.get("data")
    found = params | (data if isinstance(data, dict) else {})
    some = [
        shown(found[name]) if name == "event" else f"{name} {shown(found[name])}" for name in NAMED if name in found
    ]
    return ", ".join([method, *some[:SOME]])

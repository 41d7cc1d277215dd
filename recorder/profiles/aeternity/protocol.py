"""The æternity state channel API: roles from the URL, info lines from `channels.info` events.

Rule: a frame is decoded only after a substring said it is worth it; these functions see every frame of a capture.
What needs the chain's codecs is in other modules, which methods import when they are called: most commands never do.
Source: the channel documents of the node (version 1 of the WebSocket API).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import msgspec

from recorder.difference import Path, name_of
from recorder.errors import DecodeError
from recorder.jsonrpc import Members, canonical, is_object
from recorder.model import UNREADABLE, Direction, Frame, Opened
from recorder.profiles.base import Profile
from recorder.profiles.parts import (
    Annotator,
    Carriers,
    Comparing,
    Comparison,
    Decoder,
    Funding,
    Identities,
    Live,
    Played,
    Said,
    Substitution,
)
from recorder.profiles.sentences import Words, method_of

ROLES = frozenset({"initiator", "responder"})

INFO_LINES = {
    "fsm_up": "The local fsm has been started",
    "channel_open": "Received an WebSocket opening request",
    "channel_accept": "Received an WebSocket connection accepted",
    "own_funding_locked": "Funding has been confirmed locally on-chain",
    "funding_locked": "Funding has been confirmed on-chain by other party",
    "open": "Channel is `open` and ready to use",
}
"""`params.data.event` of a `channels.info` frame, and the line the documents print after it."""

SYSTEM, PONG = "channels.system", "channels.system.pong"

_CHANNEL = re.compile(rb'"channel_id"\s*:\s*"(ch_[1-9A-HJ-NP-Za-km-z]+)"')


class _Data(msgspec.Struct):
    event: str = ""


class _Params(msgspec.Struct):
    data: _Data


class _Info(msgspec.Struct):
    method: str
    params: _Params


_info_frame = msgspec.json.Decoder(_Info)

ENCODED = re.compile(rb"[a-z]{2}_[1-9A-Za-z0+/]{8,}={0,2}")
"""What may be an encoded text; its checksum decides."""

TRANSACTIONS = re.compile(rb"tx_[1-9A-Za-z0+/]{8,}={0,2}")

ENCODED_TEXT = re.compile(ENCODED.pattern.decode())

NUMBERS = frozenset({"round", "nonce", "caller_nonce", "height", "ttl", "timestamp"})
TEXTS = frozenset({"state_hash", "block_hash", "tx_hash", "auth_data", "timestamp"})
"""Names of fields whose values differ from run to run.

In a contract call `height` and `caller_nonce` are the round; the hashes are hex inside transactions.
"""

REPLY = ".reply"
SIGN, TX = ".sign.", "_tx"
OF_SIGNED = ("signed_tx", "tx")
"""Members in which a party hands its node a transaction that it has signed."""

DIED, MESSAGE = "channels.info died", "channels.message"
CHAIN = re.compile(r"channels\.on_chain_tx .*|channels\.info (?:\w+_locked|open|min_depth_achieved|closed_confirmed)")
"""Frames that come when the chain has moved on, whatever the parties are doing then."""


WORDS = Words(ids=False)
"""Few of a party's calls have an id, and they are calls without one too."""


class Aeternity(Profile):
    """The æternity state channel API."""

    name = "aeternity"
    encoded = ENCODED
    text_example = "tx_…"
    key_example = "sk_…"
    telling = ("event", "info")
    counters = frozenset({"round"})
    one_to_one = frozenset({"ak", "ch", "nm", "tx"})
    by_content = frozenset({"tx", "cb", "cv", "sg", "unsigned"})
    costs = frozenset({"fee", "initiator_amount_final", "responder_amount_final"})
    lockstep = True
    greeting = "channels.info fsm_up"
    words = WORDS

    def claims(self, opened: Opened, messages: Sequence[Any]) -> bool:
        """Whether a party's role stands in the URL, or a method is of the channels' API."""
        return bool(self.role(opened.url)) or any(method_of(message).startswith("channels.") for message in messages)

    def role(self, url: str) -> str:
        """The party's role as its URL says it: `role=initiator` or `role=responder`."""
        query = url.partition("#")[0].partition("?")[2]  # by hand: a split of the whole URL raises at odd hosts
        given = parse_qs(query).get("role", [""])[0]
        return given if given in ROLES else ""

    def info(self, frame: Frame) -> str:
        """The documents' line for a `channels.info` event from the node."""
        if frame.direction != "from_node" or b"channels.info" not in (payload := frame.payload):
            return ""
        try:
            message = _info_frame.decode(payload)
        except UNREADABLE:
            return ""
        return INFO_LINES.get(message.params.data.event, "") if message.method == "channels.info" else ""

    def channel(self, frame: Frame) -> str:
        """The `ch_…` that a frame speaks of."""
        found = _CHANNEL.search(frame.payload)
        return found[1].decode() if found else ""

    def sender(self, message: Mapping[str, Any]) -> Direction:
        """What a node says has a version, or data at least, as in 2018."""
        params = message.get("params")
        told = "version" in message or (isinstance(params, Mapping) and "data" in params)
        return "from_node" if told else "to_node"

    def asks(self, message: Members) -> Collection[Hashable]:
        """A request is answered by its method's reply, or by an error that quotes it; a ping by a pong."""
        if self.keeps_alive(message):
            return ("ping",)
        method = message.get("method")
        return (_quotation(message), f"method {method}") if isinstance(method, str) else ()

    def answers(self, message: Members) -> Collection[Hashable]:
        """What a reply, a pong and an error without an id answer."""
        method, error = message.get("method"), message.get("error")
        if method == PONG:
            return ("ping",)
        if isinstance(method, str) and method.endswith(REPLY):
            return (f"method {method.removesuffix(REPLY)}",)
        if isinstance(error, dict) and isinstance(error.get("request"), dict):
            return _quotation(error["request"]), f"method {error['request'].get('method')}"
        return ()

    def caused_by(self, message: Members) -> Collection[Hashable]:
        """The request of whose transaction a signature is asked for."""
        method = message.get("method")
        if isinstance(method, str) and SIGN in method:
            return (f"method {method.replace(SIGN, '.').removesuffix(TX)}",)
        return ()

    def carries(self, message: Any) -> frozenset[Any]:
        """The transactions in a message, without their signatures."""
        from recorder.profiles.aeternity.encoded import texts, unsigned

        return frozenset(filter(None, (unsigned(text) for text in texts(message) if text.startswith("tx_"))))

    def carriers(self) -> Carriers:
        """Texts of transactions, which carry what is signed in them."""
        from recorder.profiles.aeternity import chain

        return Carriers(TRANSACTIONS.findall, chain.undecoded)

    def keeps_alive(self, message: Any) -> bool:
        """Whether a message is a client's ping or the node's pong; what else goes by `channels.system` is a request."""
        if not is_object(message):
            return False
        params = message.get("params")
        ping = message.get("method") == SYSTEM and isinstance(params, dict) and params.get("action") == "ping"
        return ping or message.get("method") == PONG

    def slow(self, label: str) -> bool:
        """Whether it comes when the chain has moved on: with its next block, or many blocks later."""
        return CHAIN.fullmatch(label) is not None

    def ends(self, label: str) -> bool:
        """Whether the channel's state machine is gone."""
        return label == DIED

    def asks_end(self, label: str) -> bool:
        """Whether it is the party's `stop`; its other use, a ping, only keeps the session open."""
        return label == SYSTEM

    def cause(self, awaited: str, came: Any, said: str) -> str:
        """No funds, another network, another chain, too little time."""
        from recorder.profiles.aeternity.causes import cause

        return cause(awaited, came, said)

    def pong(self, channel: str) -> dict[str, Any]:
        """What the node answers to a ping."""
        params = {"channel_id": channel or None, "data": {"action": "system", "tag": "pong"}}
        return {"jsonrpc": "2.0", "method": PONG, "params": params, "version": 1}

    def refusal(self, message: Mapping[str, Any], error: dict[str, Any]) -> dict[str, Any] | None:
        """The node answers calls without an id too, with reasons, and quotes what it refuses."""
        if not isinstance(message.get("method"), str):
            return None
        request = {name: message[name] for name in ("id", "method", "params") if name in message}
        told = {**error, "data": [error], "request": request}
        return {"jsonrpc": "2.0", "id": message.get("id"), "error": told, "version": 1}

    def malformed(self, error: dict[str, Any]) -> None:
        """No document shows what the node answers then."""

    def stream(self, label: str, message: Any) -> str:
        """What a push waits for: the chain, what the other party has to say, or else what both agree on."""
        return "chain" if self.slow(label) else MESSAGE if label == MESSAGE else ""

    def volatile(self, method: str, path: Path, value: Any) -> str:
        """Rounds, nonces, heights and hashes, by their names."""
        name = name_of(path)
        return name if name in (TEXTS if isinstance(value, str) else NUMBERS) else ""

    def identities(self, said: Iterable[Said], networks: Iterable[str] = ()) -> Identities:
        """Whose account is whose, and who made each signature."""
        from recorder.profiles.aeternity.identities import identities

        return identities(said, networks)

    def together(self, identities: Identities, recorded: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
        """The parties' accounts, where every recorded URL names the same."""
        parties = {one.party for one in identities.accounts.values() if one.sessions}
        names = (f"{party}_id" for party in sorted(parties))
        return tuple(name for name in names if len({one.get(name) for one in recorded}) == 1)

    def compare_text(self, comparing: Comparing, recorded: str, live: str, path: Path) -> bool:
        """Ids are bound; transactions and contract data are compared by what is in them."""
        if recorded[2:3] != "_" or live[2:3] != "_":
            return False
        from recorder.profiles.aeternity.likeness import compare_text

        return compare_text(comparing, recorded, live, path)

    def comparison(self, recorded: Identities, live: Identities) -> Comparison:
        """Signers, fees that follow from sizes, transactions that are passed on."""
        from recorder.profiles.aeternity.likeness import Likeness

        return Likeness(recorded, live)

    def substitution(self, played: Played) -> Substitution:
        """Transactions are made anew, and signed by those whose keys there are."""
        from recorder.profiles.aeternity.remaking import Remaking

        return Remaking(played)

    def anonymous(self, said: Iterable[Said], played: Played, fresh: Callable[[], Live]) -> Substitution:
        """Accounts, ids, hashes, trees and signatures, in transactions too."""
        from recorder.profiles.aeternity.anonymous import anonymous

        return anonymous(said, played, fresh)

    def gist(self, message: Any) -> Any:
        """What ids can follow from."""
        from recorder.profiles.aeternity.derived import sources

        return sources(message)

    def account_of(self, seed: bytes) -> str:
        """The account (`ak_…`) of a seed."""
        from recorder.profiles.aeternity.chain import account_of

        return account_of(seed)

    def seed_of(self, text: str) -> bytes:
        """The seed in `sk_…`."""
        from recorder.profiles.aeternity.encoded import seed_of

        return seed_of(text)

    def funding(self, identities: Identities, messages: Iterable[Any]) -> Funding:
        """Spends on the chain, or its faucet."""
        from recorder.profiles.aeternity.funding import Funding as OnChain
        from recorder.profiles.aeternity.identities import networks

        return OnChain(messages, networks(identities))

    def decode(self, text: str) -> Any:
        """An encoded string of the chain: its `value`, its bytes (`data`), its `warnings`."""
        from recorder.profiles.aeternity.chain import decode

        return decode(text)

    def kind_of_text(self, text: str) -> str:
        """The prefix of `tx_…`, in whatever state the rest is."""
        return text[:2] if text[2:3] == "_" and text[:2] in _prefixes() else ""

    def misspelt(self, text: str) -> DecodeError | None:
        """What is wrong with the checksum or the size of an encoded text."""
        if not self.kind_of_text(text) or ENCODED_TEXT.fullmatch(text) is None:
            return None
        from recorder.profiles.aeternity.chain import decode_text

        try:
            decode_text(text)
        except DecodeError as error:
            return error
        return None

    def unsigned(self, message: Any) -> Iterable[Path]:
        """A `signed_tx` (`tx` in APIs before 2020) of a party, signed by nobody and authorised by no account's contract."""
        params = message.get("params") if isinstance(message, dict) else None
        if not isinstance(params, dict) or not str(message.get("method", "")).startswith("channels."):
            return ()
        from recorder.profiles.aeternity.annotation.text_contents import content

        texts = {
            name: text for name in OF_SIGNED if isinstance(text := params.get(name), str) and text.startswith("tx_")
        }
        held = {name: content(text) for name, text in texts.items()}
        return [
            ("params", name)
            for name, one in held.items()
            if one.inner is not None and not one.owners and not (one.signed is not None and one.signed.signatures)
        ]

    def decoder(self, keys: Mapping[str, str], network_ids: Iterable[str]) -> Decoder:
        """Reads strings as frames' are read."""
        from recorder.profiles.aeternity.annotation import Annotator as Decoding

        return Decoding(keys, network_ids)

    def annotator(self, keys: Mapping[str, str], network_ids: Iterable[str], *, node: str = "node") -> Annotator:
        """Decodes every encoded text, says who signed, and what became of it."""
        from recorder.profiles.aeternity.annotation import Annotator as Decoding

        return Decoding(keys, network_ids, node=node)


@cache
def _prefixes() -> frozenset[str]:
    from recorder.profiles.aeternity.chain import PREFIXES

    return frozenset(PREFIXES)


def _quotation(request: Members) -> bytes:
    """A request as an error quotes it: all that it asks."""
    return canonical([request.get("method"), request.get("params")])


PROFILE = Aeternity()

"""A state channel's whole life as a capture, made of nothing but seeds: no recorded data.

Rule: what a node and two parties would say, with real transactions and signatures; everything volatile is a parameter,
so that two lives that differ in nothing else are one call each.
"""

import hashlib
import json
from dataclasses import dataclass, field

from recorder.capture import frame
from recorder.model import Closed, Header, Opened, Scenario
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.chain.signatures import signature
from recorder.timeline import read

NETWORK = "ae_uat"
GAS_PRICE = 10**9
PUSHES = {"own": "own_{}_locked", "other": "{}_locked"}


@dataclass
class Life:
    """One channel's life.

    Args:
        name: what keys, hashes and fsm ids are made of.
        nonce: the initiator's first nonce on chain.
        responder_nonce: the responder's.
        port: where the responder's side listens.
        ids: the first JSON-RPC id.
        started: the first event's time.
        rounds: how many rounds the channel has had before.
        amount: what is deposited, and withdrawn again, in the transactions.
        jump: how many rounds it leaves out after the second.
    """

    name: str = "recorded"
    nonce: int = 1
    responder_nonce: int = 1
    port: int = 3100
    ids: int = 1
    started: int = 1_000_000_000
    rounds: int = 0
    jump: int = 0
    amount: int = 55
    events: list = field(default_factory=list)

    def __post_init__(self):
        self.seeds = {party: self._hash(party) for party in ("initiator", "responder")}
        self.accounts = {party: chain.account_of(seed) for party, seed in self.seeds.items()}
        self.sessions = {}
        self.channel = None
        self._time, self._number, self._id = self.started, 0, self.ids

    @property
    def header(self):
        """The header of the capture."""
        return Header(format=1, run=f"run {self.name}", recorder="0", profile="aeternity")

    def script(self, file="recorded.jsonl"):
        """The life as a script."""
        return read(self.header, self.events, file)

    def _hash(self, *words):
        return hashlib.sha256(" ".join([self.name, *map(str, words)]).encode()).digest()

    def _add(self, make, *args, **fields):
        self._time += 7_000_000
        self.events.append(make(*args, time=self._time, **fields))

    def scenario(self, name):
        """Begin a scenario."""
        self._add(Scenario, name=name)

    def open(self, party, **more):
        """A party opens a session."""
        self._number += 1
        self.sessions[party] = self._number
        parameters = {
            "channel_reserve": 2,
            "initiator_amount": 70_000,
            "initiator_id": self.accounts["initiator"],
            "lock_period": 10,
            "port": self.port,
            "push_amount": 1,
            "responder_amount": 40_000,
            "responder_id": self.accounts["responder"],
            "role": party,
        } | more
        url = "ws://localhost:3014/channel?" + "&".join(f"{name}={value}" for name, value in parameters.items())
        self._add(Opened, session=self._number, party=party, role=party, url=url)

    def close(self, party, code=1000, by="node"):
        """A session ends."""
        self._add(Closed, session=self.sessions[party], code=code, by=by)

    def send(self, party, message):
        """A frame to the node."""
        payload = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
        self._add(frame, payload, session=self.sessions[party], direction="to_node")

    def push(self, party, message):
        """A frame from the node."""
        payload = json.dumps({"jsonrpc": "2.0", **message, "version": 1}, separators=(",", ":")).encode()
        self._add(frame, payload, session=self.sessions[party], direction="from_node")

    def tell(self, party, method, data):
        """A push of the node's."""
        self.push(party, {"method": f"channels.{method}", "params": {"channel_id": self.channel, "data": data}})

    def refuse(self, party, code, message):
        """The node refuses a session."""
        error = {"code": 3, "data": [{"code": code, "message": message}], "message": "Rejected", "request": {}}
        self.push(party, {"channel_id": None, "error": error, "id": None})

    def become(self, party, *words):
        """A party has another account from here on."""
        self.seeds[party] = self._hash(party, *words)
        self.accounts[party] = chain.account_of(self.seeds[party])
        self.channel = None

    def info(self, party, event, **more):
        """A push of what has happened."""
        self.tell(party, "info", {"event": event} | more)

    def request(self, party, method, params):
        """A request that is answered `ok`, by its id."""
        identity, self._id = self._id, self._id + 1
        self.send(party, {"id": identity, "method": f"channels.{method}", "params": params})
        self.push(party, {"channel_id": self.channel, "id": identity, "result": "ok"})

    def signed(self, transaction, *parties):
        """A transaction (text) with the signatures of parties."""
        data = chain.decode_text(transaction).data
        signatures = sorted(signature(data, self.seeds[party], NETWORK).hex() for party in parties)
        return chain.build("signed_tx", signatures=signatures, transaction=data)

    def transaction(self, kind, **fields):
        """A transaction on chain, with the fee that its size asks for."""
        fee = 0
        for _ in range(3):
            made = chain.build(kind, **fields, fee=fee)
            fee = (15_000 + 20 * len(chain.decode_text(made).data)) * GAS_PRICE
        return made

    def round(self, number):
        """The round as it is in transactions."""
        return number + self.rounds + (self.jump if number > 2 else 0)

    def offchain(self, number):
        """The off-chain transaction of a round."""
        state = self._hash("state", number)
        return chain.build(
            "channel_offchain_tx", 2, channel_id=self.channel, round=self.round(number), state_hash=state
        )

    def agree(self, first, second, words, transaction, updates=()):
        """Both sign: the one who asked, then the other; what each is asked is in `words`."""
        one, other = words
        unsigned = self.signed(transaction)
        self.tell(first, f"sign.{one}", {"signed_tx": unsigned, "updates": list(updates)})
        half = self.signed(transaction, first)
        self.request(first, one, {"signed_tx": half})
        self.tell(second, f"sign.{other}", {"signed_tx": half, "updates": list(updates)})
        both = self.signed(transaction, first, second)
        self.request(second, other, {"signed_tx": both})
        return both

    def confirm(self, kind, signed, transaction_type):
        """A transaction goes on chain, and is deep enough there."""
        for party in self.sessions:
            data = {"info": f"{kind}_signed", "tx": signed, "type": transaction_type}
            self.tell(party, "on_chain_tx", data)
        for party in self.sessions:
            self.info(party, f"own_{kind}_locked")
            self.info(party, f"{kind}_locked")

    def updated(self, state):
        """Both learn the new state."""
        for party in self.sessions:
            self.tell(party, "update", {"state": state})


def live(**volatile):
    """The whole life: opening, update, deposit, withdrawal, conflict, error, leaving, coming back, closing."""
    life = Life(**volatile)
    life.scenario("open")
    _open(life)
    life.scenario("update")
    _update(life, 2, 100)
    _transfer(life, "deposit", "from_id", "OffChainDeposit", 3)
    _transfer(life, "withdraw", "to_id", "OffChainWithdrawal", 4)
    life.scenario("trouble")
    _trouble(life)
    life.scenario("reestablish")
    _reestablish(life)
    life.scenario("close")
    _close(life)
    return life


NOBODY = chain.encode_text("ak", bytes(32))


def several(**volatile):
    """A channel that the node refuses, for an account that it does not know; then two, the initiator's account another."""
    life = Life(**volatile)
    life.scenario("refused")
    life.open("initiator", initiator_id=NOBODY)
    life.refuse("initiator", 1011, "Participant not found")
    life.close("initiator")
    life.scenario("first")
    _open(life)
    _update(life, 2, 100)
    _close(life)
    life.scenario("second")
    life.become("initiator", "another")
    _open(life)
    _update(life, 2, 100)
    _close(life)
    return life


def _open(life):
    initiator, responder = life.accounts["initiator"], life.accounts["responder"]
    life.open("initiator", host="localhost")
    life.info("initiator", "fsm_up", fsm_id=chain.encode_text("ba", life._hash("fsm i")))
    life.open("responder")
    life.info("responder", "fsm_up", fsm_id=chain.encode_text("ba", life._hash("fsm r")))
    life.info("responder", "channel_open")
    life.info("initiator", "channel_accept")
    create = life.transaction(
        "channel_create_tx",
        initiator_id=initiator,
        initiator_amount=70_000,
        responder_id=responder,
        responder_amount=40_000,
        channel_reserve=2,
        lock_period=10,
        ttl=0,
        initiator_delegate_ids=[],
        responder_delegate_ids=[],
        state_hash=life._hash("state", 1),
        nonce=life.nonce,
    )
    both = life.agree("initiator", "responder", ("initiator_sign", "responder_sign"), create)
    life.channel = chain.channel_id(initiator, life.nonce, responder)
    life.confirm("funding", both, "channel_create_tx")
    for party in life.sessions:
        life.info(party, "open")
    life.updated(both)


def _update(life, number, amount):
    initiator, responder = life.accounts["initiator"], life.accounts["responder"]
    life.send(
        "initiator",
        {"method": "channels.update.new", "params": {"amount": amount, "from": initiator, "to": responder}},
    )
    update = {"amount": amount, "from": initiator, "op": "OffChainTransfer", "to": responder}
    transaction = life.offchain(number)
    life.updated(life.agree("initiator", "responder", ("update", "update_ack"), transaction, [update]))
    life.send(
        "initiator", {"id": life.ids + 500, "method": "channels.get.balances", "params": {"accounts": [initiator]}}
    )
    balance = {"account": initiator, "balance": 70_000 - amount}
    life.push("initiator", {"channel_id": life.channel, "id": life.ids + 500, "result": [balance]})


def _transfer(life, kind, field_name, op, number):
    party, other = ("initiator", "responder") if kind == "deposit" else ("responder", "initiator")
    account = life.accounts[party]
    nonce = life.nonce + 1 if kind == "deposit" else life.responder_nonce
    life.send(party, {"method": f"channels.{kind}", "params": {"amount": 55}})
    transaction = life.transaction(
        f"channel_{kind}_tx",
        channel_id=life.channel,
        **{field_name: account},
        amount=life.amount,
        ttl=0,
        state_hash=life._hash("state", number),
        round=life.round(number),
        nonce=nonce,
    )
    update = {"amount": 55, field_name.removesuffix("_id"): account, "op": op}
    both = life.agree(party, other, (f"{kind}_tx", f"{kind}_ack"), transaction, [update])
    life.confirm(kind, both, f"channel_{kind}_tx")
    life.updated(both)


def _trouble(life):
    for party in life.sessions:
        life.send(party, {"method": "channels.withdraw", "params": {"amount": 1}})
    for party in life.sessions:
        data = {"channel_id": life.channel, "error_code": 2, "error_msg": "conflict", "round": life.round(4)}
        life.tell(party, "conflict", data)
    params = {"amount": 10**12, "from": life.accounts["initiator"], "to": life.accounts["responder"]}
    request = {"jsonrpc": "2.0", "method": "channels.update.new", "params": params}
    life.send("initiator", {"method": request["method"], "params": params})
    error = {"code": 3, "data": [{"code": 1001, "message": "Insufficient balance"}], "message": "Rejected"}
    life.push("initiator", {"channel_id": life.channel, "error": error | {"request": request}, "id": None})
    life.send("responder", {"method": "channels.message", "params": {"info": "hello", "to": params["from"]}})
    message = {"channel_id": life.channel, "from": params["to"], "info": "hello", "to": params["from"]}
    life.tell("initiator", "message", {"message": message})


def _reestablish(life):
    state = life.signed(life.offchain(2), "initiator", "responder")
    for party in ("initiator", "responder"):
        life.send(party, {"method": "channels.leave", "params": {}})
        life.tell(party, "leave", {"state": state})
    for party in ("initiator", "responder"):
        life.info(party, "died")
        life.close(party)
    for party in ("initiator", "responder"):
        fsm = chain.encode_text("ba", life._hash("fsm", party[0]))
        life.open(party, existing_channel_id=life.channel, existing_fsm_id=fsm.replace("=", "%3D").replace("+", "%2B"))
        life.info(party, "channel_reestablished")
        life.info(party, "open")


def _close(life):
    life.send("initiator", {"method": "channels.shutdown", "params": {}})
    fields = {"channel_id": life.channel, "from_id": life.accounts["initiator"], "ttl": 0, "nonce": life.nonce + 2}
    shares = {"initiator_amount_final": 60_000, "responder_amount_final": 39_000}
    transaction = life.transaction("channel_close_mutual_tx", **fields, **shares)
    words = ("shutdown_sign", "shutdown_sign_ack")
    both = life.agree("initiator", "responder", words, transaction)
    for party in life.sessions:
        life.tell(party, "on_chain_tx", {"info": "close_mutual", "tx": both, "type": "channel_close_mutual_tx"})
        life.info(party, "closed_confirmed")
    life.info("responder", "died")
    life.close("responder", by="party")
    life.info("initiator", "died")
    life.close("initiator", by="party")

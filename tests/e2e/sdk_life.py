"""A channel's life as the JavaScript SDK and its node tell it, made of seeds: no recorded data.

Rule: the SDK decides what stands here: its calls, and the frames of the node that it waits for, in its order.
"""

from __future__ import annotations

from channel import Life

from recorder.profiles.aeternity import chain

AMOUNTS = {"initiator_amount": 70_000, "responder_amount": 40_000}
REFUSAL = 77  # the code with which a party refuses to sign
OTHER = {"initiator": "responder", "responder": "initiator"}


class SdkLife(Life):
    """The life of one channel between two SDK clients."""

    def whole(self) -> SdkLife:
        """Opening, updates, a refusal, deposit, withdrawal, conflict, message, leaving, coming back, closing."""
        self._open()
        self._update("initiator", 2, 100)
        self._update("responder", 3, 40, meta=["why"])
        self._refused("initiator", 4)
        self._transfer("initiator", "deposit", "from", "OffChainDeposit", 4)
        self._transfer("responder", "withdraw", "to", "OffChainWithdrawal", 5)
        self._conflict(6)
        self._message("responder")
        self._leave()
        self._update("initiator", 6, 3)
        self._shutdown()
        return self

    def updated(self, state: str) -> None:
        """Both learn the new state."""
        self.state = state
        super().updated(state)

    def both(self, tell: str, *args: object) -> None:
        """The same for both parties."""
        for party in self.sessions:
            getattr(self, tell)(party, *args)

    def call(self, party: str, method: str, **params: object) -> None:
        """A call of the SDK; it numbers requests that are answered, and no others."""
        self.send(party, {"method": f"channels.{method}", "params": params})

    def sign(self, party: str, word: str, transaction: str, signers: tuple[str, ...], updates: list) -> str:
        """The node asks a party to sign after others, and the party does."""
        self.tell(party, f"sign.{word}", {"signed_tx": self.signed(transaction, *signers), "updates": updates})
        signed = self.signed(transaction, *signers, party)
        self.call(party, word, signed_tx=signed)
        return signed

    def chain(self, party: str, info: str, kind: str, signed: str) -> None:
        """A party hears of a transaction on chain."""
        self.tell(party, "on_chain_tx", {"info": info, "tx": signed, "type": kind})

    def _opened(self, **more: object) -> None:
        for party in ("responder", "initiator"):
            existing = {name: value[party] if isinstance(value, dict) else value for name, value in more.items()}
            self.open(party, **existing, protocol="json-rpc")
            self.info(party, "fsm_up", fsm_id=self._fsm(party))

    def _fsm(self, party: str) -> str:
        return chain.encode_text("ba", self._hash("fsm", party))

    def _open(self) -> None:
        initiator, responder = self.accounts["initiator"], self.accounts["responder"]
        self._opened()
        self.info("responder", "channel_open")
        self.info("initiator", "channel_accept")
        create = self.transaction(
            "channel_create_tx",
            initiator_id=initiator,
            responder_id=responder,
            **AMOUNTS,
            channel_reserve=2,
            lock_period=10,
            ttl=0,
            initiator_delegate_ids=[],
            responder_delegate_ids=[],
            state_hash=self._hash("state", 1),
            nonce=self.nonce,
        )
        self.sign("initiator", "initiator_sign", create, (), [])
        self.channel = chain.channel_id(initiator, self.nonce, responder)
        self.info("responder", "funding_created")
        signed = self.sign("responder", "responder_sign", create, ("initiator",), [])
        self.chain("responder", "funding_created", "channel_create_tx", signed)
        self.info("initiator", "funding_signed")
        self.chain("initiator", "funding_signed", "channel_create_tx", signed)
        self.both("chain", "channel_changed", "channel_create_tx", signed)
        for event in ("own_funding_locked", "funding_locked", "open"):
            self.both("info", event)
        self.updated(signed)

    def _ask_update(self, party: str, number: int, amount: int, meta: list[str]) -> tuple[str, list]:
        ends = {"from": self.accounts[party], "to": self.accounts[OTHER[party]]}
        self.call(party, "update.new", **ends, amount=amount, meta=meta)
        updates = [{"amount": amount, "op": "OffChainTransfer", **ends}]
        updates += [{"data": text, "op": "OffChainMeta"} for text in meta]
        transaction = self.offchain(number)
        self.sign(party, "update", transaction, (), updates)
        self.info(OTHER[party], "update")
        return transaction, updates

    def _update(self, party: str, number: int, amount: int, meta: list[str] | None = None) -> None:
        transaction, updates = self._ask_update(party, number, amount, meta or [])
        self.updated(self.sign(OTHER[party], "update_ack", transaction, (party,), updates))

    def _refused(self, party: str, number: int) -> None:
        transaction, updates = self._ask_update(party, number, 5, [])
        other = OTHER[party]
        self.tell(other, "sign.update_ack", {"signed_tx": self.signed(transaction, party), "updates": updates})
        self.call(other, "update_ack", error=REFUSAL)
        self.info(other, "aborted_update")
        conflict = {"error_code": REFUSAL, "error_msg": "user-defined", "round": self.round(number - 1)}
        self.tell(party, "conflict", conflict)

    def _moved(self, party: str, kind: str, end: str, op: str, number: int, amount: int) -> tuple[str, list]:
        """What moves an amount between the chain and the channel: its transaction and its updates."""
        transaction = self.transaction(
            f"channel_{kind}_tx",
            channel_id=self.channel,
            **{f"{end}_id": self.accounts[party]},
            amount=amount,
            ttl=0,
            state_hash=self._hash("state", number),
            round=self.round(number),
            nonce=self.nonce + number,
        )
        return transaction, [{"amount": amount, end: self.accounts[party], "op": op}]

    def _transfer(self, party: str, kind: str, end: str, op: str, number: int) -> None:
        other = OTHER[party]
        self.call(party, kind, amount=55)
        transaction, updates = self._moved(party, kind, end, op, number, 55)
        self.sign(party, f"{kind}_tx", transaction, (), updates)
        self.info(other, f"{kind}_created")
        signed = self.sign(other, f"{kind}_ack", transaction, (party,), updates)
        self.chain(other, f"{kind}_created", f"channel_{kind}_tx", signed)
        self.chain(party, f"{kind}_signed", f"channel_{kind}_tx", signed)
        for event in (f"own_{kind}_locked", f"{kind}_locked"):
            self.both("info", event)
        self.updated(signed)

    def _conflict(self, number: int) -> None:
        """Both withdraw at once."""
        amounts = {"initiator": 11, "responder": 22}
        for party, amount in amounts.items():
            self.call(party, "withdraw", amount=amount)
        for party, amount in amounts.items():
            moved = self._moved(party, "withdraw", "to", "OffChainWithdrawal", number, amount)
            self.sign(party, "withdraw_tx", moved[0], (), moved[1])
        conflict = {"error_code": 2, "error_msg": "conflict", "round": self.round(number - 1)}
        self.both("tell", "conflict", conflict)

    def _message(self, party: str) -> None:
        to = self.accounts[OTHER[party]]
        self.call(party, "message", info="ünïcödé", to=to)
        self.tell(OTHER[party], "message", {"message": {"from": self.accounts[party], "info": "ünïcödé", "to": to}})

    def _leave(self) -> None:
        self.call("initiator", "leave")
        self.both("tell", "leave", {"state": self.state})
        self.info("responder", "peer_disconnected")
        for party in ("initiator", "responder"):
            self.close(party, by="party")
        fsms = {party: self._fsm(party).replace("+", "%2B").replace("=", "%3D") for party in self.accounts}
        self._opened(reestablish="true", existing_channel_id=self.channel, existing_fsm_id=fsms)
        for event in ("channel_reestablished", "open"):
            self.both("info", event)
        self.updated(self.state)

    def _shutdown(self) -> None:
        self.call("initiator", "shutdown")
        shares = {"initiator_amount_final": 60_000, "responder_amount_final": 39_000}
        account, nonce = self.accounts["initiator"], self.nonce + 9
        fields = {"channel_id": self.channel, "from_id": account, "ttl": 0, "nonce": nonce}
        transaction = self.transaction("channel_close_mutual_tx", **fields, **shares)
        self.sign("initiator", "shutdown_sign", transaction, (), [])
        self.info("responder", "shutdown")
        signed = self.sign("responder", "shutdown_sign_ack", transaction, ("initiator",), [])
        self.both("chain", "close_mutual", "channel_close_mutual_tx", signed)
        self.both("info", "closing")
        self.both("chain", "channel_closed", "channel_close_mutual_tx", signed)
        for event in ("closed_confirmed", "died"):
            self.both("info", event)
        self.both("close")

"""A capture of a node's channel, made by parties that a test writes down: no socket, no clock, nothing recorded.

Rule: a party signs what it is asked to sign as soon as it is asked, but for what a test tells it to keep or to refuse.
"""

import hashlib
import itertools
import json
from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from recorder.capture import dump_all, frame
from recorder.jsonrpc import value_of
from recorder.model import AnyEvent, Closed, Header, Opened, Scenario
from recorder.profiles.aeternity import chain
from stand_in.behaviour import Behaviour
from stand_in.channel import Session
from stand_in.node import Node

AMOUNT = 5 * 10**16
HOST = "ws://localhost:3014"


class Recording:
    """Two parties and a node, and what a recorder in between would have written.

    Args:
        behaviour: the node's.
        name: what the parties' keys are made of.
        ids: whether requests have ids, and so are answered.
    """

    def __init__(self, behaviour: Behaviour | None = None, name: str = "recorded", *, ids: bool = False) -> None:
        self.behaviour = behaviour or Behaviour()
        self._node = Node(self.behaviour, lambda _seconds, step: self._due.append(step))
        self._due: deque[Any] = deque()  # what the clock will bring
        self._came: deque[tuple[str, dict[str, Any]]] = deque()  # what parties have not read yet
        self.seeds = {role: hashlib.sha256(f"{name} {role}".encode()).digest() for role in ("initiator", "responder")}
        self.accounts = {role: chain.account_of(seed) for role, seed in self.seeds.items()}
        self.events: list[AnyEvent] = []
        self.kept: dict[str, dict[str, Any]] = {}  # what parties have been asked to sign, and have not signed
        self._sessions: dict[str, tuple[int, Session]] = {}
        self._fsm_ids: dict[str, str] = {}
        self._channel, self._time, self._ids = "", 1_000_000_000, itertools.count(1) if ids else None
        self._refusing: dict[str, int] = {}
        self._keeping: set[str] = set()

    def scenario(self, name: str) -> None:
        """Begin a scenario."""
        self._add(Scenario(name=name))

    def open(self, role: str, *, existing: bool = False) -> None:
        """A party opens a session; with what it knows of its channel, where it has one."""
        number = len({event.session for event in self.events if isinstance(event, Opened)}) + 1
        parameters = {
            "channel_reserve": 2,
            "initiator_amount": AMOUNT,
            "initiator_id": self.accounts["initiator"],
            "lock_period": 10,
            "port": 3100,
            "protocol": "json-rpc",
            "push_amount": 1,
            "responder_amount": AMOUNT,
            "responder_id": self.accounts["responder"],
            "role": role,
        }
        if existing:
            parameters |= {"existing_channel_id": self._channel, "existing_fsm_id": self._fsm_ids[role]}
        path = f"/channel?{urlencode(parameters)}"
        self._add(Opened(session=number, party=role, role=role, url=f"{HOST}{path}"))

        def send(payload: bytes) -> None:
            self._add(frame(payload, session=number, direction="from_node"))
            self._came.append((role, value_of(payload)))

        def close() -> None:
            self._add(Closed(session=number, code=1000, by="node"))

        self._sessions[role] = (number, self._node.opened(path, send, close))
        self._settle()

    def open_at(self, role: str) -> bool:
        """Whether a party's session is open."""
        return not self._sessions[role][1].ended

    def close(self, role: str) -> None:
        """A party ends its session."""
        number, session = self._sessions[role]
        self._add(Closed(session=number, code=1000, by="party"))
        self._node.closed(session)

    def ask(self, role: str, method: str, *, wait: bool = True, **params: Any) -> None:
        """A party sends a request, and all that follows from it happens, or waits."""
        message: dict[str, Any] = {"method": f"channels.{method}", "params": params}
        if self._ids is not None or method.startswith("get."):
            message["id"] = next(self._ids) if self._ids is not None else 0
        self._send(role, message)
        if wait:
            self._settle()

    def transfer(self, role: str, amount: int, **more: Any) -> None:
        """A party sends some of what it has to the other."""
        target = self.accounts["responder" if role == "initiator" else "initiator"]
        self.ask(role, "update.new", **{"amount": amount, "from": self.accounts[role], "to": target}, **more)

    def refuse(self, role: str, code: int) -> None:
        """Next time a party is asked to sign, it refuses."""
        self._refusing[role] = code

    def keep(self, *roles: str) -> None:
        """From here on these parties sign when they are told to, and no others."""
        self._keeping = set(roles)

    def sign(self, role: str) -> None:
        """A party signs what it has kept; the other may only be asked about it."""
        self._sign(role, self.kept.pop(role))
        self._settle()

    def settle(self) -> None:
        """The clock brings what it has to."""
        self._settle()

    def write(self, path: Path) -> Path:
        """Write the capture."""
        header = Header(format=2, run="stand-in", recorder="0", profile="aeternity")
        path.write_bytes(dump_all([header, *self.events]))
        return path

    def _settle(self) -> None:
        while self._came or self._due:
            if self._came:
                role, message = self._came.popleft()
                self._read(role, message)
            else:
                self._due.popleft()()

    def _read(self, role: str, message: dict[str, Any]) -> None:
        method, params = message.get("method", ""), message.get("params", {})
        self._channel = params.get("channel_id") or self._channel
        data = params.get("data", {})
        if method == "channels.info" and data["event"] == "fsm_up":
            self._fsm_ids[role] = data["fsm_id"]
        elif method.startswith("channels.sign."):
            if role in self._keeping:
                self.kept[role] = message
            else:
                self._sign(role, message)

    def _sign(self, role: str, message: dict[str, Any]) -> None:
        asked = message["params"]["data"]["signed_tx"]
        data: dict[str, Any]
        if (code := self._refusing.pop(role, None)) is not None:
            data = {"error": code}
        else:
            seeds = [self.seeds[role]]
            data = {"signed_tx": chain.sign(chain.decode(asked), seeds, self.behaviour.network_id)}
        answer: dict[str, Any] = {"method": message["method"].replace(".sign.", "."), "params": data}
        if self._ids is not None:
            answer["id"] = next(self._ids)
        self._send(role, answer)

    def _send(self, role: str, message: dict[str, Any]) -> None:
        number, session = self._sessions[role]
        payload = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
        self._add(frame(payload, session=number, direction="to_node"))
        self._node.received(session, payload)

    def _add(self, event: AnyEvent) -> None:
        self._time += 1_000_000
        self.events.append(replace(event, time=self._time))

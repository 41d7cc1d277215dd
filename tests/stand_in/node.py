"""A node's channels and its chain, between sessions that come by calls and what is said to them.

Rule: what a node says waits until what it says it about is done, so that an `ok` can come before it; it goes out in
`Node.said` alone, where `Behaviour` may hold it back, or let all end after it.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stand_in.behaviour import Behaviour
from stand_in.channel import FAILURES, REASONS, Channel, Refused, Session, other

Later = Callable[[float, Callable[[], None]], object]
"""Calls back after so many seconds."""

Message = dict[str, Any]

FORM: Any = {"separators": (",", ":"), "sort_keys": True, "ensure_ascii": False}
SAME = ("initiator_id", "responder_id", "port")
"""Parameters by which two sessions find each other."""

ASKED: dict[str, Callable[[Channel, Message], Any]] = {
    "channels.get.balances": lambda channel, params: channel.balances(params["accounts"]),
    "channels.get.offchain_state": lambda channel, _params: channel.offchain_state(),
}


class Node:
    """A node without a socket or a clock.

    Args:
        behaviour: how it behaves.
        later: its clock.
    """

    def __init__(self, behaviour: Behaviour, later: Later) -> None:
        self.behaviour, self._later = behaviour, later
        self._channels: list[Channel] = []
        self._outbox: list[tuple[Session, str, Message | None]] = []  # what is to be said; an end, where it is nothing
        self._nonces: defaultdict[str, int] = defaultdict(lambda: behaviour.nonce)

    def opened(self, path: str, send: Callable[[bytes], None], close: Callable[[], None]) -> Session:
        """A party opens a session.

        Args:
            path: with the parameters.
            send: takes what it is told.
            close: ends its session.
        """
        parameters = dict(parse_qsl(urlsplit(path).query))
        session = Session(parameters["role"], self._outbox, send, close)
        try:
            session.channel = self._channel(parameters)
        except Refused as reason:
            session.say("error", refusal(None, {}, reason))
            session.end()
        else:
            session.channel.joined(session.role, session)
        self._deliver()
        return session

    def received(self, session: Session, payload: bytes) -> None:
        """A party has sent a message."""
        if session.channel is None or session.ended:
            return
        message = json.loads(payload)
        method = message["method"]
        try:
            if method in self.behaviour.refuses:
                raise Refused(self.behaviour.refuses[method])  # noqa: TRY301 - as all refusals
            name, answer = self._answer(session.channel, session, message)
        except Refused as reason:
            name, answer = "error", refusal(session.channel_id, message, reason)
        if answer is not None:
            self._outbox.insert(0, (session, f"{name} {method}", answer))  # before what the request has brought about
        self._deliver()
        self._happened(session, f"{session.role} > {method}")

    def closed(self, session: Session) -> None:
        """A party has ended its session."""
        session.ended = True
        if session.channel is not None and session.channel.parties[session.role].session is session:
            session.channel.left(session.role)

    def next_nonce(self, account: str) -> int:
        """The nonce of an account's next transaction."""
        return self._nonces[account] + 1

    def post(self, account: str, seen: Callable[[], None], confirmed: Callable[[], None]) -> None:
        """Bring an account's transaction onto the chain, and say when it is in a key block, and when below enough."""
        self._nonces[account] += 1

        def in_block() -> None:
            seen()
            self._after(self.behaviour.key_block * self.behaviour.depth, confirmed)

        self._after(self.behaviour.key_block, in_block)

    def _after(self, seconds: float, step: Callable[[], None]) -> None:
        def strike() -> None:
            step()
            self._deliver()

        if seconds:
            self._later(seconds, strike)
        else:
            step()

    def _channel(self, parameters: dict[str, str]) -> Channel:
        """The channel that a session is for; a new one, where it is the first."""
        accounts = {parameters[f"{role}_id"] for role in ("initiator", "responder")}
        if self.behaviour.funded is not None and not accounts <= self.behaviour.funded:
            raise Refused("Participant not found")
        role, there = parameters["role"], [one for one in self._channels if not one.over]
        if (known := parameters.get("existing_channel_id")) is not None:
            for channel in there:
                party = channel.parties[role]
                if channel.id == known and party.session is None:
                    if party.fsm_id not in {"", parameters.get("existing_fsm_id")}:
                        raise Refused("Invalid fsm id")
                    return channel
            raise Refused("Participant not found")
        for channel in there:
            same = all(channel.parameters.get(name) == parameters.get(name) for name in SAME)
            if same and channel.id is None and channel.parties[role].session is None:
                return channel
        self._channels.append(Channel(self, parameters))
        return self._channels[-1]

    def _answer(self, channel: Channel, session: Session, message: Message) -> tuple[str, Message | None]:
        """Do what is asked, and give the answer, if there is one, with its name."""
        method, params, identity = message["method"], message.get("params", {}), message.get("id")
        stops = method == "channels.system" and params["action"] == "stop"
        if channel.parties[session.role].session is not session and not (stops and session.waiting):
            return "", None  # its state machine has died
        about: Message = {"channel_id": session.channel_id, "id": identity}
        if method == "channels.system" and not stops:
            told = {"channel_id": session.channel_id, "data": {"action": "system", "tag": "pong"}}
            return "pong", {"method": "channels.system.pong", "params": told}
        if method in ASKED:
            result = ASKED[method](channel, params)
            if identity is not None:
                return "result", {**about, "result": result}
            return "result", {"method": f"{method}.reply", "params": {"channel_id": session.channel_id, "data": result}}
        if not stops:
            channel.asked(session.role, method, params)
        elif not channel.over:
            channel.die(session.role, other(session.role))
        return "ok", {**about, "result": "ok"} if identity is not None else None

    # What goes out

    def _deliver(self) -> None:
        while self._outbox:
            session, name, message = self._outbox.pop(0)
            label, pushed = f"{session.role} {name}", message is None or "method" in message
            held = session.channel.held if session.channel is not None else {}
            before = [until for until, _name, waiting in session.waiting if "method" in (waiting or {})]
            if label in held:
                session.waiting.append((held.pop(label), name, message))
            elif (pushed and before and label not in before) or (message is None and session.waiting):
                session.waiting.append((session.waiting[-1][0], name, message))  # pushes keep their order
            elif not session.ended:
                self._say(session, label, message)

    def _say(self, session: Session, label: str, message: Message | None) -> None:
        if message is None:
            session.ended = True
            session.close()
        else:
            if "method" in message:
                message = {**message, "params": self._added(label, message["params"])}
            session.send(json.dumps({"jsonrpc": "2.0", **message, "version": 1}, **FORM).encode())
        self._happened(session, label)

    def _added(self, label: str, params: Message) -> Message:
        for pattern, members in self.behaviour.adds.items():
            if fnmatchcase(label, pattern):
                params = {**params, **members, "data": {**params["data"], **members.get("data", {})}}
        return params

    def _happened(self, session: Session, label: str) -> None:
        """Say what waited for this, and let end what ends after it."""
        due = [one for one in session.waiting if one[0] == label]
        session.waiting = [one for one in session.waiting if one[0] != label]
        self._outbox[:0] = [(session, name, message) for _until, name, message in due]
        if label == self.behaviour.closed_after:
            self._outbox.insert(0, (session, "end", None))
        if label == self.behaviour.died_after and session.channel is not None:
            session.channel.die()
        self._deliver()


def refusal(channel: str | None, message: Message, reason: Refused) -> Message:
    """How a node refuses a request."""
    words = str(reason)
    error: Message = {"code": FAILURES.get(words), "message": words, "request": message}
    if words in REASONS:
        error |= {"code": 3, "data": [{"code": REASONS[words], "message": words}], "message": "Rejected"}
    return {"channel_id": channel, "error": error, "id": message.get("id")}

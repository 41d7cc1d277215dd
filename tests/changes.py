"""Changes to a capture's events: those that a comparison must find, and those that it must not mind.

Rule: a change is a function from events to events that leaves its argument alone; it returns None where it has nothing
to change, so that the same table serves captures that hold less.
"""

import json
from typing import NamedTuple

import msgspec

from recorder.capture import frame
from recorder.model import Closed, Frame, Note, Opened, Scenario
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import decoded


def message(event):
    """The JSON value of a frame; None of anything else."""
    return json.loads(event.payload) if isinstance(event, Frame) and event.opcode == "text" else None


def with_message(event, value):
    """The frame with another JSON value."""
    fields = {name: getattr(event, name) for name in ("time", "session", "direction", "exchange", "status")}
    return frame(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), **fields)


def find(events, wanted):
    """The place of the first event that a predicate on event and message wants; None where there is none."""
    return next((at for at, event in enumerate(events) if wanted(event, message(event))), None)


def method(name, **equal):
    """A predicate: a frame of this method whose data has these values."""

    def wanted(_event, value):
        if not isinstance(value, dict) or value.get("method") != f"channels.{name}":
            return False
        data = (value.get("params") or {}).get("data") or {}
        return all(data.get(key) == item for key, item in equal.items())

    return wanted


def has(*path):
    """A predicate: a frame that has something at this path."""

    def wanted(_event, value):
        for part in path:
            if not (isinstance(value, dict) and part in value) and not (
                isinstance(value, list) and isinstance(part, int) and part < len(value)
            ):
                return False
            value = value[part]
        return value is not None

    return wanted


def kind(type_, **equal):
    """A predicate: an event of this type with these values."""
    return lambda event, _value: isinstance(event, type_) and all(getattr(event, k) == v for k, v in equal.items())


def edit(wanted, change):
    """Change the JSON value of the first frame that is wanted."""

    def apply(events):
        at = find(events, wanted)
        if at is None:
            return None
        value = message(events[at])
        try:
            changed = change(value)
        except LookupError:  # it does not hold what would be changed
            return None
        value = value if changed is None else changed
        return [*events[:at], with_message(events[at], value), *events[at + 1 :]]

    return apply


def put(*path, value):
    """Put a value at a path; a function is given what was there."""

    def change(whole):
        inner = whole
        for part in path[:-1]:
            inner = inner[part]
        old = inner.get(path[-1]) if isinstance(inner, dict) else inner[path[-1]]
        inner[path[-1]] = value(old) if callable(value) else value

    return change


def drop(*path):
    """Drop what is at a path."""

    def change(whole):
        for part in path[:-1]:
            whole = whole[part]
        del whole[path[-1]]

    return change


def inside(*path, **changes):
    """Change fields of the transaction in the signed one at a path, or its signatures."""

    def make(text):
        value = decoded(text).value
        fields = value["fields"]["transaction"]["fields"]
        signatures = value["fields"]["signatures"]
        if "signatures" in changes:
            signatures = changes["signatures"](signatures)
        new = {name: changes[name](item) if name in changes else item for name, item in fields.items()}
        transaction = value["fields"]["transaction"] | {"fields": new}
        return chain.encode(value | {"fields": {"signatures": signatures, "transaction": transaction}}, "tx")

    return put(*path, value=make)


def remove(wanted):
    """Remove the first event that is wanted."""

    def apply(events):
        at = find(events, wanted)
        return None if at is None else events[:at] + events[at + 1 :]

    return apply


def insert(wanted, make):
    """Put what is made of the first event that is wanted behind it."""

    def apply(events):
        at = find(events, wanted)
        return None if at is None else [*events[: at + 1], make(events[at]), *events[at + 1 :]]

    return apply


def swap(first, second):
    """Exchange the first event that is wanted with the next after it that is wanted."""

    def apply(events):
        at = find(events, first)
        if at is None:
            return None
        there = find(events[at + 1 :], lambda event, value: second(event, value, events[at]))
        if there is None:
            return None
        there += at + 1
        return [*events[:at], events[there], *events[at + 1 : there], events[at], *events[there + 1 :]]

    return apply


def replace(wanted, **fields):
    """Give the first event that is wanted other values."""

    def apply(events):
        at = find(events, wanted)
        if at is None:
            return None
        new = {name: value(getattr(events[at], name)) if callable(value) else value for name, value in fields.items()}
        return [*events[:at], msgspec.structs.replace(events[at], **new), *events[at + 1 :]]

    return apply


def every(change):
    """Change each event; what gives None goes."""
    return lambda events: [new for event in events if (new := change(event)) is not None]


def same_lane(event, _value, first):
    """Whether an event is a frame of the same session and direction."""
    return isinstance(event, Frame) and (event.session, event.direction) == (first.session, first.direction)


def reply(_event, value, first):
    """Whether it answers the first by its id."""
    return isinstance(value, dict) and "method" not in value and value.get("id") == message(first).get("id")


class Change(NamedTuple):
    """A change that must be found: what it is, how it is made, the kind of the one finding, and a part of its text."""

    name: str
    apply: object
    kind: str
    text: str


ASKED = method("update.new")
SIGN = method("sign.update")
ERROR = has("error", "code")
CONFLICT = method("conflict")
CREATE = method("sign.initiator_sign")
ACKED = method("update_ack")


def raw_frame(like, payload):
    """A frame of the same session and direction with another payload."""
    return frame(payload, time=like.time, session=like.session, direction=like.direction)


def _numbered(sessions):
    return every(lambda e: msgspec.structs.replace(e, session=sessions(e.session)) if hasattr(e, "session") else e)


UNRECORDED = b'{"jsonrpc":"2.0","method":"channels.surprise","params":{}}'
OTHER_ACCOUNT = chain.account_of(b"\x07" * 32)
OTHER_CHANNEL = chain.encode_text("ch", b"\x07" * 32)

FOUND = [
    Change("another amount in a request", edit(ASKED, put("params", "amount", value=7)), "changed", "params.amount"),
    Change(
        "another amount in a transaction",
        edit(method("sign.deposit_tx"), inside("params", "data", "signed_tx", amount=lambda old: old + 1)),
        "changed",
        "params.data.signed_tx.transaction.amount",
    ),
    Change(
        "another fee of the same size",
        edit(CREATE, inside("params", "data", "signed_tx", fee=lambda old: old + 1)),
        "changed",
        "params.data.signed_tx.transaction.fee",
    ),
    Change(
        "another time to live",
        edit(CREATE, inside("params", "data", "signed_tx", ttl=lambda _old: 9)),
        "changed",
        "params.data.signed_tx.transaction.ttl",
    ),
    Change("a missing push", remove(method("info", event="channel_accept")), "missing", "channels.info channel_accept"),
    Change("a missing request", remove(ASKED), "missing", "channels.update.new"),
    Change("a missing error", remove(ERROR), "missing", "an error"),
    Change("an extra frame", insert(ACKED, lambda e: raw_frame(e, UNRECORDED)), "extra", "channels.surprise"),
    Change("a frame twice", insert(method("info", event="open"), lambda e: e), "extra", "channels.info open"),
    Change("a frame that is not JSON", insert(ACKED, lambda e: raw_frame(e, b"hello")), "extra", "not JSON-RPC"),
    Change("another error code", edit(ERROR, put("error", "code", value=4)), "changed", "error.code"),
    Change("another error text", edit(ERROR, put("error", "message", value="No")), "changed", "error.message"),
    Change(
        "another text inside an error", edit(ERROR, put("error", "data", value=[])), "changed", "error.data"
    ),
    Change(
        "an error in the place of a result",
        edit(has("result"), lambda v: {k: i for k, i in v.items() if k != "result"} | {"error": {"code": 1}}),
        "changed",
        "result is missing",
    ),
    Change("another result", edit(has("result"), put("result", value="no")), "changed", "result"),
    Change(
        "a reply before its request",
        swap(lambda e, v: isinstance(v, dict) and v.get("id") is not None and "method" in v, reply),
        "order",
        "should have come",
    ),
    Change("pushes of one session exchanged", swap(CREATE, same_lane), "order", "should have come"),
    Change(
        "a push before the request that causes it",
        swap(method("initiator_sign"), lambda e, v, _f: method("sign.responder_sign")(e, v)),
        "order",
        "should have come",
    ),
    Change("requests of one session exchanged", swap(ASKED, same_lane), "order", "should have come"),
    Change("a field added", edit(ASKED, put("params", "more", value=1)), "changed", "params.more was added"),
    Change("a field removed", edit(ASKED, drop("params", "to")), "changed", "params.to is missing"),
    Change("a number as a text", edit(ASKED, put("params", "amount", value=str)), "changed", "params.amount"),
    Change("null in the place of a value", edit(SIGN, put("params", "data", value=None)), "changed", "params.data"),
    Change("a truth in the place of a number", edit(ASKED, put("params", "amount", value=True)), "changed", "amount"),
    Change("another method", edit(ASKED, put("method", value="channels.update.old")), "changed", "method"),
    Change("another `to`", edit(ASKED, put("params", "to", value=OTHER_ACCOUNT)), "changed", "params.to"),
    Change(
        "another account in an update",
        edit(SIGN, put("params", "data", "updates", 0, "to", value=OTHER_ACCOUNT)),
        "changed",
        "params.data.updates[0].to",
    ),
    Change(
        "another channel", edit(SIGN, put("params", "channel_id", value=OTHER_CHANNEL)), "changed", "params.channel_id"
    ),
    Change("another close code", replace(kind(Closed), code=1011), "changed", "code: 1000 expected, 1011 came"),
    Change("closed by the other end", replace(kind(Closed), by=lambda by: "node" if by == "party" else "party"), "changed", "by: "),
    Change("a session that is not closed", remove(kind(Closed)), "missing", "close"),
    Change(
        "another URL parameter",
        replace(kind(Opened), url=lambda url: url.replace("channel_reserve=2", "channel_reserve=3")),
        "changed",
        "url.channel_reserve",
    ),
    Change("a URL parameter more", replace(kind(Opened), url=lambda url: url and url + "&x=1"), "changed", "url.x was added"),
    Change(
        "a URL parameter less",
        replace(kind(Opened), url=lambda url: url.replace("lock_period=10&", "")),
        "changed",
        "url.lock_period is missing",
    ),
    Change(
        "an element added to a list",
        edit(SIGN, put("params", "data", "updates", value=lambda old: old * 2)),
        "changed",
        "params.data.updates",
    ),
    Change(
        "an element taken from a list",
        edit(SIGN, put("params", "data", "updates", value=lambda old: old[1:])),
        "changed",
        "params.data.updates",
    ),
    Change(
        "a round that differs in one frame",
        edit(SIGN, inside("params", "data", "signed_tx", round=lambda old: old + 7)),
        "changed",
        "params.data.signed_tx.transaction.round",
    ),
    Change(
        "a state hash that differs in one frame",
        edit(SIGN, inside("params", "data", "signed_tx", state_hash=lambda old: old[::-1])),
        "changed",
        "params.data.signed_tx.transaction.state_hash",
    ),
    Change(
        "a signature less",
        edit(ACKED, inside("params", "signed_tx", signatures=lambda old: old[1:])),
        "changed",
        "params.signed_tx.signatures",
    ),
    Change(
        "a signature by another key",
        edit(ACKED, inside("params", "signed_tx", signatures=lambda old: [old[0], "07" * 64])),
        "changed",
        "params.signed_tx.signatures",
    ),
    Change(
        "another event", edit(method("info", event="funding_locked"), put("params", "data", "event", value="x")),
        "changed", "params.data.event",
    ),
    Change("another protocol version", edit(SIGN, put("jsonrpc", value="1.0")), "changed", "jsonrpc"),
    Change("a reply with another id", edit(has("result"), put("id", value=77_777)), "changed", "id: "),
    Change("a session more", lambda events: [*events, _session(events)], "extra", "a whole session"),
]  # fmt: skip


def _session(events):
    first = next(event for event in events if isinstance(event, Opened))
    return msgspec.structs.replace(first, session=99)


def _wire_ids(make):
    def change(event):
        value = message(event)
        if isinstance(value, dict) and value.get("id") is not None:
            return with_message(event, value | {"id": make(value["id"])})
        return event

    return every(change)


def _exchange_sessions(events):
    """Exchange neighbours of different sessions that nothing ties together: frames from the node to two parties."""
    events = list(events)
    for at in range(len(events) - 1):
        one, other = events[at : at + 2]
        frames = isinstance(one, Frame) and isinstance(other, Frame)
        if frames and one.session != other.session and one.direction == other.direction == "from_node":
            events[at], events[at + 1] = other, one
    return events


PING = b'{"jsonrpc":"2.0","method":"channels.system","params":{"action":"ping"}}'
PONG = b'{"jsonrpc":"2.0","method":"channels.system.pong","params":{"data":{"action":"system","tag":"pong"}}}'


def _pinged(event):
    """After a frame, what keeps its session open."""
    ways = {"to_node": PING, "from_node": PONG} if isinstance(event, Frame) else {}
    return [frame(said, time=event.time, session=event.session, direction=way) for way, said in ways.items()]


def _control(opcode):
    return lambda events: [
        new
        for event in events
        for new in (
            [event, Frame(session=event.session, direction="to_node", opcode=opcode, binary=b"?")]
            if isinstance(event, Frame)
            else [event]
        )
    ]


def _text(make):
    return every(
        lambda e: (
            frame(make(message(e)), time=e.time, session=e.session, direction=e.direction)
            if message(e) is not None
            else e
        )
    )


def _ordered(value):
    """The same JSON value, members in another order."""
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, reverse=True)}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


HARMLESS = {
    "nothing at all": list,
    "other times": every(lambda e: msgspec.structs.replace(e, time=e.time + 12_345)),
    "slower": every(lambda e: msgspec.structs.replace(e, time=e.time * 3)),
    "larger ids": _wire_ids(lambda i: i + 1000),
    "negative ids": _wire_ids(lambda i: -i if isinstance(i, int) else i),
    "ids that are texts": _wire_ids(lambda i: f"id {i}"),
    "other session numbers": _numbered(lambda number: number + 10),
    "another port of the peer": every(
        lambda e: msgspec.structs.replace(e, url=e.url.replace("port=3", "port=4")) if isinstance(e, Opened) else e
    ),
    "another port of the node": every(
        lambda e: msgspec.structs.replace(e, url=e.url.replace(":3014/", ":9999/")) if isinstance(e, Opened) else e
    ),
    "another host": every(
        lambda e: msgspec.structs.replace(e, url=e.url.replace("localhost", "elsewhere"))
        if isinstance(e, Opened)
        else e
    ),
    "pings": _control("ping"),
    "pongs": _control("pong"),
    "pings of the protocol": lambda events: [new for e in events for new in (e, *_pinged(e))],
    "notes": lambda events: [new for e in events for new in (Note(text="so far, so good"), e)],
    "other scenarios": every(
        lambda e: Scenario(name=f"{e.name} again") if isinstance(e, Scenario) else e
    ),
    "no scenarios": every(lambda e: None if isinstance(e, Scenario) else e),
    "other request headers": every(
        lambda e: msgspec.structs.replace(e, headers=[("User-Agent", "x")]) if isinstance(e, Opened) else e
    ),
    "a subprotocol": every(
        lambda e: msgspec.structs.replace(e, subprotocol="json-rpc") if isinstance(e, Opened) else e
    ),
    "frames in fragments": every(
        lambda e: msgspec.structs.replace(e, fragments=3) if isinstance(e, Frame) else e
    ),
    "spaces in the JSON": _text(lambda value: json.dumps(value, indent=1).encode()),
    "escapes in the JSON": _text(lambda value: json.dumps(value).replace("a", "\\u0061").encode()),
    "members in another order": _text(lambda value: json.dumps(_ordered(value)).encode()),
    "pushes to two parties the other way round": _exchange_sessions,
    "frames of a session that was not closed when the recorder ended": lambda events: [
        *events, Closed(session=max(e.session for e in events if isinstance(e, Opened)), by="recorder")
    ],
    "a gap in the session numbers": _numbered(lambda number: number * 5),
}  # fmt: skip
"""Changes of one capture; those of a whole life (keys, nonces, hashes) are parameters of `channel.live`."""

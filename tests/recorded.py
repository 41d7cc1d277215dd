"""Recordings that tests of documents hold them against: made of literals, one protocol each."""

import json

from recorder.capture import frame
from recorder.documents import Recordings, check
from recorder.errors import InputError
from recorder.guides import excerpts_of
from recorder.model import Opened, Scenario

INITIATOR = "ak_2MGLPW2CHTDXJhqFJezqSwYSNwbZokSKkG7wSbGtVmeyjGfHtm"
RESPONDER = "ak_nQpnNuBPQwibGpSJmjAah6r3ktAB7pG9JHuaGWHgLKxaKqEvC"
CHANNEL = "ch_zVDx935M1AogqZrNmn8keST2jH8uvn5kmWwtDqefYXvgcCRAX"
URL = f"ws://node:3014/channel?role={{}}&initiator_id={INITIATOR}&responder_id={RESPONDER}&protocol=json-rpc"


def said(*messages, url="ws://node/rpc", party="client", session=1):
    """Events of a session: a message that begins with `<` comes from the node."""
    yield Opened(session=session, party=party, url=url)
    for arrow, value in messages:
        payload = value if isinstance(value, str) else json.dumps(value)
        direction = "from_node" if arrow == "<" else "to_node"
        yield frame(payload.encode(), session=session, direction=direction)


def recordings(*runs, profile="auto"):
    """What captures of these runs hold."""
    found = Recordings()
    for number, events in enumerate(runs, 1):
        found.add(f"run{number}.jsonl", enumerate(events, 2), profile)
    return found


def call(method, params=None, **others):
    """A request."""
    return {"jsonrpc": "2.0", "method": method} | ({} if params is None else {"params": params}) | others


def info(event, **data):
    """A channel node's report."""
    return call("channels.info", {"channel_id": CHANNEL, "data": {"event": event, **data}}, version=1)


def transfer(sender, receiver):
    """A transfer in a channel."""
    return call("channels.update.new", {"amount": 1, "from": sender, "to": receiver})


STEPS = [
    *said(
        (">", call("sum", {"a": 1, "b": 2}, id=1)),
        ("<", {"jsonrpc": "2.0", "id": 1, "result": {"sum": 3, "steps": [{"op": "add", "took": 4}], "note": None}}),
        (">", call("sum", {"a": 1, "b": 2, "round": True}, id=2)),
        ("<", {"jsonrpc": "2.0", "id": 2, "result": {"sum": 3, "steps": [], "note": "rounded"}}),
        (">", call("sum", {"a": "x"}, id=3)),
        ("<", {"jsonrpc": "2.0", "id": 3, "error": {"code": -32602, "message": "Invalid params"}}),
        (">", call("log", ["info", "started"])),
    ),
    frame(json.dumps(call("tick", {"at": 5})).encode(), session=1, direction="from_node"),
]
GENERIC = recordings(STEPS)

CHANNELS = recordings(
    said(
        ("<", info("fsm_up", fsm_id="ba_14XZqoUZUc9U6RUbvN2iWd+dd5H9xIWYDUyjk6L3NE2MZV2P")),
        ("<", info("open")),
        (">", transfer(INITIATOR, RESPONDER)),
        (">", call("channels.message", {"to": RESPONDER, "info": "hejsan"})),
        ("<", call("channels.conflict", {"channel_id": CHANNEL, "data": {"error_code": 42, "round": 5}}, version=1)),
        url=URL.format("initiator"),
        party="initiator",
    ),
    said(("<", info("open")), url=URL.format("responder"), party="responder"),
)

CHAIN = recordings(
    said(
        (">", call("eth_blockNumber", [], id=1)),
        ("<", {"jsonrpc": "2.0", "id": 1, "result": "0x4b7"}),
        (">", call("eth_getBalance", ["0x407d73d8a49eeb85d32cf465507dd71d507100c1", "latest"], id=2)),
        ("<", {"jsonrpc": "2.0", "id": 2, "result": "0x0234c8a3397aab58"}),
        url="http://node:8545/",
    )
)

TOOL = {"name": "sum", "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}}}}
TOOLS = recordings(
    said(
        (">", call("tools/list", {}, id=1)),
        ("<", {"jsonrpc": "2.0", "id": 1, "result": {"tools": [TOOL]}}),
        (">", call("tools/call", {"name": "sum", "arguments": {"a": 1}}, id=2)),
        ("<", {"jsonrpc": "2.0", "id": 2, "result": {"content": [{"type": "text", "text": "1"}], "isError": False}}),
        url="stdio:server",
    )
)


class Captures:
    """Captures that pins name, as the files of a folder would be; what they show is the API's."""

    def __init__(self, **captures):
        self._captures = {}
        for name, events in captures.items():
            found = Recordings()
            self._captures[name] = [*found.read(name, enumerate(events, 2), "auto")], found.openings

    def messages(self, capture):
        """Those of the capture of this name."""
        if capture not in self._captures:
            raise InputError("cannot read: No such file or directory", file=capture)
        return self._captures[capture][0]

    def openings(self, capture):
        """Those of its sessions."""
        return self._captures[capture][1]

    def excerpts(self, pin, messages):
        """As of files."""
        return excerpts_of(messages, pin)


CAPTURES = Captures(**{"run.jsonl": [*STEPS[:-1], Scenario(name="end"), STEPS[-1]]})
"""What pins of these documents may name."""


def judged(document, against, file="guide.md"):
    """Each example's verdict and the first reason."""
    return [
        (one.verdict, one.reasons[0].what if one.reasons else "") for one in check(document, file, against, CAPTURES)
    ]


def fenced(value, language="json", before=""):
    """A document with one block."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2)
    return f"{before}\n\n```{language}\n{text}\n```\n"

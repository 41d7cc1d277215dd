"""A mock node in memory: what a client says goes in, what it hears comes out."""

from recorder.capture import frame
from recorder.jsonrpc import json_bytes, value_of
from recorder.model import Header, Opened
from recorder.replay import Player, PlaySettings, Send
from recorder.rules import Rules
from recorder.timeline import read
from recorder.timeline.script import NODE

WAYS = {">": "to_node", "<": "from_node"}


def capture(*said, url="ws://node/", profile="generic"):
    """A script of one session.

    Args:
        said: who (`>` the party, `<` the node), what, and over HTTP in which exchange.
        url: of the session.
        profile: of the capture.
    """
    events = [Opened(session=1, party="client", url=url)]
    for who, payload, *exchange in said:
        more = {"exchange": exchange[0]} if exchange else {}
        events.append(frame(payload.encode(), session=1, direction=WAYS[who], **more))
    return read(Header(format=2, run="r", recorder="0", profile=profile), events, "r.jsonl")


def calls(*said, url="http://n/", profile="ethereum"):
    """A script of calls one after the other over HTTP, each a method and its result."""
    lines = []
    for at, (method, result) in enumerate(said, 1):
        lines.append((">", json_bytes({"id": at, "method": method, "params": []}).decode(), at))
        lines.append(("<", json_bytes({"id": at, "result": result}).decode(), at))
    return capture(*lines, url=url, profile=profile)


class Mock:
    """A mock node with its sessions open.

    Args:
        script: what it plays.
        rules: as a rules file says them.
        settings: how it plays.
    """

    def __init__(self, script, rules="", **settings):
        self.script, self.now = script, 1.0
        settings = {"rules": Rules.parse(rules, "r.rules.toml")} | settings
        self.player = Player(script, PlaySettings(ends=frozenset({NODE}), **settings))
        for session, url in script.urls.items():
            self.player.opened(session, url, self.now)
        self._exchanges = 0
        self.expected = True

    def hears(self, payload, session=1):
        """What the mock does at once about a frame of its client."""
        over_http = self.script.urls[session].startswith("http")
        self._exchanges += 1
        exchange = self._exchanges if over_http else 0
        self.expected = self.player.received(session, payload.encode(), self.now, exchange=exchange)
        return self.does()

    def does(self, wait=0.0):
        """What it does when so many seconds have passed."""
        self.now += wait
        return list(self.player.due(self.now))

    def asked(self, payload, session=1):
        """The messages that a client hears at once, as JSON values; those of an answer to a batch, each alone."""
        found = []
        for action in self.hears(payload, session):
            assert isinstance(action, Send)
            assert action.session == session
            value = value_of(action.payload) if action.payload else []
            found += value if isinstance(value, list) else [value]
        return found

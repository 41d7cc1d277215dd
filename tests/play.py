"""A capture's parties against its node, in memory: two players and a clock that is a number."""

import hashlib
from types import SimpleNamespace

from recorder.capture import frame
from recorder.jsonrpc import value_of
from recorder.model import Closed, Opened, Scenario
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import texts
from recorder.replay import Begin, Close, Open, Player, PlaySettings, Send
from recorder.timeline.script import NODE

SECOND = 10**9


def fresh_keys(script, salt="fresh"):
    """Keys that nobody has recorded, one for each account of a party."""
    known = (account for account, one in script.accounts.items() if one.known and one.party)
    return {account: hashlib.sha256(f"{salt} {account}".encode()).digest() for account in known}


class Play:
    """One run: `events` is what a recorder in between would have written."""

    def __init__(self, script, keys=None, mode="strict", node_script=None, *, goes_on=False):
        self.keys = fresh_keys(script) if keys is None else keys
        ends = frozenset(script.parties.values())
        self.parties = Player(script, PlaySettings(ends=ends, mode=mode, keys=self.keys, goes_on=goes_on))
        self.node = Player(node_script or script, PlaySettings(ends=frozenset({NODE}), mode=mode))
        self.script, self.events, self.now = script, [], 1.0
        self._there, self._back = {}, {}
        idle = 0
        while idle < 2:
            moved = [self._party(action) for action in self.parties.due(self.now)]
            moved += [self._node(action) for action in self.node.due(self.now)]
            idle = 0 if moved else idle + 1
            self.now += 0 if moved else 2.5
        self.outcomes = SimpleNamespace(parties=self.parties.end(), node=self.node.end())

    def _add(self, make, *args, **fields):
        self.events.append(make(*args, time=int(self.now * SECOND), **fields))

    def _party(self, action):
        if isinstance(action, Begin):
            self._add(Scenario, name=action.scenario)
            return
        session = action.session
        if isinstance(action, Open):
            there = self.node.wants(action.path)
            assert there, f"the node has no session for {action.path}"
            self._there[session], self._back[there] = there, session
            party = self.script.parties[session]
            self._add(Opened, session=session, party=party, role=party, url=f"ws://node:3014{action.path}")
            self.parties.opened(session, action.path, self.now)
            self.node.opened(there, action.path, self.now)
        elif isinstance(action, Send):
            self._add(frame, action.payload, session=session, direction="to_node")
            self.node.received(self._there[session], action.payload, self.now)
        else:
            self._add(Closed, session=session, code=action.code, reason=action.reason, by="party")
            self.node.closed(self._there[session], self.now)

    def _node(self, action):
        session = self._back.get(action.session, 0)
        if isinstance(action, Send):
            self._add(frame, action.payload, session=session, direction="from_node")
            self.parties.received(session, action.payload, self.now)
        elif isinstance(action, Close):
            self._add(Closed, session=session, code=action.code, reason=action.reason, by="node")
            self.parties.closed(session, self.now)

    @property
    def ok(self):
        """Whether both saw what they expected, and had nothing to say."""
        outcomes = (self.outcomes.parties, self.outcomes.node)
        return all(outcome.ok and not outcome.notes for outcome in outcomes)

    def signatures(self):
        """How many signatures there are, and how many verify for the keys of the run."""
        keys = {account: chain.account_of(seed) for account, seed in self.keys.items()}
        verifier = chain.Verifier(keys, (*chain.LOCAL_NETWORK_IDS, *chain.NETWORK_IDS))
        found = [
            one
            for event in self.events
            if not isinstance(event, Opened | Closed | Scenario)
            for text in texts(value_of(event.payload))
            if text.startswith("tx_")
            for one in verifier.verify(chain.decode(text))
        ]
        return len(found), sum(bool(one.signer) for one in found)

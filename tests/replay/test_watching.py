"""The looks of parties that are played: who had waited for something looks again until it is there."""

import json

import pytest
from mocking import calls

from recorder.replay import Player, PlaySettings
from recorder.rules import Rules

TIP, SEND = "eth_blockNumber", "eth_sendTransaction"


class Party:
    """A party that is played against a node that answers as the test says."""

    def __init__(self, *said, rules="", **settings):
        script = calls(*said)
        settings = {"patience": 5.0, "rules": Rules.parse(rules, "r.rules.toml")} | settings
        self.player = Player(script, PlaySettings(ends=frozenset(script.parties.values()), **settings))
        self.now = 1.0
        self.asked = []
        _opening, *self._sent = self.player.due(self.now)
        self.player.opened(1, "/", self.now)

    def goes_on(self, *results):
        """Answer each of its next calls, as soon as it comes; how long it waited before each."""
        waited = []
        for result in results:
            since = self.now
            while not self._sent:
                self._sent = list(self.player.due(self.now))
                if not self._sent:
                    self.now = self.player.wake(self.now)
            action = self._sent.pop()
            message = json.loads(action.payload)
            self.asked.append(message["method"])
            waited.append(round(self.now - since, 3))
            answer = json.dumps({"id": message["id"], "result": result}).encode()
            self.player.received(1, answer, self.now, exchange=action.exchange)
            self.player.received(1, b"", self.now, exchange=action.exchange)  # that is all of it
        return waited


def test_a_party_waits_as_it_did():
    """A party that waited for a state looks again until it sees it, and goes on at once."""
    party = Party((SEND, "0xaa"), (TIP, 1), (TIP, 2), ("eth_call", "0x7"))
    waited = party.goes_on("0xaa", 1, 1, 1, 2, "0x7")
    assert party.asked == [SEND, TIP, TIP, TIP, TIP, "eth_call"]
    assert waited == [0, 0, 0, 0.1, 0.1, 0]
    assert party.player.over


def test_a_party_waits_for_what_is_not_there_yet():
    """Who saw something at once looks again while there is nothing."""
    receipt = "eth_getTransactionReceipt"
    party = Party((receipt, {"status": "0x1"}), (SEND, "0xaa"))
    party.goes_on(None, None, {"status": "0x1"}, "0xaa")
    assert party.asked == [receipt, receipt, receipt, SEND]


@pytest.mark.parametrize("seen", [[2, 9], [1, 3], [5, 6]])
def test_a_party_does_not_wait_for_another_world(seen):
    """A state that is another, and not the one before, is taken as it is: it is a difference, and costs no time."""
    party = Party((TIP, 1), (TIP, 2), (SEND, "0xaa"))
    assert party.goes_on(*seen, "0xaa") == [0, 0, 0]


def test_a_party_loses_patience():
    """It waits no longer for a state than for a node."""
    party = Party((TIP, 1), (TIP, 2), (SEND, "0xaa"), patience=1.0)
    waited = party.goes_on(1, *[1] * 11, "0xaa")
    assert party.asked[-1] == SEND
    assert sum(waited) == pytest.approx(1.0, abs=0.15)


COUNT, REPEATS = "getblockcount", '[[rule]]\nmethod = "getblockcount"\nrepeats = true\n'


def test_a_party_looks_again_for_what_a_rule_repeats():
    """The last of its looks stands: it waits until it sees what that saw."""
    party = Party((COUNT, 7), (COUNT, 9), (SEND, "0xaa"), rules=REPEATS)
    assert party.goes_on(5, 6, 6, 9, "0xaa") == [0, 0, 0.1, 0.1, 0]
    assert party.player.over


def test_a_party_does_not_wait_for_what_another_rule_allows():
    """A value that may differ is as recorded."""
    allowed = REPEATS + '[[rule]]\nmethod = "getblockcount"\npath = "result"\ntolerance = 100\n'
    assert Party((COUNT, 7), (SEND, "0xaa"), rules=allowed).goes_on(90, "0xaa") == [0, 0]
    assert Party((COUNT, 7), (SEND, "0xaa"), rules=REPEATS).goes_on(90, 7, "0xaa") == [0, 0.1, 0]

"""Calls that look how things are by now: a client looks as often as its clock has it, and sees what follows from what it did."""

import json

from mocking import Mock, calls

TIP, SEND = "eth_blockNumber", "eth_sendTransaction"


class Client:
    """Calls a mock, and reads the results."""

    def __init__(self, *said):
        self.mock, self._last = Mock(calls(*said)), 100

    def __call__(self, method):
        """The result of a call, or why there is none."""
        self._last += 1
        (answer,) = self.mock.asked(json.dumps({"id": self._last, "method": method, "params": []}))
        assert answer["id"] == self._last
        return answer.get("result", answer.get("error", {}).get("message"))

    def outcome(self):
        """How it went, at the end."""
        found = self.mock.player.end()
        return [*found.unused, *found.unexpected]


def test_looks_more_often():
    """Who looks more often than was recorded sees the last again."""
    call = Client((TIP, 1), (TIP, 2))
    assert [call(TIP) for _ in range(4)] == [1, 2, 2, 2]
    assert call.outcome() == []


def test_looks_less_often():
    """Who looks less often has left out nothing, if it has looked at all."""
    call = Client((TIP, 1), (TIP, 1), (SEND, "0xaa"))
    assert (call(TIP), call(SEND), call.outcome()) == (1, "0xaa", [])
    call = Client((TIP, 1), (SEND, "0xaa"))
    assert call(SEND) == "0xaa"
    assert [text.rpartition(": ")[2] for text in call.outcome()] == ["it was recorded, and never came"] * 2


def test_sees_what_follows_from_what_it_did():
    """Nobody sees what a call of his brought about before he has made it, and nothing older after it."""
    call = Client((TIP, 1), (TIP, 2), (SEND, "0xaa"), (TIP, 2), (TIP, 3))
    assert [call(TIP) for _ in range(4)] == [1, 2, 2, 2]
    assert call(SEND) == "0xaa"
    assert [call(TIP) for _ in range(3)] == [2, 3, 3]
    call = Client((TIP, 1), (TIP, 1), (TIP, 1), (SEND, "0xaa"), (TIP, 2))
    assert [call(TIP), call(SEND), call(TIP)] == [1, "0xaa", 2]
    assert call.outcome() == []


def test_the_only_look_left():
    """A look of which no other is left is one like any other."""
    call = Client((TIP, 1), (SEND, "0xaa"), ("eth_chainId", "0x1"))
    assert [call("eth_chainId"), call(TIP), call(SEND), call(TIP), call("eth_chainId")] == ["0x1", 1, "0xaa", 1, "0x1"]
    assert call.outcome() == []


def test_patience():
    """A client that waits for what comes later, since it does things in another order, sees it after a while."""
    call = Client((TIP, 1), (SEND, "0xaa"), (TIP, 2))
    assert [call(TIP), call(TIP)] == [1, 1]
    call.mock.does(wait=call.mock.player._settings.patience)
    assert call(TIP) == 2


def test_news_come_once():
    """Events that a look brings are not given again, nor before the call that caused them."""
    news = "eth_getFilterChanges"
    call = Client((news, []), (SEND, "0xaa"), (news, []), (news, ["0xaa"]))
    assert [call(news) for _ in range(3)] == [[], [], []]
    call(SEND)
    assert [call(news) for _ in range(4)] == [[], ["0xaa"], [], []]
    assert call.outcome() == []


def test_other_calls_are_counted():
    """What does more than look is unexpected when it comes once more."""
    call = Client(("eth_call", "0x1"))
    assert [call("eth_call"), call("eth_call")] == ["0x1", "no such request was recorded"]
    assert len(call.outcome()) == 1

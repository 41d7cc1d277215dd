"""What a rules file says of a run: what may be repeated, be left out, or be another value."""

import json

import pytest
from mocking import Mock, capture

from recorder.capture import frame
from recorder.jsonrpc import value_of
from recorder.model import Header, Opened
from recorder.replay import Player, PlaySettings, Send
from recorder.rules import Rules
from recorder.timeline import read

REPEATS = '[[rule]]\nmethod = "poll"\nrepeats = true\n'
OPTIONAL = '[[rule]]\nmethod = "ask"\noptional = true\n'


def call(method, identity=1, *params):
    """A request."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params})


def result(value, identity=1):
    """An answer."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "result": value})


def polled(url, *, between=""):
    """Three polls, and a last call."""
    said = []
    for exchange, (method, value) in enumerate([("poll", 1), ("poll", 2), ("poll", 3), ("last", "end")], 1):
        said += [(">", call(method, exchange), exchange), ("<", result(value, exchange), exchange)]
    return capture(*(one if url.startswith("http") else one[:2] for one in said), url=url)


@pytest.mark.parametrize("url", ["ws://node/", "http://node/"])
@pytest.mark.parametrize("times", [1, 2, 3, 5, 100])
def test_what_repeats_may_be_asked_any_number_of_times(url, times):
    """It is answered as it was recorded, and then the last answer stands; what was not asked for is not missed."""
    mock = Mock(polled(url), REPEATS)
    heard = [mock.asked(call("poll", number))[0] for number in range(times)]
    assert [(one["id"], one["result"]) for one in heard] == [(at, min(at + 1, 3)) for at in range(times)]
    assert mock.asked(call("last", "x"))[0]["result"] == "end"
    mock.player.closed(1, mock.now)
    assert mock.player.end().ok


def test_what_repeats_is_asked_once_at_least():
    """A poll that never comes is missed."""
    mock = Mock(polled("ws://node/"), REPEATS)
    mock.asked(call("last"))
    assert [line.split(": ")[0] for line in mock.player.end().unused] == [f"r.jsonl:{at}" for at in range(3, 9)]


def test_what_does_not_repeat_is_counted():
    """Without a rule the fourth is refused, and the third is missed; a rule for another method changes nothing."""
    for rules in ("", REPEATS.replace("poll", "last")):
        mock = Mock(polled("ws://node/"), rules)
        heard = [mock.asked(call("poll"))[0] for _ in range(4)]
        assert ["result" in one for one in heard] == [True, True, True, False]
        assert len(mock.player.end().unexpected) == 1


@pytest.mark.parametrize("mode", ["strict", "shape"])
@pytest.mark.parametrize("order", ["abab", "aaba"])
def test_what_repeats_is_known_by_its_parameters(order, mode):
    """Of two things that are polled each has its own last answer, also while the other is still awaited."""
    said = [(">", call("poll", 1, "a")), ("<", result("A")), (">", call("poll", 2, "b")), ("<", result("B", 2))]
    mock = Mock(capture(*said), REPEATS, mode=mode)
    heard = [mock.asked(call("poll", 9, which))[0].get("result") for which in order]
    assert heard == [*order.upper()]
    assert mock.player.end().ok


def test_what_is_optional_is_not_missed():
    """Neither the call nor its answer; nor is it refused when it comes."""
    said = [(">", call("ask")), ("<", result("yes")), (">", call("go", 2)), ("<", result("on", 2))]
    for asked in (["go"], ["ask", "go"], ["go", "ask"]):
        mock = Mock(capture(*said), OPTIONAL)
        assert [mock.asked(call(method, 7))[0]["id"] for method in asked] == [7] * len(asked)
        assert mock.player.end().ok
    mock = Mock(capture(*said), OPTIONAL.replace("ask", "other"))
    mock.asked(call("go"))
    assert len(mock.player.end().unused) == 2


BIND = (
    '[[rule]]\nmethod = "open"\npath = "result"\nbind = true\n[[rule]]\nmethod = "*"\npath = "params[*]"\nbind = true\n'
)


def test_a_value_that_a_rule_binds_is_put_in_place():
    """A party sends back what this node gave it, though it is nothing that anybody would take for an id."""
    said = [("to_node", call("open")), ("from_node", result("shut")), ("to_node", call("use", 2, "shut"))]
    events = [Opened(session=1, party="a", url="ws://node/")]
    events += [frame(text.encode(), session=1, direction=direction) for direction, text in said]
    script = read(Header(format=2, run="r", recorder="0", profile="generic"), events)
    for rules, sent_back in ((BIND, "ajar"), ("", "shut")):
        settings = PlaySettings(ends=frozenset({"a"}), rules=Rules.parse(rules, "rules"), mode="strict")
        one = Player(script, settings)
        list(one.due(1.0))
        assert one.received(1, result("ajar").encode(), 1.0) is bool(rules)
        (action,) = one.due(1.0)
        assert isinstance(action, Send)
        assert value_of(action.payload)["params"] == [sent_back]


def test_a_client_may_say_what_a_rule_binds():
    """A mock takes any value there, and gives it back."""
    push = '{"jsonrpc":"2.0","method":"tell","params":["red"]}'
    rules = '[[rule]]\npath = "params[0]"\nbind = true\n'
    mock = Mock(capture((">", call("ask", 1, "red")), ("<", push), ("<", result("red"))), rules, mode="strict")
    heard = [value_of(action.payload) for action in mock.hears(call("ask", 4, "blue"))]
    assert [one["params"] for one in heard if "method" in one] == [["blue"]]
    assert [one["result"] for one in heard if "result" in one] == ["red"]
    assert mock.player.end().ok

"""Parties that are played against a node: what they send, when, and what they make of what it says."""

import json

import pytest
from mocking import capture

from recorder.capture import frame
from recorder.jsonrpc import value_of
from recorder.model import Closed, Frame, Header, Opened
from recorder.replay import Close, Open, Player, PlaySettings, Send
from recorder.rules import Rules
from recorder.timeline import read


def call(method, identity=1):
    """A request."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": method})


def result(value, identity=1):
    """An answer."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "result": value})


class Party:
    """The party of a script."""

    def __init__(self, script, **settings):
        self.player = Player(script, PlaySettings(ends=frozenset({"client"}), **settings))

    def sends(self, now=1.0):
        """The methods that it calls now, each frame's joined by `+`."""
        sent = [action for action in self.player.due(now) if isinstance(action, Send)]
        values = [value_of(action.payload) for action in sent]
        return ["+".join(one["method"] for one in (value if isinstance(value, list) else [value])) for value in values]

    def hears(self, payload, exchange=0, now=1.0):
        """It hears something; whether it expected it."""
        return self.player.received(1, payload.encode(), now, exchange=exchange)


ONE_AFTER_THE_OTHER = [(">", "a", 1), ("<", "A", 1), (">", "b", 2), ("<", "B", 2)]
TOGETHER = [(">", "a", 1), (">", "b", 2), ("<", "B", 2), ("<", "A", 1), (">", "c", 3), ("<", "C", 3)]


def said(rows, *, http):
    """A script of these calls."""
    made = [(who, (call if who == ">" else result)(word, number), number) for who, word, number in rows]
    return capture(*(one if http else one[:2] for one in made), url="http://n/" if http else "ws://n/")


@pytest.mark.parametrize("http", [False, True])
def test_what_a_party_sends_invalid_in_a_batch_is_answered_in_one(http):
    """By an error without an id: when the answers have come, it goes on, and nothing is missing."""
    answers = f'[{{"id":null,"error":{{"code":-32600}}}},{result("A", 1)}]'
    rows = [(">", f"[1,{call('a', 1)}]", 1), ("<", answers, 1), (">", call("b", 2), 2)]
    party = Party(capture(*(one if http else one[:2] for one in rows), url="http://n/" if http else "ws://n/"))
    assert len([*party.player.due(1.0)]) == len(("open", "batch"))
    assert party.sends(1.5) == []
    assert party.hears(answers, 1 if http else 0)
    assert party.sends() == ["b"]
    assert party.player.end().ok


@pytest.mark.parametrize("http", [False, True])
def test_the_next_call_is_made_when_the_one_before_was_answered(http):
    """Not before."""
    party = Party(said(ONE_AFTER_THE_OTHER, http=http))
    assert party.sends() == ["a"]
    assert party.sends(1.5) == []
    party.hears(result("A"), 1 if http else 0)
    assert party.sends() == ["b"]
    party.hears(result("B", 2), 2 if http else 0)
    assert party.player.over
    assert party.player.end().ok


@pytest.mark.parametrize("http", [False, True])
def test_a_node_that_does_not_answer_is_waited_for_with_patience(http):
    """Over HTTP no longer than over WebSockets: then the next call is made, and an answer that comes late is the call's."""
    party = Party(said(ONE_AFTER_THE_OTHER, http=http), goes_on=True, patience=3.0, endurance=100.0)
    assert party.sends(1.0) == ["a"]
    assert party.sends(3.9) == []
    assert party.sends(4.0) == ["b"]
    (note,) = party.player.end().notes
    assert note.endswith("a result of a had not come after 3 s (--patience waits longer)")
    party.hears(result("B", 2), 2 if http else 0, 5.0)
    party.hears(result("A", 1), 1 if http else 0, 6.0)
    assert party.player.over
    assert party.player.end().ok


@pytest.mark.parametrize("http", [False, True])
def test_a_run_whose_last_answer_does_not_come_is_over_when_patience_is(http):
    """Nothing else is left to do."""
    party = Party(said(ONE_AFTER_THE_OTHER[:2], http=http), goes_on=True, patience=3.0, endurance=100.0)
    assert party.sends(1.0) == ["a"]
    assert party.sends(4.0) == []
    assert party.player.over
    assert len(party.player.end().unused) == 1


@pytest.mark.parametrize("http", [False, True])
@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_calls_that_were_in_flight_together_are_so_again(http, order):
    """Answers come in any order, and what comes after both of them waits for both."""
    party = Party(said(TOGETHER, http=http), mode="strict")
    assert party.sends() == ["a", "b"]
    for number in order:
        assert party.sends() == []
        assert party.hears(result("AB"[number - 1], number), number if http else 0)
    assert party.sends() == ["c"]
    assert party.hears(result("C", 3), 3 if http else 0)
    assert party.player.end().ok


@pytest.mark.parametrize("http", [False, True])
@pytest.mark.parametrize("mode", ["strict", "shape"])
@pytest.mark.parametrize(
    "answer",
    [
        '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}',
        '{"jsonrpc":"2.0","id":1,"result":{"quite":["another","thing"]}}',
    ],
)
@pytest.mark.parametrize("goes_on", [False, True])
def test_an_answer_that_is_not_as_recorded_stops_nobody(http, mode, answer, goes_on):
    """It is the answer to the call, whatever it says: it is said, and the next call is made at once."""
    party = Party(said(ONE_AFTER_THE_OTHER, http=http), mode=mode, goes_on=goes_on)
    assert party.sends() == ["a"]
    assert not party.hears(answer, 1 if http else 0)
    assert party.sends() == ["b"]
    assert party.hears(result("B", 2), 2 if http else 0)
    outcome = party.player.end()
    assert outcome.unused == outcome.notes == []
    assert len(outcome.unexpected) == 1


UP = '{"jsonrpc":"2.0","method":"channels.info","params":{"data":{"event":"fsm_up"}}}'
LOCKED = UP.replace("fsm_up", "funding_locked")
MESSAGE = '{"jsonrpc":"2.0","method":"channels.message","params":{}}'


@pytest.mark.parametrize(
    ("said", "waits"), [((UP,), 3.0), ((LOCKED,), 100.0), ((UP, LOCKED), 3.0), ((LOCKED, UP), 100.0)]
)
def test_what_the_chain_brings_is_waited_for_longer(said, waits):
    """As long as it is the next that a session is to hear; then the party goes on, and the note names the option."""
    script = capture(*(("<", one) for one in said), (">", MESSAGE), profile="aeternity")
    party = Party(script, goes_on=True, patience=3.0, endurance=100.0)
    assert party.sends(0.0) == []
    assert party.player.awaited is script.steps[1]
    assert party.player.wake(1.0) == 3.0
    assert party.sends(waits - 0.5) == []
    assert party.sends(waits) == ["channels.message"]
    option = "--patience" if waits < 100 else "--timeout"
    assert f"after {waits:.0f} s ({option} waits longer)" in party.player.end().notes[0]


def test_a_row_of_pushes_that_may_be_missing_costs_its_time_once():
    """Of what a rule repeats one has come: the party goes on without the others, and says nothing of it."""
    tick = '{"method":"tick","params":{}}'
    rules = Rules.parse('[[rule]]\nmethod = "tick"\nrepeats = true', "r.toml")
    party = Party(capture(*[("<", tick)] * 4, (">", call("end"))), goes_on=True, patience=30.0, rules=rules)
    assert party.sends(0.0) == []
    assert party.hears(tick, now=1.0)
    assert party.player.wake(1.0) == 3.0
    assert party.sends(3.0) == ["end"]
    assert party.player.end().notes == []


def test_a_run_is_over_when_what_is_awaited_does_not_come():
    """Though nothing can be done any more that was recorded."""
    script = capture((">", MESSAGE), ("<", UP), (">", MESSAGE), ("<", LOCKED), profile="aeternity")
    party = Party(script, goes_on=True, patience=3.0, endurance=100.0)
    assert party.sends(0.0) == ["channels.message"]
    party.hears(UP, now=1.0)
    assert party.sends(1.0) == ["channels.message"]
    assert party.sends(50.0) == []
    assert not party.player.over
    assert party.sends(102.0) == []
    assert party.player.over


def test_many_errors_cost_no_time():
    """A hundred calls that a node refuses are made without waiting once."""
    rows = [row for number in range(1, 101) for row in ((">", "a", number), ("<", "A", number))]
    party = Party(said(rows, http=False), goes_on=True)
    for number in range(1, 101):
        assert party.sends() == ["a"]
        party.hears(f'{{"jsonrpc":"2.0","id":{number},"error":{{"code":-1,"message":"no"}}}}')
    assert party.player.over
    assert len(party.player.end().unexpected) == 100


def test_an_error_without_an_id_answers_its_exchange():
    """As a server says that it could not read the request, with a status."""
    party = Party(said(ONE_AFTER_THE_OTHER, http=True))
    assert party.sends() == ["a"]
    assert not party.hears('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what"}}', 1)
    assert party.sends() == ["b"]


@pytest.mark.parametrize("body", ["", "<html>no</html>"])
def test_an_answer_over_http_that_is_no_json_rpc(body):
    """Nothing more comes in its exchange: the party goes on, and what was recorded never came."""
    party = Party(said(ONE_AFTER_THE_OTHER, http=True), goes_on=True)
    assert party.sends() == ["a"]
    if body:
        assert not party.hears(body, 1)
    party.hears("", 1)
    assert party.sends() == ["b"]
    assert [line.split(": ")[0] for line in party.player.end().unused] == ["r.jsonl:4", "r.jsonl:6"]


def test_a_notification_over_http_is_over_when_it_is_accepted():
    """Its empty answer is waited for, like any other."""
    events = [
        Opened(session=1, party="client", url="http://n/"),
        frame(b'{"method":"note"}', session=1, direction="to_node", exchange=1),
        Frame(session=1, direction="from_node", exchange=1, status=202, text=""),
        frame(call("b", 2).encode(), session=1, direction="to_node", exchange=2),
        frame(result("B", 2).encode(), session=1, direction="from_node", exchange=2),
    ]
    party = Party(read(Header(format=2, run="r", recorder="0"), events))
    assert party.sends() == ["note"]
    assert party.sends() == []
    assert party.hears("", 1)
    assert party.sends() == ["b"]
    assert party.hears(result("B", 2), 2)
    assert party.player.over
    assert party.player.end().ok


def test_a_batch_is_sent_as_one():
    """Its answers come in any order, in one frame or in several, and are each that of its member."""
    recorded = capture(
        (">", f"[{call('a')},{call('b', 2)}]"), ("<", f"[{result('A')},{result('B', 2)}]"), (">", call("c"))
    )
    for heard in ([f"[{result('B', 2)},{result('A')}]"], [result("B", 2), result("A")]):
        party = Party(recorded, mode="strict")
        assert party.sends() == ["a+b"]
        assert [party.hears(text) for text in heard] == [True] * len(heard)
        assert party.sends() == ["c"]


def test_what_a_push_says_otherwise_stops_nobody():
    """A push that differs is the one that was awaited, and another one is not."""
    push = '{"jsonrpc":"2.0","method":"push","params":[%d]}'
    recorded = capture((">", call("a")), ("<", push % 1), ("<", result("A")), (">", call("b", 2)))
    party = Party(recorded, mode="strict")
    assert party.sends() == ["a"]
    assert not party.hears(push % 2)
    assert party.hears(result("A"))
    assert party.sends() == ["b"]
    party = Party(recorded, mode="strict")
    party.sends()
    assert not party.hears('{"jsonrpc":"2.0","method":"other"}')
    assert party.hears(result("A"))
    assert party.sends() == []


def test_a_session_ends_as_it_was_recorded():
    """With its code and reason, without a code, or without a Close frame."""
    for closed in (
        Closed(session=1, code=4001, reason="bye"),
        Closed(session=1, code=1005),
        Closed(session=1, code=1006, lost="reset"),
    ):
        events = [Opened(session=1, party="client", url="ws://n/x?y=1"), closed]
        player = Party(read(Header(format=2, run="r", recorder="0"), events)).player
        assert list(player.due(1.0)) == [Open(1, "/x?y=1"), Close(1, closed.code, closed.reason, closed.lost)]
        assert player.over


def test_an_empty_batch_is_an_answer():
    """A server may send one where nothing in a batch wants an answer."""
    party = Party(capture((">", '[{"method":"a"}]', 1), ("<", "[]", 1), (">", call("b", 2), 2), url="http://n/"))
    assert party.sends() == ["a"]
    assert party.hears("[]", 1)
    assert party.sends() == ["b"]


def test_what_answers_one_call_is_never_taken_for_what_answers_another():
    """A stream that goes on where its recorded client had left says no more than that."""
    first, second = [(">", call("run"), 1), ("<", result("a"), 1)], [(">", call("run", 2), 2)]
    second += [("<", result(value, 2), 2) for value in "bc"]
    party = Party(capture(*first, *second, url="http://n/"))
    assert party.sends() == ["run"]
    assert party.hears(result("a"), 1)
    assert not party.hears(result("b"), 1)
    assert party.sends() == ["run"]
    assert [party.hears(result(value, 2), 2) for value in "bc"] == [True, True]

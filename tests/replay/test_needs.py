"""What each frame of a node waits for."""

import pytest
from mocking import Mock, capture
from msgspec.structs import replace

from recorder.capture import frame
from recorder.model import SECOND, Header, Opened
from recorder.replay import PlaySettings, Send
from recorder.replay.needs import Needs
from recorder.replay.patience import BEHIND
from recorder.replay.plan import Plan
from recorder.timeline import read
from recorder.timeline.script import NODE


def needs(*said, **more):
    """By the place of each frame of the node (from 1), what it needs and what it wants, in order."""
    plan = Plan(capture(*said, **more), PlaySettings(ends=frozenset({NODE})))
    found = {step.index: plan.needs(step) for step in plan.script.steps if step.direction == "from_node"}
    return {index: (sorted(one.needed), sorted(one.wanted)) for index, one in found.items()}


A, B, PUSH = (
    '{"id":1,"method":"a"}',
    '{"id":2,"method":"b"}',
    '{"method":"push"}',
)
TO_A, TO_B = '{"id":1,"result":0}', '{"id":2,"result":0}'


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([(">", A), ("<", TO_A)], {2: ([1], [])}),
        ([(">", A), (">", B), ("<", TO_B), ("<", TO_A)], {3: ([2], []), 4: ([1], [])}),
        ([(">", f"[{A},{B}]"), ("<", f"[{TO_B},{TO_A}]")], {2: ([1], [])}),
        ([(">", A), (">", B), ("<", f"[{TO_B},{TO_A}]")], {3: ([1, 2], [])}),
        ([("<", PUSH)], {1: ([0], [])}),
        ([(">", A), (">", B), ("<", PUSH)], {3: ([2], [])}),
        ([(">", A), ("<", PUSH), ("<", PUSH), ("<", TO_A)], {2: ([1], []), 3: ([1], [2]), 4: ([1], [])}),
        ([("<", TO_A)], {1: ([0], [])}),
    ],
)
def test_what_a_frame_needs(said, found):
    """An answer its request, a push what a party did last before it; it comes after the push before it."""
    assert needs(*said) == found


def test_a_push_over_http_needs_its_exchange():
    """Whatever was asked meanwhile in others."""
    said = [(">", A, 1), (">", B, 2), ("<", PUSH, 1), ("<", PUSH, 2), ("<", PUSH, 1), ("<", TO_A, 1)]
    assert needs(*said, url="http://n/") == {3: ([1], []), 4: ([2], []), 5: ([1], [3]), 6: ([1], [])}


def test_a_protocol_that_goes_in_lockstep():
    """What all have done before is wanted as well: its node does one thing after the other, pings aside."""
    ping = '{"method":"channels.system","params":{"action":"ping"}}'
    pong = '{"method":"channels.system.pong","params":{}}'
    said = [(">", A), (">", ping), ("<", PUSH), ("<", pong), (">", B), ("<", TO_B), ("<", TO_A)]
    assert needs(*said, profile="aeternity") == {
        3: ([1], [1]),
        4: ([2], [1, 3]),
        6: ([5], [3, 5]),
        7: ([1], [5, 6]),
    }


@pytest.mark.parametrize(
    ("pending", "needed", "wanted"),
    [([1, 2, 3], {1, 2}, {3}), ([3], set(), {3}), ([], set(), set()), ([2], {2}, set())],
)
def test_what_is_still_to_happen(pending, needed, wanted):
    """Nothing is wanted that is needed."""
    assert Needs(frozenset({1, 2}), frozenset({2, 3})).among(pending) == Needs(frozenset(needed), frozenset(wanted))


def before(*said, **more):
    """By the place of each answer, what is to happen before it besides its request."""
    script = capture(*said, **more)
    steps, back = script.steps, Plan(script, PlaySettings(ends=frozenset({NODE}))).back
    answers = (part for step in steps if step.direction == "from_node" for part in step.parts if part.request)
    return {part.step.index: sorted(back.before(part)) for part in answers}


def test_what_a_node_asks_before_it_answers():
    """The reply to it comes first; what it asked before, or was told after, does not."""
    question, reply = '{"id":9,"method":"q"}', '{"id":9,"result":0}'
    assert before((">", A), ("<", question), (">", reply), ("<", TO_A)) == {4: [3]}
    assert before(("<", question), (">", A), (">", reply), ("<", TO_A)) == {4: []}
    assert before((">", A), ("<", question), ("<", TO_A), (">", reply)) == {3: []}
    assert before((">", A), ("<", question), ("<", TO_A)) == {3: []}
    assert before((">", A), (">", B), ("<", question), (">", reply), ("<", TO_B), ("<", TO_A)) == {5: [4], 6: [4]}


def test_what_a_node_was_told_before_it_says_something_by_itself():
    """All replies since the push before are wanted, in whatever order they come."""
    asked = [("<", f'{{"id":{at},"method":"q"}}') for at in (8, 9)]
    told = [(">", f'{{"id":{at},"result":0}}') for at in (8, 9)]
    said = needs((">", A), ("<", TO_A), *asked, *told, ("<", PUSH), ("<", PUSH))
    assert {at: said[at] for at in (7, 8)} == {7: ([6], [4, 5, 6]), 8: ([6], [7])}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([(">", A), ("<", PUSH), ("<", TO_A)], {}),
        ([(">", A), (">", B), ("<", PUSH), ("<", PUSH), ("<", TO_B), ("<", TO_A)], {6: 4}),
        ([(">", A), (">", B), ("<", TO_A), ("<", PUSH), ("<", TO_B)], {}),
        ([(">", B), (">", A), ("<", PUSH), ("<", TO_A), ("<", TO_B)], {5: 3}),
    ],
)
def test_what_is_said_before_an_answer_when_its_client_had_said_more(said, found):
    """The last push that came then. One that comes of the request itself comes first anyway."""
    beside = Plan(capture(*said), PlaySettings(ends=frozenset({NODE}))).back.beside
    assert {answer.step.index: push for answer, push in beside.items()} == found


def test_what_was_said_long_after_a_request_is_not_said_beside_it():
    """Its client had a clock of its own, for which no answer waits."""
    for gap, count in ((BEHIND, 1), (2 * BEHIND, 0)):
        script = capture((">", A), (">", B), ("<", PUSH), ("<", TO_A))
        for step in script.steps[2:]:
            step.event = replace(step.event, time=int(gap * SECOND))
        assert len(Plan(script, PlaySettings(ends=frozenset({NODE}))).back.beside) == count


def test_what_a_stream_says_before_it_answers():
    """Over HTTP an answer is the end of its stream, so that all in it comes first."""
    said = [(">", A, 1), (">", B, 2), ("<", PUSH, 1), ("<", PUSH, 2), ("<", TO_A, 1), ("<", TO_B, 2)]
    assert before(*said, url="http://n/") == {5: [3], 6: [4]}


def test_what_a_node_says_of_a_call_before_it_answers():
    """Reports come before the answer to their call, and wait for no other call."""
    calls = [f'{{"id":{at},"method":"do","params":{{"token":{at + 6}}}}}' for at in (1, 2)]
    told = [f'{{"method":"told","params":{{"token":{at + 6}}}}}' for at in (1, 2)]
    said = [*((">", one) for one in calls), *(("<", one) for one in told * 2), ("<", TO_B), ("<", TO_A)]
    assert before(*said) == {7: [4, 6], 8: [3, 5]}
    found = {at: one for at, one in needs(*said).items() if at < 7}
    assert found == {3: ([1], []), 4: ([2], []), 5: ([1], [3]), 6: ([2], [4])}


def two_sessions(*said):
    """A script of two sessions: who (a session, and `>` or `<`), and what."""
    events = [Opened(session=number, party=f"client-{number}", url="ws://n/") for number in (1, 2)]
    ways = {">": "to_node", "<": "from_node"}
    events += [frame(text.encode(), session=session, direction=ways[way]) for session, way, text in said]
    return read(Header(format=2, run="r", recorder="0", profile="generic"), events)


STOP, DONE, TOLD = (
    '{"jsonrpc":"2.0","id":1,"method":"stop"}',
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","method":"told"}',
)


def test_an_answer_waits_for_what_another_party_makes_the_node_say_before_it():
    """Else its client would have gone before that comes; where the other is not there, nobody waits for it."""
    script = two_sessions((1, ">", STOP), (2, ">", STOP), (1, "<", TOLD), (1, "<", DONE), (2, "<", DONE))
    mock = Mock(script)
    assert mock.hears(STOP) == []
    said = [(one.session, one.payload.decode()) for one in mock.hears(STOP, session=2)]
    assert said == [(1, TOLD), (1, DONE), (2, DONE)]
    alone = Mock(script)
    alone.player.closed(2, alone.now)
    assert [one.payload.decode() for one in alone.hears(STOP) if isinstance(one, Send)] == [TOLD, DONE]


def test_a_push_follows_the_last_thing_that_its_own_party_had_done():
    """Though another party had done something after that when it was recorded."""
    script = two_sessions((1, ">", STOP), (2, ">", STOP), (1, "<", DONE), (2, "<", DONE), (1, "<", TOLD))
    mock = Mock(script)
    assert [one.payload.decode() for one in mock.hears(STOP, session=2)] == [DONE]
    assert [one.payload.decode() for one in mock.hears(STOP)] == [DONE, TOLD]


def test_what_first_brings_the_id_in_an_answer_comes_of_that_call_and_before_it():
    """Though its party had called something else meanwhile."""
    created = '{"jsonrpc":"2.0","method":"attached","params":{"targetId":"2ABEF055529A292675D7933DFAC4D2EE"}}'
    answer = '{"jsonrpc":"2.0","id":1,"result":{"targetId":"2ABEF055529A292675D7933DFAC4D2EE"}}'
    other, heard = '{"jsonrpc":"2.0","id":2,"method":"get"}', '{"jsonrpc":"2.0","id":2,"result":{}}'
    mock = Mock(capture((">", STOP), (">", other), ("<", created), ("<", answer), ("<", heard)))
    assert [one.payload.decode() for one in mock.hears(STOP)] == [created, answer]
    assert [one.payload.decode() for one in mock.hears(other)] == [heard]

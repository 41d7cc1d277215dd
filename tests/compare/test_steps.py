"""Which step of a session is which of the other's."""

import pytest

from recorder.capture import frame
from recorder.compare.alignment import Likeness
from recorder.compare.differences import kinds_of
from recorder.compare.shapes import Shapes
from recorder.compare.steps import Pairing, Ways, asks
from recorder.model import Closed, Frame, Header, Opened
from recorder.rules import NO_RULES
from recorder.timeline import read

TO, FROM = "to_node", "from_node"


def put(text, direction=TO, exchange=0):
    """A frame."""
    return frame(text.encode(), session=1, direction=direction, exchange=exchange)


def ask(identity, method, *params, exchange=0, direction=TO):
    """A request."""
    return put(f'{{"id":{identity},"method":"{method}","params":{list(params)}}}', direction, exchange)


def answer(identity, result, exchange=0, direction=FROM):
    """An answer."""
    return put(f'{{"id":{identity},"result":{result}}}', direction, exchange)


def error(identity, exchange=0):
    """A refusal."""
    return put(f'{{"id":{identity},"error":{{"code":1}}}}', FROM, exchange)


def push(method, exchange=0):
    """What the node says by itself."""
    return put(f'{{"method":"{method}"}}', FROM, exchange)


def script(*events, profile="auto"):
    """A script of a session."""
    return read(Header(format=1, run="x", recorder="0", profile=profile), events)


def paired(recorded, live, repeated=lambda _step: None, profile="auto"):
    """Places of the steps that are each other's, those that are missing, those that are extra."""
    ours, theirs = script(*recorded, profile=profile), script(*live, profile=profile)
    shapes = tuple(Shapes(one, kinds_of(one, NO_RULES), "origin") for one in (ours, theirs))
    likeness = Likeness(
        lambda step: step.label, lambda one, other: 1 if one.label == other.label else None, anywhere=True
    )
    found = Pairing(Ways(shapes, likeness, repeated=repeated), {}).of(list(ours.steps), list(theirs.steps))
    pairs = sorted((one.index, other.index) for one, other in found.pairs)
    return pairs, [step.index for step in found.missing], [step.index for step in found.extra]


def test_answers_go_with_their_requests():
    """Whatever they say, in whatever order they come, whatever ids the other end took."""
    recorded = [ask(1, "a"), ask(2, "b"), answer(1, 1), answer(2, 2)]
    live = [ask(8, "b"), ask(9, "a"), answer(8, 1), error(9)]
    assert paired(recorded, live) == ([(0, 1), (1, 0), (2, 3), (3, 2)], [], [])


def test_requests_are_paired_by_what_they_say():
    """Those of the same shape first, then the nearest of the method."""
    recorded = [ask(1, "a", 1), ask(2, "a", 2), answer(1, 1), answer(2, 2)]
    live = [ask(1, "a", 2), ask(2, "a", 3), answer(1, 2), answer(2, 2)]
    assert paired(recorded, live)[0] == [(0, 1), (1, 0), (2, 3), (3, 2)]


def test_an_answer_is_never_that_of_another_request():
    """Though both say the same."""
    recorded, live = [ask(1, "a"), answer(1, 1)], [ask(1, "b"), answer(1, 1)]
    assert paired(recorded, live) == ([], [0, 1], [0, 1])


def test_an_answer_to_nobody_is_whose_request_has_none():
    """Its id is another; or the request was not recorded, or did not come."""
    assert paired([ask(1, "a"), answer(1, 1)], [ask(1, "a"), answer(7, 1)])[0] == [(0, 0), (1, 1)]
    assert paired([ask(1, "a"), answer(1, 1)], [answer(1, 1)]) == ([(1, 0)], [0], [])
    assert paired([answer(1, 1)], [ask(1, "a"), answer(1, 1)]) == ([(0, 1)], [], [0])


def test_both_ends_may_ask():
    """With the same id."""
    recorded = [ask(1, "a"), ask(1, "b", direction=FROM), answer(1, 3, direction=TO), answer(1, 4)]
    assert paired(recorded, recorded)[0] == [(at, at) for at in range(4)]


def test_batches():
    """A batch is the same though its members came in another order."""
    recorded = [
        put('[{"id":1,"method":"a"},{"id":2,"method":"b"}]'),
        put('[{"id":1,"result":1},{"id":2,"result":2}]', FROM),
    ]
    live = [
        put('[{"id":7,"method":"b"},{"id":8,"method":"a"}]'),
        put('[{"id":8,"result":1},{"id":7,"result":2}]', FROM),
    ]
    assert paired(recorded, live)[0] == [(0, 0), (1, 1)]


def http(*events):
    """A session over HTTP."""
    return [Opened(session=1, party="a", url="http://n/"), *events]


EMPTY = Frame(session=1, direction=FROM, exchange=1, status=202, text="")


def test_pushes_stay_in_their_exchange():
    """Those of two calls that were in flight together may come in any order."""
    recorded = http(ask(1, "a", exchange=1), ask(2, "b", exchange=2), push("p", 1), push("p", 2))
    live = http(ask(1, "b", exchange=1), ask(2, "a", exchange=2), push("p", 1), push("p", 2))
    assert paired(recorded, live)[0] == [(0, 0), (1, 2), (2, 1), (3, 4), (4, 3)]


def test_a_push_may_come_in_another_exchange():
    """Where it has none in its own."""
    recorded = http(ask(1, "a", exchange=1), ask(2, "b", exchange=2), push("p", 1))
    live = http(ask(1, "a", exchange=1), ask(2, "b", exchange=2), push("p", 2))
    assert paired(recorded, live)[0][-1] == (3, 3)


def test_what_answers_over_http_without_saying_so():
    """An empty body, a page in the place of a result; empty ones are paired by nothing else."""
    recorded = http(put('{"method":"n"}', exchange=1), EMPTY)
    assert paired(recorded, recorded)[0] == [(0, 0), (1, 1), (2, 2)]
    recorded, live = (
        http(ask(1, "a", exchange=1), answer(1, 1, exchange=1)),
        http(ask(1, "a", exchange=1), put("no", FROM, 1)),
    )
    assert paired(recorded, live) == ([(0, 0), (1, 1), (2, 2)], [], [])
    assert paired(http(EMPTY), http()) == ([(0, 0)], [1], [])


@pytest.mark.parametrize(
    ("recorded", "live", "pairs"),
    [(1, 3, [(0, 2)]), (3, 1, [(2, 0)]), (3, 3, [(0, 0), (1, 1), (2, 2)]), (3, 5, [(0, 0), (1, 1), (2, 4)])],
)
def test_what_is_repeated_is_counted_from_both_ends(recorded, live, pairs):
    """The first with the first, the last with the last; what is asked for differently apart."""
    polls = [push("p")] * recorded, [push("p")] * live
    assert paired(*polls, repeated=lambda _step: "rule")[0] == pairs
    two = [push("p"), put('{"method":"p","params":1}', FROM)]
    assert paired(two, [two[1], two[0]], lambda _step: "rule")[0] == [(0, 1), (1, 0)]


def test_in_lockstep_an_answer_without_an_id_comes_in_its_turn():
    """Of two calls that are the same, one was not answered: the other's answer is its own."""
    request = put('{"method":"channels.x","params":{"a":1}}')
    refusal = put('{"id":null,"error":{"code":3,"request":{"method":"channels.x","params":{"a":1}}}}', FROM)
    other = put('{"method":"channels.info","params":{"data":{"event":"open"}}}', FROM)
    recorded = [request, refusal, other, request, refusal]
    assert paired(recorded, [request, other, request, refusal], profile="aeternity") == (
        [(0, 0), (2, 1), (3, 2), (4, 3)], [1], [],
    )  # fmt: skip


def test_asks():
    """What asks or tells, rather than to answer."""
    steps = script(
        Opened(session=1, party="a"), ask(1, "a"), answer(1, 1), put("x"), answer(9, 1), EMPTY, Closed(session=1)
    ).steps
    assert [asks(step) for step in steps] == [False, True, False, True, False, False, False]

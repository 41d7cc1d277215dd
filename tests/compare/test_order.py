"""What depends on what."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture import frame
from recorder.compare import compare, order
from recorder.compare.order import out_of_order
from recorder.model import Closed, Frame, Header, Opened
from recorder.timeline import read

TO, FROM = "to_node", "from_node"


def found(events, came, row=lambda _step: "", profile="auto"):
    """The findings when steps came in this order, as places in the recorded one."""
    script = read(Header(format=1, run="x", recorder="0", profile=profile), events)
    places = {index: place for place, index in enumerate(came)}
    pairs = [(step, script.steps[places[step.index]]) for step in script.steps if step.index in places]
    return [(one.index, other.index) for (one, _live), other, _more in out_of_order(script, pairs, row)]


def put(session, direction, text, exchange=0):
    """A frame."""
    return frame(text.encode(), session=session, direction=direction, exchange=exchange)


def ask(identity, exchange=0, session=1):
    """A request of a party."""
    return put(session, TO, f'{{"id":{identity},"method":"m {identity}"}}', exchange)


def answer(identity, exchange=0, session=1):
    """Its answer."""
    return put(session, FROM, f'{{"id":{identity},"result":{identity}}}', exchange)


TELL, PUSH = put(1, TO, '{"method":"told"}'), put(1, FROM, '{"method":"push"}')


@pytest.mark.parametrize(
    ("events", "came", "wrong"),
    [
        ([ask(1), answer(1)], [1, 0], [(1, 0)]),
        ([ask(1), answer(1), ask(2), answer(2)], [2, 3, 0, 1], [(2, 0)]),
        ([ask(1), answer(1), ask(2), answer(2)], [0, 2, 3, 1], []),
        ([ask(1), ask(2), answer(1), answer(2)], [1, 0, 3, 2], []),
        ([ask(1), ask(2), answer(2), answer(1)], [0, 1, 3, 2], []),
        ([ask(1), answer(1), ask(2), answer(2)], [2, 0, 3, 1], []),
        ([ask(1), answer(1), ask(2), answer(2)], [2, 0, 1, 3], []),
        ([ask(1), ask(2), answer(1), ask(3)], [1, 3, 0, 2], [(3, 0)]),
        ([ask(1), ask(2)], [1, 0], []),
        ([ask(1), TELL], [1, 0], [(1, 0)]),
        ([TELL, ask(1)], [1, 0], [(1, 0)]),
        ([PUSH, put(1, FROM, '{"method":"other"}')], [1, 0], [(1, 0)]),
        ([ask(1), PUSH, answer(1)], [0, 2, 1], []),
        ([ask(1), answer(1), answer(1), put(1, FROM, '{"id":1,"result":"third"}')], [0, 1, 3, 2], [(3, 2)]),
        ([ask(1), answer(1), answer(1), ask(2), answer(2)], [0, 1, 3, 4, 2], []),
        ([ask(1), PUSH], [1, 0], []),
        ([put(1, FROM, '{"method":"push"}'), put(2, FROM, '{"method":"push"}')], [1, 0], []),
    ],
)
def test_over_a_websocket(events, came, wrong):
    """A request after those whose answers were seen before, an answer after its request; what is told keeps its place."""
    assert found(events, came) == wrong


def test_an_exchange_that_begins_with_what_its_node_says():
    """As one has that is written by hand: what came before a call answers another."""
    events = [answer(9, 1), ask(1, 1), ask(2, 2), answer(2, 2)]
    assert found(events, [0, 1, 2, 3]) == []
    assert found(events, [0, 2, 3, 1]) == []


HTTP_TELL = put(1, TO, '{"method":"told"}', 1)
ACCEPTED = Frame(session=1, direction=FROM, exchange=1, status=202, text="")
REFUSED = put(1, FROM, "no", 1)


@pytest.mark.parametrize(
    ("events", "came", "wrong"),
    [
        ([ask(1, 1), ask(1, 2), answer(1, 1), answer(1, 2)], [1, 0, 3, 2], []),
        ([ask(1, 1), answer(1, 1), ask(1, 2), answer(1, 2)], [2, 3, 0, 1], [(2, 0)]),
        ([HTTP_TELL, ask(1, 2), ACCEPTED], [1, 0, 2], []),
        ([HTTP_TELL, ACCEPTED, ask(1, 2)], [2, 0, 1], [(2, 0)]),
        ([ask(1, 1), REFUSED, ask(1, 2)], [2, 0, 1], [(2, 0)]),
        ([put(1, FROM, '{"method":"x"}', 1), put(1, FROM, '{"method":"y"}', 2)], [1, 0], []),
        ([put(1, FROM, '{"method":"x"}', 1), put(1, FROM, '{"method":"y"}', 1)], [1, 0], [(1, 0)]),
    ],
)
def test_over_http(events, came, wrong):
    """What was sent before anything came back was concurrent; each exchange is a row of its own."""
    assert found([Opened(session=1, party="a", url="http://n/"), *events], [0, *(at + 1 for at in came)]) == [
        (one + 1, other + 1) for one, other in wrong
    ]


REPLY = put(1, FROM, '{"method":"a.reply"}')
ERROR = put(1, FROM, '{"id":null,"error":{"request":{"method":"a"}}}')
SIGN = put(1, FROM, '{"method":"x.sign.deposit_tx"}')
DEPOSIT = put(1, TO, '{"method":"x.deposit"}')
ASK = put(1, TO, '{"id":1,"method":"a"}')


@pytest.mark.parametrize(
    "events",
    [[ASK, answer(1)], [ASK, REPLY], [ASK, ERROR], [DEPOSIT, SIGN], [PUSH, SIGN], [ASK, DEPOSIT], [PUSH, answer(9)]],
)
def test_in_lockstep_all_has_an_order(events):
    """All that an end says; a reply and its request, by id, method, or the request it quotes; a push and its cause."""
    assert found(events, [0, 1], profile="aeternity") == []
    assert found(events, [1, 0], profile="aeternity") == [(1, 0)]


def test_a_partys_next_session_comes_after_the_last():
    """It cannot come back before it has left."""
    events = [Opened(session=1, party="a"), Closed(session=1), Opened(session=2, party="a")]
    assert found(events, [2, 0, 1]) == [(2, 1)]
    assert found([*events[:2], Opened(session=2, party="b")], [2, 0, 1]) == []


def test_one_frame_in_another_place_is_one_finding():
    """However many it has overtaken."""
    events = [put(1, FROM, f'{{"method":"{name}"}}') for name in "abcde"]
    assert found(events, [4, 0, 1, 2, 3]) == [(4, 0)]
    assert found(events, [1, 2, 3, 0, 4]) == [(0, 1)]
    calls = list(itertools.chain.from_iterable((ask(number), answer(number)) for number in range(4)))
    assert found(calls, [6, 7, 0, 1, 2, 3, 4, 5]) == [(6, 0)]


def test_rows_of_their_own():
    """What has another row, or none, may come at any time."""
    events = [PUSH, put(1, FROM, '{"method":"sign"}')]
    assert found(events, [1, 0], lambda step: "chain" if step.name == "push" else "") == []
    assert found(events, [1, 0], lambda step: None if step.name == "push" else "") == []


JOBS = ["0b2f6e8e-5f8b-4a39-9c5e-1f1f5d1a0001", "0b2f6e8e-5f8b-4a39-9c5e-1f1f5d1a0002"]


def about(job, step):
    """A push that is about a job."""
    return put(1, FROM, f'{{"method":"progress","params":{{"jobId":"{JOBS[job]}","step":{step}}}}}')


@pytest.mark.parametrize("session", [1, 2])
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    ("came", "differences"), [([0, 1, 2, 3], 0), ([0, 2, 1, 3], 0), ([2, 3, 0, 1], 0), ([1, 0, 2, 3], 1)]
)
def test_what_happens_to_two_things_has_no_order(session, later, came, differences):
    """What happens to one of them has: to whoever listens, whoever has begun them, and whenever that is answered."""
    started = [ask(number, session=session) for number in (1, 2)]
    named = [
        put(session, FROM, f'{{"id":{number + 1},"result":{{"jobId":"{job}"}}}}') for number, job in enumerate(JOBS)
    ]
    pushes = [about(0, 1), about(0, 2), about(1, 1), about(1, 2)]
    header = Header(format=1, run="x", recorder="0", profile="generic")
    begun = [*(Opened(session=number, party=f"client-{number}", url="ws://n") for number in (1, 2)), *started]
    one, other = (
        read(header, [*begun, *told, *named] if later else [*begun, *named, *told])
        for told in (pushes, [pushes[place] for place in came])
    )
    assert [finding.kind for finding in compare(one, other).findings] == ["order"] * differences


def done(job):
    """A push about a job."""
    return about(job, 9)


def forget(job):
    """A call about it, and its answer."""
    params = f'{{"jobId":"{JOBS[job]}"}}'
    return put(1, TO, f'{{"id":{job + 3},"method":"forget","params":{params}}}'), answer(job + 3)


@pytest.mark.parametrize(
    ("came", "differences"),
    [
        ([done(1), *forget(1), done(0), *forget(0)], []),
        ([done(1), done(0), *forget(1), *forget(0)], []),
        ([done(0), done(1), *forget(1), *forget(0)], ["order"]),
        ([*forget(1), *forget(0), done(0), done(1)], ["order"]),
    ],
)
def test_calls_go_on_about_what_came_in_the_order_in_which_it_came(came, differences):
    """Two jobs that end in another order are forgotten in another; if they do not, their client has changed."""
    header = Header(format=1, run="x", recorder="0", profile="generic")
    named = [put(1, FROM, f'{{"id":{number + 1},"result":{{"jobId":"{job}"}}}}') for number, job in enumerate(JOBS)]
    begun = [Opened(session=1, party="a", url="ws://n"), ask(1), ask(2), *named]
    recorded = [done(0), *forget(0), done(1), *forget(1)]
    one, other = (read(header, [*begun, *told]) for told in (recorded, came))
    assert [finding.kind for finding in compare(one, other).findings] == differences


def event(call, number):
    """A further result of a call, as of one that has subscribed."""
    return put(1, FROM, f'{{"id":{call},"result":{{"event":{number}}}}}')


@pytest.mark.parametrize(
    ("came", "differences"),
    [
        ([(1, 1), (1, 2), (2, 1), (2, 2)], []),
        ([(1, 1), (2, 1), (1, 2), (2, 2)], []),
        ([(2, 1), (2, 2), (1, 1), (1, 2)], []),
        ([(1, 2), (1, 1), (2, 1), (2, 2)], ["order"]),
        ([(1, 1), (1, 2), (2, 1), (1, 2)], ["changed"]),
    ],
)
@pytest.mark.parametrize("open_calls", [0, 2])
def test_further_results_of_two_calls_have_no_order(open_calls, came, differences):
    """Those of one call have, also while others are open; one that came of the other call is another."""
    header = Header(format=1, run="x", recorder="0", profile="generic")
    subscribed = [put(1, TO, f'{{"id":{call},"method":"subscribe"}}') for call in (1, 2)]
    begun = [Opened(session=1, party="a", url="ws://n"), *subscribed, answer(1), answer(2)]
    calls = range(3, 3 + open_calls)
    one, other = (
        read(header, [*begun, *map(ask, calls), *(event(*of) for of in told), *map(answer, calls)])
        for told in ([(1, 1), (1, 2), (2, 1), (2, 2)], came)
    )
    assert [finding.kind for finding in compare(one, other).findings] == differences


@pytest.mark.parametrize(("calls", "differences"), [(2, 0), (1, 1)])
def test_what_may_be_of_any_of_several_calls_has_no_order(calls, differences):
    """Nothing tells which log line is of which call; while only one is open, all are of that."""
    header, opened = (
        Header(format=1, run="x", recorder="0", profile="generic"),
        Opened(session=1, party="a", url="ws://n"),
    )
    asked, answered = [ask(1), ask(2)][:calls], [answer(1), answer(2)][:calls]
    logged = [put(1, FROM, f'{{"method":"log","params":{{"text":"{word}"}}}}') for word in ("one", "two")]
    one, other = (read(header, [opened, *asked, *told, *answered]) for told in (logged, logged[::-1]))
    assert [finding.kind for finding in compare(one, other).findings] == ["order"] * differences


@pytest.mark.timeout(20)
@pytest.mark.parametrize("events", [[put(1, FROM, f'{{"method":"push {number}"}}') for number in range(3000)]])
def test_a_session_that_came_backwards_takes_no_longer_than_it_must(events):
    """Millions of pairs are in another order, and all of them are one finding."""
    assert len(found(events, [*reversed(range(3000))])) == 1


items = st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.integers(0, 12)), min_size=2, max_size=9)


@given(items, st.randoms())
def test_the_counting_is_that_of_all_pairs(lengths, chance):
    """Which steps belong to one finding, and how many each has overtaken."""
    lives = chance.sample(range(len(lengths)), len(lengths))
    lane = [
        order._Item(
            at,
            at if strict else at + length,
            strict=strict,
            live=lives[at],
            over=lives[at] if strict else lives[at] + again,
        )
        for at, (length, strict, again) in enumerate(lengths)
    ]
    knots = order._Knots()
    order._inversions(lane, knots)
    wrong = [(one, other) for one in lane for other in lane if one.overtaken(other)]
    counts = {item.start: sum(item in edge for edge in wrong) for item in lane}
    assert knots.counts == {start: count for start, count in counts.items() if count}
    groups = {item.start: {item.start} for pair in wrong for item in pair}
    for one, other in wrong:
        joined = groups[one.start] | groups[other.start]
        groups.update(dict.fromkeys(joined, joined))
    assert sorted(map(tuple, knots)) == sorted({tuple(sorted(group)) for group in groups.values()})

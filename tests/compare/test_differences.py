"""In what two steps differ, and what stands for what."""

from urllib.parse import quote

import channel
import pytest
from msgspec import structs

from recorder.capture import frame
from recorder.compare.differences import Binding, Differences, Found, Scripts, Votes, content, members
from recorder.difference import Difference, path_text
from recorder.model import UNRECORDED, Closed, Frame, Header, Opened
from recorder.profiles import PROFILES
from recorder.rules import NO_RULES
from recorder.timeline import read

LIFE = channel.live()
TO, FROM = "to_node", "from_node"


def script(*events, profile="aeternity"):
    """A script of events."""
    return read(Header(format=1, run="x", recorder="0", profile=profile), events)


def found(one, other, profile="aeternity"):
    """What there is to say of two events."""
    scripts = Scripts(script(one, profile=profile), script(other, profile=profile))
    return Differences(scripts, NO_RULES).at(scripts.recorded.steps[0], scripts.live.steps[0])


def closed(**fields):
    """A closing."""
    return Closed(session=1, **fields)


def put(text, direction=TO, **fields):
    """A frame."""
    return frame(text, session=1, direction=direction, **fields)


def opened(url=""):
    """An opening."""
    return Opened(session=1, party="a", url=url)


@pytest.mark.parametrize(
    ("one", "other", "paths"),
    [
        (closed(code=1000, time=1), closed(code=1011, reason="x", by="node", time=1), ["code", "reason", "by"]),
        (closed(code=1000), closed(code=1011), ["code"]),
        (closed(code=UNRECORDED, by=""), closed(code=1011), []),
        (closed(code=1011, time=1), closed(code=UNRECORDED, by="", time=1), []),
        (opened("ws://n/?x=1"), opened("ws://n/?x=2"), ["url.x"]),
        (opened("ws://n/?x=1"), opened("ws://n/"), ["url.x"]),
        (opened("ws://n/a"), opened("ws://n/b"), ["path"]),
        (opened("ws://n"), opened("ws://m/"), []),
        (opened(), opened("ws://n/?x=2"), []),
        (opened("ws://n/?port=1"), opened("ws://n/?port=2"), []),
        (put(b"hello"), put(b"hello"), []),
        (put(b"hello"), put(b"world"), [""]),
        (put(b"[]"), put(b"[ ]"), []),
        (put(b"[]"), put(b"[1]"), [""]),
        (put(b'{"a":1}'), put(b"world"), [""]),
        (put(b"world"), put(b'{"a":1}'), [""]),
        (put(b'{"id":1,"method":"m"}'), put(b'{"id":9,"method":"m"}'), []),
        (put(b'{"id":1,"method":"m"}'), put(b'{"method":"m"}'), ["id"]),
        (put(b'{"id":null,"method":"m"}'), put(b'{"method":"m"}'), ["id"]),
        (put(b'{"id":null,"method":"m"}'), put(b'{"id":null,"method":"m"}'), []),
        (put(b'[{"id":1,"method":"m"}]'), put(b'{"id":1,"method":"m"}'), [""]),
        (put(b'[{"method":"m"},{"method":"n"}]'), put(b'[{"method":"m"}]'), ["[1]"]),
        (put(b'[{"method":"m"}]'), put(b'[{"method":"m"},{"method":"n"}]'), ["[1]"]),
        (put(b'[1,{"method":"m","a":1}]'), put(b'[1,{"method":"m","a":2}]'), ["[1].a"]),
    ],
)
def test_differences(one, other, paths):
    """Of closings, openings and frames; what was not recorded is not compared."""
    assert [path_text(item.path) for item in found(one, other).differences] == paths


@pytest.mark.parametrize(
    "told", [closed(code=1006, lost="eof", time=1), closed(code=4001, reason="bye", by="node", time=1)]
)
def test_a_transcript_tells_no_code(told):
    """Whoever has read that a session closed knows no code that could differ, either way round."""
    untold = closed(code=UNRECORDED, by="")
    assert found(untold, told).differences == found(told, untold).differences == []


def test_a_capture_without_times_tells_its_codes():
    """As one that was written by hand."""
    one, other = closed(code=1000), closed(code=4001, by="node", time=1)
    assert [path_text(item.path) for item in found(one, other).differences] == ["code", "by"]


def test_status_of_http():
    """It is compared where both have one; an answer that is empty says nothing else."""
    one, other = (
        put(b'{"id":1,"result":1}', FROM, exchange=1),
        put(b'{"id":1,"result":1}', FROM, exchange=1, status=401),
    )
    assert [str(item) for item in found(one, other, "generic").differences] == [
        "status: 200 expected, 401 came (they must be equal)"
    ]
    empty = [Frame(session=1, direction=FROM, exchange=1, status=status, text="") for status in (202, 204)]
    assert [item.path for item in found(*empty, "generic").differences] == [("status",)]
    assert found(empty[0], empty[0]).differences == []
    over_websocket = put(b'{"id":1,"result":1}', FROM, status=401)
    assert found(one, over_websocket, "generic").differences == []
    assert [script(event).steps[0].bodiless for event in (*empty, one)] == [True, True, False]


def test_who_closed_a_session_that_a_call_ended():
    """Both ends close it then, and one is faster; where nobody asked for that it is a difference."""
    asked = put(b'{"id":1,"method":"session.end","params":{}}')
    one, other = (closed(code=code, by=by, time=1) for code, by in ((1000, "node"), (1005, "party")))
    ended, going = ([script(*before, close, profile="bidi") for close in (one, other)] for before in ((asked,), ()))
    for captures, count in ((ended, 0), (going, 2)):
        recorded, live = captures
        made = Differences(Scripts(recorded, live), NO_RULES)
        assert len(made.at(recorded.steps[-1], live.steps[-1]).differences) == count


def test_where_to_post_is_the_nodes_own_affair():
    """An endpoint that a stream names is another in each run; any other event is what it says."""
    one, other = (put(f"/p?id={number}".encode(), FROM, event_type="endpoint") for number in (1, 2))
    assert found(one, other, "mcp").differences == []
    assert [item.path for item in found(one, other, "generic").differences] == [()]


@pytest.mark.parametrize(
    ("one", "other", "bound"),
    [
        ("8f14e45fceea167a5a36dedd4bea2543", "00000000000000000000000000000001", 1),
        ("room", "00000000000000000000000000000001", 0),
        ("8f14e45fceea167a5a36dedd4bea2543", "room", 0),
    ],
)
def test_an_address_may_be_handed_out(one, other, bound):
    """What is opaque in the path of a URL is bound; words are compared."""
    told = found(opened(f"ws://n/x/{one}"), opened(f"ws://n/x/{other}"))
    assert (len(told.bound), len(told.differences)) == (bound, 1 - bound)


def state(life, *names):
    """A session that is opened again with the state of its channel."""
    url = f"ws://n/channel?role=initiator&initiator_id={life.accounts['initiator']}"
    return Opened(session=1, party="initiator", url=f"{url}&offchain_tx={quote(life.signed(life.offchain(2), *names))}")


def test_a_transaction_in_a_url_has_its_signers():
    """Of the session that comes back with a state, as of any frame."""
    responder = Opened(session=2, party="responder", url=f"ws://n/?responder_id={LIFE.accounts['responder']}")
    scripts = Scripts(*(script(responder, state(LIFE, name)) for name in ("initiator", "responder")))
    told = Differences(scripts, NO_RULES).at(*(one.steps[1] for one in scripts))
    assert [(path_text(one.path), one.rule, one.recorded) for one in told.differences] == [
        ("url.offchain_tx.signatures", "signature", "initiator")
    ]


def test_content():
    """What a protocol is asked about: a JSON value, the parameters of a URL, or bytes."""
    events = opened("ws://n/?a=1"), put(b'{"a":1}'), put(b"x"), closed()
    assert [content(step) for step in script(*events).steps] == [{"url": {"a": "1"}}, {"a": 1}, b"x", None]


def test_an_answer_has_the_id_of_its_request():
    """Where it has another, the live request's is what should have come."""
    asked, other = put(b'{"id":1,"method":"m"}'), put(b'{"id":8,"method":"m"}')
    recorded = script(asked, put(b'{"id":1,"result":1}', FROM))
    for identity, said in (
        (8, []),
        (9, [("id: 8 expected, 9 came (elsewhere another value stands for the recorded one)")]),
    ):
        live = script(other, put(b'{"id":%d,"result":1}' % identity, FROM))
        differences = Differences(Scripts(recorded, live), NO_RULES)
        differences.partners[recorded.steps[0].parts[0]] = live.steps[0].parts[0]
        told = differences.at(recorded.steps[1], live.steps[1])
        assert [str(item) for item in told.differences] == said


@pytest.mark.parametrize(
    ("recorded_id", "live_id", "said"),
    [
        (1, 8, []),
        (1, 9, ["id: 8 expected, 9 came (elsewhere another value stands for the recorded one)"]),
        (1, 1, ["id: 8 expected, 1 came (elsewhere another value stands for the recorded one)"]),
        (7, 8, ["id: 7 expected, 8 came (elsewhere another value stands for the recorded one)"]),
        (7, 9, []),
    ],
)
def test_an_answer_has_the_id_of_its_request_over_http_too(recorded_id, live_id, said):
    """Though it stands in the exchange of that request, whatever its id; where it never has, that is no difference."""
    asked = [put(b'{"id":%d,"method":"m"}' % identity, exchange=1) for identity in (1, 8)]
    answers = [put(b'{"id":%d,"result":1}' % identity, FROM, exchange=1) for identity in (recorded_id, live_id)]
    recorded, live = (script(*both) for both in zip(asked, answers, strict=True))
    differences = Differences(Scripts(recorded, live), NO_RULES)
    differences.partners[recorded.steps[0].parts[0]] = live.steps[0].parts[0]
    assert [str(item) for item in differences.at(recorded.steps[1], live.steps[1]).differences] == said


@pytest.mark.parametrize(
    ("time", "said"), [(5, ['opcode: "text" expected, "binary" came (they must be equal)']), (0, [])]
)
def test_a_frame_is_text_or_binary(time, said):
    """Which it is matters to clients; a document does not tell it, nor any time."""
    text, binary = (put(b'{"id":1}', time=time, opcode=opcode) for opcode in ("text", "binary"))
    assert [str(item) for item in found(text, binary).differences] == said


@pytest.mark.parametrize(
    ("live", "asked", "said"),
    [
        ("v2", 0, ['subprotocol: "v1" expected, "v2" came (they must be equal)']),
        ("", 7, ['subprotocol: "v1" expected, "" came (they must be equal)']),
        ("", 0, []),
        ("v1", 7, []),
    ],
)
def test_the_subprotocol_is_the_one_that_was_agreed_on(live, asked, said):
    """A client may want no other; a document does not tell it."""
    one, other = (
        structs.replace(opened("ws://n/"), **more)
        for more in ({"subprotocol": "v1"}, {"subprotocol": live, "asked": asked})
    )
    assert [str(item) for item in found(one, other).differences] == said


def test_members_of_batches_are_paired_by_their_requests():
    """Answers in any order; what is left, in order."""
    recorded = script(
        put(b'[{"id":1,"method":"a"},{"id":2,"method":"b"}]'), put(b'[{"id":1,"result":1},{"id":2,"result":2},3]', FROM)
    )
    live = script(
        put(b'[{"id":5,"method":"b"},{"id":6,"method":"a"}]'),
        put(b'[4,{"id":5,"result":2},{"id":6,"result":1},7]', FROM),
    )
    (asked, answers), (came, others) = recorded.steps, live.steps
    partners = {asked.parts[0]: came.parts[1], asked.parts[1]: came.parts[0]}
    assert list(members(asked, came, partners)) == [(0, 1), (1, 0)]
    assert list(members(answers, others, partners)) == [(0, 2), (1, 1), (2, 0), (None, 3)]


def bound(recorded, live, kind="ak", **fields):
    """A pair of values that must stand for each other."""
    return Binding(kind, Difference(("x",), "bound", recorded, live), **fields)


AETERNITY = script(opened())


def settled(*pairs, wrong=()):
    """What is decided by pairs, each a list of values that would have to stand for each other."""
    votes = Votes()
    for at, values in enumerate(pairs):
        differences = [Difference((), "value", 1, 2)] if at in wrong else []
        votes.count(at, Found(differences, [bound(*value) for value in values]))
    return votes.settled(AETERNITY)


def test_the_most_frames_decide():
    """One wrong value changes nothing, though it came first; where it stands is known."""
    decided = settled([("a", "wrong")], [("a", "x")], [("a", "x")])
    assert decided.live == {("ak", "a"): "x"}
    assert decided.wrong == {0}
    assert list(decided.changed) == [("ak", "a", "x")]


def test_a_frame_has_one_vote():
    """However often a value stands in it."""
    assert settled([("a", "y"), ("a", "y"), ("a", "y")], [("a", "x")], [("a", "x")]).live == {("ak", "a"): "x"}


def test_the_same_value_wins_a_tie():
    """A capture is more often compared with itself, changed, than with one that shares a value by chance."""
    assert settled([("a", "y")], [("a", "a")]).live == {("ak", "a"): "a"}


def test_a_frame_that_differs_counts_less():
    """What differs in one way may differ in another."""
    assert settled([("a", "y")], [("a", "x")], wrong=[0]).live == {("ak", "a"): "x"}


@pytest.mark.parametrize("kind", ["ak", "handed out", "handed out sessionid"])
def test_two_accounts_are_two(kind):
    """A live value stands for one recorded one; the other takes what is left. So it is of what was handed out."""
    decided = settled([("a", "x", kind), ("b", "x", kind)], [("a", "x", kind)], [("b", "y", kind)])
    assert decided.live == {(kind, "a"): "x", (kind, "b"): "y"}
    assert decided.wrong == {0}


def test_hashes_may_be_one():
    """Of kinds that are not one to one."""
    assert settled([("a", "x", "state_hash"), ("b", "x", "state_hash")]).wrong == frozenset()


def test_a_counter_jumps_once():
    """Where it leaves the row is known, with what it should have been; the row goes on from there."""
    rows = [[(recorded, live, "round")] for recorded, live in ((1, 11), (2, 12), (3, 20), (4, 21), (3, 20))]
    decided = settled(*rows)
    assert {key: (jump.expected, jump.pair) for key, jump in decided.jumps.items()} == {("round", 3): (13, 2)}
    twice = Found([], [bound(3, 20, "round"), bound(3, 20, "round")])
    assert [(item.recorded, item.live) for item in twice.under(decided, 2)] == [(13, 20)]
    assert twice.under(decided, 4) == []


def test_differences_are_told_in_their_order():
    """Those of values that must stand for each other at the place where they were met."""
    one, other = (Difference((name,), "value", 1, 2) for name in "ab")
    told = Found([one, other], [bound("a", "x", at=0), bound("a", "y", at=1), bound("c", "z", at=2)])
    decided = settled([("a", "x")], [("a", "x")], [("c", "z")])
    assert [(item.path, item.recorded) for item in told.under(decided, 0)] == [(("a",), 1), (("x",), "x"), (("b",), 1)]


def test_what_should_have_come_is_written_as_it_would_stand_there():
    """Where a value has several forms it is bound as one of them."""
    told = Found([], [bound("a", "y", written=str.upper)])
    ((item,), nothing) = (told.under(settled([("a", live)]), 0) for live in "xy")
    assert (item.recorded, item.live) == ("X", "Y")
    assert nothing == []


def test_what_is_compared_by_content_is_never_bound():
    """Transactions, say: two that hold the same are the same."""
    step = next(event for event in LIFE.events if b"sign.initiator_sign" in getattr(event, "payload", b""))
    kinds = {one.kind for one in found(step, step).bound}
    assert kinds
    assert not kinds & PROFILES["aeternity"].by_content

"""Which runs take the place of no capture, as literals."""

import pytest

from recorder.capture import frame
from recorder.failed_runs import failure
from recorder.model import Closed, Header, Opened
from recorder.timeline import read

HEADER = Header(format=2, run="r", recorder="0", profile="generic")


def run(*said, code=1000, over="ws", status=200):
    """The script of a session over WebSockets, or over HTTP, of these frames: `> …` or `< …`."""
    events = [Opened(session=1, party="ada", url=f"{over}://node/")]
    for number, text in enumerate(said):
        exchange = number // 2 + 1 if over == "http" else 0
        more = {"status": status} if text[0] == "<" else {}
        direction = "to_node" if text[0] == ">" else "from_node"
        events.append(frame(text[2:].encode(), session=1, direction=direction, exchange=exchange, **more))
    return read(HEADER, [*events, Closed(session=1, code=code)], "r.jsonl")


CALL, ANSWER = '> {"id":1,"method":"sum"}', '< {"id":1,"result":3}'
NEXT = ['> {"id":2,"method":"next"}', '< {"id":2,"result":4}']
REFUSED = '< {"id":1,"error":{"code":-32001,"message":"denied"}}'
RECORDED = run(CALL, ANSWER, *NEXT)


@pytest.mark.parametrize(
    ("live", "said"),
    [
        (run(CALL, ANSWER, *NEXT, code=1006), "the node was lost in this run"),
        (run(CALL, *NEXT), "sum got no answer in this run"),
        (run(CALL, ANSWER), "next was not sent in this run"),
        (run(CALL, ANSWER, *NEXT), ""),
        (run(CALL, '< {"id":1,"result":7}', *NEXT), ""),
        (run(CALL, REFUSED, *NEXT), ""),
        (run(CALL, ANSWER, *NEXT, '< {"method":"new"}'), ""),
    ],
)
def test_a_run_in_which_something_went_wrong_says_what(live, said):
    """What a node does otherwise than before is no failure, be it an error."""
    assert failure(RECORDED, live, {}) == said


def test_what_the_recorded_run_had_too_is_no_reason():
    """A call that had no answer then has none now."""
    silent = run(CALL, *NEXT, code=1006)
    assert failure(silent, silent, {}) == ""


@pytest.mark.parametrize(("masked", "fails"), [({3: "«password 1»"}, True), ({5: "«password 1»"}, False), ({}, False)])
def test_a_call_that_was_refused_for_its_mark_says_how_to_give_the_secret(masked, fails):
    """It is not what the node says to those who know the secret."""
    said = failure(RECORDED, run(CALL, REFUSED, *NEXT), masked)
    gives = "--secret 'password 1=…' gives what that stands for"
    assert said == (f"sum was refused; it was sent with «password 1», and {gives}" if fails else "")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "the node answered 401 Unauthorized; --header gives a header that is masked"),
        (503, "the node answered 503 Service Unavailable"),
    ],
)
def test_a_node_that_refuses_by_its_status_says_not_what_it_would_answer(status, said):
    """It does not know who asks, is overloaded, or has broken down; what it refused when it was recorded, it may refuse."""
    recorded, live = run(CALL, ANSWER, over="http"), run(CALL, "< no", over="http", status=status)
    assert failure(recorded, live, {}) == said
    assert failure(live, live, {}) == ""


def test_a_call_that_was_refused_with_a_given_secret_says_so():
    """The secret is likely wrong."""
    masked = '> {"id":1,"method":"sum","params":["«password 1»"]}'
    recorded = run(masked, ANSWER, *NEXT)
    assert failure(recorded, run(masked, REFUSED, *NEXT), {}) == (
        "sum was refused; it was sent with what --secret gives for «password 1»"
    )

"""What has no other: what need not have one, and what belongs together."""

from __future__ import annotations

import pytest

from recorder.capture import frame
from recorder.compare import compare
from recorder.compare.alignment import Aligned
from recorder.compare.differences import Scripts
from recorder.compare.unpaired import Frames, Unpaired, tails
from recorder.model import UNRECORDED, Closed, Header, Opened
from recorder.rules import Rules
from recorder.timeline import read


def script(*said, file="a", profile="aeternity", url="ws://node/"):
    """A session of what was said: `> method`, `< method`, `< id`, or an event; without a URL it is a transcript's."""
    events = [Opened(session=1, party="initiator", url=url)]
    for one in said:
        if not isinstance(one, str):
            events.append(one)
            continue
        who, text = one.split(" ", 1)
        member = f'"result":"ok","id":{text}' if text.isdigit() else f'"method":"{text}","id":{len(events)}'
        payload = f'{{"jsonrpc":"2.0",{member}}}'.encode()
        events.append(frame(payload, session=1, direction="to_node" if who == ">" else "from_node"))
    return read(Header(format=2, run="x", recorder="0", profile=profile), events, file)


def missing(recorded, live, gone, rules=""):
    """The places of those of the recorded steps that should have come, of these that did not; and what was decided."""
    decided = []
    frames = Frames(Rules.parse(rules, "r.toml"))
    unpaired = Unpaired(Scripts(recorded, live), {1: 1}, frames, lambda kind, _text: decided.append(kind))
    steps = [recorded.steps[at] for at in gone]
    return [step.index for step in unpaired.not_come(Aligned([], steps, []), {})], decided


@pytest.mark.parametrize(
    ("said", "gone", "left", "why"),
    [
        (["< push"], [1], [1], []),
        (["> channels.system", "< push"], [1], [1], []),
        ([Closed(session=1, code=UNRECORDED, by="")], [1], [], ["end"]),
        ([Closed(session=1, code=1000)], [1], [1], []),
    ],
)
def test_what_is_missing_should_have_come(said, gone, left, why):
    """But for what a transcript only writes to say that there was no more."""
    assert missing(script(*said), script(file="b"), gone) == (left, why)


def test_a_transcript_need_not_tell_how_a_session_ended():
    """As it does not where the server was started by its client: that is unknown, not missing."""
    ended = script(Closed(session=1, code=1000))
    assert missing(ended, script(file="b", url=""), [1]) == ([], ["end"])


def test_a_transcript_shows_nothing_of_what_refuses_a_call():
    """So there it is not missing, nor extra; elsewhere it is, and so is what answers a call."""
    call, page = (
        '{"jsonrpc":"2.0","id":1,"method":"m"}',
        frame(b"<html>", session=1, exchange=1, direction="from_node", status=500),
    )
    asked = frame(call.encode(), session=1, exchange=1, direction="to_node")
    ran, shown = script(asked, page, url="http://n/"), script("> m", file="b", url="")
    assert missing(ran, shown, [2]) == ([], ["untold"])
    assert missing(ran, script(asked, file="b", url="http://n/"), [2]) == ([2], [])
    assert not compare(ran, shown).findings
    assert not compare(shown, ran).findings
    assert compare(script("> m", "< 1"), script("> m", file="b", url="")).findings


def test_what_was_sent_after_the_end_need_not_be_sent():
    """Nor need it be answered."""
    died = b'{"method":"channels.info","params":{"data":{"event":"died"}}}'
    recorded = script(frame(died, session=1, direction="from_node"), "> channels.system", "< 2")
    assert missing(recorded, script(file="b"), [2, 3]) == ([], ["late"])


def test_a_rule_lets_a_frame_be_missing():
    """And says so."""
    rule = '[[rule]]\nmethod = "push"\noptional = true\n'
    assert missing(script("< push"), script(file="b"), [1], rule) == ([], ["rule"])


def test_the_end_of_a_session_is_one():
    """What follows the last frame that has another is told once; elsewhere an answer goes with its request."""
    steps = script("> ask", "< 1", "< push", "> ask", "< 4").steps
    found = list(tails([steps[1], steps[2], steps[4], steps[5]], [steps[3]]))
    assert [(first.index, [one.index for one in others]) for first, others in found] == [(1, [2]), (4, [5])]


CALL, CANCEL = '{"id":1,"method":"complete"}', '{"method":"$/cancelRequest","params":{"id":1}}'
RESULT, CANCELLED = '{"id":1,"result":[1]}', '{"id":1,"error":{"code":-32800,"message":"cancelled"}}'


@pytest.mark.parametrize(
    ("recorded", "live", "kinds"),
    [
        ([CALL, CANCEL, RESULT], [CALL, CANCEL, CANCELLED], []),
        ([CALL, CANCEL, CANCELLED], [CALL, CANCEL], []),
        ([CALL, CANCEL], [CALL, CANCEL, RESULT], []),
        ([CALL, RESULT], [CALL, CANCELLED], ["changed"]),
        ([CALL, CANCEL, RESULT], [CALL, CANCELLED], ["missing", "changed"]),
    ],
)
def test_what_a_call_is_answered_that_was_called_off_depends_on_which_was_faster(recorded, live, kinds):
    """An answer, an error or nothing; of a call that was wanted it does not."""

    def capture(*said):
        events = [Opened(session=1, party="a", url="ws://n")]
        ways = ["from_node" if "result" in text or "error" in text else "to_node" for text in said]
        events += [frame(text.encode(), session=1, direction=way) for text, way in zip(said, ways, strict=True)]
        return read(Header(format=2, run="x", recorder="0", profile="generic"), events)

    found = compare(capture(*recorded), capture(*live)).findings
    assert sorted(finding.kind for finding in found) == sorted(kinds)

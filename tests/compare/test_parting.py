"""What follows from one parting of two runs is one finding, and what does not stays one by itself."""

from __future__ import annotations

import pytest

from recorder.capture import frame
from recorder.compare import compare
from recorder.compare.report import cases, finding_lines, scenarios
from recorder.model import Closed, Header, Opened, Scenario
from recorder.timeline import read

DIED = "from_node channels.info died"
SIGN, SIGNED = "from_node channels.sign.update", "to_node channels.update"
BEGUN = ["from_node channels.info up", "to_node channels.update.new", SIGN, SIGNED]
REFUSED = 'from_node {"id":null,"error":{"code":3,"message":"Rejected","data":[{"code":1011,"message":"not found"}]}}'


def run(file, *said, ends=None, profile="aeternity", session=1):
    """A run of one session: `direction method`, `direction {JSON}`, or `scenario NAME`."""
    events = [Opened(session=session, party="initiator")]
    for one in said:
        direction, _, text = one.partition(" ")
        if direction == "scenario":
            events.append(Scenario(name=text))
            continue
        method, _, event = text.partition(" ")
        params = f',"params":{{"data":{{"event":"{event}"}}}}' if event else ""
        payload = text if text.startswith("{") else f'{{"method":"{method}"{params}}}'
        events.append(frame(payload.encode(), session=session, direction=direction))
    events += [ends] if ends is not None else []
    return read(Header(format=2, run="x", recorder="0", profile=profile), events, file)


def told(recorded, live):
    """The findings, each as lines."""
    return [list(finding_lines(finding)) for finding in compare(recorded, live).findings]


def test_the_runs_part_where_a_party_goes_another_way():
    """Both frames are shown, and how much followed."""
    recorded = run("a", *BEGUN, "from_node channels.update", "to_node channels.leave", "from_node channels.info died")
    live = run("b", *BEGUN, "from_node channels.conflict", "to_node channels.shutdown", "from_node channels.info died")
    assert told(recorded, live) == [
        [
            (
                "a:7 | b:7: the runs part here: initiator <--- channels.update was recorded, "
                "initiator <--- channels.conflict came"
            ),
            "  1 frame after it did not happen, 1 frame went another way",
        ]
    ]


def test_a_refusal_is_told_with_its_usual_cause():
    """In the words of its protocol."""
    live = run("b", REFUSED)
    (lines,) = told(run("a", *BEGUN), live)
    assert lines[1] == "  node refuses initiator: error 3 Rejected (not found)"
    assert lines[2].startswith("  usually: the node's chain does not know an account of the channel")
    assert lines[3] == "  3 frames after it did not happen"


def test_a_session_that_ends_early_is_told_by_how_it_ended():
    """The node closes it with a reason."""
    done = [*BEGUN, "from_node channels.update"]
    recorded = run("a", *done, ends=Closed(session=1, by="party", code=1000))
    live = run("b", *BEGUN, ends=Closed(session=1, by="node", code=1011, reason="oh no"))
    (lines,) = told(recorded, live)
    assert lines[0] == "a:7: the runs part here: initiator <--- channels.update was recorded, initiator close came"
    assert lines[1] == "  node ends the session: 1011 oh no"
    assert lines[2] == "  1 frame after it went another way"


@pytest.mark.parametrize(
    "instead",
    [
        ["from_node channels.info ready", *BEGUN[1:]],
        [BEGUN[0], "to_node channels.deposit", *BEGUN[2:]],
    ],
)
def test_one_frame_in_the_place_of_another_is_no_parting(instead):
    """What differs later is told as well."""
    later = ["from_node channels.update", "from_node channels.info open", "to_node channels.leave"]
    changed = [later[0], "from_node channels.info closed", later[2]]
    found = compare(run("a", *BEGUN, *later), run("b", *instead, *changed)).findings
    assert "parted" not in {finding.kind for finding in found}
    assert {"channels.info open"} < {finding.step for finding in found}


def test_other_sessions_have_differences_of_their_own():
    """Only what carries the same things, or is of the same session, follows."""
    pushes = ["from_node news.one", "from_node news.two", "to_node ask.more", "from_node news.three"]
    others = ["from_node news.one", "from_node news.bad", "to_node ask.less"]
    recorded = run("a", *pushes, profile="generic")
    assert len(told(recorded, run("b", *others, "from_node news.three", profile="generic"))) > 1


def test_what_followed_is_said_on_demand():
    """Nothing that was found is lost."""
    recorded = run("a", *BEGUN, "from_node channels.update", "to_node channels.leave", "from_node channels.info died")
    live = run("b", *BEGUN, "from_node channels.conflict", "to_node channels.shutdown", "from_node channels.info died")
    decisions = [one.text for one in compare(recorded, live).decisions if one.what == "parted"]
    assert "b:8: initiator channels.shutdown extra" in decisions


def test_scenarios_after_a_parting_are_not_the_same():
    """They were not run, or went another way."""
    first, second = "scenario open", "scenario leave"
    recorded = run("a", first, *BEGUN, second, "from_node channels.update", "to_node channels.leave")
    rows = scenarios(compare(recorded, run("b", first, REFUSED)), "a")
    assert [(row.name, row.verdict) for row in rows] == [("open", "differs"), ("leave", "not run")]


def test_a_scenario_that_went_astray_fails_in_junit_too():
    """Though it has no finding of its own."""
    begun = ["scenario open", *BEGUN, "from_node channels.update", "scenario leave"]
    recorded = run("a", *begun, "to_node channels.leave", DIED)
    live = run("b", *begun[:5], "from_node channels.conflict", "scenario leave", "to_node channels.shutdown", DIED)
    found = compare(recorded, live)
    assert [(row.verdict, len(row.findings)) for row in scenarios(found, "a")] == [("differs", 1), ("differs", 0)]
    assert "the runs parted earlier" in [case.failure for case in cases(found, "a")]


def test_a_scenario_that_was_cut_off_did_not_run():
    """A session that ends before its last scenario begins went no other way there, though it was to end there."""
    recorded = run(
        "a", "scenario one", *BEGUN, "scenario two", "from_node channels.update", "scenario three",
        ends=Closed(session=1, by="party", code=1000),
    )  # fmt: skip
    live = run("b", "scenario one", *BEGUN[:1], ends=Closed(session=1, by="node", code=1011))
    assert [(one.name, one.verdict) for one in scenarios(compare(recorded, live), "a")] == [
        ("one", "differs"),
        ("two", "not run"),
        ("three", "not run"),
    ]


def calls(*answers, session=1):
    """What a party calls, and how each is answered: a result, or an error if it is a text."""
    said = []
    for number, answer in enumerate(answers, 1):
        told = f'"error":{{"code":-32001,"message":"{answer}"}}' if isinstance(answer, str) else f'"result":{answer}'
        said.append(f'to_node {{"id":{number},"method":"take","params":[{number}]}}')
        said.append(f'from_node {{"id":{number},{told}}}')
    return said


def test_a_node_that_refuses_every_call_in_the_same_words_is_one_finding():
    """It wants a password that nobody has sent, say."""
    recorded = run("a", *calls(1, 2, 3), profile="generic")
    (lines,) = told(recorded, run("b", *calls("unauthorized", "unauthorized", "unauthorized"), profile="generic"))
    assert lines[1:] == [
        "  node refuses initiator's take: error -32001 unauthorized",
        "  2 frames after it went another way",
    ]


@pytest.mark.parametrize("answers", [("no", "not", "none"), (1, "no", "no"), ("no", "no", 3)])
def test_calls_that_are_refused_for_reasons_of_their_own_are_findings_of_their_own(answers):
    """So are those beside calls that are answered."""
    recorded, live = (run(file, *calls(*some), profile="generic") for file, some in (("a", (1, 2, 3)), ("b", answers)))
    assert len(told(recorded, live)) == sum(isinstance(answer, str) for answer in answers)


def over_http(file, *answers):
    """A run of calls over HTTP, each answered by JSON-RPC or, for a number, by a status."""
    events = [Opened(session=1, party="ada", url="http://node/")]
    for number, answer in enumerate(answers, 1):
        status, text = (answer, "no") if isinstance(answer, int) else (200, f'{{"id":{number},"result":"{answer}"}}')
        call = f'{{"id":{number},"method":"take","params":[{number}]}}'.encode()
        events.append(frame(call, session=1, direction="to_node", exchange=number))
        events.append(frame(text.encode(), session=1, direction="from_node", exchange=number, status=status))
    return read(Header(format=2, run="x", recorder="0"), events, file)


def test_statuses_that_refuse_all_calls_from_one_on_are_one_finding():
    """A node that is not there any more, or elsewhere."""
    (lines,) = told(over_http("a", "x", "y", "z"), over_http("b", "x", 404, 405))
    assert lines[1:] == [
        "  node refuses ada's take: 404 Not Found",
        "  1 frame after it went another way",
    ]


def test_a_status_that_refuses_one_call_is_a_finding_by_itself():
    """The later ones are answered; a node that gives no answer at all is said to do so."""
    first, second = told(over_http("a", "x", "y", "z"), over_http("b", "x", 502, "w"))
    assert first[1:3] == [
        "  no answer to ada's take: 502 Bad Gateway",
        "  status: 200 expected, 502 came (they must be equal)",
    ]
    assert second[1].startswith('  result: "z" expected')


def test_a_status_that_was_recorded_is_no_refusal():
    """Only its text differs."""
    recorded, live = over_http("a", "x", 404), over_http("b", "x", 503)
    ((_place, *lines),) = told(recorded, live)
    assert lines == ["  status: 404 expected, 503 came (they must be equal)"]


def test_a_status_that_answers_no_call_is_the_party_s():
    """As one that a post gets whose answer comes in a stream."""
    opened = Opened(session=1, party="ada", url="http://node/")
    told = frame(b"gone", session=1, direction="from_node", status=410)
    recorded, live = (read(Header(format=2, run="x", recorder="0"), [opened, *more], "x") for more in ([], [told]))
    (finding,) = compare(recorded, live).findings
    assert finding.reason == "node refuses ada: 410 Gone"

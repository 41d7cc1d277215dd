"""Pairing the threads of two captures: the targets of a browser, which know nothing of each other."""

import itertools
import json
import random

import pytest

from recorder.capture import frame
from recorder.compare import compare
from recorder.compare.differences import Scripts
from recorder.compare.threads import pair_threads
from recorder.model import Header, Opened
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0", profile="devtools")
IDS = itertools.count(1)


def thread(name, says, kind="page", shown="shown"):
    """What happens in a target, and of it: it comes, shows something and goes."""
    key, target = f"S{next(IDS):031}", f"T{next(IDS):031}"
    info = {"targetId": target, "type": kind, "url": "about:blank"}
    yield "from_node", {"method": "Target.attachedToTarget", "params": {"sessionId": key, "targetInfo": info}}
    yield "to_node", {"id": name, "method": "Runtime.evaluate", "params": {"expression": says}, "sessionId": key}
    yield "from_node", {"id": name, "result": {"result": {"value": shown}}, "sessionId": key}
    yield "from_node", {"method": "Page.frameNavigated", "params": {"frame": {"id": target}}, "sessionId": key}
    yield "from_node", {"method": "Target.detachedFromTarget", "params": {"sessionId": key, "targetId": target}}


def mixed(threads, seed):
    """All that happens, in some order that keeps that of each thread."""
    left, choose = [list(one) for one in threads], random.Random(seed)
    while any(left):
        yield choose.choice([one for one in left if one]).pop(0)


def script(*threads, seed=0):
    """A browser with these targets."""
    events = [Opened(session=1, party="client-1", url="ws://n/devtools/browser/1")]
    events += [
        frame(json.dumps(message).encode(), session=1, direction=direction)
        for direction, message in mixed(threads, seed)
    ]
    return read(HEADER, events)


def pages(*says, **what):
    """Targets by what is said in them."""
    return [thread(at, one, **what) for at, one in enumerate(says, 1)]


@pytest.mark.parametrize("seed", range(12))
def test_any_order(seed):
    """Targets that come, answer and go in any order are the same run, whatever ids the browser gives them."""
    says = ["one()", "two()", "three()", "three()"]
    live = random.Random(seed).sample(says, len(says))
    found = compare(script(*pages(*says)), script(*pages(*live), seed=seed), streams=True)
    assert not found.findings, found.findings


@pytest.mark.parametrize("seed", range(4))
def test_changed(seed):
    """A value that another target shows is one difference, in the target that shows it."""
    live = [*pages("two()", shown="other"), *pages("one()")]
    found = compare(script(*pages("one()", "two()")), script(*live, seed=seed), streams=True)
    assert [(one.kind, [str(item.live) for item in one.details]) for one in found.findings] == [("changed", ["other"])]


def test_told_by_what_is_said_of_it():
    """A target in which nothing particular is said is known by what the browser says of it."""
    ours, theirs = (
        script(*(thread(1, "x()", kind=kind) for kind in kinds)) for kinds in (("page", "worker"), ("worker", "page"))
    )
    threads = pair_threads(Scripts(ours, theirs))
    assert [threads.recorded[name] for name in sorted(threads.recorded)] == [
        threads.live[name] for name in sorted(threads.live, reverse=True)
    ]


def test_alone():
    """A target that the other run has not is nobody's; all that happened in it is missing."""
    ours, theirs = script(*pages("one()", "two()")), script(*pages("two()"))
    threads = pair_threads(Scripts(ours, theirs))
    assert sorted(threads.live.values()) == [number for number in sorted(threads.recorded.values()) if number > 0]
    assert {one.kind for one in compare(ours, theirs).findings} == {"missing"}


def test_told_by_the_call_that_named_it():
    """Two subscriptions whose pushes are others in each run, and come in another order."""

    def subscribed(ids, *pushes):
        events = [Opened(session=1, party="client-1", url="ws://n/")]
        for at, (what, own) in enumerate(zip(("newHeads", "logs"), ids, strict=True), 1):
            call = {"id": at, "method": "eth_subscribe", "params": [what]}
            events.append(frame(json.dumps(call).encode(), session=1, direction="to_node"))
            events.append(frame(json.dumps({"id": at, "result": own}).encode(), session=1, direction="from_node"))
        for which, value in pushes:
            push = {"method": "eth_subscription", "params": {"subscription": ids[which], "result": value}}
            events.append(frame(json.dumps(push).encode(), session=1, direction="from_node"))
        return read(Header(format=2, run="x", recorder="0", profile="ethereum"), events)

    ours = subscribed(["0x1a", "0x1b"], (0, 1), (1, 2))
    theirs = subscribed(["0x2a", "0x2b"], (1, 3), (0, 4))
    threads = pair_threads(Scripts(ours, theirs))
    assert (threads.recorded["0x1a"], threads.recorded["0x1b"]) == (threads.live["0x2a"], threads.live["0x2b"])


def left(kind, *, in_time):
    """A target that its client leaves as soon as it has answered, if it does so in time."""
    key, target = f"S{next(IDS):031}", f"T{next(IDS):031}"
    info = {"targetId": target, "type": kind, "url": "about:blank"}
    yield "from_node", {"method": "Target.attachedToTarget", "params": {"sessionId": key, "targetInfo": info}}
    yield "to_node", {"id": 7, "method": "Runtime.runIfWaitingForDebugger", "params": {}, "sessionId": key}
    if in_time:
        yield "from_node", {"id": 7, "result": {}, "sessionId": key}
        yield "to_node", {"id": 8, "method": "Target.detachFromTarget", "params": {"sessionId": key}}
        yield "from_node", {"method": "Target.detachedFromTarget", "params": {"sessionId": key, "targetId": target}}
        yield "from_node", {"id": 8, "result": {}}


@pytest.mark.parametrize("in_time", [True, False])
def test_a_target_that_answers_late_is_not_left(in_time):
    """When a target of the browser's own answers depends on a clock, and so does what its client does then."""
    recorded = script(*pages("one()"), left("browser_ui", in_time=in_time))
    live = script(*pages("one()"), left("browser_ui", in_time=not in_time))
    found = compare(recorded, live, streams=True)
    assert not found.findings, found.findings


def test_an_answer_that_names_no_target_is_of_that_of_its_call():
    """As Chrome's is to who calls a target that is gone."""
    says = [
        ("from_node", message) if "method" in message and "id" not in message else ("to_node", message)
        for message in (
            {
                "method": "Target.attachedToTarget",
                "params": {"sessionId": "S1", "targetInfo": {"targetId": "T1", "type": "page"}},
            },
            {"id": 1, "method": "Page.navigate", "params": {"url": "about:blank"}, "sessionId": "S1"},
        )
    ]
    gone = "from_node", {"id": 1, "error": {"code": -32001, "message": "Session with given id not found."}}
    ran = script([*says, gone])
    assert ran.steps[-1].thread == "S1"
    assert not compare(ran, script([*says, gone])).findings

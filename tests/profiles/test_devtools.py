"""The Chrome DevTools Protocol: whose sessions, what is bound, what has an order, and calls in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.bindings import Kinds
from recorder.compare import compare
from recorder.difference import path_text
from recorder.model import Frame, Header, Opened
from recorder.profiles import GENERIC, PROFILES, profile_for
from recorder.profiles.devtools import ANSWERS, CALLS
from recorder.timeline.script import read

DEVTOOLS = PROFILES["devtools"]
OPENED = Opened(session=1, party="client-1", url="ws://127.0.0.1:9222/devtools/browser/1f7c47c1-6505-4f24-925e")


# Whose session it is


def test_an_address_claims_a_session():
    """A browser's and a page's address say what they are; a parameter does not."""
    assert profile_for("auto", OPENED) is DEVTOOLS
    assert profile_for("auto", Opened(session=1, party="c", url="ws://n/chat?from=/devtools/")) is GENERIC


@pytest.mark.parametrize("method", ["Target.setAutoAttach", "Runtime.enable", "Page.navigate", "Browser.getVersion"])
def test_a_method_claims_a_session(method):
    """Node.js speaks it at an address that is a UUID alone."""
    opened = Opened(session=1, party="c", url="ws://127.0.0.1:9229/0f2c936f-b1cd-4ac9-aab3-f63b0f33d55e")
    assert profile_for("auto", opened, [None, [], {"id": 1, "method": method}]) is DEVTOOLS


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 1, "method": "Page.navigate"},
        {"id": 1, "method": "Player.GetItem"},
        {"method": "Page.Navigate"},
        {"method": 7},
    ],
)
def test_other_messages_claim_nothing(message):
    """JSON-RPC 2.0 says so in each message, and this protocol never does."""
    assert profile_for("auto", Opened(session=1, party="c"), [message]) is GENERIC


# What is bound


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (("sessionId",), "72A6", "session"),
        (("params", "sessionId"), "72A6", "session"),
        (("params", "targetInfo", "targetId"), "5F51", "target"),
        (("params", "frameId"), "5F51", "target"),
        (("result", "frameTree", "frame", "id"), "5F51", "target"),
        (("params", "frame", "loaderId"), "11EF", "request"),
        (("params", "requestId"), "11EF", "request"),
        (("result", "browserContextIds", 0), "5FC2", "browser context"),
        (("params", "context", "id"), 3, "context"),
        (("params", "executionContextId"), 3, "context"),
        (("params", "context", "uniqueId"), "-90.-12", "unique context"),
        (("result", "result", "objectId"), "-89.3.1", "object"),
        (("params", "arguments", 0, "objectId"), "-89.3.1", "object"),
        (("params", "backendNodeId"), 2, "node"),
        (("result", "node", "nodeId"), 0, ""),
        (("params", "timestamp"), 2021, "clock"),
        (("params", "downloadPath"), "/tmp/x-zLabJE", "folder"),
        (("params", "context", "name"), "node[4711]", "process"),
        (("params", "context", "name"), "node", ""),
        (("result", "debuggerId"), "-83.53", "debugger"),
        (("params", "callFrames", 0, "callFrameId"), "-83.1.0", "call frame"),
        (("params", "response", "timing", "sendStart"), 4, "clock"),
        (("result", "result", "value"), "72A6", ""),
        (("result", "result", "value", "sessionId"), "72A6", ""),
        (("params", "request", "headers", "requestId"), "11EF", ""),
        (("params", "name"), "load", ""),
        (("id",), 3, ""),
        ((), 3, ""),
    ],
)
def test_what_is_bound(path, value, kind):
    """What a browser knows things by; nothing of what a page holds."""
    assert DEVTOOLS.volatile("Any.method", path, value) == kind


def test_what_describes_a_property_is_bound():
    """Its value is an object of the page, not what a page has called so."""
    path = ("result", "result", 0, "value", "objectId")
    assert DEVTOOLS.volatile("Runtime.getProperties", path, "-89.3.1") == "object"
    assert DEVTOOLS.volatile("Runtime.evaluate", ("result", "result", "value", "objectId"), "-89.3.1") == ""


CREATED, ATTACHED = "Target.targetCreated", "Target.attachedToTarget"


def push(method, session="", **params):
    """A push, of a browser or of one of its targets."""
    return {"method": method, "params": params, **({"sessionId": session} if session else {})}


def created(target, kind):
    """A target has come."""
    return push(CREATED, targetInfo={"targetId": target, "type": kind})


def script(*messages):
    """A session of pushes, each at its time."""
    frames = [
        Frame(session=1, direction="from_node", text=json.dumps(message), time=time)
        for time, message in enumerate(messages, 2)
    ]
    return read(Header(format=1, run="r", recorder="0", profile="devtools"), [OPENED, *frames])


def found(recorded, live, *, streams=False):
    """The kinds of findings, and the paths of what changed."""
    findings = compare(script(*recorded), script(*live), streams=streams).findings
    return [(one.kind, *(path_text(item.path) for item in one.details)) for one in findings]


LOADED = push("Page.lifecycleEvent", "S1", name="load", timestamp=1.5)
PAINTED = push("Page.lifecycleEvent", "S1", name="firstPaint", timestamp=1.5)


def test_another_run_is_the_same():
    """Targets come in any order under ids of their own, and the clock has moved, also between two that were at once."""
    recorded = [created("A1", "page"), created("B1", "tab"), LOADED, PAINTED]
    live = [
        created("D2", "tab"),
        created("C2", "page"),
        push("Page.lifecycleEvent", "S2", name="load", timestamp=7.25),
        push("Page.lifecycleEvent", "S2", name="firstPaint", timestamp=7.5),
    ]
    assert found(recorded, live) == found(recorded, live, streams=True) == []


def test_what_a_page_does_is_compared():
    """Its events and their order, which targets there are, and which of them is meant."""
    recorded = [created("A1", "page"), created("B1", "tab"), LOADED, PAINTED]
    stopped = push("Page.frameStoppedLoading", "S1")
    assert found([*recorded, stopped], [*recorded[:2], stopped, PAINTED, LOADED]) == [("order",)]
    assert found(recorded, [created("A1", "page"), created("B1", "worker"), LOADED, PAINTED]) == [
        ("changed", "params.targetInfo.type")
    ]
    other = {**stopped, "sessionId": "S9"}
    assert found([*recorded, stopped], [*recorded, other]) == [("missing",), ("extra",)]


def test_a_clock_is_not_compared():
    """Two that were at once may be apart, and another value is another run's."""
    kinds = Kinds(DEVTOOLS)
    assert DEVTOOLS.by_content == {kinds.of("Page.lifecycleEvent", ("params", "timestamp"), 1)}
    assert found([LOADED], [push("Page.lifecycleEvent", "S1", name="load", timestamp=9)]) == []
    assert found([LOADED], [push("Page.lifecycleEvent", "S1", name="load")]) == [("changed", "params.timestamp")]


@pytest.mark.parametrize(
    ("label", "message", "row"),
    [
        ("Target.targetCreated", {}, None),
        ("Target.setAutoAttach", {}, None),
        ("Runtime.runIfWaitingForDebugger", {}, None),
        ("Runtime.consoleAPICalled", {}, "Runtime"),
        ("Page.lifecycleEvent", LOADED, "Page"),
        ("Page.lifecycleEvent", PAINTED, None),
        ("Network.dataReceived", {"sessionId": "S2"}, "Network"),
    ],
)
def test_rows(label, message, row):
    """What belongs to one domain comes in order; targets come as they do, and a page is painted at any time."""
    assert DEVTOOLS.stream(label, message) == row


@pytest.mark.parametrize(("value", "kind"), [(7, ""), ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "handed out")])
def test_numbers_that_a_page_and_its_driver_exchange_are_compared(value, kind):
    """Playwright numbers the parts of what it sends, in both directions; a token of the page is an id all the same."""
    sent = {"id": 1, "method": "Runtime.callFunctionOn", "params": {"arguments": [{"value": {"id": value}}]}}
    back = {"id": 1, "result": {"result": {"value": {"id": value}}}}
    ways = {"to_node": sent, "from_node": back}
    frames = [Frame(session=1, direction=way, text=json.dumps(said)) for way, said in ways.items()]
    script = read(Header(format=1, run="r", recorder="0", profile="devtools"), [OPENED, *frames])
    path = ("params", "arguments", 0, "value", "id")
    assert Kinds(DEVTOOLS, script.handed).of("Runtime.callFunctionOn", path, value).startswith(kind)
    assert bool(Kinds(DEVTOOLS, script.handed).of("Runtime.callFunctionOn", path, value)) is bool(kind)


def test_what_comes_late_may_come_after_the_end():
    """A target answers when its process runs, its state is told as often as it changes, and a page is painted later."""
    started, called = ({"id": at, "method": name} for at, name in ((1, "Runtime.runIfWaitingForDebugger"), (2, "A.b")))
    ask = [Frame(session=1, direction="to_node", text=json.dumps(one), time=1) for one in (started, called)]
    answers = [Frame(session=1, direction="from_node", text=f'{{"id":{at},"result":{{}}}}', time=2) for at in (1, 2)]
    whole, late, lost = (
        read(Header(format=1, run="r", recorder="0", profile="devtools"), [OPENED, *ask, *came])
        for came in (answers, answers[1:], answers[:1])
    )
    assert compare(whole, late).findings == compare(late, whole).findings == ()
    assert [one.kind for one in compare(whole, lost).findings] == ["missing"]
    assert found([LOADED, PAINTED], [LOADED, told("", True), PAINTED]) == []
    assert found([LOADED, PAINTED], [LOADED]) == found([LOADED], [LOADED, PAINTED]) == []
    assert found([LOADED, PAINTED], [PAINTED]) == [("missing",)]


def told(title, attached):
    """The state of a target."""
    info = {"targetId": "A1", "type": "page", "url": "http://n/", "title": title, "attached": attached}
    return push("Target.targetInfoChanged", targetInfo=info)


@pytest.mark.parametrize("title", ["", "http://n/"])
def test_a_target_is_told_as_it_is_just_then(title):
    """Before a page has told its title, and before or after somebody attached to it."""
    assert found([told("A page", True)], [told(title, False)]) == []
    assert found([told(title, False)], [told("A page", True)]) == []


def test_the_titles_of_pages_are_compared():
    """As soon as there are any."""
    assert found([told("A page", True)], [told("Another", False)]) == [("changed", "params.targetInfo.title")]


# Words


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("Runtime.evaluate", {"expression": "1+1"}, 'Runtime.evaluate "1+1"'),
        (
            "Runtime.callFunctionOn",
            {"functionDeclaration": "() =>\n  1\n//# sourceURL=x"},
            'Runtime.callFunctionOn "() => 1"',
        ),
        ("Page.navigate", {"url": "http://n/"}, "Page.navigate http://n/"),
        ("Page.lifecycleEvent", {"name": "load"}, "Page.lifecycleEvent load"),
        ("Page.frameNavigated", {"frame": {"url": "http://n/"}}, "Page.frameNavigated http://n/"),
        (
            "Network.requestWillBeSent",
            {"request": {"method": "GET", "url": "http://n/"}},
            "Network.requestWillBeSent GET http://n/",
        ),
        (
            "Network.responseReceived",
            {"response": {"status": 200, "url": "http://n/"}},
            "Network.responseReceived 200 http://n/",
        ),
        (
            "Runtime.consoleAPICalled",
            {"type": "log", "args": [{"type": "string", "value": "a"}, {"type": "object", "description": "Array(1)"}]},
            'Runtime.consoleAPICalled log "a" Array(1)',
        ),
        (
            ATTACHED,
            {"targetInfo": {"type": "page", "url": "about:blank"}},
            "Target.attachedToTarget page about:blank",
        ),
        ("Runtime.evaluate", {"expression": "x" * 99}, f'Runtime.evaluate "{"x" * 59}…"'),
        ("Runtime.enable", {}, ""),
        ("Page.navigate", None, ""),
        ("Page.navigate", {"url": 3}, ""),
    ],
)
def test_a_call_says_what_it_is_about(method, params, words):
    """The script, the address, the event."""
    assert DEVTOOLS.words.called(method, params) == words


@pytest.mark.parametrize(
    ("method", "result", "words"),
    [
        ("Runtime.evaluate", {"result": {"type": "number", "value": 2, "description": "2"}}, "2"),
        ("Runtime.evaluate", {"result": {"type": "undefined"}}, "undefined"),
        (
            "Runtime.callFunctionOn",
            {"result": {}, "exceptionDetails": {"exception": {"description": "TypeError: no\n  at x"}}},
            "throws TypeError: no",
        ),
        ("Runtime.evaluate", {"exceptionDetails": {"text": "Uncaught"}}, "throws Uncaught"),
        ("Browser.getVersion", {"product": "Chrome/140"}, "Chrome/140"),
        ("Page.navigate", {"errorText": "net::ERR_ABORTED"}, "net::ERR_ABORTED"),
        ("Page.enable", {}, ""),
        ("Runtime.evaluate", None, ""),
    ],
)
def test_an_answer_says_what_matters(method, result, words):
    """What a script gives, and whether it throws."""
    assert DEVTOOLS.words.said(method, {"result": result}) == words


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["args", "result", "frame", "request", "url", "value", "type"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@pytest.mark.untraced
@given(st.sampled_from([*CALLS, *ANSWERS]), VALUES)
def test_words_are_total(method, value):
    """Whatever a browser sends is a line, or nothing."""
    assert isinstance(DEVTOOLS.words.called(method, value), str)
    assert isinstance(DEVTOOLS.words.said(method, {"result": value}), str)

"""WebDriver BiDi: whose sessions, what is bound, who ends a session, and calls in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture import frame
from recorder.compare import compare
from recorder.jsonrpc import value_of
from recorder.model import Closed, Header, Opened
from recorder.profiles import GENERIC, PROFILES, profile_for
from recorder.profiles.bidi import ANSWERS, CALLS
from recorder.replay import Player, PlaySettings
from recorder.timeline.script import read

BIDI = PROFILES["bidi"]
OPENED = Opened(session=1, party="client-1", url="ws://127.0.0.1:9222/session")


# Whose session it is


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "method": "session.new", "params": {"capabilities": {}}},
        {"id": 1, "method": "browsingContext.getTree", "params": {}},
        {"type": "event", "method": "log.entryAdded", "params": {}},
    ],
)
def test_a_method_claims_a_session(message):
    """The address says nothing: any path is a driver's own."""
    assert profile_for("auto", OPENED, [None, [], message]) is BIDI


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 1, "method": "session.new"},
        {"id": 1, "method": "log.entryAdded"},
        {"id": 1, "method": "session.create"},
        {"id": 1, "method": "Page.navigate"},
        {"type": "event", "method": "chat.said"},
        {"method": 7},
    ],
)
def test_other_messages_claim_nothing(message):
    """JSON-RPC 2.0 says so in each message, which this protocol never does; common names alone are not enough."""
    assert profile_for("auto", OPENED, [message]) is not BIDI


def test_a_session_without_messages_is_plain():
    """Nothing tells what it is."""
    assert profile_for("auto", OPENED) is GENERIC


# What is bound


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (("params", "context"), "fb99", "context"),
        (("params", "contexts", 0), "fb99", "context"),
        (("result", "contexts", 0, "context"), "fb99", "context"),
        (("params", "target", "realm"), "8baa", "realm"),
        (("params", "handles", 0), "11ef", "object"),
        (("result", "result", "sharedId"), "f.1.d.2", "node"),
        (("result", "result", "value", "children", 0, "sharedId"), "f.1.d.2", "node"),
        (("params", "request", "request"), "8-63", "request"),
        (("params", "request", "url"), "http://n/", ""),
        (("params", "request", "timings", "fetchStart"), 1796, "clock"),
        (("params", "timestamp"), 1796, "clock"),
        (("result", "userContexts", 1, "userContext"), "91ab", "user context"),
        (("result", "userContexts", 0, "userContext"), "default", ""),
        (("result", "capabilities", "moz:processID"), 12309, "process"),
        (("result", "capabilities", "moz:profile"), "/x/y", "folder"),
        (("result", "result", "value", "attributes", "context"), "fb99", ""),
        (("result", "result", "value"), 3, ""),
        (("id",), 3, ""),
        ((), 3, ""),
    ],
)
def test_what_differs_from_run_to_run(path, value, kind):
    """By the names of members; what a page has and says is compared, and the user context that each browser has."""
    assert BIDI.volatile("m", path, value) == kind


def script(*said, by, code):
    """A session in which this was said, and which this end closed."""
    frames = [frame(payload.encode(), session=1, direction=direction) for direction, payload in said]
    closed = Closed(session=1, by=by, code=code, time=1)
    return read(Header(format=2, run="r", recorder="0"), [OPENED, *frames, closed], by)


@pytest.mark.parametrize(
    ("method", "same"), [("session.end", True), ("browser.close", True), ("session.status", False)]
)
def test_who_closes_a_session_that_a_call_has_ended(method, same):
    """Both ends do, and one is faster; elsewhere it is a difference."""
    said = (
        ("to_node", f'{{"id":1,"method":"{method}","params":{{}}}}'),
        ("from_node", '{"type":"success","id":1,"result":{}}'),
    )
    begun = ("to_node", '{"id":0,"method":"session.new","params":{}}')
    one, other = script(begun, *said, by="node", code=1000), script(begun, *said, by="party", code=1005)
    assert compare(one, other).same is same


@pytest.mark.parametrize(
    ("url", "navigation", "may"),
    [("about:newtab", None, True), ("about:blank", "cb", False), ("http://n/", None, False)],
)
def test_a_page_that_the_browser_has_opened_is_loaded_at_any_time(url, navigation, may):
    """Its client may have asked for events by then, or not; what the client went to is loaded in each run."""
    message = {"type": "event", "method": "browsingContext.load", "params": {"url": url, "navigation": navigation}}
    assert "browsingContext.load" in BIDI.untimely
    assert BIDI.may_be_missing("browsingContext.load", message, ()) is may


def events(*said):
    """A capture of a driver that closes a page, of what its browser says then, and of its end."""
    ways = {">": "to_node", "<": "from_node"}
    frames = [frame(text.encode(), session=1, direction=ways[way]) for way, text in said]
    return read(Header(format=2, run="r", recorder="0"), [OPENED, *frames, Closed(session=1)])


CLOSE, CLOSED = (
    (">", '{"id":1,"method":"browsingContext.close","params":{"context":"c"}}'),
    ("<", '{"id":1,"result":{}}'),
)
GONE = "<", '{"type":"event","method":"script.realmDestroyed","params":{"realm":"r"}}'
END, ENDED = (">", '{"id":2,"method":"session.end","params":{}}'), ("<", '{"id":2,"result":{}}')
NEXT, NEXT_DONE = (">", '{"id":3,"method":"browser.getUserContexts","params":{}}'), ("<", '{"id":3,"result":{}}')


@pytest.mark.parametrize(
    ("after", "found"),
    [((), []), ((END, ENDED), []), ((NEXT, NEXT_DONE), ["missing"]), ((NEXT, NEXT_DONE, END, ENDED), ["missing"])],
)
def test_a_driver_that_leaves_need_not_hear_what_went_down_with_its_page(after, found):
    """One that goes on does."""
    told, untold = events(CLOSE, CLOSED, GONE, *after), events(CLOSE, CLOSED, *after)
    assert [one.kind for one in compare(told, untold).findings] == found
    assert [one.kind for one in compare(untold, told).findings] == (["extra"] if found else [])


def test_a_page_of_the_browsers_own_is_taken_for_no_other():
    """That it is loaded comes at any time: its context is not the one whose load is awaited."""
    load = '{"type":"event","method":"browsingContext.load","params":{"context":"%s","url":"%s","navigation":%s}}'
    ours = load % ("aaaa", "http://n/", '"n1"')
    script = events(
        CLOSE, ("<", ours), CLOSED, (">", '{"id":2,"method":"script.evaluate","params":{"context":"aaaa"}}')
    )
    player = Player(script, PlaySettings(ends=frozenset({"client-1"})))
    assert len([*player.due(1.0)]) == 2  # it opens, and calls
    assert not player.received(1, (load % ("bbbb", "about:newtab", "null")).encode(), 1.0)
    assert player.received(1, (load % ("cccc", "http://n/", '"n2"')).encode(), 1.0)
    assert player.received(1, CLOSED[1].encode(), 1.0)
    sent, _closing = player.due(1.0)
    assert value_of(sent.payload)["params"] == {"context": "cccc"}


# Words


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("session.subscribe", {"events": ["log", 7, "network"]}, "session.subscribe log, network"),
        ("browsingContext.navigate", {"context": "fb", "url": "http://n/"}, "browsingContext.navigate http://n/"),
        ("browsingContext.setViewport", {"viewport": {"width": 8, "height": 6}}, "browsingContext.setViewport 8 x 6"),
        ("browsingContext.setViewport", {"viewport": None}, "browsingContext.setViewport"),
        ("browsingContext.close", {"context": "fb"}, "browsingContext.close"),
        ("browsingContext.captureScreenshot", {"context": "fb", "origin": "viewport"}, "browsingContext.captureScreenshot origin viewport"),
        ("script.evaluate", {"expression": " 1 +\n2 "}, 'script.evaluate "1 + 2"'),
        ("log.entryAdded", {"level": "info", "text": "a word"}, "log.entryAdded info a word"),
        ("network.beforeRequestSent", {"request": {"method": "GET", "url": "/a"}}, "network.beforeRequestSent GET /a"),
        ("network.responseCompleted", {"response": {"status": 200, "url": "/a"}}, "network.responseCompleted 200 /a"),
        ("chat.said", {"text": "x"}, ""),
    ],
)  # fmt: skip
def test_calls_and_events_in_words(method, params, words):
    """With what they are about, and without ids, which tell a reader nothing."""
    assert BIDI.words.called(method, params) == words


@pytest.mark.parametrize(
    ("method", "result", "words"),
    [
        ("session.new", {"capabilities": {"browserName": "firefox", "browserVersion": "153.0"}}, "firefox 153.0"),
        ("script.evaluate", {"type": "success", "result": {"type": "number", "value": 3}}, "3"),
        ("script.evaluate", {"type": "success", "result": {"type": "undefined"}}, "undefined"),
        ("script.callFunction", {"type": "success", "result": {"type": "array", "value": []}}, "array"),
        (
            "script.evaluate",
            {"type": "exception", "exceptionDetails": {"text": "TypeError: no"}},
            "throws TypeError: no",
        ),
        ("browsingContext.navigate", {"navigation": "cb", "url": "http://n/"}, "http://n/"),
        ("browsingContext.close", {}, ""),
    ],
)
def test_answers_in_words(method, result, words):
    """What a script gives or throws, which browser it is, where a page went."""
    assert BIDI.words.said(method, {"result": result}) == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["context", "value", "result", "type"]), inner)
    ),
)


@given(st.sampled_from([*CALLS, *ANSWERS, "browser.close"]), JSON)
def test_words_take_anything(method, value):
    """Whatever a peer sends."""
    assert isinstance(BIDI.words.called(method, value), str)
    assert isinstance(BIDI.words.said(method, {"result": value}), str)


def test_events_of_a_module_come_in_order():
    """But for what may be missing, which may come at any time."""
    opened = {"params": {"url": "about:newtab", "navigation": None}}
    assert [BIDI.stream("browsingContext.load", message) for message in (opened, {})] == [None, "browsingContext"]
    assert BIDI.stream("log.entryAdded", opened) == "log"

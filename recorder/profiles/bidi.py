"""WebDriver BiDi: browsers and what drives them, as Selenium, Puppeteer and WebdriverIO do.

Rule: the ids that a browser or its driver makes are bound, and times of a clock; what a page says is compared.
Source: https://www.w3.org/TR/webdriver-bidi/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from recorder.difference import Path, name_of
from recorder.jsonrpc import json_text
from recorder.model import Opened
from recorder.profiles.base import Profile
from recorder.profiles.sentences import Words, members
from recorder.profiles.values import (
    as_object,
    as_text,
    bare_method,
    by_each,
    by_method,
    member,
    quoted,
    requested,
    responded,
    spaced,
)

OURS = re.compile(
    r"(?:browser|browsingContext|emulation|input|log|network|permissions|script|session|storage|webExtension)\.[a-z]\w+"
)
"""Methods of the protocol's modules; they come without a member `jsonrpc`."""

TYPES = frozenset({"success", "error", "event"})
"""What a browser says first of each message."""

BEGINS = re.compile(r"session\.(?:new|status|subscribe)|browsingContext\.\w+|script\.\w+")
"""Methods that sessions begin with, and that no other protocol has."""

LOADED = frozenset({"browsingContext.domContentLoaded", "browsingContext.load"})
"""Events of a page."""

CONTEXT, REALM, OBJECT, NODE, REQUEST, CLOCK = "context", "realm", "object", "node", "request", "clock"
DEFAULT = "default"
"""The user context that every browser has."""

NAMES = by_each(
    (CONTEXT, "context contexts parent originalOpener"),
    (REALM, "realm"),
    (OBJECT, "handle handles internalId"),
    (NODE, "sharedId"),
    (REQUEST, "request"),
    ("navigation", "navigation"),
    ("script", "script"),
    ("subscription", "subscription subscriptions"),
    ("user context", "userContext userContexts"),
    ("window", "clientWindow"),
    ("collector", "collector"),
    ("intercept", "intercept intercepts"),
    ("extension", "extension"),
    ("session", "sessionId"),
    ("channel", "channel"),
    ("sandbox", "sandbox"),
    (CLOCK, "timestamp expiry"),
    ("folder", "moz:profile userDataDir destinationFolder"),
    ("process", "moz:processID"),
    ("address", "webSocketUrl moz:debuggerAddress debuggerAddress"),
)
"""Kinds by the name of the member; elements of a list have the list's."""

OWN = "attributes"
"""A member in which names are a page's own."""

TIMINGS = "timings"


# Words


def _value(value: Mapping[str, Any]) -> str:
    """A value in the page: as it is written, or what it is."""
    given = value.get("value")
    return as_text(value.get("type")) if given is None or isinstance(given, dict | list) else json_text(given)


def _evaluated(result: Mapping[str, Any]) -> str:
    if as_text(result.get("type")) == "exception":
        return f"throws {as_text(as_object(result.get('exceptionDetails')).get('text'))}"
    return _value(as_object(result.get("result")))


def _listed(name: str) -> Callable[[Mapping[str, Any]], str]:
    """What names the texts in a list."""

    def said(params: Mapping[str, Any]) -> str:
        given = params.get(name)
        return ", ".join(filter(None, map(as_text, given))) if isinstance(given, list) else ""

    return said


AT_A_URL = (
    *("contextCreated", "contextDestroyed", "domContentLoaded", "fragmentNavigated", "load", "navigate"),
    *("navigationAborted", "navigationCommitted", "navigationFailed", "navigationStarted"),
)
"""What is said of a page at a URL, or asked for one."""

CALLS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "browsingContext.create": member("type"),
    "browsingContext.setViewport": lambda params: _size(as_object(params.get("viewport"))),
    **dict.fromkeys((f"browsingContext.{what}" for what in AT_A_URL), member("url")),
    "browsingContext.userPromptOpened": member("message"),
    "script.evaluate": quoted("expression"),
    **dict.fromkeys(("script.callFunction", "script.addPreloadScript"), quoted("functionDeclaration")),
    "script.realmCreated": member("type"),
    "script.message": member("channel"),
    "log.entryAdded": lambda params: spaced(params.get("level"), params.get("text")),
    "network.beforeRequestSent": requested,
    **dict.fromkeys(("network.responseStarted", "network.responseCompleted"), responded),
    "network.fetchError": member("errorText"),
    **dict.fromkeys(("session.subscribe", "session.unsubscribe"), _listed("events")),
}
"""What a call or an event is about, by its method."""

ANSWERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "session.new": lambda result: spaced(
        *map(as_object(result.get("capabilities")).get, ("browserName", "browserVersion"))
    ),
    "browsingContext.navigate": member("url"),
    **dict.fromkeys(("script.evaluate", "script.callFunction"), _evaluated),
}
"""What an answer says, by the method of its request."""


def _size(viewport: Mapping[str, Any]) -> str:
    return f"{viewport['width']} x {viewport['height']}" if {"width", "height"} <= viewport.keys() else ""


def _about(method: str, params: Any) -> str | None:
    """What a call is about: `"1+1"`, `http://…`; not the ids in it, which tell a reader nothing."""
    if not isinstance(params, Mapping) or OURS.fullmatch(method) is None:
        return None
    others = {name: value for name, value in params.items() if name not in NAMES}
    return CALLS[method](params) if method in CALLS else members(others)


def _ours(message: Any) -> bool:
    method = bare_method(message)
    typed = bool(method) and message.get("type") in TYPES
    return BEGINS.fullmatch(method) is not None or (typed and OURS.fullmatch(method) is not None)


class WebDriverBiDi(Profile):
    """What browsers and those who drive them say to each other, as the W3C has it."""

    name = "bidi"
    one_to_one = frozenset({CONTEXT, REALM, OBJECT, REQUEST})
    by_content = frozenset({CLOCK})  # whose times are another run's: none stands for another
    words = Words(call=_about, answer=by_method(ANSWERS))
    untimely = LOADED
    torn_down = frozenset({"browsingContext.contextDestroyed", "script.realmDestroyed"})
    farewells = frozenset({"session.end", "browser.close"})

    def claims(self, opened: Opened, messages: Sequence[Any]) -> bool:
        """Whether a method is one that no other protocol has."""
        return any(map(_ours, messages))

    def may_be_missing(self, label: str, message: Any, answered: Collection[str]) -> bool:
        """That a page of the browser's own is loaded, to which nobody has navigated: it begins with one."""
        params = as_object(as_object(message).get("params"))
        return as_text(params.get("url")).startswith("about:") and params.get("navigation") is None

    def stream(self, label: str, message: Any) -> str | None:
        """Events of one module come in order, but for what may be missing."""
        missing = label in LOADED and self.may_be_missing(label, message, ())
        return None if missing else label.partition(".")[0]

    def volatile(self, method: str, path: Path, value: Any) -> str:
        """By the name of the member, but for those that are a page's own."""
        if TIMINGS in path[:-1]:
            return CLOCK
        return "" if OWN in path[:-1] or value == DEFAULT else NAMES.get(name_of(path), "")


PROFILE = WebDriverBiDi()

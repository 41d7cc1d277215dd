"""The Chrome DevTools Protocol: browsers (and Node.js) and the tools that drive them.

Rule: ids that a browser makes are bound (targets, frames, sessions, requests, contexts, nodes, objects), and its clocks
are not compared; what a page shows and what a script returns is. Targets run in their own processes: events of different
targets have no common order.
Source: the protocol's own description, https://chromedevtools.github.io/devtools-protocol/, and puppeteer's traffic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from recorder.difference import Difference, Path, name_of
from recorder.jsonrpc import json_text
from recorder.model import Opened
from recorder.profiles.base import Profile
from recorder.profiles.parts import Comparison, Identities
from recorder.profiles.sentences import Words
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

ADDRESS = "/devtools/"
"""What a browser's and a page's addresses begin with; those of Node.js have a UUID alone."""

OURS = re.compile(r"(?:Target|Page|Runtime|Network|Browser)\.[a-z]\w*")
"""Methods of the domains that every client uses; they come without a member `jsonrpc`."""

TARGET, SESSION, BROWSER_CONTEXT, LOADER, OBJECT = "target", "session", "browser context", "request", "object"
CONTEXT, UNIQUE_CONTEXT, NODE, SCRIPT, CLOCK, FOLDER = "context", "unique context", "node", "script", "clock", "folder"


NAMES = by_each(
    (TARGET, "targetId openerId frameId parentFrameId openerFrameId"),  # a page's target has the id of its frame
    (SESSION, "sessionId"),
    (BROWSER_CONTEXT, "browserContextId browserContextIds defaultBrowserContextId"),
    (LOADER, "requestId loaderId networkId"),  # the request for a document has the id of its loader
    (OBJECT, "objectId promiseObjectId"),
    ("debugger", "debuggerId"),
    ("call frame", "callFrameId"),
    (CONTEXT, "executionContextId contextId"),
    (UNIQUE_CONTEXT, "uniqueId uniqueContextId"),
    (NODE, "nodeId backendNodeId"),
    (SCRIPT, "scriptId"),
    (FOLDER, "downloadPath"),
    (CLOCK, "timestamp wallTime requestTime responseTime"),
)
"""Kinds by the name of the member; elements of a list have the list's."""

IDS = {"frame": TARGET, "context": CONTEXT}
"""Kinds of a member that is called `id` alone, by what it is a member of."""

OWN = frozenset({"value", "headers", "postData"})
"""Members in which names are a page's own, or a server's."""

DESCRIBED = "Runtime.getProperties"
"""A call whose answer describes the values of properties, and brings none."""

PROCESS = re.compile(r"node\[[0-9]+\]")
"""What Node.js calls the context of its main script."""

TIMING = "timing"
NOBODY = 0
"""The node id of a node that the client has not asked for."""

AT_ANY_TIME = re.compile(r"(?:Target\.|Runtime\.runIfWaitingForDebugger\b).*")
"""What is said of targets as their processes come and go, and what a client answers to that."""

LIFECYCLE = "Page.lifecycleEvent"
LATE = frozenset(
    {
        *("a result of Target.setAutoAttach", "a result of Runtime.runIfWaitingForDebugger"),
        *("Target.detachFromTarget", "a result of Target.detachFromTarget", "Target.detachedFromTarget"),
        *("Target.targetInfoChanged", "Network.policyUpdated", LIFECYCLE),
    }
)
"""What may come after the end: a target answers when its process runs, and its state is sent when a client looks.

A client that has no use for a target leaves it once that has answered. Who has asked for a page's news in time hears of its state and of its network's policy as it begins, else not.
"""

AFTERWARDS = re.compile(r"first\w*Paint\w*|network\w*Idle|InteractiveTime")
"""What a page does some time after it is loaded, if it is still there then."""

INFO, AS_OF_NOW = ("params", "targetInfo"), frozenset({"title", "attached"})
"""Members of a target that change while it loads; a title is empty, or the URL, until the page sets it."""


# Words


def _target(params: Mapping[str, Any]) -> str:
    info = as_object(params.get("targetInfo"))
    return spaced(info.get("type"), info.get("url"))


def _printed(params: Mapping[str, Any]) -> str:
    given = params.get("args")
    shown = [_remote(as_object(one)) for one in given] if isinstance(given, list) else []
    return " ".join([as_text(params.get("type")), *shown]).strip()


def _remote(value: Mapping[str, Any]) -> str:
    """A value in the page: as it is written, or as the browser describes it."""
    if "value" in value:
        return json_text(value["value"])
    described = as_text(value.get("description")).partition("\n")[0]
    return described or as_text(value.get("type"))


def _thrown(params: Mapping[str, Any]) -> str:
    details = as_object(params.get("exceptionDetails"))
    return _remote(as_object(details.get("exception"))) or as_text(details.get("text"))


def _evaluated(result: Mapping[str, Any]) -> str:
    thrown = _thrown(result)
    return f"throws {thrown}" if thrown else _remote(as_object(result.get("result")))


CALLS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "Runtime.evaluate": quoted("expression"),
    "Runtime.callFunctionOn": quoted("functionDeclaration"),
    "Runtime.addBinding": member("name"),
    "Runtime.bindingCalled": member("name"),
    "Runtime.consoleAPICalled": _printed,
    "Runtime.exceptionThrown": _thrown,
    "Page.addScriptToEvaluateOnNewDocument": quoted("source"),
    "Page.createIsolatedWorld": member("worldName"),
    "Page.frameNavigated": lambda params: as_text(as_object(params.get("frame")).get("url")),
    "Page.javascriptDialogOpening": member("message"),
    "Page.lifecycleEvent": member("name"),
    "Page.navigate": member("url"),
    "Network.requestWillBeSent": requested,
    "Network.responseReceived": responded,
    "Network.loadingFailed": member("errorText"),
    "Inspector.detached": member("reason"),
    "Target.createTarget": member("url"),
    **dict.fromkeys(("Target.targetCreated", "Target.targetInfoChanged", "Target.attachedToTarget"), _target),
}
"""What a call or a push is about, by its method."""

ANSWERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "Browser.getVersion": member("product"),
    "Page.navigate": member("errorText"),
    "Runtime.evaluate": _evaluated,
    "Runtime.callFunctionOn": _evaluated,
}
"""What an answer says, by the method of its request."""


def _ours(message: Any) -> bool:
    return OURS.fullmatch(bare_method(message)) is not None


class Snapshots(Comparison):
    """The protocol's part in the comparison of two captures."""

    def follows(self, recorded: Any, live: Any, differences: Sequence[Difference]) -> dict[Difference, str]:
        """The state of a target, which was sent a moment earlier or later."""
        found = [one for one in differences if one.path[:-1] == INFO and one.field in AS_OF_NOW]
        untitled = _untitled(recorded) or _untitled(live)
        return {one: "the state of a target at that moment" for one in found if one.field == "attached" or untitled}


def _untitled(message: Any) -> bool:
    info = as_object(as_object(as_object(message).get("params")).get("targetInfo"))
    return info.get("title") in {"", info.get("url")}


def _is_own(method: str, path: Path) -> bool:
    return method != DESCRIBED and not OWN.isdisjoint(path[1:-1])


class DevTools(Profile):
    """What browsers and those who drive them say to each other."""

    name = "devtools"
    one_to_one = frozenset({TARGET, SESSION, BROWSER_CONTEXT, OBJECT, UNIQUE_CONTEXT})
    by_content = frozenset({CLOCK})  # whose times are another run's: none stands for another
    words = Words(call=by_method(CALLS), answer=by_method(ANSWERS))
    untimely = LATE

    def claims(self, opened: Opened, messages: Sequence[Any]) -> bool:
        """Whether its address is a browser's, or a method is one that no other protocol has."""
        return ADDRESS in opened.url.partition("?")[0] or any(map(_ours, messages))

    def thread(self, message: Any) -> str:
        """A target has a session of its own within that of its browser."""
        return as_text(as_object(message).get("sessionId"))

    def stream(self, label: str, message: Any) -> str | None:
        """Pushes of one domain come in order, but for those about targets, and what may be missing."""
        if AT_ANY_TIME.fullmatch(label) or (label == LIFECYCLE and self.may_be_missing(label, message, ())):
            return None
        return label.partition(".")[0]

    def may_be_missing(self, label: str, message: Any, answered: Collection[str]) -> bool:
        """Of a page's life, that it was painted, and that nothing is loaded any more."""
        return label != LIFECYCLE or bool(
            AFTERWARDS.fullmatch(str(as_object(as_object(message).get("params")).get("name")))
        )

    def comparison(self, recorded: Identities, live: Identities) -> Comparison:
        """What is as it was just then."""
        return Snapshots(recorded, live)

    def fixed(self, method: str, path: Path, value: Any) -> bool:
        """A number in what is a page's own: those who drive one number the parts of what they send."""
        return isinstance(value, int) and _is_own(method, path)

    def volatile(self, method: str, path: Path, value: Any) -> str:
        """By the name of the member, but for those that are a page's own."""
        if _is_own(method, path):
            return ""
        if TIMING in path[:-1]:
            return CLOCK
        name = name_of(path)
        if name == "name" and isinstance(value, str) and PROCESS.fullmatch(value):
            return "process"
        kind = IDS.get(name_of(path[:-1]), "") if name == "id" else NAMES.get(name, "")
        return "" if kind == NODE and value == NOBODY else kind


PROFILE = DevTools()

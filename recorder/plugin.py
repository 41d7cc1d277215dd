"""The pytest plugin: tests of a client against a mock node made of a committed capture, or against a node to record.

Rule: costs nothing where it is not used: only pytest is imported here, everything else inside the functions. The node
is in a thread (a recorder in a process) of its own: any test, any event loop, any language talks to it by its URL.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from recorder.replay import Outcome
    from recorder.server.child import RecordingChild
    from recorder.server.thread import NodeThread
    from recorder.timeline import Script

MODES = ("none", "once", "new", "all")
FOLDER = "captures"
MARKER = (
    'capture(file, *, mode="shape", speed="instant", faults=(), keys={}, network_id="", play=("node",), loop=False, '
    'rules="", profile=""): the capture that the fixture mock_node plays or records, in captures/ beside the test.'
)
TAKES = frozenset(re.findall(r"(\w+)=", MARKER))
SILENCE = 0.5  # seconds after which a frame that has not come yet counts as one that does not come


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("recorder", "JSON-RPC captures")
    group.addoption(
        "--capture-mode",
        choices=MODES,
        default="none",
        help="none: play captures; once: record those that do not exist; new: add sessions that a capture lacks; "
        "all: record all again.",
    )
    group.addoption("--capture-upstream", default="", metavar="URL", help="The node to record, as ws://127.0.0.1:3014.")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", MARKER)


class Capturing:
    """What the fixture `mock_node` gives: where the node is, and how it went.

    Args:
        file: the capture.
        node: plays it; None where it is recorded only.
        child: records; None where it is played only.
        judged: whether frames that are missing or too many fail the test.
    """

    def __init__(
        self, file: Path, node: NodeThread | None, child: RecordingChild | None = None, *, judged: bool = True
    ) -> None:
        self.file, self._node, self._child, self._judged = file, node, child, judged
        self._told = False

    @property
    def url(self) -> str:
        """Where to connect: `ws://127.0.0.1:PORT`, or `http://…` where the capture has HTTP alone."""
        return self.urls[0]

    @property
    def urls(self) -> list[str]:
        """Where to connect: over WebSockets, then over HTTP, as far as the capture has them."""
        if self._node is not None:
            return self._node.urls
        from recorder.timeline.urls import over_http

        assert self._child is not None
        return [self._child.url, over_http(self._child.url)]

    @property
    def outcome(self) -> Outcome:
        """How it went, as soon as nothing is on its way any more: `unused`, `unexpected`, `notes`, and `ok`."""
        from recorder.replay import Outcome

        if self._node is None:
            return Outcome()
        self._node.settle(SILENCE)
        return self._node.outcome()

    def judge(self, *, last: bool) -> None:
        """Fail the test for what was unexpected, and for what was not used once nobody is there to use it."""
        if self._node is None or not self._judged:
            return
        gone = self._node.settle(SILENCE)
        outcome = self._node.outcome()
        if not gone:  # who is still there has not closed: that is for its owner to do
            outcome.unused = [line for line in outcome.unused if " close was recorded" not in line] if last else []
        if not outcome.ok:
            self._judged, self._told = False, True
            pytest.fail(f"{self.file}: the traffic is not as recorded\n{outcome}", pytrace=False)

    def told(self) -> Iterator[str]:
        """What may have made the test fail, unless it has been said: all that was unexpected, and what came no more."""
        if self._told:
            return
        yield from self.outcome.unexpected
        if unused := self.outcome.unused:
            yield unused[0]
            if more := len(unused) - 1:
                yield f"and {more} more recorded and never came"


CAPTURING = pytest.StashKey[Capturing]()
PASSED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that passed though its traffic was not as recorded."""
    result = yield
    capturing = item.stash.get(CAPTURING, None)
    if capturing is not None:
        capturing.judge(last=False)
        item.stash[PASSED] = True
    return result


@pytest.fixture
def mock_node(request: pytest.FixtureRequest) -> Iterator[Capturing]:
    """The node of `@pytest.mark.capture(…)`: a mock made of it, or a recorder in front of `--capture-upstream`."""
    from recorder.errors import InputError

    marker = request.node.get_closest_marker("capture")
    if marker is None or not marker.args:
        pytest.fail('mock_node needs to know its capture: @pytest.mark.capture("deposit.jsonl")', pytrace=False)
    if unknown := sorted(marker.kwargs.keys() - TAKES):
        pytest.fail(f"the marker capture takes no {unknown[0]!r}, but {', '.join(sorted(TAKES))}", pytrace=False)
    file = _find(request.path.parent, marker.args[0])
    try:
        yield from _capturing(request, file, marker.kwargs)
    except InputError as error:
        reason = str(error)
    else:
        return
    pytest.fail(reason, pytrace=False)


def _find(folder: Path, name: str) -> Path:
    """The capture as the marker names it: in `captures/`, or beside the test."""
    return next((path for path in (folder / FOLDER / name, folder / name) if path.exists()), folder / FOLDER / name)


def _capturing(request: pytest.FixtureRequest, file: Path, given: Mapping[str, Any]) -> Iterator[Capturing]:
    from recorder.errors import InputError

    mode, upstream = request.config.getoption("capture_mode"), request.config.getoption("capture_upstream")
    recording = mode == "all" or (mode in {"once", "new"} and not file.exists())
    if not file.exists() and not recording:
        raise InputError(
            "no such capture; record it with --capture-mode once --capture-upstream ws://…", file=str(file)
        )
    if (recording or mode == "new") and not upstream:
        raise InputError(f"--capture-mode {mode} needs a node to record: --capture-upstream ws://127.0.0.1:3014")
    if recording:
        yield from _recorded(request, file, upstream, given)
    elif mode == "new":
        yield from _continued(request, file, upstream, given)
    else:
        yield from _played(request, file, given)


def _child(request: pytest.FixtureRequest, file: Path, upstream: str, given: Mapping[str, Any]) -> RecordingChild:
    """A recorder; the profile of a capture that is replaced stays, unless the marker names another."""
    from recorder.api import load
    from recorder.server.child import RecordingChild

    profile = given.get("profile", "")
    if not profile and file.exists():
        with load(file) as capture:
            profile = capture.header.profile
    profile = profile or "auto"
    return RecordingChild(upstream, profile=profile, test=request.node.nodeid)


def _recorded(
    request: pytest.FixtureRequest, file: Path, upstream: str, given: Mapping[str, Any]
) -> Iterator[Capturing]:
    with _child(request, file, upstream, given) as child:
        request.node.stash[CAPTURING] = capturing = Capturing(file, None, child)
        yield capturing
    if request.node.stash.get(PASSED, False):  # a capture of a test that failed is no fixture
        child.keep(file)
    else:
        _tell(request, child.said)


def _played(
    request: pytest.FixtureRequest, file: Path, given: Mapping[str, Any], beyond: str = ""
) -> Iterator[Capturing]:
    script, settings, loop = _settings(file, given)
    from recorder.server.thread import NodeThread

    with NodeThread(script, settings, loop=loop, beyond=beyond) as node:
        request.node.stash[CAPTURING] = capturing = Capturing(file, node, judged=not settings.faults)
        yield capturing
        if request.node.stash.get(PASSED, False):
            capturing.judge(last=True)
        else:
            _tell(request, capturing.told())


def _continued(
    request: pytest.FixtureRequest, file: Path, upstream: str, given: Mapping[str, Any]
) -> Iterator[Capturing]:
    with _child(request, file, upstream, given) as child:
        yield from _played(request, file, given, beyond=child.url)
    if request.node.stash.get(PASSED, False):
        child.add_to(file)
    else:
        _tell(request, child.said)


def _tell(request: pytest.FixtureRequest, lines: Iterable[str]) -> None:
    """Say beside a failure of the test's own what the node saw: it may be the reason."""
    if text := "\n".join(lines):
        request.node.add_report_section("teardown", "mock_node", text)


def _settings(file: Path, given: Mapping[str, Any]) -> tuple[Script, Any, bool]:
    from recorder.api import load_rules, load_script, play_settings
    from recorder.keys import parse_keys

    options = {name: given[name] for name in ("mode", "speed", "network_id") if name in given}
    keys = {
        party: key if isinstance(key, bytes) else parse_keys([f"{party}={file.parent / key}"])[party]
        for party, key in given.get("keys", {}).items()
    }
    script = load_script(file)
    rules = load_rules(file, file.parent / given["rules"] if given.get("rules") else None)
    play, faults = _several(given.get("play", "node")), _several(given.get("faults", ()))
    return (
        script,
        play_settings(script, play, faults=faults, keys=keys, rules=rules, warn=warnings.warn, **options),
        given.get("loop", False),
    )


def _several(given: str | Iterable[str]) -> Iterable[str]:
    """One text is a list of one: forgotten brackets make no letters of it."""
    return (given,) if isinstance(given, str) else given

"""The pytest plugin: tests a client against a mock node that plays a committed capture, or records a node.

Rule: costs nothing where it is not used: only pytest is imported here, everything else inside the functions. The mock
node has its own thread (a recorder its own process), so that any test, event loop or language can use its URL. One test
records a capture: who else does so would replace it, or, in another process, write it at the same time.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from recorder.replay import Outcome
    from recorder.rules import Rules
    from recorder.server.child import RecordingChild
    from recorder.server.thread import NodeThread
    from recorder.timeline import Script

MODES = ("none", "once", "new", "all")
FOLDER = "captures"
MARKER = (
    'capture(file="MODULE/TEST.jsonl", *, mode="shape", speed="instant", faults=(), keys={}, network_id="", play=("node",), '
    'loop=False, rules="", profile="", mask=()): the capture that the fixture mock_node plays or records, in captures/ beside the '
    "test."
)
TAKES = frozenset(re.findall(r"(\w+)=", MARKER))
UNFIT = re.compile(r"[^\w.\-\[\]]", re.ASCII)  # what is not taken into the name of a file from that of a test
LONG = 100  # most characters that are
SILENCE = 0.5  # seconds to wait for a frame before it counts as missing


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
    parser.addini("capture_mask", "Secrets to mask in what is recorded, one a line, as for --mask.", "linelist")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what looks like a secret in what was recorded: it is to be seen before it is committed."""
    reports = (report for group in terminalreporter.stats.values() for report in group)
    texts = dict.fromkeys(
        text
        for report in reports
        for title, text in getattr(report, "sections", ())
        if title == f"Captured {SECRETS} teardown"
    )
    if texts:
        terminalreporter.section("secrets in captures")
        terminalreporter.write_line("\n".join(texts))
        terminalreporter.write_line("The marker takes mask=[…], and the ini file capture_mask, for what --mask takes.")


class Capturing:
    """The fixture `mock_node`: the node's URL, and the outcome.

    Args:
        file: the capture.
        node: the mock node; None if the capture is only recorded.
        child: the recorder, alone or behind the mock node; None if the capture is only played.
        judged: whether missing or unexpected frames fail the test.
    """

    def __init__(
        self, file: Path, node: NodeThread | None, child: RecordingChild | None = None, *, judged: bool = True
    ) -> None:
        self.file, self._node, self._child, self._judged = file, node, child, judged
        self._reported = False
        self.unreached = ""  # why the node to record could not be reached, once a test has failed

    @property
    def url(self) -> str:
        """Where to connect: `ws://127.0.0.1:PORT`, or `http://…` if the capture has only HTTP."""
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
        """The outcome, once nothing is in flight any more: `unused`, `unexpected`, `notes`, and `ok`."""
        from recorder.replay import Outcome

        if self._node is None:
            return Outcome()
        self._node.settle(SILENCE)
        return self._node.outcome()

    def explain(self) -> str:
        """What a test failed for before it began: the node to record could not be reached; empty where it was."""
        if self._child is not None:
            self.unreached = self._child.unreached()
        return self.unreached

    def judge(self, *, last: bool) -> None:
        """Fail the test for unexpected frames; once all clients are gone, for recorded frames that never came too."""
        if self._node is None or not self._judged:
            return
        gone = self._node.settle(SILENCE)
        outcome = self._node.outcome()
        if not gone:  # what a client that is still connected does next, and be it to close its session, comes later
            outcome.unused = [line for line in outcome.unused if line not in outcome.unclosed] if last else []
        if not outcome.ok:
            self._judged, self._reported = False, True
            pytest.fail(f"{self.file}: the traffic differs from the capture\n{outcome}", pytrace=False)

    def hints(self) -> Iterator[str]:
        """What may have made the test fail, if not reported yet: unexpected frames, and recorded ones that never came."""
        if self._reported:
            return
        yield from self.outcome.unexpected
        if unused := self.outcome.unused:
            yield unused[0]
            if more := len(unused) - 1:
                yield f"and {more} more {'are' if more > 1 else 'is'} missing"


SECRETS = "secrets"
CAPTURING = pytest.StashKey[Capturing]()
PASSED = pytest.StashKey[bool]()
RECORDING = pytest.StashKey[dict[Path, set[str]]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Say of a test whose fixtures failed that the node was not there, if that is so."""
    return (yield from _explained(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that passed although its traffic was not as recorded."""
    result = yield from _explained(item)
    capturing = item.stash.get(CAPTURING, None)
    if capturing is not None:
        capturing.judge(last=False)
        item.stash[PASSED] = True
    return result


def _explained(item: pytest.Item) -> Generator[None, Any, Any]:
    """A part of a test; where it fails for the node to record, that comes before all that its client says."""
    try:
        return (yield)
    except (Exception, pytest.fail.Exception) as error:
        capturing = item.stash.get(CAPTURING, None)
        reason = capturing.explain() if capturing is not None else ""
        if not reason:
            raise
        told = item.repr_failure(pytest.ExceptionInfo.from_exception(error))
    pytest.fail(f"{reason}\n\n{told}", pytrace=False)


@pytest.fixture
def mock_node(request: pytest.FixtureRequest) -> Iterator[Capturing]:
    """The node of `@pytest.mark.capture(…)`: a mock that plays it, or a recorder in front of `--capture-upstream`."""
    from recorder.errors import InputError

    given = _given(request.node)
    if unknown := sorted(given.keys() - TAKES):
        pytest.fail(
            f"the marker capture has no argument {unknown[0]!r}; it takes {', '.join(sorted(TAKES))}", pytrace=False
        )
    try:
        yield from _capturing(request, _file(request.node), given)
    except InputError as error:
        reason = str(error)
    else:
        return
    pytest.fail(reason, pytrace=False)


def _given(item: pytest.Item) -> Mapping[str, Any]:
    """What the marker of a test says."""
    marker = item.get_closest_marker("capture")
    if marker is None:
        return {}
    return {**dict(zip(("file",), marker.args, strict=False)), **marker.kwargs}


def _file(item: pytest.Item) -> Path:
    """The path of a test's capture: in `captures/`, or beside the test; one that the marker does not name has its own."""
    folder, name = item.path.parent, _given(item).get("file") or _own_name(item)
    return next((path for path in (folder / FOLDER / name, folder / name) if path.exists()), folder / FOLDER / name)


def _own_name(item: pytest.Item) -> str:
    """The capture of a test, or of one of its parameters, by its name; what has to be changed has a digest of it."""
    group = getattr(item, "cls", None)
    name = item.name if group is None else f"{group.__qualname__}.{item.name}"
    if UNFIT.search(name) or len(name) > LONG:
        digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:8]
        name = f"{UNFIT.sub('-', name)[:LONG]}-{digest}"
    return f"{item.path.stem}/{name}.jsonl"


def _capturing(request: pytest.FixtureRequest, file: Path, given: Mapping[str, Any]) -> Iterator[Capturing]:
    from recorder.errors import InputError

    mode, upstream = request.config.getoption("capture_mode"), request.config.getoption("capture_upstream")
    if given.get("faults"):  # which no real node has
        mode = "none"
    recording = mode == "all" or (mode in {"once", "new"} and not file.exists())
    if not file.exists() and not recording:
        by = ", by a test that asks for no faults" if given.get("faults") else ""
        raise InputError(
            f"no such capture; record it with --capture-mode once --capture-upstream ws://…{by}", file=str(file)
        )
    if (recording or mode == "new") and not upstream:
        raise InputError(f"--capture-mode {mode} needs a node to record: --capture-upstream ws://127.0.0.1:3014")
    if recording:
        _check_alone(request, file)
        yield from _recorded(request, file, upstream, given)
    elif mode == "new":
        yield from _continued(request, file, upstream, given)
    else:
        yield from _played(request, file, given)


def _check_alone(request: pytest.FixtureRequest, file: Path) -> None:
    """Check that no other test of this run records the capture; each worker of xdist has collected all tests.

    Raises:
        InputError: one does.
    """
    from recorder.errors import InputError

    known = request.session.stash.setdefault(RECORDING, {})
    if not known:
        for item in request.session.items:
            if "mock_node" in getattr(item, "fixturenames", ()) and not _given(item).get("faults"):
                known.setdefault(_file(item).resolve(), set()).add(item.nodeid)
    tests = sorted(known.get(file.resolve(), ()))
    if len(tests) > 1:
        raise InputError(
            f"{len(tests)} tests record it ({', '.join(tests[:2])}{', …' if tests[2:] else ''}); leave the file out of the "
            "marker, and each test has a capture of its own, or record with one of them alone",
            file=str(file),
        )


def _child(request: pytest.FixtureRequest, file: Path, upstream: str, given: Mapping[str, Any]) -> RecordingChild:
    """A recorder; a capture that is replaced keeps its profile, unless the marker names another, and what is masked in it."""
    from recorder.api import load, load_script
    from recorder.masked_places import masks_of
    from recorder.server.child import RecordingChild

    profile, masks = (
        given.get("profile", ""),
        [*request.config.getini("capture_mask"), *_several(given.get("mask", ()))],
    )
    if file.exists():
        with load(file) as capture:
            profile = profile or capture.header.profile
        masks += masks_of(load_script(file))
    return RecordingChild(upstream, profile=profile or "auto", test=request.node.nodeid, masks=masks)


def _recorded(
    request: pytest.FixtureRequest, file: Path, upstream: str, given: Mapping[str, Any]
) -> Iterator[Capturing]:
    with _child(request, file, upstream, given) as child:
        request.node.stash[CAPTURING] = capturing = Capturing(file, None, child)
        yield capturing
    if request.node.stash.get(PASSED, False):  # the capture of a failed test is not kept
        child.keep(file, _rules(file, given))
        _tell_secrets(request, file)
    else:
        _tell(request, [line for line in child.said if line != capturing.unreached])


def _played(
    request: pytest.FixtureRequest, file: Path, given: Mapping[str, Any], child: RecordingChild | None = None
) -> Iterator[Capturing]:
    script, settings, loop = _settings(file, given)
    from recorder.server.thread import NodeThread

    with NodeThread(script, settings, loop=loop, beyond=child.url if child is not None else "") as node:
        request.node.stash[CAPTURING] = capturing = Capturing(file, node, child, judged=not settings.faults)
        yield capturing
        if request.node.stash.get(PASSED, False):
            capturing.judge(last=True)
        else:
            _tell(request, capturing.hints())


def _continued(
    request: pytest.FixtureRequest, file: Path, upstream: str, given: Mapping[str, Any]
) -> Iterator[Capturing]:
    with _child(request, file, upstream, given) as child:
        yield from _played(request, file, given, child)
    if request.node.stash.get(PASSED, False):
        if child.recorded:
            _check_alone(request, file)
            child.add_to(file)
            _tell_secrets(request, file)
    else:
        _tell(request, [line for line in child.said if line != request.node.stash[CAPTURING].unreached])


def _tell(request: pytest.FixtureRequest, lines: Iterable[str]) -> None:
    """Add what the node saw to the report of a failed test: it may be the reason."""
    if text := "\n".join(lines):
        request.node.add_report_section("teardown", "mock_node", text)


def _tell_secrets(request: pytest.FixtureRequest, file: Path) -> None:
    """Add what looks like a secret in what was recorded to the report of a test, for the summary."""
    from recorder.api import load
    from recorder.suspects import looks_secret

    with load(file) as capture:
        profile = capture.header.profile
    if lines := looks_secret(file, profile):
        request.node.add_report_section("teardown", SECRETS, "\n".join([f"{file}: {lines[0]}", *lines[1:]]))


def _settings(file: Path, given: Mapping[str, Any]) -> tuple[Script, Any, bool]:
    from recorder.api import load_script, play_settings
    from recorder.keys import read_key

    options = {name: given[name] for name in ("mode", "speed", "network_id") if name in given}
    keys = {
        party: key if isinstance(key, bytes) else read_key(file.parent / key)
        for party, key in given.get("keys", {}).items()
    }
    script = load_script(file)
    play, faults = _several(given.get("play", "node")), _several(given.get("faults", ()))
    return (
        script,
        play_settings(script, play, faults=faults, keys=keys, rules=_rules(file, given), warn=warnings.warn, **options),
        given.get("loop", False),
    )


def _rules(file: Path, given: Mapping[str, Any]) -> Rules:
    """What may differ from a capture."""
    from recorder.api import load_rules

    return load_rules(file, file.parent / given["rules"] if given.get("rules") else None)


def _several(given: str | Iterable[str]) -> Iterable[str]:
    """A single text as a list of one."""
    return (given,) if isinstance(given, str) else given

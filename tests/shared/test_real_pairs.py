"""Two recordings of one scenario on real servers: nothing is told but what did change."""

import msgspec
import pytest

from recorder.compare import Rules, compare, suggest
from recorder.difference import path_text
from recorder.interchange.files import Capture
from recorder.model import Opened
from recorder.timeline import read

pytestmark = pytest.mark.untraced


def script(path, profile="auto"):
    """A capture, its protocol told from its traffic."""
    with Capture(path) as opened:
        return read(msgspec.structs.replace(opened.header, profile=profile), opened, path.name)


def pair(shared, one, other, folder="servers"):
    """Two captures."""
    return script(shared / "real" / folder / f"{one}.jsonl"), script(shared / "real" / folder / f"{other}.jsonl")


@pytest.mark.parametrize(("one", "other"), [("mop-m1", "mop-m2"), ("eth-e1", "eth-e3")])
def test_two_runs_of_a_restarted_server_are_the_same(shared, one, other):
    """Mopidy over both transports at once; a chain from its first block."""
    assert compare(*pair(shared, one, other)).findings == ()


@pytest.mark.parametrize(
    ("one", "other", "changed"),
    [
        ("aria-a1", "aria-a2", {"aria2.getGlobalStat": 3, "aria2.tellStatus": 11}),
        ("lsp-l1", "lsp-l2", {"textDocument/didOpen": 1}),
    ],
)
def test_what_did_change_is_told(shared, one, other, changed):
    """How far a download was; what a document says."""
    found = compare(*pair(shared, one, other)).findings
    assert {finding.step.removeprefix("a result of "): len(finding.details) for finding in found} == changed
    assert {finding.kind for finding in found} == {"changed"}


@pytest.mark.parametrize("name", ["ct-020", "ct-022", "ct-024"])
def test_a_node_that_ends_a_session_while_it_is_asked_to(shared, name):
    """It answers the second of two who stop, or not."""
    assert compare(*pair(shared, name, f"{name}.again", "node")).findings == ()


@pytest.mark.parametrize(("name", "most"), [("ct-027", 11), ("imported-balances", 38)])
def test_runs_of_a_node_that_went_another_way(shared, name, most):
    """No more is told than went wrong: in the last, a party asks for the recorded contract's account too."""
    assert 0 < len(compare(*pair(shared, name, f"{name}.again", "node")).findings) <= most


def test_what_a_document_began_too_late_to_see_is_no_difference(shared):
    """The first that the responder heard, and the initiator in another session, once the document is said to be so."""
    late, again = pair(shared, "imported-balances", "imported-balances.again", "node")
    with Capture(shared / "real" / "node" / late.file) as opened:
        events = [msgspec.structs.replace(e, partial=True) if isinstance(e, Opened) else e for e in opened]
        marked = read(opened.header, events, late.file)
    before, after = compare(late, again), compare(marked, again)
    assert [one.text.split()[2] for one in after.decisions if one.what == "partial"] == [
        "fsm_up:",
        "channel_open:",
        "fsm_up:",
    ]
    assert len(before.findings) - len(after.findings) == 3


@pytest.mark.parametrize(
    ("one", "other", "folder"),
    [("aria-a1", "aria-a2", "servers"), ("lsp-l1", "lsp-l2", "servers"), ("ct-027", "ct-027.again", "node")],
)
def test_with_the_rules_that_are_suggested_they_are_the_same(shared, one, other, folder):
    """A rule for each method and path."""
    scripts = pair(shared, one, other, folder)
    assert compare(*scripts, Rules.parse("\n".join(suggest(*scripts)), "r.toml")).findings == ()


@pytest.mark.parametrize(
    ("case", "one", "other", "paths"),
    [
        ("11-diff-concurrent-requests", "a", "b", []),
        ("19-default-profile", "a", "b", ["result.height", "result.ttl", "result.round"]),
        ("19-default-profile", "ga", "gb", ["result.height", "result.ttl"]),
        ("19-default-profile", "sa", "sb", ["result.id", "result.status"]),
        ("19-default-profile", "ta", "tb", ["result.timestamp"]),
        ("20-encoded-lookalikes", "a", "b", ["method", "result.state"]),
        ("20-encoded-lookalikes", "c", "d", ["method", "result.state"]),
        ("20-encoded-lookalikes", "e", "f", ["result.state"]),
    ],
)
def test_cases(shared, case, one, other, paths):
    """Calls in flight together, fields of one protocol in another, words that look like encoded texts."""
    folder = shared / "cases" / "servers" / case
    found = compare(*(script(folder / f"{name}.jsonl") for name in (one, other)))
    assert [path_text(item.path) for finding in found.findings for item in finding.details] == paths

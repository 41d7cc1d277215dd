"""The shape of the code: modules that state their rule, imports behind one door, a test for each, one home a protocol."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(ROOT.glob("recorder/**/*.py"))}
TREES = {module: ast.parse(source) for module, source in MODULES.items()}

MODULE_LINES = 460
FUNCTION_LINES = 60

AETERNITY = "recorder/profiles/aeternity/"

DOORS = {
    "OpenSSL": ("recorder/proxy/",),
    "base58": (AETERNITY,),
    "brotli": ("recorder/journal/coding.py",),
    "genson": ("recorder/openrpc/schemas.py",),
    "jsonschema": ("recorder/openrpc/document.py",),
    "h11": ("recorder/server/", "recorder/proxy/http1.py", "recorder/wire.py", "recorder/interchange/connections.py"),
    "jinja2": ("recorder/transcript",),
    "markdown_it": ("recorder/documents/blocks.py",),
    "mitmproxy": (
        "recorder/proxy/",
        "recorder/flow_messages.py",
        "recorder/interchange/mitm.py",
        "recorder/interchange/flows.py",
    ),
    "msgspec": (
        "recorder/model.py",
        "recorder/capture.py",
        "recorder/jsonrpc.py",
        "recorder/transcript/view.py",  # it prints JSON in the documents' form
        "recorder/transcript/excerpt.py",  # what it leaves of a message is as it was, to the letter
        "recorder/profiles/",  # a profile decodes its own frames
        "recorder/interchange/",  # other tools' files are JSON too
        "recorder/openrpc/",  # values with plain numbers, for schemas
        "recorder/bindings/",  # live values are written as JSON
        "recorder/server/child.py",  # sessions that are added to a capture get numbers of their own
        "recorder/proxy/control.py",  # reads the body of what is posted to it
        "recorder/gathering/merging.py",  # times and sessions of a line change, and no other byte
        "recorder/gathering/pairs.py",  # a Struct is made in a fifth of the time of a named tuple, and these for each frame
        "recorder/gathering/sightings.py",  # likewise, and what another process has read is brought as MessagePack
        "recorder/renewing.py",  # names and times of events change, and nothing else
        "recorder/masking.py",  # events with marks in the place of their secrets
        "recorder/anonymising.py",  # events with other values in the place of theirs
        "recorder/timeline/exchanges.py",  # a Struct is made in half the time of a dataclass, and these for each message
        "recorder/timeline/followed.py",  # likewise
        "recorder/journal/requests.py",  # UNSET alone: what a member is that was absent
    ),
    "nacl": (AETERNITY,),
    "nats": ("recorder/fleet/",),
    "opentelemetry": ("recorder/sinks/otel.py", "recorder/sinks/collector.py", "recorder/sinks/sending.py"),
    "pyarrow": ("recorder/interchange/parquet.py",),
    "pytest": ("recorder/plugin.py",),
    "referencing": ("recorder/openrpc/document.py",),
    "rlp": ("recorder/profiles/rlp.py",),
    "tornado": ("recorder/live/server.py",),
    "typer": ("recorder/cli/",),
    "websockets": ("recorder/server/", "recorder/wire.py"),
    "zstandard": ("recorder/interchange/files.py", "recorder/journal/coding.py"),
}
"""Where each third-party library may be imported; one that is not here may not be imported at all."""

THROUGH_FRAMES = "tests/profiles/aeternity/annotation/test_annotator.py: frames through all of the package"

TESTED_ELSEWHERE = {
    "recorder/__main__.py": "tests/cli/test_app.py calls it as the shell does",
    "recorder/profiles/aeternity/annotation/knowledge.py": THROUGH_FRAMES,
    "recorder/profiles/aeternity/annotation/sentences.py": THROUGH_FRAMES,
    "recorder/profiles/aeternity/annotation/text_contents.py": THROUGH_FRAMES,
    "recorder/profiles/aeternity/annotation/transactions.py": THROUGH_FRAMES,
    "recorder/profiles/aeternity/annotation/tree.py": THROUGH_FRAMES,
    "recorder/profiles/aeternity/annotation/values.py": THROUGH_FRAMES,
    "recorder/profiles/aeternity/chain/fate/order.py": "tests/profiles/aeternity/chain/fate/test_values.py: maps are read and written in this order",
    "recorder/profiles/aeternity/chain/fate/reader.py": "tests/profiles/aeternity/chain/fate/test_values.py, both ways",
    "recorder/profiles/aeternity/chain/fate/writer.py": "tests/profiles/aeternity/chain/fate/test_values.py, both ways",
    "recorder/profiles/aeternity/chain/fields.py": "tests/profiles/aeternity/chain/test_objects.py: a field is tested in an object",
    "recorder/profiles/aeternity/chain/layouts.py": "tests/profiles/aeternity/chain/test_objects.py: a layout is tested as an object",
    "recorder/profiles/aeternity/chain/reading.py": "tests/profiles/aeternity/chain/test_objects.py and test_limits.py",
    "recorder/profiles/aeternity/chain/schema_channels.py": "a table: tests/profiles/aeternity/chain/test_facts.py, and test_objects.py both ways",
    "recorder/profiles/aeternity/chain/schema_state.py": "a table: tests/profiles/aeternity/chain/test_facts.py, and test_objects.py both ways",
    "recorder/profiles/aeternity/chain/schema_transactions.py": "a table: tests/profiles/aeternity/chain/test_facts.py, and test_objects.py both ways",
    "recorder/compare/findings.py": "values; tests/compare/test_comparison.py makes them, test_report.py shows them",
    "recorder/interchange/har_entries.py": "tests/interchange/test_har.py, and those of Playwright's traces",
    "recorder/interchange/openrpc.py": "tests/cli/test_check.py: what it writes is what traffic is held against",
    "recorder/openrpc/messages.py": "tests/openrpc/test_checking.py: which methods a message belongs to",
    "recorder/documents/matching.py": "tests/documents/test_judging.py: an example is held against all groups",
    "recorder/documents/openings.py": "tests/documents/test_judging.py: URLs of a document",
    "recorder/documents/verdicts.py": "values; tests/documents/test_judging.py makes them, test_report.py shows them",
    "recorder/documents/written.py": "values; tests/documents/test_reading.py makes them",
    "recorder/profiles/parts.py": "interfaces, and parts that do nothing: tests/profiles/test_base.py",
    "recorder/live/shown.py": "tests/live/test_server.py: what it says is what is answered",
    "recorder/marks.py": "tests/cli/test_control.py, and tests/live/test_server.py",
    "recorder/fleet/finding.py": "tests/fleet/test_working.py: workers find units of a real stream",
    "recorder/cli/demo_fleet.py": "tests/cli/test_demo.py: it is an option of the demo",
    "recorder/fleet/window.py": "tests/fleet/test_shipping.py: real servers, and what they do not take",
    "recorder/cli/recording.py": "tests/cli/test_verify.py and test_demo.py: both play through it",
    "recorder/cli/folders.py": "tests/cli/test_verify.py and test_diff_folders.py: folders, and those without captures",
    "recorder/cli/options.py": "tests/cli: the commands that take them",
    "recorder/cli/output.py": "tests/cli: the commands that take them",
    "recorder/proxy/control.py": "tests/e2e: a real mitmdump",
    "recorder/proxy/hooked.py": "tests/proxy/test_addon.py, and tests/e2e: a real mitmdump",
    "recorder/flow_messages.py": "tests/interchange/test_flows.py, and tests/e2e: real flows",
    "recorder/proxy/http_sessions.py": "tests/e2e: a real mitmdump",
    "recorder/proxy/options.py": "tests/proxy/test_addon.py: what is set comes through hooks",
    "recorder/proxy/relay.py": "tests/e2e: real sockets",
    "recorder/replay/hearing.py": "tests/replay/test_player.py, test_calls.py, test_asking_back.py: what players hear",
    "recorder/server/child.py": "tests/test_plugin.py: what record modes write",
    "recorder/server/run.py": "tests/server/test_node.py and test_parties.py: a run is either's",
    "recorder/server/thread.py": "tests/test_plugin.py: every test has one",
}
"""Modules without a test file of their own, and why; an entry that has one, or no module, may not stay."""


WORDS = re.compile(
    r"\b(?:ak|cb|ch|ct|cv|pi|sg|sk|ss|th|tx)_"  # encoded texts
    r"|channels\.|\.sign\.|\}_id\b|\b(?:initiator|responder)_id\b|\baettos?\b|\bstate_hash\b|\bnonces?\b",
    re.IGNORECASE,
)
"""Words of æternity's; other profiles may have nonces, too."""


def functions(tree: ast.Module) -> dict[str, int]:
    """The lines of each function, all of them."""
    return {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def imported(tree: ast.Module) -> set[str]:
    """The names of all modules that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_modules_and_functions_are_short():
    """A module fits in a reader's head, a function on a screen."""
    long = [module for module, source in MODULES.items() if source.count("\n") > MODULE_LINES]
    long += [
        f"{module}: {name}, {lines} lines"
        for module, tree in TREES.items()
        for name, lines in functions(tree).items()
        if lines > FUNCTION_LINES
    ]
    assert long == []


def test_a_module_states_its_rule():
    """A module opens with the rule that a change to it must respect."""
    said = {module: ast.get_docstring(tree) or "" for module, tree in TREES.items()}
    assert [name for name, text in said.items() if "\nRule: " not in text and not name.endswith("__main__.py")] == []


def test_a_library_has_one_door():
    """A third-party library is imported where its door is, and nowhere else."""
    own = sys.stdlib_module_names | {"recorder"}
    assert [
        f"{module} imports {library}"
        for module, tree in TREES.items()
        for library in sorted({name.partition(".")[0] for name in imported(tree)} - own)
        if not module.startswith(DOORS.get(library, ()))
    ] == []


def test_no_module_is_a_drawer():
    """A module is named by what it is about."""
    assert {Path(module).stem for module in MODULES} & {"utils", "util", "helpers", "common", "misc"} == set()


def test_a_module_has_its_tests_or_a_reason():
    """Whoever changes a module knows where its tests are; no excuse stays for what has tests, or is gone."""
    lacking = {
        module
        for module in map(Path, MODULES)
        if module.name != "__init__.py"
        and not (ROOT / "tests" / module.parent.relative_to("recorder") / f"test_{module.name}").exists()
    }
    assert {module.as_posix() for module in lacking} ^ TESTED_ELSEWHERE.keys() == set()


def test_a_protocols_words_are_said_in_its_package_alone():
    """Nothing outside of æternity's package knows its words; a profile of another protocol may have nonces."""
    said = {
        module: {word.lower() for word in WORDS.findall(source)}
        - ({"nonce", "nonces"} if module.startswith("recorder/profiles/") else set())
        for module, source in MODULES.items()
        if not module.startswith(AETERNITY)
    }
    assert {module: words for module, words in said.items() if words} == {}

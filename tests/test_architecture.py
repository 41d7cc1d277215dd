"""The shape of the code: small modules that state their rule, imports behind one door, a test for each."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(ROOT.glob("recorder/**/*.py"))}

MODULE_LINES = 300
FUNCTION_LINES = 40

DOORS = {
    "OpenSSL": ("recorder/proxy/",),
    "base58": ("recorder/profiles/aeternity/chain/",),
    "jinja2": ("recorder/transcript/template.py",),
    "mitmproxy": ("recorder/proxy/",),
    "msgspec": (
        "recorder/model.py",
        "recorder/capture.py",
        "recorder/jsonrpc.py",
        "recorder/sessions.py",  # UNSET alone: what a member is that was absent
        "recorder/transcript/view.py",
        "recorder/profiles/",  # siblings of jsonrpc: a profile decodes its own frames
        "recorder/interchange/",  # other tools' files are JSON too
        "recorder/aliases/",  # payloads are rewritten with the rest of them verbatim
        "recorder/replay/",
        "recorder/server/child.py",  # sessions that are added to a capture get numbers of their own
        "recorder/proxy/control.py",  # reads the body of what is posted to it
    ),
    "pytest": ("recorder/plugin.py",),
    "nacl": ("recorder/profiles/aeternity/chain/",),
    "rlp": ("recorder/profiles/aeternity/chain/",),
    "typer": ("recorder/cli/",),
    "websockets": ("recorder/server/", "recorder/proxy/wire.py"),
    "zstandard": ("recorder/interchange/files.py",),
}
"""Where each third-party library may be imported; one that is not here may not be imported at all."""

TESTED_ELSEWHERE = {
    "recorder/__main__.py": "tests/cli/test_app.py calls it as the shell does",
    "recorder/profiles/aeternity/annotation/annotator.py": "tests/profiles/aeternity/annotation/test_annotator.py: frames through all of the package",
    "recorder/profiles/aeternity/annotation/known.py": "tests/profiles/aeternity/annotation/test_annotator.py: frames through all of the package",
    "recorder/profiles/aeternity/annotation/sentences.py": "tests/profiles/aeternity/annotation/test_annotator.py: frames through all of the package",
    "recorder/profiles/aeternity/annotation/texts.py": "tests/profiles/aeternity/annotation/test_annotator.py: frames through all of the package",
    "recorder/profiles/aeternity/annotation/transactions.py": "tests/profiles/aeternity/annotation/test_annotator.py: frames through all of the package",
    "recorder/profiles/aeternity/annotation/tree.py": "tests/profiles/aeternity/annotation/test_annotator.py: frames through all of the package",
    "recorder/profiles/aeternity/annotation/values.py": "tests/profiles/aeternity/annotation/test_annotator.py: frames through all of the package",
    "recorder/profiles/aeternity/annotation/report.py": "tests/cli/test_decode.py",
    "recorder/profiles/aeternity/chain/contract_data.py": "tests/profiles/aeternity/chain/test_inside.py and test_contents.py: what contract data holds",
    "recorder/profiles/aeternity/chain/fate/order.py": "tests/profiles/aeternity/chain/fate/test_values.py: maps are read and written in this order",
    "recorder/profiles/aeternity/chain/fate/reader.py": "tests/profiles/aeternity/chain/fate/test_values.py, both ways",
    "recorder/profiles/aeternity/chain/fate/writer.py": "tests/profiles/aeternity/chain/fate/test_values.py, both ways",
    "recorder/profiles/aeternity/chain/fields.py": "tests/profiles/aeternity/chain/test_objects.py: a field is tested in an object",
    "recorder/profiles/aeternity/chain/layouts.py": "tests/profiles/aeternity/chain/test_objects.py: a layout is tested as an object",
    "recorder/profiles/aeternity/chain/reading.py": "tests/profiles/aeternity/chain/test_objects.py and test_limits.py",
    "recorder/profiles/aeternity/chain/schema_channels.py": "a table: tests/profiles/aeternity/chain/test_facts.py, and test_objects.py both ways",
    "recorder/profiles/aeternity/chain/schema_state.py": "a table: tests/profiles/aeternity/chain/test_facts.py, and test_objects.py both ways",
    "recorder/profiles/aeternity/chain/schema_transactions.py": "a table: tests/profiles/aeternity/chain/test_facts.py, and test_objects.py both ways",
    "recorder/profiles/aeternity/chain/schemas.py": "a table of tables: tests/profiles/aeternity/chain/test_facts.py",
    "recorder/compare/terms.py": "values; tests/compare/test_comparison.py makes them, test_report.py shows them",
    "recorder/cli/recording.py": "tests/cli/test_verify.py and test_demo.py: both play through it",
    "recorder/cli/options.py": "tests/cli: the commands that take them",
    "recorder/proxy/control.py": "tests/e2e: a real mitmdump",
    "recorder/proxy/hooked.py": "tests/proxy/test_addon.py, and tests/e2e: a real mitmdump",
    "recorder/proxy/host.py": "tests/e2e: a real recorder",
    "recorder/proxy/http_sessions.py": "tests/e2e: a real mitmdump",
    "recorder/proxy/options.py": "tests/proxy/test_addon.py: what is set comes through hooks",
    "recorder/proxy/relay.py": "tests/e2e: real sockets",
    "recorder/server/child.py": "tests/test_plugin.py: what record modes write",
    "recorder/server/passing.py": "tests/test_plugin.py: sessions that a capture lacks",
    "recorder/server/places.py": "tests/server/test_http.py: several clients over real sockets",
    "recorder/server/runs.py": "tests/server/test_node.py: every session takes its place in one",
    "recorder/server/run.py": "tests/server/test_node.py and test_parties.py: a run is either's",
    "recorder/server/thread.py": "tests/test_plugin.py: every test has one",
}
"""Modules without a test file of their own, and why; an entry that has one, or no module, may not stay."""


def home_of_tests(module: str) -> Path:
    """Where a module's tests stand."""
    path = Path(module).relative_to("recorder")
    return ROOT / "tests" / path.parent / f"test_{path.name}"


def functions(source: str) -> dict[str, int]:
    """The lines of each function, all of them."""
    return {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def imported(source: str) -> set[str]:
    """The top-level names of all that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module)
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short(module):
    """A module fits in a reader's head."""
    assert MODULES[module].count("\n") <= MODULE_LINES


@pytest.mark.parametrize("module", MODULES)
def test_a_function_is_short(module):
    """A function fits on a screen."""
    assert {name: lines for name, lines in functions(MODULES[module]).items() if lines > FUNCTION_LINES} == {}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_states_its_rule(module):
    """A module opens with the rule that a change to it must respect."""
    docstring = ast.get_docstring(ast.parse(MODULES[module])) or ""
    assert module.endswith("__main__.py") or "\nRule: " in docstring


@pytest.mark.parametrize("module", MODULES)
def test_a_library_has_one_door(module):
    """A third-party library is imported where its door is, and nowhere else."""
    libraries = imported(MODULES[module]) - sys.stdlib_module_names - {"recorder"}
    assert {name for name in libraries if not module.startswith(DOORS.get(name, ()))} == set()


def test_no_module_is_a_drawer():
    """A module is named by what it is about."""
    assert {Path(module).stem for module in MODULES} & {"utils", "util", "helpers", "common", "misc"} == set()


@pytest.mark.parametrize("module", [module for module in MODULES if not module.endswith("__init__.py")])
def test_a_module_has_its_tests(module):
    """Whoever changes a module knows where its tests are."""
    assert home_of_tests(module).exists() != (module in TESTED_ELSEWHERE)


def test_only_modules_are_excused():
    """The list of excuses has none for what is gone."""
    assert TESTED_ELSEWHERE.keys() - MODULES.keys() == set()

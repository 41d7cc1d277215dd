"""The documents are true: their commands run and print what they say, their tables are complete, their links lead on."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import typer
from brokers import broker
from collecting import receiving
from pages import PAGES, ROOT, assert_printed, blocks, files, table, text_of
from ports import free_port

import recorder
from recorder.api import load_script
from recorder.cli.app import COMMANDS
from recorder.cli.record import SHOWING
from recorder.compare import compare
from recorder.documents import report
from recorder.documents.pins import FORMS, KEYS
from recorder.errors import InputError
from recorder.guides import check_documents, load_recordings, update_document
from recorder.interchange.formats import FORMATS
from recorder.profiles import PROFILES
from recorder.replay import PlaySettings
from recorder.replay.faults import Fault
from recorder.rules import PASSES
from recorder.server import play_parties
from recorder.server.thread import NodeThread
from recorder.timeline.script import NODE
from recorder.transcript import Excerpt, data_folder
from recorder.transcript.view import ClosedView, EndedView, FrameView, NoteView, OpenedView, UnansweredView, View

DOCUMENTS = [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"]
TRANSCRIPTS = data_folder("transcripts")
NODE_PORT, RECORDER_PORT, COLLECTOR_PORT, BROKER_PORT, OTHER_PORTS = "3014", "4014", "4318", "4222", ("3015",)
RECORDERS, VIEW, DEMO = ("recorder record", "mitmdump"), "recorder view", "recorder demo"
MOCKS = re.compile(r"recorder replay (?!.*--(?:as|stdio)\b)")
READY = re.compile("listening|http://127.0.0.1:")
PATIENCE = 20

CHECKING, RECORDING, TEMPLATES = (f"docs/reference/{name}.md" for name in ("checking", "recording", "templates"))
DEBUGGING, REPLAY, PROTOCOL = "docs/guides/debugging.md", "docs/reference/replay.md", "docs/contributing/protocol.md"


def steps(page):
    """What a page tells to do, in its order: a command with the lines that it prints, or a file's name with its text."""
    found = []
    for block in blocks(page):
        if block.language == "sh":
            found += [[line, []] for line in block.text.strip().replace("\\\n", "").split("\n")]
        elif block.language == "python":
            found.append([f"python - <<'END'\n{block.text}END\n", []])
        elif block.language == "text" and block.adjoins:
            found[-1][1] = block.text.strip().split("\n")
        elif block.file:
            found.append([block.file, block.text])
    return found


def walked():
    """The pages that have something to do."""
    return [page for page in PAGES if blocks(page, "sh", "python")]


def talk(port):
    """Have two parties talk through a recorder."""
    script = load_script(TRANSCRIPTS / "two_withdrawals.jsonl")
    settings = PlaySettings(ends=frozenset(script.parties.values()))
    outcome = asyncio.run(play_parties(script, settings, f"ws://127.0.0.1:{port}"))
    assert outcome.ok, outcome


@contextmanager
def started(command, printed, codes, how):
    """A command in the background, from when it listens until Ctrl-C ends it, with one of these exit codes."""
    child = subprocess.Popen(["bash", "-c", f"exec {command}"], stdout=subprocess.PIPE, text=True, **how)
    try:
        said = ""
        for line in child.stdout:
            said += line
            if READY.search(line):
                break
        assert child.poll() is None, said
        yield
        child.send_signal(signal.SIGINT)
        rest, _none = child.communicate(timeout=PATIENCE)
        assert child.returncode in codes, f"{command}\n{said}{rest}"
        assert_printed(command, printed, said + rest)
    finally:
        child.kill()
        child.communicate()


@contextmanager
def ports(page, folder):
    """A free port for each that a page names; behind the node's is a mock, if the page starts none there itself."""
    with ExitStack() as stack:
        found = dict(stack.enter_context(nodes(page)))
        if COLLECTOR_PORT in text_of(page):
            found[COLLECTOR_PORT] = str(stack.enter_context(receiving()).server_port)
        if any(BROKER_PORT in command for command, _printed in steps(page)):
            found[BROKER_PORT] = str(stack.enter_context(broker(folder)).port)
        yield found


@contextmanager
def nodes(page):
    """The ports of nodes and recorders."""
    found = {port: str(free_port()) for port in (NODE_PORT, RECORDER_PORT, *OTHER_PORTS)}
    own = any(MOCKS.match(command) and NODE_PORT in command for command, _printed in steps(page))
    if own or NODE_PORT not in text_of(page):
        yield found
        return
    script = load_script(TRANSCRIPTS / "two_withdrawals.jsonl")
    with NodeThread(script, PlaySettings(ends=frozenset({NODE})), loop=True) as node:
        yield found | {NODE_PORT: node.urls[0].rpartition(":")[2]}


def environment(home):
    """Where `recorder`, `mitmdump` and `python` are those of this interpreter."""
    (home / "bin").mkdir()
    (home / "bin" / "recorder").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m recorder "$@"\n')
    (home / "bin" / "recorder").chmod(0o755)
    path = os.pathsep.join([str(home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "NO_PROXY": "127.0.0.1", "HOME": str(home)}


def ran(command, how):
    """What a command prints that ends by itself, with exit code 0."""
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True, check=False, **how)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder of `recorder demo`, with which most pages begin, and what it prints; run once."""
    folder = tmp_path_factory.mktemp("demo")
    how = {"cwd": folder, "stderr": subprocess.STDOUT, "env": environment(tmp_path_factory.mktemp("home"))}
    return folder, ran(DEMO, how)


@pytest.mark.untraced
@pytest.mark.timeout(300)  # a page has some twenty commands
@pytest.mark.parametrize("page", walked())
def test_its_commands_run(page, tmp_path, demo):
    """Each, as somebody types them who reads from top to bottom, in an empty folder; all exit with 0, and print what it says."""
    folder = tmp_path / "empty"
    folder.mkdir()
    how = {"cwd": folder, "stderr": subprocess.STDOUT, "env": environment(tmp_path)}
    with ports(page, tmp_path / "broker") as live, ExitStack() as mocks, ExitStack() as recorders:
        for told, printed in steps(page):
            if isinstance(printed, str):
                (folder / told).parent.mkdir(parents=True, exist_ok=True)
                (folder / told).write_text(printed)
                continue
            command = re.sub(rf"\b(?:{'|'.join(live)})\b", lambda port: live[port[0]], told)
            if RECORDER_PORT not in told or told.startswith(RECORDERS):
                recorders.close()
            if told.startswith(RECORDERS):
                recorders.enter_context(started(command, printed, {0}, how))
                if f"ws://127.0.0.1:{RECORDER_PORT}" not in text_of(page):
                    talk(live[RECORDER_PORT])
            elif told.startswith(VIEW):
                with started(command, printed, {0}, how):
                    pass
            elif MOCKS.match(told):  # its exit code says whether all came that it has recorded
                mocks.enter_context(started(command, printed, {0, 1}, how))
            elif told == DEMO:
                shutil.copytree(demo[0], folder, dirs_exist_ok=True)
                assert_printed(told, printed, demo[1])
            elif not command.startswith("curl") or shutil.which("curl"):
                assert_printed(told, printed, ran(command, how))


def test_what_is_run_is_what_is_shown():
    """Every page of the guides has something to do, and every block of output stands under the command that prints it."""
    assert {"README.md", "docs/index.md", "docs/guides/documents.md", "docs/guides/debugging.md"} <= {*walked()}
    stray = [
        (page, after.text)
        for page in PAGES
        for before, after in zip([None, *blocks(page)], blocks(page), strict=False)
        if after.language == "text" and not (after.adjoins and before.language == "sh")
    ]
    assert stray == []


def test_examples_of_messages_were_recorded():
    """Those of all pages, as `recorder docs check` finds them; several are pinned."""
    results = check_documents([ROOT / page for page in PAGES], load_recordings([TRANSCRIPTS]))
    assert [report.finding(result) for result in results if result.left is None and result.verdict != "true"] == []
    assert len(results) > 2


@pytest.mark.untraced
def test_the_configuration_of_a_client_starts_a_server(tmp_path):
    """As its client does, with a server that is there."""
    (told,) = blocks("docs/guides/stdio.md", "json")
    ((_name, server),) = json.loads(told.text)["mcpServers"].items()
    command = [server["command"], *server["args"][: server["args"].index("--") + 1], "cat"]
    done = subprocess.run(command, input=b"{}\n", capture_output=True, env=environment(tmp_path), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{}\n", b"")
    (capture,) = tmp_path.glob("notes-*.jsonl")
    assert capture.read_text().count('"event":"frame"') == 2


def test_the_pin_is_followed(tmp_path):
    """To a message of a committed capture, whatever stands in its block before."""
    example = files(CHECKING)["guide.md"]
    shutil.copy(TRANSCRIPTS / "two_withdrawals.jsonl", tmp_path / "run.jsonl")
    for block in (example, re.sub(r"^\{.*^\}\n", "", example, flags=re.MULTILINE | re.DOTALL)):
        (tmp_path / "guide.md").write_text(block)
        _before, updated = update_document(tmp_path / "guide.md", load_recordings([tmp_path]))
        assert updated.text == example


def test_aliases_are_those_of_a_committed_capture():
    """The lines that the guide shows, in their order."""
    (shown,) = [block.text for block in blocks("docs/guides/documents.md", "") if "aliases" in block.text]
    with recorder.load(TRANSCRIPTS / "two_withdrawals.jsonl") as capture:
        rendered = "".join(recorder.render(capture, excerpt=Excerpt(alias=True)))
    assert_printed("--alias", [line for line in shown.strip().split("\n") if line.strip() != "…"], rendered)


def test_the_readme_quotes_a_finding_of_the_guide():
    """Whose own are printed by its commands."""
    (finding,) = [block.text for block in blocks("README.md", "") if block.text.startswith("guide.md")]
    assert finding in text_of("docs/guides/documents.md")


def test_everything_that_a_pin_may_contain_is_listed():
    """In the order in which it is written; with the templates that it may ask for."""
    rows = table(CHECKING, "of a pin")
    assert [name.strip("`") for row in rows[1:] for name in row[0].split(", ")] == [*KEYS]
    (forms,) = [row[1] for row in rows if row[0] == "`as`"]
    assert set(re.findall(r"`(\w+)`", forms)) == {*FORMS}


def test_every_profile_is_listed():
    """In the order in which they are asked."""
    assert [row[0].strip("`") for row in table("docs/protocols.md", "profile")] == [*PROFILES]


def test_every_way_to_let_differences_pass_is_listed():
    """A rule has one of them."""
    assert {row[0].strip("`") for row in table("docs/reference/rules.md", "key")} == {*PASSES}


def test_every_option_of_the_addon_is_listed():
    """With its default, and the values one may choose."""
    with warnings.catch_warnings():  # mitmproxy's dependencies use deprecated names while they are imported
        warnings.simplefilter("ignore", DeprecationWarning)
        from recorder.proxy.addon import Recorder

    options = {}

    class Loader:
        master = SimpleNamespace(options=SimpleNamespace(process_deferred=lambda: None))

        def add_option(self, name, _type, default, _help, choices=()):
            shown = str(default).lower() if isinstance(default, bool) else default
            options[f"`{name}`"] = f"`{shown}`" if default not in ([], "") else "", choices or ()

    Recorder().load(Loader())
    rows = {row[0]: row for row in table("docs/reference/mitmproxy.md", "option")}
    assert {name: row[2] for name, row in rows.items()} == {name: default for name, (default, _) in options.items()}
    for name, (_default, choices) in options.items():
        assert all(f"`{choice}`" in rows[name][1] for choice in choices), name


def named(page, heading):
    """The options in the first cells of a page's table."""
    return {name.strip("`") for row in table(page, heading) for name in row[0].split(", ")}


def options_of(name):
    """The options of a command: by its parameter, with all that it may be called."""
    entry = COMMANDS[name]
    app = typer.Typer(add_completion=False)
    app.command()(getattr(__import__(f"recorder.cli.{entry.module}", fromlist=["_"]), entry.function))
    return {one.name: one for one in typer.main.get_command(app).params if one.opts[0].startswith("-")}


def test_every_option_of_what_is_shown_is_listed():
    """Of `record`, with its default."""
    options = options_of("record")
    assert named(DEBUGGING, "of `record`") == {name for shown in (*SHOWING, "quiet") for name in options[shown].opts}
    (slow,) = [row[2] for row in table(DEBUGGING, "of `record`") if row[0] == "`--slow`"]
    assert slow == f"`{options['slow'].default}`"


def test_every_option_of_replay_is_listed():
    """But those that say where it listens, and what it shows."""
    options = {name for one in options_of("replay").values() for name in one.opts if name.startswith("--")}
    assert named(REPLAY, "of `replay`") == options - {"--listen", "--quiet"}


def test_every_option_of_funding_is_one():
    """Of `verify`."""
    options = {name for one in options_of("verify").values() for name in one.opts}
    assert named("docs/guides/own-node.md", "of `verify`") <= options


def test_every_kind_of_fault_is_listed():
    """As it is written on the command line."""
    (written,) = [shlex.split(" ".join(row[0].strip("`") for row in table(REPLAY, "fault")))]
    with pytest.raises(InputError) as refused:
        Fault.parse("none")
    kinds = re.search(r"one of ([\w, ]+), as in", str(refused.value))[1].split(", ")
    assert sorted(Fault.parse(one).kind for one in written) == sorted(kinds)


def offered(view):
    """What a template may ask of a view."""
    classes = [part for part in view.__mro__ if part is not object]
    names = {name for part in classes for name in [*part.__annotations__, *part.__slots__, *part.recorded, *vars(part)]}
    return {name for name in names if not name.startswith("_")} - {"event", "recorded"}


def documented(heading):
    """The values of a table of the templates' page, row by row."""
    return [set(re.findall(r"`event\.(\w+)`", row[0])) for row in table(TEMPLATES, heading)]


def test_every_value_of_a_template_is_listed():
    """Neither more than there are, nor less."""
    every = set().union(*documented("value"))
    assert every == offered(View)
    assert set().union(*documented("of a frame")) == offered(FrameView) - every
    others = [offered(view) - every for view in (NoteView, OpenedView, ClosedView, EndedView, UnansweredView)]
    assert documented("of the others") == others


def test_every_template_is_listed():
    """Somebody will look for the older form."""
    names = {path.name.partition(".")[0] for path in data_folder("templates").glob("*.j2")}
    assert {row[0] for row in table(TEMPLATES, "template")} == {f"`-t {name}`" for name in names}


def same(recorded, other):
    """Whether two captures are the same run."""
    return compare(load_script(recorded), load_script(other)).same


class TestAProtocol:
    """The worked example of adding one."""

    FILES = files(PROTOCOL)

    @pytest.fixture
    def profile(self, monkeypatch):
        """The profile that the page adds, in the table."""
        module = ModuleType("recorder.profiles.weather")
        exec(self.FILES["recorder/profiles/weather.py"], module.__dict__)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        others = dict(PROFILES)
        PROFILES.clear()
        PROFILES.update({"weather": module.PROFILE, **others})
        yield module.PROFILE
        PROFILES.clear()
        PROFILES.update(others)

    @pytest.fixture
    def run(self, tmp_path):
        """Writes its capture, with something else in it."""

        def _run(name, *replaced):
            (tmp_path / name).write_text(self.FILES["weather.jsonl"].replace(*replaced or ("", "")))
            return tmp_path / name

        return _run

    def test_it_has_words_of_its_own(self, profile, run):
        """Those that the page shows."""
        with recorder.load(run("weather.jsonl")) as capture:
            shown = "".join(recorder.render(capture, "summary")).strip()
        assert shown in [block.text.strip() for block in blocks(PROTOCOL, "")]

    def test_its_tickets_are_bound(self, profile, run):
        """And degrees are compared."""
        first = run("first.jsonl")
        assert same(first, run("second.jsonl", '"ticket":7', '"ticket":9'))
        assert not same(first, run("third.jsonl", "-3", "4"))

    def test_without_it_they_are_not(self, run):
        """So the page says."""
        assert not same(run("first.jsonl"), run("second.jsonl", '"ticket":7', '"ticket":9'))

    def test_its_tests_pass(self, profile):
        """Those that the page shows."""
        module = {}
        exec(self.FILES["tests/profiles/test_weather.py"], module)
        tests = [test for name, test in module.items() if name.startswith("test_")]
        assert len(tests) == 2
        for test in tests:
            test()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    """To a file, and to a heading in it."""
    links = re.findall(r"\]\((?!\w+:)([^)\s]+)\)", without_blocks(text_of(document)))
    assert [link for link in links if not leads_somewhere(ROOT / document, link)] == []


def leads_somewhere(document, link):
    """Whether a relative link of a document does."""
    path, _hash, anchor = link.partition("#")
    target = document.parent / path if path else document
    if target.name in GENERATED:
        return True
    return target.exists() and (not anchor or anchor in anchors(target.read_text()))


GENERATED = {"capture.schema.json", "commands.md"}
"""Of what is made when the site is built; MkDocs checks these."""


def without_blocks(text):
    """A document without what is only shown."""
    return re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text):
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} +(.*)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_to_be_made_can_be_made(document):
    """Every `make TARGET` is one of the Makefile's."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)\s*make ([\w-]+)", text_of(document), re.MULTILINE)) <= targets


def test_what_the_makefile_runs_is_there():
    """Every script that a target runs is in the project."""
    scripts = re.findall(r"python (\S+\.py)", (ROOT / "Makefile").read_text())
    assert scripts
    assert [script for script in scripts if not (ROOT / script).exists()] == []


def test_what_a_contributor_shall_touch_is_there():
    """Every file of the table."""
    rows = table("docs/contributing/index.md", "to add")
    named = {
        path for row in rows for path in re.findall(r"`((?:recorder|tests|templates|docs)/[\w./-]+)`", " ".join(row))
    }
    assert len(named) > 50
    assert [path for path in sorted(named) if "NAME" not in path and not (ROOT / path).exists()] == []


def test_every_format_is_in_the_table():
    """With the ends of the names by which it is exported."""
    rows = {name.strip("`"): (read, written) for _what, name, read, written in table("docs/formats/index.md", "format")}
    assert rows.keys() == FORMATS.keys()
    for name, known in FORMATS.items():
        read, written = rows[name]
        assert (read == "yes") == known.reads
        assert all(f"`{end}`" in written for end in known.suffixes)

"""The documents are true: their commands run, their tables are complete, their links lead somewhere."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from ports import free_port

import recorder
from recorder.api import load_script
from recorder.cli.app import COMMANDS
from recorder.cli.record import SHOWING, record
from recorder.documents.pins import KEYS
from recorder.guides import load_recordings, update_document
from recorder.replay import PlaySettings
from recorder.server import play_parties
from recorder.server.thread import NodeThread
from recorder.timeline.script import NODE
from recorder.transcript import Selection, data_folder
from recorder.transcript.view import ClosedView, FrameView, NoteView, OpenedView, View

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
BACKGROUND = ("recorder record", "mitmdump")
READ_WHAT_WAS_RECORDED = ("recorder render", "grep", "python")
PATIENCE = 20


def table(heading):
    """The rows of the README's table whose first cell is this."""
    rows = re.search(rf"^\| {heading} \|.*\n\|[ -|]*\n((?:\|.*\n)+)", README, re.MULTILINE)[1]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows.strip().split("\n")]


def commands():
    """What the README tells to type, in its order."""
    for block in re.findall(r"^```(sh|python)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        if block[0] == "python":
            yield f"python - <<'END'\n{block[1]}END\n"
        else:
            yield from block[1].strip().replace("\\\n", "").split("\n")


def talk(script, port):
    """Have the parties talk through a recorder."""
    settings = PlaySettings(ends=frozenset(script.parties.values()))
    outcome = asyncio.run(play_parties(script, settings, f"ws://127.0.0.1:{port}"))
    assert outcome.ok, outcome


@contextmanager
def started(command, how):
    """A command in the background, from when it listens until Ctrl-C ends it."""
    child = subprocess.Popen(["bash", "-c", f"exec {command}"], stdout=subprocess.PIPE, text=True, **how)
    try:
        said = ""
        for line in child.stdout:
            said += line
            if "listening" in line:
                break
        assert child.poll() is None, said
        yield
        child.send_signal(signal.SIGINT)
        rest, _none = child.communicate(timeout=PATIENCE)
        assert child.returncode == 0, f"{command}\n{said}{rest}"
    finally:
        child.kill()
        child.communicate()


def environment(home):
    """Where `recorder`, `mitmdump` and `python` are those of this interpreter."""
    (home / "bin").mkdir()
    (home / "bin" / "recorder").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m recorder "$@"\n')
    (home / "bin" / "recorder").chmod(0o755)
    path = os.pathsep.join([str(home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "NO_PROXY": "127.0.0.1", "HOME": str(home)}


@pytest.mark.untraced
def test_the_readmes_commands_run(tmp_path):
    """Each, in its order, as somebody types them who reads from top to bottom; exit code 0 all of them."""
    how = {"cwd": tmp_path, "stderr": subprocess.STDOUT, "env": environment(tmp_path)}
    (tmp_path / "methods.j2").write_text(re.search(r"^```jinja\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[1])
    port = free_port()
    script = load_script(data_folder("transcripts") / "two_withdrawals.jsonl")
    settings = PlaySettings(ends=frozenset({NODE}))
    with NodeThread(script, settings, loop=True) as node, ExitStack() as running:
        for told in commands():
            command = told.replace("4014", str(port)).replace("3014", node.urls[0].rpartition(":")[2])
            if command.startswith(BACKGROUND + READ_WHAT_WAS_RECORDED):
                running.close()
            if command.startswith(BACKGROUND):
                running.enter_context(started(command, how))
                talk(script, port)
            elif not command.startswith("curl") or shutil.which("curl"):
                done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True, check=False, **how)
                assert done.returncode == 0, f"{told}\n{done.stdout}"
    assert (tmp_path / "own.jsonl").read_text().count('"event":"frame"') > 0
    assert {path.name for path in (tmp_path / "scenarios").iterdir()} >= {"before.md", "withdrawal.md"}


@pytest.mark.untraced
def test_the_readmes_configuration_starts_a_server(tmp_path):
    """As its client does, with a server that is there."""
    (told,) = re.findall(r"^```json\n(\{\n  \"mcpServers.*?)^```$", README, re.MULTILINE | re.DOTALL)
    ((_name, server),) = json.loads(told)["mcpServers"].items()
    command = [server["command"], *server["args"][: server["args"].index("--") + 1], "cat"]
    done = subprocess.run(command, input=b"{}\n", capture_output=True, env=environment(tmp_path), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{}\n", b"")
    (capture,) = tmp_path.glob("notes-*.jsonl")
    assert capture.read_text().count('"event":"frame"') == 2


def test_the_readmes_transcript_was_recorded():
    """Its excerpt stands in a committed transcript."""
    (excerpt,) = re.findall(r"^~~~markdown\n(.*?)^~~~$", README, re.MULTILINE | re.DOTALL)
    assert excerpt in (data_folder("transcripts") / "two_withdrawals.md").read_text()


def test_the_readmes_pin_is_followed(tmp_path):
    """To a frame of a committed capture, whatever stands in its block before."""
    (example,) = re.findall(r"^````markdown\n(<!-- recorder: .*?)^````$", README, re.MULTILINE | re.DOTALL)
    shutil.copy(data_folder("transcripts") / "two_withdrawals.jsonl", tmp_path / "run.jsonl")
    for block in (example, re.sub(r"^\{.*^\}\n", "", example, flags=re.MULTILINE | re.DOTALL)):
        (tmp_path / "guide.md").write_text(block)
        _before, updated = update_document(tmp_path / "guide.md", load_recordings([tmp_path]))
        assert updated.text == example


def test_the_readme_names_what_a_pin_may_say():
    """In the order in which it is written."""
    assert [name.strip("`") for row in table("of a pin")[1:] for name in row[0].split(", ")] == [*KEYS]


def test_the_readmes_diagram_was_rendered():
    """Line by line, of what one party of a committed capture sees."""
    (excerpt,) = re.findall(r"^```mermaid\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    with recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl") as capture:
        lines = iter("".join(recorder.render(capture, "sequence", Selection(frozenset({"responder"})))).split("\n"))
    assert all(line in lines for line in excerpt.strip().split("\n")), "in their order"


def test_the_readme_names_every_command():
    """In the order in which `recorder --help` shows them."""
    assert [row[0] for row in table("command")] == [f"`recorder {name}`" for name in COMMANDS]


def test_the_readme_names_every_option_of_the_addon():
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
    rows = {row[0]: row for row in table("option")}
    assert {name: row[2] for name, row in rows.items()} == {name: default for name, (default, _) in options.items()}
    for name, (_default, choices) in options.items():
        assert all(f"`{choice}`" in rows[name][1] for choice in choices), name


def test_the_readme_names_every_option_of_what_is_shown():
    """Of `record`, with its default."""
    options = {one.name: one for one in typer.main.get_command(alone(record)).params}
    named = {name.strip("`") for row in table("of `record`") for name in row[0].split(", ")}
    assert named == {name for shown in (*SHOWING, "quiet") for name in options[shown].opts}
    (slow,) = [row[2] for row in table("of `record`") if row[0] == "`--slow`"]
    assert slow == f"`{options['slow'].default}`"


def alone(function):
    """A command by itself."""
    app = typer.Typer()
    app.command()(function)
    return app


def offered(view):
    """What a template may ask of a view."""
    classes = [part for part in view.__mro__ if part is not object]
    names = {name for part in classes for name in [*part.__annotations__, *part.__slots__, *part.recorded, *vars(part)]}
    return {name for name in names if not name.startswith("_")} - {"event", "recorded"}


def documented(heading):
    """The values of a table of the README, row by row."""
    return [set(re.findall(r"`event\.(\w+)`", row[0])) for row in table(heading)]


def test_the_readme_names_every_value_of_a_template():
    """Neither more than there are, nor less."""
    every = set().union(*documented("value"))
    assert every == offered(View)
    assert set().union(*documented("of a frame")) == offered(FrameView) - every
    others = [offered(view) - every for view in (NoteView, OpenedView, ClosedView)]
    assert documented("of the others") == others


def test_the_readme_names_every_template():
    """Somebody will look for the older form."""
    names = [path.name.partition(".") for path in data_folder("templates").glob("*.j2")]
    assert [name for name, _dot, kind in names if not re.search(rf"-t {name}\b|templates/{name}.{kind}", README)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files(document):
    """Nobody follows a link to nowhere."""
    links = re.findall(r"\]\((?!\w+:)([^)#]+)", (ROOT / document).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_to_be_made_can_be_made(document):
    """Every `make TARGET` is one of the Makefile's."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)\s*make (\w+)", (ROOT / document).read_text(), re.MULTILINE)) <= targets


def test_what_the_makefile_runs_is_there():
    """Every script that a target runs is in the project."""
    scripts = re.findall(r"python (\S+\.py)", (ROOT / "Makefile").read_text())
    assert scripts
    assert [script for script in scripts if not (ROOT / script).exists()] == []

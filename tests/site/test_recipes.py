"""Every recipe builds a true document, and fails with the finding of a stale one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from recipes import FINDING, SECTIONS, Project, files
from ruamel import yaml

ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable, "-W", "ignore", "-m"]
BUILDS = {
    "MkDocs": ([*PYTHON, "mkdocs", "build", "--strict"], "recorded/sum/index.html"),
    "Sphinx": ([*PYTHON, "sphinx", "-W", "docs", "site"], "recorded/sum.html"),
}


@pytest.mark.untraced
@pytest.mark.parametrize("name", BUILDS)
def test_a_true_document_is_built(tmp_path, name):
    """With a page for the capture, which has a diagram that is drawn and the transcript."""
    command, page = BUILDS[name]
    code, said = Project(tmp_path, name).run(*command)
    assert code == 0, said
    made = (tmp_path / "site" / page).read_text()
    assert re.search(r'<pre\s+class="mermaid', made)
    assert "sequenceDiagram" in made
    assert "client ---&gt; node" in made
    assert (tmp_path / "site" / "index.html").exists()


@pytest.mark.untraced
@pytest.mark.parametrize("name", BUILDS)
def test_a_stale_document_fails_the_build(tmp_path, name):
    """With the finding that the page shows."""
    command, _page = BUILDS[name]
    code, said = Project(tmp_path, name, stale=True).run(*command)
    assert code != 0
    assert FINDING in said


def checks():
    """The commands that check documents: of GitHub's workflow, and of the hook as it is configured."""
    load = yaml.YAML(typ="safe").load
    (workflow,) = map(load, files("GitHub Actions").values())
    (config,) = map(load, files("pre-commit").values())
    (hook,) = load(ROOT / ".pre-commit-hooks.yaml")
    (configured,) = config["repos"][0]["hooks"]
    assert configured["id"] == hook["id"]
    assert re.search(hook["files"], "docs/index.md")
    yield workflow["jobs"]["documents"]["steps"][-1]["run"]
    yield " ".join([hook["entry"], *configured["args"], "docs/index.md"])


@pytest.mark.untraced
@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("command", [*checks()])
def test_documents_are_checked(tmp_path, command, stale):
    """By GitHub and before a commit, with the exit code."""
    code, said = Project(tmp_path, "The project", stale=stale).run("bash", "-c", command)
    assert code == stale, said


def test_every_recipe_is_tested():
    """What somebody adds to the page is built, too."""
    assert {*SECTIONS} == {"The project", *BUILDS, "Docusaurus", "pre-commit", "GitHub Actions"}

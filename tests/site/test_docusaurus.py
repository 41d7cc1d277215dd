"""The recipe for Docusaurus, with what npm installs for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from installing import npm_folder, program
from recipes import FINDING, Project, files

LOCKED = Path(__file__).parent / "docusaurus"
LONGEST = 500
"""Seconds that a build may take; it takes 20 of one core."""


def test_what_the_recipe_installs_is_locked():
    """The page asks for what the test installs."""
    recipe, locked = (
        json.loads(text) for text in (files("Docusaurus")["package.json"], (LOCKED / "package.json").read_text())
    )
    assert recipe["dependencies"] == locked["dependencies"]


@pytest.fixture
def project(tmp_path):
    """Makes a project that has its packages."""

    def make(**how):
        made = Project(tmp_path, "Docusaurus", **how)
        (tmp_path / "node_modules").symlink_to(npm_folder(LOCKED) / "node_modules")
        return made

    return make


@pytest.mark.servers
@pytest.mark.timeout(2 * LONGEST)
def test_a_true_document_is_built(project):
    """With pages for the capture, one with its diagram and one with its transcript."""
    made = project()
    code, said = made.run(program("npm"), "run", "build", timeout=LONGEST)
    assert code == 0, said
    built = made.folder / "build"
    assert "A client asks for a sum" in (built / "index.html").read_text()
    assert "client ---&gt; node" in (built / "recorded" / "transcript" / "index.html").read_text()
    assert (built / "recorded" / "diagram" / "index.html").exists()
    assert any("sequenceDiagram" in script.read_text() for script in built.rglob("assets/js/*.js"))


@pytest.mark.servers
@pytest.mark.timeout(2 * LONGEST)
def test_a_stale_document_fails_the_build(project):
    """With the finding that the page shows, before anything is built."""
    made = project(stale=True)
    code, said = made.run(program("npm"), "run", "build", timeout=LONGEST)
    assert code != 0
    assert FINDING in said
    assert not (made.folder / "build").exists()

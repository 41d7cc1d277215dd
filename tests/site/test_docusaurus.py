"""The recipe for Docusaurus: what npm runs before it builds, and pages that it can read.

Docusaurus itself is too large for a test: four minutes to install and to build.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from installing import npm_folder, program
from recipes import FINDING, Project, files

import recorder
from recorder.transcript import data_folder

MDX = Path(__file__).parent / "mdx"
CAPTURES = sorted(data_folder("transcripts").glob("*.jsonl"))


@pytest.mark.untraced
def test_a_true_document_may_be_built(tmp_path):
    """The pages of the capture are there: its diagram and its transcript."""
    code, said = Project(tmp_path, "Docusaurus").run(program("npm"), "run", "prebuild")
    assert code == 0, said
    assert "sequenceDiagram" in (tmp_path / "docs" / "recorded" / "diagram.md").read_text()
    assert "client ---> node" in (tmp_path / "docs" / "recorded" / "transcript.md").read_text()


@pytest.mark.untraced
def test_a_stale_document_is_not_built(tmp_path):
    """The script before the build fails, with the finding that the page shows."""
    code, said = Project(tmp_path, "Docusaurus", stale=True).run(program("npm"), "run", "prebuild")
    assert code != 0
    assert FINDING in said
    assert not (tmp_path / "docs" / "recorded").exists()


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Whether the compiler of MDX takes pages; what it says of them else."""
    folder = tmp_path_factory.mktemp("mdx")
    (folder / "node_modules").symlink_to(npm_folder(MDX) / "node_modules")
    script = folder / "compile.mjs"
    script.write_text((MDX / "compile.mjs").read_text())

    def run(pages):
        command = [program("node"), script, *pages]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""

    return run


@pytest.mark.servers
def test_what_is_rendered_can_be_read(tmp_path, compiled):
    """By the ends of the pages' names, as the recipe's configuration has it: of every example, in every form."""
    assert "format: 'detect'" in files("Docusaurus")["docusaurus.config.js"]
    pages = []
    for path in CAPTURES:
        for template in ("transcript", "annotated", "summary", "sequence", "table"):
            pages.append(tmp_path / f"{path.stem}.{template}.md")
            with recorder.load(path) as capture:
                pages[-1].write_text("".join(recorder.render(capture, template)))
    assert compiled(pages) == ""


@pytest.mark.servers
def test_pins_can_be_read_in_mdx(tmp_path, compiled):
    """Those that `docs pin` writes; a comment of Markdown could not."""
    project = Project(tmp_path, "Docusaurus")
    page = tmp_path / "docs" / "page.mdx"
    page.write_text("import X from './x'\n\n# {1 + 1}\n\n" + (tmp_path / "docs" / "index.md").read_text())
    code, said = project.run("recorder", "docs", "pin", "docs/page.mdx", "--against", "captures")
    assert code == 0, said
    assert "{/* recorder: " in page.read_text()
    assert compiled([page]) == ""
    page.write_text(page.read_text().replace("{/*", "<!--").replace("*/}", "-->"))
    assert "Unexpected character `!`" in compiled([page])

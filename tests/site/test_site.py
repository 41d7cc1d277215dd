"""The whole site: it is built without a warning, and nothing in it comes from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = re.compile(
    r"<(?:script|link|img|iframe|source|video|audio|object|embed)\b[^>]*?\b(?:src|href|data)=\"?([^\" >]+)"
)
LONGEST = 60
"""Seconds that a build may take on a busy machine; it takes some 4."""

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, as `make docs` builds it."""
    folder, begun = tmp_path_factory.mktemp("site"), time.monotonic()
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", folder]
    settings = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - begun < LONGEST
    return folder


@pytest.mark.untraced
def test_nothing_comes_from_another_host(site):
    """No font, script, style or picture; nor do styles and pictures themselves."""
    pages = [*site.rglob("*.html")]
    assert len(pages) > 20
    loaded = {url for path in pages for url in LOADED.findall(path.read_text())}
    assert [url for url in loaded if re.match(r"\w+:(?!image)|//", url)] == []
    for path in [*site.rglob("*.css"), *site.rglob("*.svg")]:
        assert not re.search(r"(?:url\(|@import|href=)[\"']?(?:https?:)?//", path.read_text()), path


def test_diagrams_are_drawn_on_the_site_itself(site):
    """Material would load Mermaid from another host for a block of that class."""
    assert [path for path in site.rglob("*.html") if re.search(r"class=\"?mermaid", path.read_text())] == []
    drawing = '<svg viewBox="0 0 600 '
    assert drawing in (site / "guides" / "documents" / "index.html").read_text()
    assert drawing in (site / "project" / "transcripts" / "sequence" / "mcp_tools" / "index.html").read_text()


def test_what_is_made_stands_in_its_page(site):
    """Commands, layers, figures and the schema, which is a file as well."""
    assert 'id="recorder-docs-check"' in (site / "reference" / "commands" / "index.html").read_text()
    assert "<svg viewBox" in (site / "contributing" / "architecture" / "index.html").read_text()
    assert "pass-through" in (site / "reference" / "performance" / "index.html").read_text()
    assert "<details" in (site / "reference" / "capture" / "index.html").read_text()
    assert (site / "reference" / "capture.schema.json").read_text().startswith("{\n")


def test_links_to_recorded_examples_lead_to_them(site):
    """Which have pages, but do not stand in the way of who searches."""
    protocols = (site / "protocols" / "index.html").read_text()
    (link,) = set(re.findall(r'href="?([^" >]*summary/mcp_tools/)', protocols))
    assert "tools" in (site / "protocols" / link / "index.html").resolve().read_text()
    assert "project/" not in (site / "search" / "search_index.json").read_text()

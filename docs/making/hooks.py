"""What MkDocs asks while it builds the site: pages get what is made from the code, and links out of `docs/` lead somewhere.

Rule: nothing that is made here is committed; a page has a place for it, `<!-- generated: NAME -->`, alone on its line. A
place for what nobody makes, and what no page has a place for, end the build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import commands
import diagrams
import figures
import layers
import links
import schema
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]

GENERATORS: dict[str, Callable[[], str]] = {
    "bench": lambda: figures.markdown(ROOT / "bench"),
    "schema": schema.markdown,
    "commands": commands.markdown,
    "layers": lambda: layers.markdown(ROOT),
}
FILES: dict[str, Callable[[], str]] = {"reference/capture.schema.json": schema.text}
"""What is made, and where it goes: into the text of a page, or a file of its own."""

PLACE = re.compile(r"^<!-- generated: (.*?) -->$", re.MULTILINE)


def filled(page: str, markdown: str) -> str:
    """A page's text with what is made in the places for it.

    Raises:
        PluginError: a place for what nobody makes.
    """

    def make(place: re.Match[str]) -> str:
        if place[1] not in GENERATORS:
            raise PluginError(f"{page}: nothing makes `{place[1]}`, only {', '.join(GENERATORS)}")
        return GENERATORS[place[1]]()

    return PLACE.sub(make, markdown)


def unplaced(texts: Iterable[str]) -> list[str]:
    """What is made and has a place in none of these texts."""
    placed = {name for text in texts for name in PLACE.findall(text)}
    return [name for name in GENERATORS if name not in placed]


def on_config(config: MkDocsConfig) -> None:
    """Have diagrams drawn."""
    fences = config.mdx_configs.setdefault("pymdownx.superfences", {}).setdefault("custom_fences", [])
    fences.append({"name": "mermaid", "class": "diagram", "format": diagrams.fence})


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the files that are made, and those of the project that a page leads to.

    Raises:
        PluginError: a link to a folder, of which a site has no page; or what is made has no place.
    """
    for name, make in FILES.items():
        files.append(File.generated(config, name, content=make()))
    pages = list(files.documentation_pages())
    if missing := unplaced(file.content_string for file in pages):
        raise PluginError(f"no page has a place for {', '.join(missing)}: <!-- generated: {missing[0]} -->")
    for file in pages:  # it grows: what is added may lead further
        for path in links.outside(file.src_uri, file.content_string):
            source, name = ROOT / path, links.page_of(path)
            if source.is_dir():
                raise PluginError(f"{file.src_uri}: {path} is a folder, which has no page; link to a file in it")
            if source.exists() and files.get_file_from_path(name) is None:
                added = File.generated(config, name, abs_src_path=str(source), inclusion=InclusionLevel.NOT_IN_NAV)
                files.append(added)
                if added.is_documentation_page():
                    pages.append(added)
    return files


def on_page_markdown(markdown: str, *, page: Page, files: Files, **_rest: Any) -> str:
    """Fill a page's places, and turn its links; search is for what was written to be read on the site."""
    name = page.file.src_uri
    if name.startswith(links.PUBLISHED):
        page.meta["search"] = {"exclude": True}
    return links.rewritten(name, filled(name, markdown), lambda other: files.get_file_from_path(other) is not None)

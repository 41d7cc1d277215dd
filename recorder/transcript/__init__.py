"""Transcripts: a capture rendered with a template.

Rule: pure except for reading templates. Only `templates/` decides how documents look; `view` has what a template may
print. Only `template` imports jinja2, and is imported only where a template is used, so that other commands start
without it.
"""

from __future__ import annotations

from pathlib import Path

from recorder.transcript.printed import WHOLE, Excerpt, Selection, views
from recorder.transcript.splitting import BEFORE, Split, session_names, split_by_scenario

__all__ = [
    "BEFORE",
    "WHOLE",
    "Excerpt",
    "Selection",
    "Split",
    "data_folder",
    "session_names",
    "split_by_scenario",
    "views",
]


SUFFIXES = (".md", ".html")
"""Of files that are rendered, and before `.j2` of those templates that come with this package."""


def template_path(name: str) -> Path:
    """The file of a template, by its name or by its path; it need not be there."""
    folder = data_folder("templates")
    found = (folder / f"{name}{suffix}.j2" for suffix in SUFFIXES)
    return Path(name) if name.endswith(".j2") else next(filter(Path.is_file, found), folder / f"{name}.md.j2")


def suffix_of(template: str) -> str:
    """The suffix of files that a template is rendered to: `.html` of pages, else `.md`."""
    return ".html" if template_path(template).name.endswith(".html.j2") else ".md"


def data_folder(name: str) -> Path:
    """A folder of data that came with this package: inside an installed wheel, or beside the package in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name

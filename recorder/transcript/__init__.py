"""Transcripts: what is printed of a capture, in the words of a template.

Rule: pure but for reading templates; what the documents look like stands in `templates/` alone, what a template may
print in `view`. jinja2 has its door in `template`, which is imported where a template is used: other commands, which
need a selection or the folder of templates, start without it.
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


def data_folder(name: str) -> Path:
    """A folder of data that came with this package: inside an installed wheel, or beside the package in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name

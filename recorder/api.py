"""What the commands do, as functions: the documented Python interface.

Rule: the commands call these, so that neither can do what the other cannot. Everything is lazy and in constant memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from recorder.interchange.files import Capture
from recorder.transcript import Selection, Split, Template, session_names, split_by_scenario, views
from recorder.views import View

EVERYTHING = Selection()


def load(path: str | Path) -> Capture:
    """Open a capture: its `header`, and its events by iterating over it.

    Args:
        path: the file, plain or zstd-compressed.

    Raises:
        InputError: it cannot be read, or is no capture; a malformed line raises when it is reached.
    """
    return Capture(path)


def render(capture: Capture, template: str = "transcript", selection: Selection = EVERYTHING) -> Iterator[str]:
    """The transcript of a capture, piece by piece.

    Args:
        capture: what `load` gave.
        template: a name (`transcript`, `timestamped`), or the path of a `.j2` file.
        selection: which events count.

    Raises:
        InputError: there is no such template, or it has an error (with file and line).
    """
    return Template(template).render(capture.header, views(capture.header, capture, selection))


def render_split(
    capture: Capture, split: Split, template: str = "transcript", selection: Selection = EVERYTHING
) -> Iterator[tuple[str, Iterable[str]]]:
    """Several transcripts of a capture, each with its name; use one up before asking for the next.

    Args:
        capture: what `load` gave; by channel or session it is read once for each.
        split: what each transcript is about.
        template: as in `render`.
        selection: as in `render`.
    """
    header, form = capture.header, Template(template)
    if split == "scenario":
        for name, group in split_by_scenario(views(header, capture, selection)):
            yield name, form.render(header, group)
        return
    names = session_names(header, capture, split)
    for name in dict.fromkeys(names.values()):
        chosen = _of(name, names, views(header, capture, selection))
        if (first := next(chosen, None)) is not None:
            yield name, form.render(header, chain([first], chosen))


def _of(name: str, names: dict[int, str], items: Iterable[View]) -> Iterator[View]:
    """What belongs to a transcript; a note that is nobody's belongs to all."""
    return (view for view in items if names.get(view.session, name) == name)

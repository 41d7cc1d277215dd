"""What the commands do, as functions: the documented Python interface.

Rule: the commands call these, so that neither can do what the other cannot. Everything is lazy and in constant memory.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from recorder.errors import InputError
from recorder.interchange.files import Capture
from recorder.replay import NODE, Fault, Mode, PlaySettings, Script, read
from recorder.settings import SEED, parse_speed
from recorder.transcript import Selection, Split, Template, session_names, split_by_scenario, views

EVERYTHING = Selection()


def load(path: str | Path) -> Capture:
    """Open a capture: its `header`, and its events by iterating over it.

    Args:
        path: the file, plain or zstd-compressed.

    Raises:
        InputError: it cannot be read, or is no capture; a malformed line raises when it is reached.
    """
    return Capture(path)


def load_script(path: str | Path) -> Script:
    """Read a capture as a script to play.

    Args:
        path: the capture, as for `load`.

    Raises:
        InputError: it cannot be read, or is no capture.
    """
    capture = load(path)
    return read(capture.header, capture, str(path))


def play_settings(
    script: Script,
    ends: Iterable[str] = (NODE,),
    *,
    mode: Mode = "shape",
    speed: str | float = "instant",
    faults: Iterable[str] = (),
    keys: Mapping[str, bytes] | None = None,
    network_id: str = "",
) -> PlaySettings:
    """How to play a script; a party that is played and signs without a key given gets one made for the run.

    Args:
        script: what `load_script` gave.
        ends: which ends to play: `node`, and parties by name.
        mode: what must be as recorded: every value (`strict`), the frames' `shape`, or their methods (`lenient`).
        speed: `instant`, `recorded`, or how many times as fast as recorded.
        faults: what to do wrong on purpose, as in `drop:12`.
        keys: 32-byte seeds by party.
        network_id: of the live network, where it is not the recorded one.

    Raises:
        InputError: the capture has no such end or account, or a setting cannot be read.
    """
    played, parties, given = frozenset(ends), frozenset(script.parties.values()), dict(keys or {})
    known = f"there is {', '.join(sorted(parties))}, {NODE}"
    if unknown := sorted(played - parties - {NODE}):
        raise InputError(f"there is no {unknown[0]} to play in {script.file}; {known}")
    if not played or played >= parties | {NODE}:
        raise InputError(f"leave an end of {script.file} to somebody else; {known}")
    if unknown := sorted(given.keys() - script.accounts.keys()):
        raise InputError(f"a key for {unknown[0]}, of whom {script.file} shows no account")
    made = {party: secrets.token_bytes(SEED) for party in sorted((played & script.accounts.keys()) - given.keys())}
    return PlaySettings(
        ends=played,
        mode=mode,
        keys=given | made,
        network_id=network_id,
        speed=parse_speed(str(speed)),
        faults=tuple(Fault.parse(text) for text in faults),
    )


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
        chosen = (view for view in views(header, capture, selection) if names.get(view.session) == name)
        yield name, form.render(header, chosen)

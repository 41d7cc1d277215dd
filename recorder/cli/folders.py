"""The captures that a path means: one, or all in a folder.

Rule: see the package.
"""

from __future__ import annotations

from pathlib import Path

from recorder.api import CAPTURES
from recorder.errors import InputError
from recorder.interchange.files import files_in


def captures_at(path: Path) -> dict[str, Path]:
    """The captures at a path, by the names that they have in reports; none where it is a folder without any."""
    if not path.is_dir():
        return {path.name or str(path): path}
    return {Path(file).relative_to(path).as_posix(): Path(file) for file in files_in(path, CAPTURES)}


def none_in(folder: Path) -> InputError:
    """The error for a folder without any."""
    return InputError(f"has no capture ({', '.join(CAPTURES)}) in it", file=str(folder))

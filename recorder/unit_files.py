"""What was made of units of work, in a folder: their files, and a record of each, `NAME.json`.

Rule: all files of a unit are there or none, and its record comes last. An older view of a unit never replaces a newer
one, and what was written is not written again, whoever else writes into the folder. Who works on a unit has a mark
there: one that is killed leaves it behind, so that the deaths which a unit has cost can be counted.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from recorder.errors import InputError
from recorder.fleet.units import Unit
from recorder.interchange.files import staging
from recorder.jsonrpc import json_text, value_of

MARK = ".trying"
"""How the name of a mark ends."""


class Record(NamedTuple):
    """That a unit was done.

    Args:
        stream: of which stream its places are.
        work: what was done.
        until: up to which place of the stream.
        files: what was written, by name.
        told: all that it says.
    """

    stream: str
    work: str
    until: int
    files: Sequence[str]
    told: Mapping[str, Any]


class _OvertakenError(Exception):
    """Somebody else has written as new a view of the unit, or a newer one."""


class UnitFiles:
    """A folder for units.

    Args:
        folder: it; made if it is not there.
        work: what is done here, as a word.
    """

    def __init__(self, folder: Path, work: str) -> None:
        self._folder, self._work = folder, work

    def record(self, unit: Unit) -> Record | None:
        """The record of a unit; None if there is none that can be read."""
        return _read(self._folder / f"{unit.name}.json")

    def records(self, stream: str, first: int) -> Iterator[tuple[Path, Record]]:
        """What has been done here of a stream, as far as that has it from this place on; each with its file."""
        for path in sorted(self._folder.glob("*.json")):
            known = _read(path)
            if known is not None and self._is_of(known, stream) and known.until >= first:
                yield path, known

    def done(self, stream: str, unit: Unit) -> int:
        """Up to which place of a stream a unit has been done here; 0 if it has not been."""
        known = self.record(unit)
        return known.until if known is not None and self._is_of(known, stream) else 0

    def _is_of(self, known: Record, stream: str) -> bool:
        return (known.stream, known.work) == (stream, self._work)

    @contextmanager
    def trying(self, stream: str, unit: Unit) -> Iterator[int]:
        """Mark a unit as being worked on, as long as the block runs.

        Args:
            stream: of which its places are.
            unit: it.

        Returns:
            How many have died in such a block, since the unit was last written.

        Raises:
            InputError: the mark cannot be written.
        """
        before = len(self._marks(stream, unit))
        try:
            handle, name = tempfile.mkstemp(MARK, self._prefix(stream, unit), self._folder)
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror}", file=str(self._folder)) from error
        os.close(handle)
        try:
            yield before
        finally:
            Path(name).unlink(missing_ok=True)

    def _prefix(self, stream: str, unit: Unit) -> str:
        what = hashlib.sha256(f"{stream}\n{self._work}".encode()).hexdigest()[:16]
        return f".{unit.name}.{what}."

    def _marks(self, stream: str, unit: Unit) -> list[Path]:
        return [*self._folder.glob(f"{self._prefix(stream, unit)}*{MARK}")]

    def put(self, stream: str, unit: Unit, made: Mapping[str, Path], told: Mapping[str, Any]) -> bool:
        """Write the files of a unit and its record, all or none.

        Args:
            stream: of which its places are.
            unit: it.
            made: where each file stands now, by its name in the folder.
            told: what its record says besides.

        Returns:
            Whether they were written; not, where somebody else has done as much of it before.

        Raises:
            InputError: they cannot be written.
        """
        record = {
            "unit": unit.name,
            "channel": unit.channel,
            "sessions": [
                {"run": member.session.run, "session": member.session.number, "closed": member.closed}
                for member in unit.members
            ],
            "stream": stream,
            "work": self._work,
            "until": unit.last,
            "files": [*made],
            **told,
        }
        with ExitStack() as held:
            try:
                with staging() as stage:
                    for name, path in made.items():
                        with stage.open(self._folder / name) as file, path.open("rb") as source:
                            shutil.copyfileobj(source, file)
                    with stage.open(self._folder / f"{unit.name}.json") as file:
                        file.write(json_text(record).encode() + b"\n")
                    held.enter_context(_alone(self._folder))
                    before = self.record(unit)
                    self._check_newest(stream, unit)
            except _OvertakenError:
                return False
            for mark in self._marks(stream, unit):
                mark.unlink(missing_ok=True)
            for name in {*(before.files if before is not None else ())} - {*made}:
                if Path(name).name == name:  # what a record says may have been changed by anybody
                    (self._folder / name).unlink(missing_ok=True)
        return True

    def _check_newest(self, stream: str, unit: Unit) -> None:
        if self.done(stream, unit) >= unit.last:
            raise _OvertakenError


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else puts files into the folder meanwhile; where its file system has no locks, the record has to do."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(path: Path) -> Record | None:
    """A record; None if there is none that can be read."""
    with suppress(OSError):
        match value_of(path.read_bytes()):
            case {"stream": str(stream), "work": str(work), "until": int(until), "files": list(files)} as told:
                return Record(stream, work, until, [str(file) for file in files], told)
    return None

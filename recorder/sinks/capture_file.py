"""The capture on disk: batches of whole lines, appended before the traffic passes.

Rule: one unbuffered `write` for each batch, so that it survives a crash of this process; nothing is ever rewritten; each
file has one writer.
"""

from __future__ import annotations

import fcntl
import os
import stat
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from recorder import __version__, capture
from recorder.errors import CaptureWriteError, InputError
from recorder.model import AnyEvent, Header

CLOSED = -1


def new_header(**about: Any) -> Header:
    """The header of a capture that is made now, as a run of its own.

    Args:
        about: its other fields.
    """
    return Header(format=capture.FORMAT, run=uuid.uuid4().hex, recorder=__version__, **about)


class CaptureFile:
    """A capture being written; a `Sink`.

    The file is locked at once, and its old content is replaced only by `begin` (or the first event): a recording that
    cannot start, for example because its port is in use, leaves it as it was.

    Args:
        path: the file, created when absent.
        header: its first line.
        overwrite: whether a capture that is already there may be replaced.
        sync: force every batch to the disk itself (`fdatasync`), for machines that lose power.
        option: the name of the option by which a user lets it be replaced, for errors.

    Raises:
        InputError: the file cannot be written, holds something already, or another recorder writes it.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        *,
        overwrite: bool = False,
        sync: bool = False,
        option: str = "--overwrite",
    ) -> None:
        self.path, self._header = path, header
        self._begun = self._dirty = False
        self._created = not path.exists()
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise InputError(f"cannot write here: {error.strerror}; name another file", file=str(path)) from error
        self._on_disk = stat.S_ISREG(os.fstat(self._file).st_mode)  # a device has no disk to reach, nor one writer
        self._sync = sync and self._on_disk
        try:
            if self._on_disk:
                self._claim("" if overwrite else option)
        except InputError:
            os.close(self._file)
            raise

    def _claim(self, option: str) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                "another recorder is writing this capture; name another file", file=str(self.path)
            ) from error
        if not self._is_there():
            raise InputError("another recorder has just released this capture; try again", file=str(self.path))
        if option and os.fstat(self._file).st_size:
            raise InputError(f"exists already; name another file, or replace it with {option}", file=str(self.path))

    def _is_there(self) -> bool:
        """Whether the file still has its name: its last writer may have unlinked or replaced it."""
        try:
            return os.path.samestat(os.fstat(self._file), self.path.stat())
        except FileNotFoundError:
            return False

    def begin(self) -> None:
        """Write the header in place of the old content.

        Raises:
            CaptureWriteError: the write failed.
        """
        if not self._begun:
            if not self._created and self._on_disk:
                os.ftruncate(self._file, 0)
            self._write(capture.dump(self._header))
            self._begun = True

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Append the events' lines with one write; the kernel has them when this returns.

        Raises:
            CaptureWriteError: the write failed; none of the batch is in the capture.
        """
        self.begin()
        self._write(capture.dump_all(events))

    def _write(self, data: bytes) -> None:
        done = 0
        try:
            while done < len(data):
                done += os.write(self._file, data[done:] if done else data)
            if self._sync:
                _to_disk(self._file)
        except OSError as error:
            with suppress(OSError):  # half a batch must not stand before lines that may follow
                os.ftruncate(self._file, os.fstat(self._file).st_size - done)
            raise CaptureWriteError(str(self.path), error) from error
        self._dirty = self._on_disk and not self._sync

    def flush(self) -> None:
        """Force what was written since the last time to the disk itself; may take long, safe in another thread.

        Raises:
            CaptureWriteError: the disk could not keep what it had taken.
        """
        if self._dirty:
            self._dirty = False
            try:
                _to_disk(self._file)
            except OSError as error:
                raise CaptureWriteError(str(self.path), error) from error

    def close(self) -> None:
        """Flush and unlock the file; one that was created and never begun is deleted.

        Raises:
            CaptureWriteError: as of `flush`; the file is closed nevertheless.
        """
        if self._file == CLOSED:
            return
        try:
            self.flush()
        finally:
            if self._created and not self._begun:
                self.path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = CLOSED


def _to_disk(file: int) -> None:
    getattr(os, "fdatasync", os.fsync)(file)  # macOS has no fdatasync

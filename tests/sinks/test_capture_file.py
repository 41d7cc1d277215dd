"""The capture on disk: whole batches, one writer, and no silent loss."""

import fcntl
import os
import resource
import signal
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from recorder import __version__, capture
from recorder.errors import CaptureWriteError, InputError
from recorder.model import Header, Note
from recorder.sinks.capture_file import CaptureFile, new_header

HEADER = Header(format=1, run="r", recorder="0.1.0")
FIRST = capture.dump(HEADER)
NOTES = [Note(text="one"), Note(text="two")]


def test_each_capture_that_is_made_is_a_run_of_its_own():
    """Captures of several hosts are told apart by it."""
    one, other = new_header(meta={"team": "billing"}), new_header()
    assert one.run != other.run
    assert (one.format, one.recorder, one.meta) == (capture.FORMAT, __version__, {"team": "billing"})


def open_files() -> int:
    """How many files this process has open."""
    return len([*Path("/proc/self/fd").iterdir()])


@pytest.fixture
def path(tmp_path):
    """Where a capture may be written."""
    return tmp_path / "run.jsonl"


@contextmanager
def opened(path, **options):
    """A capture being written, closed in the end."""
    file = CaptureFile(path, HEADER, **options)
    try:
        file.begin()
        yield file
    finally:
        file.close()


@pytest.fixture
def writes(monkeypatch):
    """The sizes of the writes that reach the system."""
    sizes, write = [], os.write

    def counted(file, data):
        sizes.append(len(data))
        return write(file, data)

    monkeypatch.setattr(os, "write", counted)
    return sizes


@pytest.fixture
def syncs(monkeypatch):
    """The files whose data was forced to the disk."""
    found = []
    monkeypatch.setattr(os, "fdatasync", found.append)
    return found


def test_a_capture_that_never_began_leaves_no_file(path):
    """A recording that could not start leaves nothing behind."""
    CaptureFile(path, HEADER).close()
    assert not path.exists()


def test_a_capture_that_never_began_leaves_what_was_there(path):
    """A recording that could not start has replaced nothing."""
    path.write_bytes(b"precious")
    CaptureFile(path, HEADER, overwrite=True).close()
    assert path.read_bytes() == b"precious"


def test_the_first_event_begins_a_capture(path):
    """Events never stand without a header."""
    file = CaptureFile(path, HEADER)
    file.write(NOTES)
    file.close()
    assert path.read_bytes() == FIRST + b"".join(map(capture.dump, NOTES))


def test_a_new_capture_has_its_header_at_once(path):
    """The file is a capture before the first event."""
    with opened(path):
        assert path.read_bytes() == FIRST


def test_a_batch_is_in_the_file_when_write_returns(path):
    """Whatever happens to this process next, another one can read the batch."""
    with opened(path) as file:
        file.write(NOTES)
        assert list(capture.load(path.read_bytes().splitlines(keepends=True))[1]) == NOTES


def test_a_batch_is_one_write(path, writes):
    """A batch costs one system call, whatever its size."""
    with opened(path) as file:
        writes.clear()
        file.write(NOTES * 1000)
        assert len(writes) == 1


def test_a_short_write_is_continued(path, monkeypatch):
    """A system that takes a part only is given the rest."""
    write = os.write
    with opened(path) as file:
        monkeypatch.setattr(os, "write", lambda number, data: write(number, data[:7]))
        file.write(NOTES)
    assert path.read_bytes() == FIRST + b"".join(map(capture.dump, NOTES))


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_loses_its_name_is_not_written(path, monkeypatch, replaced):
    """Whoever had it took it away between our opening and our claim: what is written then nobody would find."""
    flock, files = fcntl.flock, open_files()

    def claim(file, how):
        path.unlink()
        if replaced:
            path.touch()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", claim)
    with pytest.raises(InputError, match="has just released this capture; try again"):
        CaptureFile(path, HEADER)
    assert open_files() == files


def test_an_existing_file_is_not_touched(path):
    """A recording never replaces a file that nobody offered; how to offer it is said in the user's words."""
    path.write_bytes(b"precious")
    for given, said in (({}, "--overwrite"), ({"option": "capture_overwrite"}, "capture_overwrite")):
        with pytest.raises(
            InputError, match=rf"run\.jsonl: exists already; name another file, or replace it with {said}$"
        ):
            CaptureFile(path, HEADER, **given)
    assert path.read_bytes() == b"precious"


def test_an_empty_file_may_be_written(path):
    """A file that holds nothing has nothing to lose."""
    path.touch()
    with opened(path):
        assert path.read_bytes() == FIRST


def test_overwrite_replaces_all_of_a_capture(path):
    """Nothing of the old capture remains behind a shorter new one."""
    path.write_bytes(b"x" * 10_000)
    with opened(path, overwrite=True):
        assert path.read_bytes() == FIRST


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_capture_has_one_writer(path, overwrite):
    """A second recorder is refused, and the first one's capture stays as it is."""
    with opened(path) as file:
        with pytest.raises(InputError, match=r"another recorder is writing this capture; name another file$"):
            CaptureFile(path, HEADER, overwrite=overwrite)
        file.write(NOTES)
        assert path.read_bytes() == FIRST + b"".join(map(capture.dump, NOTES))


def test_a_closed_capture_may_be_replaced(path):
    """The lock ends with the recording."""
    with opened(path):
        pass
    with opened(path, overwrite=True):
        assert path.read_bytes() == FIRST


def test_a_refusal_leaves_no_file_open(path):
    """Trying again and again does not use up the process's files."""
    path.write_bytes(b"precious")
    before = open_files()
    for _ in range(3):
        with pytest.raises(InputError):
            CaptureFile(path, HEADER)
    assert open_files() == before


@pytest.mark.parametrize(
    ("name", "reason"), [("", "Is a directory"), ("no/such/run.jsonl", "No such file or directory")]
)
def test_a_path_that_cannot_be_written_is_refused(tmp_path, name, reason):
    """What is wrong with a path is said in the system's words, with what to do."""
    with pytest.raises(InputError, match=f": cannot write here: {reason}; name another file$"):
        CaptureFile(tmp_path / name, HEADER)


@contextmanager
def at_most(size):
    """Let no file of this process grow beyond this size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_batch_that_does_not_fit_leaves_no_trace(path):
    """When the disk is full the writer is told, and the capture ends with the last whole batch."""
    whole = FIRST + b"".join(map(capture.dump, NOTES))
    with opened(path) as file:
        file.write(NOTES)
        with (
            at_most(len(whole) + 30),
            pytest.raises(CaptureWriteError, match="cannot write the capture: File too large"),
        ):
            file.write(NOTES)
        assert path.read_bytes() == whole


def test_a_batch_after_a_failed_one_stands_on_a_line_of_its_own(path):
    """Where the traffic is let through, what can be written again is not mixed with what could not."""
    with opened(path) as file:
        with at_most(len(FIRST) + 5), pytest.raises(CaptureWriteError):
            file.write(NOTES)
        file.write(NOTES[1:])
        assert path.read_bytes() == FIRST + capture.dump(NOTES[1])


def test_a_capture_whose_header_does_not_fit_is_not_begun(path):
    """A full disk is told before any traffic is taken, and the file may be tried again."""
    with closing(CaptureFile(path, HEADER)) as file, at_most(10), pytest.raises(CaptureWriteError):
        file.begin()
    assert not path.exists()
    with opened(path):
        assert path.read_bytes() == FIRST


def test_sync_forces_every_batch_to_the_disk(path, syncs):
    """A machine that loses power keeps what passed."""
    with opened(path, sync=True) as file:
        syncs.clear()
        file.write(NOTES)
        file.write(NOTES)
        assert len(syncs) == 2
        file.flush()
        assert len(syncs) == 2


@pytest.mark.parametrize("sync", [False, True])
def test_a_system_without_fdatasync_has_fsync(path, monkeypatch, sync):
    """As macOS does."""
    found = []
    monkeypatch.delattr(os, "fdatasync")
    monkeypatch.setattr(os, "fsync", found.append)
    with opened(path, sync=sync) as file:
        file.write(NOTES)
        file.flush()
    assert found


def test_flush_forces_to_the_disk_only_what_is_new(path, syncs):
    """An idle recording leaves the disk alone."""
    with opened(path) as file:
        file.flush()
        file.flush()
        assert len(syncs) == 1
        file.write(NOTES)
        assert len(syncs) == 1
        file.flush()
        assert len(syncs) == 2


def test_closing_flushes(path, syncs):
    """A recording that ends well is on the disk."""
    with opened(path):
        pass
    assert len(syncs) == 1


def failing(number):
    """A system call that always fails so."""

    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("act", [CaptureFile.flush, CaptureFile.close])
def test_a_disk_that_fails_to_keep_the_capture_is_told(path, monkeypatch, act):
    """Data that the disk did not take is a write error, as any other."""
    file = CaptureFile(path, HEADER)
    file.begin()
    monkeypatch.setattr(os, "fdatasync", failing(5))
    before = open_files()
    with pytest.raises(CaptureWriteError, match="Input/output error"):
        act(file)
    monkeypatch.undo()
    file.close()
    assert open_files() == before - 1


def test_a_batch_that_the_disk_does_not_keep_is_taken_back(path, monkeypatch):
    """Where every batch must reach the disk, one that did not is in no capture."""
    with opened(path, sync=True) as file:
        monkeypatch.setattr(os, "fdatasync", failing(5))
        with pytest.raises(CaptureWriteError, match="Input/output error"):
            file.write(NOTES)
        assert path.read_bytes() == FIRST


def test_a_capture_may_be_closed_twice(path):
    """Closing what is closed does nothing."""
    with opened(path) as file:
        file.close()


@pytest.mark.parametrize("sync", [False, True])
def test_a_device_may_take_the_capture(sync):
    """What has no disk behind it (/dev/null, a terminal) needs none."""
    with opened(Path("/dev/null"), sync=sync) as file:
        file.write(NOTES)

"""Captures to show, and a page of one."""

import pytest
from viewing import HEADER, serving, traffic

from recorder.capture import dump_all
from recorder.live.source import Source


@pytest.fixture
def written(tmp_path):
    """Writes events as a capture; its path."""

    def write(events, name="run.jsonl", header=HEADER):
        path = tmp_path / name
        path.write_bytes(dump_all([header, *events]))
        return path

    return write


@pytest.fixture
def source(written):
    """Opens a capture of events, all of it indexed."""
    opened = []

    def open_(events, **options):
        found = Source(str(written(events) if isinstance(events, list) else events), **options)
        opened.append(found)
        while found.turn():
            pass
        return found

    yield open_
    for one in opened:
        one.close()


@pytest.fixture
def page(written):
    """A served page of the usual traffic."""
    with serving(written(traffic())) as asking:
        yield asking

"""What holds for every test."""

import gc
import os
import sys

import pytest
from brokers import broker
from hypothesis import settings

settings.register_profile("recorder", deadline=None)  # a machine that is busy is no failure
settings.load_profile("recorder")

os.environ["PYTHONUNBUFFERED"] = "1"  # what a child says is read when it says it


def pytest_collection_finish():
    """Have no collection of garbage go through what was made before the tests: it takes an eighth of their time."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Watch no line of a test that is marked `untraced`, nor of what it starts: watched, it takes three times as long."""
    if item.get_closest_marker("untraced") is None:
        return (yield)
    trace = sys.gettrace()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # with which coverage begins in the processes of a test
        sys.settrace(None)
        try:
            return (yield)
        finally:
            sys.settrace(trace)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A NATS server for all tests of a module, each of which has a stream of its own."""
    with broker(tmp_path_factory.mktemp("server")) as one:
        yield one

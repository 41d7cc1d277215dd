"""Ethereum's own tests are held against Ethereum's own OpenRPC document."""

import pytest
from otherfiles import imported

from recorder.openrpc.checking import Checking
from recorder.openrpc.document import Document


@pytest.fixture
def checked(shared):
    """The violations of all `.io` files, and the messages of each method."""
    folder = shared / "io"
    if not (folder / "openrpc.json").is_file():
        pytest.skip(f"no .io files and no document at {folder}")
    checking = Checking(Document((folder / "openrpc.json").read_bytes(), "openrpc.json"))
    return list(checking.violations("ethereum", imported(folder))), checking.methods


def test_the_files_obey_the_document_but_for_one_number(checked):
    """One file gives a block by a decimal number on purpose: it shows the error that follows."""
    (one,), methods = checked
    assert methods.total() > 200
    assert (one.method, one.path) == ("debug_traceBlockByNumber", "params[0]")
    assert one.text.startswith('"3" is not valid under any of the given schemas: does not match \'^0x')

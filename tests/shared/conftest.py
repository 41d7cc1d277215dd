"""Published transcripts and tools that are not this repository's: skipped where they are absent."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def shared():
    """The folder of shared data."""
    folder = Path(os.environ.get("RECORDER_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; RECORDER_SHARED names another place")
    return folder

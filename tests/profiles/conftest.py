"""Recordings that are not this repository's: skipped where they are absent."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_folder():
    """The folder of shared data."""
    folder = Path(os.environ.get("RECORDER_SHARED") or Path(__file__).parents[3] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; RECORDER_SHARED names another place")
    return folder

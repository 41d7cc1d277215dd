"""Lets the tests of this folder import what they share, and mitmproxy without its dependencies' warnings."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings():  # mitmproxy's own dependencies use deprecated names while they are imported
    warnings.simplefilter("ignore", DeprecationWarning)
    import mitmproxy.addons  # noqa: F401

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder with an authority's certificate, and one with its key that it gave to localhost."""
    from certify import write_certificates

    folder = tmp_path_factory.mktemp("tls=certificates")  # "=" means something to mitmproxy
    write_certificates(folder)
    return folder

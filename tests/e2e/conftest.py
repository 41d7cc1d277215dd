"""Lets the tests of this folder import what they share, and mitmproxy without its dependencies' warnings."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

with warnings.catch_warnings():  # mitmproxy's own dependencies use deprecated names while they are imported
    warnings.simplefilter("ignore", DeprecationWarning)
    import mitmproxy.addons  # noqa: F401

sys.path.append(str(Path(__file__).parent))

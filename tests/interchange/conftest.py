"""Lets the tests of this folder import mitmproxy without its dependencies' warnings."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():  # mitmproxy's own dependencies use deprecated names while they are imported
    warnings.simplefilter("ignore", DeprecationWarning)
    import mitmproxy.addons  # noqa: F401

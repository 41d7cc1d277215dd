"""`recorder addon`.

Rule: the script itself is in `addons/`; this only says where.
"""

from __future__ import annotations

from recorder.transcript import data_folder


def addon() -> None:
    """Print where the script for your own mitmproxy is."""
    print(data_folder("addons") / "record_websockets.py")

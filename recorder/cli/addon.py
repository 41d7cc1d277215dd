"""`recorder addon`.

Rule: the script itself is in `addons/`; this prints its path.
"""

from __future__ import annotations

from recorder.transcript import data_folder


def addon() -> None:
    """Print the path of the script for your own mitmproxy."""
    print(data_folder("addons") / "record_websockets.py")

"""Runs a server for its client, over standard input and output, and records the traffic.

Rule: starts fast, because a client waits for it: imports only the standard library and what a capture needs. Bytes pass
unchanged, and only after the messages that they complete are in the capture.
"""

from __future__ import annotations

from recorder.stdio.relay import end_by, relay
from recorder.stdio.session import PARTY, Session, url_of

__all__ = ["PARTY", "Session", "end_by", "relay", "url_of"]

"""Stands in for a server that is spoken to over its standard input and output, and writes down what passes.

Rule: starts fast, for a client waits for it: imports nothing but the standard library, and what a capture needs. Bytes
pass unchanged, and not before the messages that they complete are in the capture.
"""

from __future__ import annotations

from recorder.stdio.relay import end_by, relay
from recorder.stdio.session import PARTY, Session, url_of

__all__ = ["PARTY", "Session", "end_by", "relay", "url_of"]

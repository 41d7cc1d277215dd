"""The æternity protocol: state channels over WebSockets, the transactions in them, and who signs what.

Rule: nothing outside of this package imports from it (but the table of profiles); all that the rest sees is `PROFILE`.
Importing it costs nothing: what reads the chain's bytes is imported when it is asked for.
"""

from __future__ import annotations

from recorder.profiles.aeternity.protocol import PROFILE

__all__ = ["PROFILE"]

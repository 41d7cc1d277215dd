"""A capture as steps: sessions, URLs, which request each response answers, and each frame in a few words.

Rule: pure. Which request a response answers is decided in `exchanges`, and nowhere else.
"""

from __future__ import annotations

from recorder.timeline.exchanges import Exchanges
from recorder.timeline.script import Script, read
from recorder.timeline.steps import Part, Step

__all__ = ["Exchanges", "Part", "Script", "Step", "read"]

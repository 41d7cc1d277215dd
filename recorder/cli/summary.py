"""How a recording ends: the figures of its capture, on the terminal that has shown its traffic.

Rule: what `recorder stats` prints of a capture, cut to what a person reads at once.
"""

from __future__ import annotations

from typing import TextIO

from recorder.cli.terminal import columns
from recorder.sinks.console import Console
from recorder.sinks.counting import Counting
from recorder.stats import lines

ROWS = 15
"""Of each table and list; `recorder stats` shows all."""


def summarise(counting: Counting, console: Console, out: TextIO) -> None:
    """Say what was recorded, or how it is counted where that takes long; `out` is where the console prints."""
    console.say("")
    if counting.finish():
        for line in lines(counting.statistics, width=columns(out), most=ROWS):
            console.say(line)
    else:
        console.say(f"`recorder stats {counting.path}` counts what was recorded")

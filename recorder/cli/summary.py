"""The end of a recording: the figures of its capture, on the terminal that showed its traffic.

Rule: prints what `recorder stats` prints, with the tables cut to a screen.
"""

from __future__ import annotations

import shlex
from typing import TextIO

from recorder.cli.terminal import columns
from recorder.sinks.console import Console
from recorder.sinks.counting import Counting
from recorder.stats import lines

ROWS = 15
"""Most rows of each table and list; `recorder stats` shows all."""


def summarise(counting: Counting, console: Console, out: TextIO) -> None:
    """Print the figures, or how to get them if counting takes long; `out` is where the console prints."""
    console.say("")
    if counting.finish():
        for line in lines(counting.statistics, width=columns(out), most=ROWS):
            console.say(line)
    else:
        stats = f"recorder stats {shlex.quote(str(counting.path))}"
        console.say(f"the recording is long: `{stats}` shows its statistics")

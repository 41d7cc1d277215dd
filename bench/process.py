"""What Linux knows about another process: the CPU it has used, the memory it has.

Rule: no polling and no library; a figure is read at the moment it is asked for.
"""

from __future__ import annotations

import time
from pathlib import Path

_SCHED = 2  # CPUCLOCK_SCHED: the exact clock behind user + system time (clock_getcpuclockid(3), kernel/time)


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads, to the microsecond where /proc/PID/stat has ticks of 10 ms."""
    return time.clock_gettime((~pid << 3) | _SCHED)


def rss(pid: int) -> int:
    """Bytes of memory that it holds now."""
    return _status(pid, "VmRSS")


def reset_peak(pid: int) -> None:
    """Forget its peak: from here on it counts anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_rss(pid: int) -> int:
    """Most bytes that it has held since it started, or since `reset_peak`."""
    return _status(pid, "VmHWM")


def _status(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise KeyError(field)

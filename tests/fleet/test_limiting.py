"""A limit of time: what takes longer ends its process, whatever it does."""

import subprocess
import sys

import pytest

from recorder.fleet.limiting import Limit

SCRIPT = """
import re, time
from recorder.fleet.limiting import Limit

with Limit(0.5) as limit:
    with limit.of("nothing"):
        pass
    with limit.of("it took \\x41 long"):
        {}
print("goes on")
"""


@pytest.mark.parametrize("block", ["re.match('(a+)+$', 'a' * 60 + '!')", "time.sleep(60)", "while True: pass"])
def test_what_takes_longer_ends_its_process(block):
    """Also a block that lets no other thread run; it is said in one line, and the exit code is 1."""
    command = [sys.executable, "-c", SCRIPT.format(block)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "it took A long\n", "")


def test_what_ends_in_time_is_left_alone(capfd):
    """Nothing is said, neither then nor later, and an error passes."""
    with Limit(60) as limit:
        with limit.of("it took too long"):
            pass
        with pytest.raises(ZeroDivisionError), limit.of("it took too long"):
            _ = 1 / 0
    assert capfd.readouterr() == ("", "")

"""The parts of mitmproxy that a recorder brings."""

import subprocess
import sys

PARTS = "import sys, recorder.proxy.host; "


def said_by(program):
    """What a program prints in a process of its own."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_addons_that_a_recorder_does_not_use_are_not_imported():
    """Nor what they need, such as a web server."""
    found = said_by(
        PARTS + "print(*(name for name in sys.modules if name.startswith('mitmproxy.addons.')), 'flask' in sys.modules)"
    )
    *addons, flask = found.split()
    assert {*addons} == {
        f"mitmproxy.addons.{name}" for name in ("core", "next_layer", "proxyserver", "termlog", "tlsconfig")
    }
    assert flask == "False"


def test_mitmproxy_is_whole_for_who_asks_for_all_addons():
    """And has the same modules in it."""
    program = (
        PARTS
        + "from mitmproxy import addons; print(len(addons.default_addons()) > 20, addons.core is recorder.proxy.host.core)"
    )
    assert said_by(program) == "True True\n"

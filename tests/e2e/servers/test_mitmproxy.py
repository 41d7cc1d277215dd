"""What mitmproxy saved of a real client is, imported, what the recorder recorded of it."""

from __future__ import annotations

import sys

import pytest
from installing import INSTALLING
from pairings import PAIRINGS
from ports import free_port
from verdicts import RUNNING, Process, Trial

pytestmark = [pytest.mark.servers, pytest.mark.timeout(INSTALLING + 4 * RUNNING)]

MITMDUMP = "import sys; from mitmproxy.tools.main import mitmdump; sys.exit(mitmdump(sys.argv[1:]))"
THROUGH = [pairing for pairing in PAIRINGS if pairing.server in {"aria2", "rpc-websockets"}]
"""Over HTTP and over WebSockets; mitmproxy holds streams of events until they end, which MCP's clients do not survive."""


@pytest.mark.parametrize("pairing", THROUGH, ids=lambda pairing: pairing.name)
def test_both_see_the_same(tmp_path, pairing):
    """By the recorder's own comparison."""
    trial = Trial(pairing, tmp_path, [sys.executable, "-m", "recorder"])
    trial.record("a")
    with trial.server("server-mitmproxy") as (address, path):
        port = free_port()
        mode = f"reverse:http://{address}@127.0.0.1:{port}"
        process = Process(
            [sys.executable, "-c", MITMDUMP, "--mode", mode, "-w", tmp_path / "run.mitm"], tmp_path / "m.log"
        )
        try:
            process.listens(port)
            code, said = trial.client(f"127.0.0.1:{port}", path, "client-mitmproxy")
        finally:
            process.end()
    assert code == 0, said
    imported = trial.ask("import", str(tmp_path / "run.mitm"), "-o", str(trial.capture("b")))
    assert imported[0] == 0, imported[1]
    code, differences, text = trial.diff()
    assert (code, differences) == (0, 0), text
    assert trial.frames > len("frames")

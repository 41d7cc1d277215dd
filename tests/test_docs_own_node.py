"""The guide's way from a node for development to a green job, walked with stand-ins for the node and its chain."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack

import pytest
from chain_api import AE, ChainApi
from pages import blocks, files
from ruamel import yaml

from recorder.api import load_script
from recorder.profiles.aeternity import chain
from recorder.replay import PlaySettings
from recorder.server.thread import NodeThread
from recorder.timeline.script import NODE
from recorder.transcript import data_folder

PAGE = "docs/guides/own-node.md"
CONFIGURATION = files(PAGE)["aeternity.yaml"]
OWN, TEST_NETWORK = [block.text for block in blocks(PAGE, "bash")]
RECORDED = data_folder("transcripts") / "two_withdrawals.jsonl"
LIMIT = 60  # seconds


@pytest.fixture
def node():
    """The port of a node that plays what was recorded, and its chain's API on the port before."""
    account = re.search(r"ak_\w+", CONFIGURATION)[0]
    with ExitStack() as running:
        while True:
            settings = PlaySettings(ends=frozenset({NODE}))
            node = running.enter_context(NodeThread(load_script(RECORDED), settings, loop=True))
            port = int(node.urls[0].rpartition(":")[2])
            try:
                api = ChainApi({account: 100 * AE}, network_id="ae_dev", port=port - 1)
            except OSError:  # taken: another node will have another port
                continue
            running.enter_context(api)
            yield port, api
            return


@pytest.fixture
def shell(tmp_path):
    """Runs a script where `docker` does nothing, and `recorder` is this one."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "run.jsonl").write_bytes(RECORDED.read_bytes())
    for name, line in {"docker": "true", "recorder": f'exec "{sys.executable}" -m recorder "$@"'}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    how = {"cwd": tmp_path, "env": os.environ | {"PATH": path, "NO_PROXY": "127.0.0.1"}}

    def _run(script):
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=LIMIT, check=False, **how)

    return _run


@pytest.mark.untraced
def test_its_script_ends_green(node, shell, tmp_path):
    """The account of the configuration is the one whose key the script writes, and pays for both parties."""
    port, api = node
    done = shell(OWN.replace("3014", str(port)).replace("3013", str(port - 1)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recorder: the parties sign for ae_dev, the node's network; the capture was recorded on " in done.stderr
    key = bytes.fromhex((tmp_path / "funded.key").read_text())
    assert {spend["sender_id"] for spend in api.spends} == {chain.account_of(key)}
    assert (len(api.spends), (tmp_path / "verify.xml").exists()) == (2, True)


@pytest.mark.untraced
def test_its_command_for_a_test_network_ends_green(node, shell):
    """With a faucet in the place of an account."""
    port, api = node
    replaced = {"wss://testnet.aeternity.io": f"ws://127.0.0.1:{port}", "https://faucet.aepps.com": api.url}
    command = TEST_NETWORK
    for told, live in replaced.items():
        assert told in command
        command = command.replace(told, live)
    done = shell(command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(api.balances.values()).count(api.gives) == 2


def test_its_job_runs_the_script():
    """As the last step, after the recorder is installed."""
    shown = files(PAGE)
    *_, installs, runs = yaml.YAML(typ="safe").load(shown[".github/workflows/verify.yml"])["jobs"]["verify"]["steps"]
    assert "pip install" in installs["run"]
    assert (runs["run"], shown["verify.sh"]) == ("bash verify.sh", OWN)

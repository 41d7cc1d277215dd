"""The manifests of the guide to fleets: what they say is allowed, and what their recorder runs is what works."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import compose_spec
import kubernetes_validate
import pytest
from brokers import broker
from pages import files
from ports import free_port
from ruamel import yaml

from recorder import capture
from recorder.model import Header

FILES = files("docs/guides/fleet.md")
COMPOSE, MANIFEST = FILES["compose.yaml"], FILES["node.yaml"]
PATIENCE = 30
SIDECARS = "1.29"
"""The first version of Kubernetes that has them without being asked."""


def documents(text):
    """The YAML documents of a text."""
    return [*yaml.YAML(typ="safe").load_all(text)]


def test_the_compose_file_is_one():
    """As the specification of Compose has it: keys, types, and volumes that are declared."""
    compose_spec.PyCompose.from_yaml(COMPOSE).validate()


@pytest.mark.parametrize("wrong", ["imagee: nats", "image: [nats]"])
def test_a_wrong_compose_file_is_seen(wrong):
    """Or the test above says nothing."""
    with pytest.raises(ValueError, match="nats"):
        compose_spec.PyCompose.from_yaml(COMPOSE.replace("image: nats:2.10-alpine", wrong)).validate()


@pytest.mark.parametrize("version", [SIDECARS, kubernetes_validate.latest_version()])
def test_the_manifests_are_objects_of_kubernetes(version):
    """By its schemas, which refuse what they do not know."""
    found = documents(MANIFEST)
    assert [one["kind"] for one in found] == ["Service", "StatefulSet"]
    for one in found:
        kubernetes_validate.validate(one, version, strict=True)


def test_a_wrong_manifest_is_seen():
    """Or the test above says nothing."""
    _service, wrong = documents(MANIFEST.replace("restartPolicy:", "restartPolicies:"))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, SIDECARS, strict=True)


def scripts():
    """What the recorders of both run in their shells."""
    (command,) = [documents(COMPOSE)[0]["services"]["recorder"]["command"]]
    (container,) = documents(MANIFEST)[1]["spec"]["template"]["spec"]["initContainers"]
    return {"compose": command[-1].replace("$$", "$"), "kubernetes": container["args"][0]}


@pytest.mark.untraced
@pytest.mark.parametrize("name", scripts())
def test_a_recorder_that_starts_anew_ships_what_the_one_before_has_left(tmp_path, name):
    """The scripts run as they stand, but for where files, the node and the broker are."""
    captures = tmp_path / "captures"
    captures.mkdir()
    with broker(tmp_path / "broker") as server:
        script = scripts()[name]
        for there, here in {
            "/captures": str(captures),
            "nats://nats:4222/TRAFFIC": server.url("TRAFFIC"),
            "0.0.0.0:4014": f"127.0.0.1:{free_port()}",
        }.items():
            script = script.replace(there, here)
        (captures / "1.jsonl").write_bytes(capture.dump(Header(format=capture.FORMAT, run="before", recorder="test")))
        (tmp_path / "recorder").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m recorder "$@"\n')
        (tmp_path / "recorder").chmod(0o755)
        told = {
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "STREAM": server.url("TRAFFIC"),
            "HOST": "node-0",
        }
        log = tmp_path / "log"
        with (
            log.open("wb") as said,
            subprocess.Popen(["sh", "-c", script], env=os.environ | told, stdout=said, stderr=said) as one,
        ):
            try:
                wait_for(lambda: "recording to" in log.read_text() and "1.jsonl: all 1 lines" in log.read_text(), log)
                one.send_signal(signal.SIGTERM)
                assert one.wait(PATIENCE) == 0, log.read_text()
                assert "--ship: " in log.read_text()
            finally:
                one.kill()
        assert len([*captures.iterdir()]) == 2


def wait_for(condition, log: Path):
    """Look until something is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.02)

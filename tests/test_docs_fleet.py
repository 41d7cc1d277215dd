"""The manifests of the guide to fleets: what they say is allowed, and what their recorder runs is what works."""

import compose_spec
import kubernetes_validate
import pytest
from pages import files
from ruamel import yaml

FILES = files("docs/guides/fleet.md")
COMPOSE, MANIFEST = FILES["compose.yaml"], FILES["node.yaml"]
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

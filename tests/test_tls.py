"""Whom a client trusts, who a server is, and files that tell neither."""

import pytest

from recorder.errors import InputError
from recorder.tls import check_identity, trust


def test_this_machines_authorities_are_trusted():
    """Unless another is named; certificates are verified in any case."""
    assert trust(None).check_hostname


def test_a_file_without_a_certificate(tmp_path):
    """Is named, with what should be in it."""
    (tmp_path / "ca.pem").write_text("none")
    with pytest.raises(InputError, match=r"ca\.pem: it has no CA certificate \(PEM\)"):
        trust(tmp_path / "ca.pem")


def test_no_file(tmp_path):
    """Is named too."""
    with pytest.raises(InputError, match=r"ca\.pem: cannot read: No such file"):
        trust(tmp_path / "ca.pem")


@pytest.mark.parametrize("content", [None, "none"])
def test_a_server_without_an_identity(tmp_path, content):
    """Nor one whose file is not there."""
    if content is not None:
        (tmp_path / "cert.pem").write_text(content)
    with pytest.raises(InputError, match=r"cert\.pem: it has no certificate with its key \(PEM, not encrypted\)"):
        check_identity(tmp_path / "cert.pem")

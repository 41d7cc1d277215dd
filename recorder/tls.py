"""TLS: the certificates that a client trusts, and that of a server.

Rule: an unusable file is reported before anything is connected, in the same words by every command.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from recorder.errors import InputError


def trust(authority: Path | None, *, insecure: bool = False) -> ssl.SSLContext:
    """The TLS settings of a client.

    Args:
        authority: the file of an authority to trust (PEM); None for those that this machine trusts.
        insecure: accept any certificate.

    Raises:
        InputError: the file cannot be read, or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=authority)
    except ssl.SSLError as error:
        raise InputError("it has no CA certificate (PEM)", file=str(authority)) from error
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", file=str(authority)) from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def check_identity(file: Path) -> None:
    """Check that a server can use this certificate.

    Raises:
        InputError: the file cannot be read, or holds no certificate with its key.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file, password=bytes)
    except (OSError, ssl.SSLError) as error:
        raise InputError("it has no certificate with its key (PEM, not encrypted)", file=str(file)) from error

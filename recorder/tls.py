"""Whom a client trusts, and who a server is.

Rule: a file that cannot serve is told before anything is connected, in the same words by every command.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from recorder.errors import InputError


def trust(authority: Path | None, *, insecure: bool = False) -> ssl.SSLContext:
    """A client's TLS: nodes that this authority certifies (PEM); by default those that this machine trusts.

    Args:
        authority: the file; None for the machine's own.
        insecure: take any certificate, by whomever and for whatever name.

    Raises:
        InputError: the file cannot be read, or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=authority)
    except ssl.SSLError as error:
        raise InputError("no certificate of an authority in it (PEM)", file=str(authority)) from error
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", file=str(authority)) from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def check_identity(file: Path) -> None:
    """See that a server can show this certificate.

    Raises:
        InputError: the file cannot be read, or holds no certificate with its key.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file, password=bytes)
    except (OSError, ssl.SSLError) as error:
        raise InputError("no certificate with its key in it (PEM, not encrypted)", file=str(file)) from error

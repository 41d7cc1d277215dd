"""Whom a client trusts.

Rule: a file that cannot serve is told before anything is connected, in the same words by every command.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from recorder.errors import InputError


def trust(authority: Path | None) -> ssl.SSLContext:
    """A client's TLS: nodes that this authority certifies (PEM); by default those that this machine trusts.

    Raises:
        InputError: the file cannot be read, or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=authority)
    except ssl.SSLError as error:
        raise InputError("no certificate of an authority in it (PEM)", file=str(authority)) from error
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", file=str(authority)) from error

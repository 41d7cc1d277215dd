"""Options that several commands share, and their values.

Rule: the same option has the same name, help and parser in all commands.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from recorder.api import Knowledge
from recorder.errors import InputError
from recorder.profiles import AUTO, PROFILES

ENCODED_KEYS = [f"or {profile.key_example}" for profile in PROFILES.values() if profile.key_example]


def _moved(given: list[str] | None) -> None:
    if given:
        raise InputError(
            f"--key {given[0]!r}: --key gives a party's signing key; name an account with --account NAME=ACCOUNT"
        )


Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account", metavar="NAME=ACCOUNT", help="The name of an account, to show who signed; may be given again."
    ),
]
Authority = Annotated[
    Path | None, typer.Option(help="Trust wss:// nodes with a certificate of this authority (PEM file).")
]
AnyCapture = Annotated[str, typer.Argument(metavar="CAPTURE", help="The capture, plain or .zst; - for standard input.")]
CaptureName = Annotated[str, typer.Argument(metavar="CAPTURE", help="The capture, plain or .zst.")]
Headers = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        metavar="NAME=VALUE",
        help="Send this header, for example one that is masked in the capture; may be given again.",
    ),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Trust any wss:// node, without verifying its certificate.")]
MovedKey = Annotated[list[str] | None, typer.Option("--key", hidden=True, callback=_moved)]
NetworkId = Annotated[str, typer.Option(metavar="ID", help="The live network, if it is not the recorded one.")]
NetworkIds = Annotated[
    list[str] | None,
    typer.Option(
        "--network-id",
        metavar="ID",
        help="A network that transactions may be signed for, besides ae_mainnet, ae_uat, ae_dev, …",
    ),
]
ProfileName = Annotated[
    str, typer.Option(help=f"The protocol: {', '.join([AUTO, *PROFILES])}; auto detects it from the traffic.")
]
RulesFile = Annotated[
    Path | None,
    typer.Option(help="A file of rules for what may differ (TOML); NAME.rules.toml beside the capture is read too."),
]
Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="NAME=VALUE",
        help="Send this where the capture has a mark: 'password 1=…' for «password 1»; may be given again.",
    ),
]
SigningKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="PARTY=FILE",
        help=" ".join(
            [
                "The file with the key that a party (or a recorded account) signs with: 32-byte seed in hex",
                *ENCODED_KEYS,
            ]
        ),
    ),
]


def refuse(context: typer.Context, names: Collection[str], why: str) -> None:
    """Refuse options that have no effect.

    Args:
        context: of the command.
        names: of the parameters without effect.
        why: why they have none, and what to do.

    Raises:
        InputError: one of them was given.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is not None and source.name == "COMMANDLINE":
            raise InputError(f"{parameter.opts[0]} has no effect here: {why}")


def check_files(*files: Path | None) -> None:
    """Refuse files that do not exist.

    Raises:
        InputError: one that is given does not.
    """
    for file in files:
        if file is not None and not file.is_file():
            raise InputError("no such file", file=str(file))


def knowledge_of(accounts: list[str] | None, network_ids: list[str] | None) -> Knowledge:
    """The values of `--account` and `--network-id`.

    Raises:
        InputError: an account is not written as NAME=ACCOUNT.
    """
    pairs = [item.partition("=") for item in accounts or ()]
    for name, _equals, account in pairs:
        if not name or not account:
            raise InputError(f"--account {name!r}: write it as NAME=ACCOUNT")
    return Knowledge({name: account for name, _equals, account in pairs}, tuple(network_ids or ()))

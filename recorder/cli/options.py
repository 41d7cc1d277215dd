"""Options that several commands take, and what they say.

Rule: one that means the same has one name, one line of help and one reading.
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
        "--account", metavar="NAME=ACCOUNT", help="Whose account this is, to say who signed; may be given again."
    ),
]
Authority = Annotated[Path | None, typer.Option(help="Trust a wss:// node certified by this authority (PEM).")]
Headers = Annotated[
    list[str] | None,
    typer.Option(
        "--header", metavar="NAME=VALUE", help="Send this header, as one that was masked when recorded; again for more."
    ),
]
JunitFile = Annotated[Path | None, typer.Option("--junit", help="Write the verdicts as JUnit's XML.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Trust any wss:// node.")]
Mask = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME|PATH|TEXT|/REGEX/",
        help="Mask this too: password, params[0], 'token:*', or '/sk-\\w+/'; may be given again.",
    ),
]
MaskNone = Annotated[bool, typer.Option("--mask-none", help="Mask nothing: on your own machine, for yourself.")]
MovedKey = Annotated[list[str] | None, typer.Option("--key", hidden=True, callback=_moved)]
NetworkId = Annotated[str, typer.Option(metavar="ID", help="Of the live network, where it is not the recorded one.")]
NetworkIds = Annotated[
    list[str] | None,
    typer.Option(
        "--network-id", metavar="ID", help="What transactions may be signed for, besides ae_mainnet, ae_uat, ae_dev, …"
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the capture if it exists.")]
ProfileName = Annotated[
    str, typer.Option(help=f"What the frames mean: {', '.join([AUTO, *PROFILES])}; auto tells it from the traffic.")
]
RulesFile = Annotated[
    Path | None, typer.Option(help="What may differ (TOML); NAME.rules.toml beside the capture counts too.")
]
SigningKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="PARTY=FILE",
        help=" ".join(["The key a party (or a recorded account) signs with: 32-byte seed in hex", *ENCODED_KEYS]),
    ),
]


def refuse(context: typer.Context, names: Collection[str], why: str) -> None:
    """Let nobody think that an option does something where it has no effect.

    Args:
        context: of the command.
        names: of the parameters that have none.
        why: what the command does instead, and what to do.

    Raises:
        InputError: one of them was given.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is not None and source.name == "COMMANDLINE":
            raise InputError(f"{parameter.opts[0]} has no effect here: {why}")


def knowledge_of(accounts: list[str] | None, network_ids: list[str] | None) -> Knowledge:
    """What `--account` and `--network-id` tell.

    Raises:
        InputError: an account that is not written as NAME=ACCOUNT.
    """
    pairs = [item.partition("=") for item in accounts or ()]
    for name, _equals, account in pairs:
        if not name or not account:
            raise InputError(f"--account {name!r}: write it as NAME=ACCOUNT")
    return Knowledge({name: account for name, _equals, account in pairs}, tuple(network_ids or ()))

"""Funds the accounts that were made for a run, before it starts.

Rule: nothing is played until each of them has what it needs; meanwhile the user sees what is awaited and for how long.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from recorder.cli.terminal import note
from recorder.errors import InputError
from recorder.escaping import escape
from recorder.keys import read_key
from recorder.profiles.parts import Ask, Funding
from recorder.settings import parse_api
from recorder.timeline import Script
from recorder.tls import trust
from recorder.wording import counted

LOOK_EVERY = 0.5  # seconds
SAY_EVERY = 10.0  # seconds
ANSWER = 60.0  # seconds to wait for an API's answer; some faucets answer only after a block

OF_NODE = "name the node's HTTP API with --node-api URL"
OF_FAUCET = "try later, or fund the parties from an account with --fund FILE"


@dataclass(frozen=True, kw_only=True)
class Funds:
    """The source of the parties' funds: an account, or a faucet.

    Args:
        key: the seed of the account; empty for a faucet.
        faucet: its URL.
        node: the URL of the node's HTTP API; empty for the one that the protocol looks for.
        tls: how `https://` ones are verified.
    """

    key: bytes
    faucet: str
    node: str
    tls: ssl.SSLContext


def parse_funds(
    fund: Path | None, faucet: str, node: str, *, ca: Path | None = None, insecure: bool = False
) -> Funds | None:
    """The source that the options name; None if they name none.

    Raises:
        InputError: they contradict each other, or one cannot be read.
    """
    if fund is None and not faucet:
        if node:
            raise InputError("--node-api has no effect without --fund or --faucet; add one of them, or leave it out")
        return None
    if fund is not None and faucet:
        raise InputError("--fund and --faucet cannot be used together; leave one out")
    return Funds(
        key=b"" if fund is None else read_key(fund),
        faucet=faucet and parse_api(faucet, "--faucet"),
        node=node and parse_api(node, "--node-api"),
        tls=trust(ca, insecure=insecure),
    )


async def fund_parties(
    script: Script,
    made: Mapping[str, bytes],
    funds: Funds,
    node: str,
    network_id: str,
    timeout: float,  # noqa: ASYNC109 - of silence, not of the call
) -> str:
    """Fund the accounts whose keys were made for a run.

    Args:
        script: what is played.
        made: their seeds, by the recorded account that each replaces.
        funds: where the money comes from.
        node: the URL of the live node.
        network_id: that the user named; empty for none.
        timeout: seconds until a payment is given up.

    Returns:
        the network id of the live node.

    Raises:
        InputError: an account cannot be funded.
    """
    from recorder.server.asking import Api  # noqa: PLC0415 - brings websockets with its package

    funding = _funding(script)
    if not made:
        raise InputError(
            "there is no account to fund: each party with an account has a --key; leave out --fund and --faucet",
            file=script.file,
        )
    recorded = {script.account_of(seed): account for account, seed in made.items()}
    answer = min(timeout, ANSWER)
    with closing(Api(funds.node or funding.api(node), answer, funds.tls, OF_NODE)) as api:
        live = await funding.network_id(api)
        _check_network(live, network_id, funding.networks, api.url)
        if funds.key:
            await funding.pay(api, funds.key, recorded, live)
        else:
            with closing(Api(funds.faucet, answer, funds.tls, OF_FAUCET)) as faucet:
                await funding.draw(faucet, recorded)
        await _arrived(funding, api, recorded, timeout)
    return live


def _funding(script: Script) -> Funding:
    for profile in script.protocols:
        messages = (step.message for step in script.steps if step.profile is profile)
        funding = profile.funding(script.identities_of(profile), messages)
        if funding is not None:
            return funding
    names = ", ".join(profile.name for profile in script.protocols)
    raise InputError(f"{names} has no accounts to fund; leave out --fund and --faucet", file=script.file)


def _check_network(live: str, given: str, recorded: frozenset[str], url: str) -> None:
    if given and given != live:
        raise InputError(f"{url} is on {escape(live)}, not on {given}; leave out --network-id, or name another node")
    if recorded - {live} and not given:
        note(
            f"the parties sign for {live}, the node's network; the capture was recorded on {', '.join(sorted(recorded))}"
        )


async def _arrived(funding: Funding, api: Ask, accounts: Mapping[str, str], timeout: float) -> None:  # noqa: ASYNC109
    began, due = monotonic(), 0.0
    while lacking := await funding.lacking(api, accounts):
        waited = monotonic() - began
        what = f"{counted(len(lacking), 'payment')} to be confirmed"
        if waited > timeout:
            raise InputError(
                f"waited {waited:.0f} s for {what} ({', '.join(lacking)}); if the chain makes no blocks, start it; "
                "if it is slow, give a longer --timeout"
            )
        if waited >= due:
            note(f"waiting for {what} ({waited:.0f} s; --timeout: {timeout:g} s)")
            due += SAY_EVERY
        await asyncio.sleep(LOOK_EVERY)

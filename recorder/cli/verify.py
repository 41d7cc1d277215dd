"""`recorder verify`: plays a capture's parties against a live node, and compares the result with the capture.

Rule: the recorder itself makes the new capture; the old one is replaced only on demand, and as a whole.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from recorder.api import load_rules, load_script, play_settings
from recorder.cli.funding import Funds, fund_parties, parse_funds
from recorder.cli.options import (
    Authority,
    Headers,
    Insecure,
    NetworkId,
    RulesFile,
    Secrets,
    SigningKeys,
)
from recorder.cli.output import Mask
from recorder.cli.recording import play_and_record, play_and_record_stdio
from recorder.cli.results import JunitFile, Results, results
from recorder.cli.terminal import note, tell, warn
from recorder.compare import Comparison, compare
from recorder.compare.report import junit, lines, table
from recorder.errors import InputError
from recorder.failed_runs import failure
from recorder.interchange.files import Capture, same_file, write_all, write_capture
from recorder.keys import parse_keys
from recorder.masked_places import masks_of
from recorder.masking import Masking
from recorder.model import Header
from recorder.renewing import Whole, headed, renewed
from recorder.replay import Outcome, PlaySettings
from recorder.rules import Rules
from recorder.settings import Address, RecordSettings, Upstream, parse_headers, parse_secrets, split_path
from recorder.suspects import looks_secret
from recorder.timeline import Script, Step, read
from recorder.wording import counted

MOST = 20
"""Most findings that are printed; the rest is in the new capture."""

PATIENCE = 30.0
GRACE = 5.0
"""Seconds until a run is ended that did not end by itself when nothing more could happen."""


Recorded = Annotated[Path, typer.Argument(metavar="CAPTURE", help="The recorded capture: what is expected.")]
NodeUrls = Annotated[
    list[str],
    typer.Argument(
        metavar="URL|-- COMMAND",
        help="The live node, as ws://127.0.0.1:3014; if the capture has several nodes, one URL for each, in its order. "
        "A path is used instead of that of the node's first session. For a capture of `recorder stdio`: the command that starts the server.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Keep the new capture in this file; by default it is kept only if it differs."),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Print also which values stand for which, and what was allowed to differ.")
]
Update = Annotated[
    bool,
    typer.Option(
        "--update",
        help="Replace the capture by the new one if they differ; exit 1 then too. Not if the run failed.",
    ),
]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for messages that depend on a chain's blocks.")]
Patience = Annotated[
    float | None,
    typer.Option(
        min=0.1, help="Seconds to wait for all other messages of the node.", show_default="30, at most --timeout"
    ),
]
Fund = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Fund each party that has no --key, from the account whose key is in this file."),
]
Faucet = Annotated[
    str,
    typer.Option(metavar="URL", help="Fund each party that has no --key from this faucet: POST URL/account/ACCOUNT."),
]
NodeApi = Annotated[
    str, typer.Option(metavar="URL", help="The node's HTTP API, for --fund and --faucet, as http://127.0.0.1:3013.")
]


def verify(
    recorded: Recorded,
    nodes: NodeUrls,
    key: SigningKeys = None,
    output: Output = None,
    rules: RulesFile = None,
    explain: Explain = False,
    junit_file: JunitFile = None,
    update: Update = False,
    network_id: NetworkId = "",
    fund: Fund = None,
    faucet: Faucet = "",
    node_api: NodeApi = "",
    timeout: Timeout = 600,
    patience: Patience = None,
    header: Headers = None,
    secret: Secrets = None,
    mask: Mask = None,
    ca: Authority = None,
    insecure: Insecure = False,
) -> None:
    """Play a capture's parties against a live node, and compare.

    Exit 1 if the node does not do what it did in the capture.
    """
    with results(junit_file, recorded.name, recorded, rules, fund) as reported, _folder() as folder:
        about = _checked(recorded, output, mask or [], update=update)
        allowed, given = load_rules(recorded, rules), parse_keys(key or [])
        script = load_script(recorded, _named(network_id), warn)
        _check(
            script, nodes, {"--header": header, "--ca": ca, "--insecure": insecure, "--fund": fund, "--faucet": faucet}
        )
        funds = parse_funds(fund, faucet, node_api, ca=ca, insecure=insecure)
        settings = replace(
            play_settings(
                script,
                script.parties.values(),
                keys=given,
                network_id=network_id,
                rules=allowed,
                secrets=parse_secrets(secret or []),
                warn=warn,
            ),
            headers=parse_headers(header or []),
            patience=min(PATIENCE, timeout) if patience is None else patience,
            endurance=timeout,
            goes_on=True,
        )
        target = output or folder.path / recorded.name.removesuffix(".zst")
        settings = settings if funds is None else _funded(script, settings, funds, split_path(nodes[0])[0])
        outcome = _played(script, settings, nodes, target, about, mask or [], ca=ca, insecure=insecure)
        came = _renewed(recorded, script, target, allowed, _named(settings.network_id)).settled
        found = compare(script.settled, came, allowed, streams=True)
        _tell(found, outcome, script, reported, explain=explain)
        failed = failure(script.settled, came, outcome.masked)
        folder.keep = not (found.same or (update and not failed) or output)
        if output or not found.same:
            _tell_secrets(target, about.profile)
            _conclude(recorded, target, same=found.same, update=update, failed=failed)
    raise typer.Exit(int(not found.same))


def _funded(script: Script, settings: PlaySettings, funds: Funds, node: str) -> PlaySettings:
    """The settings with the network of the live node, once the accounts that were made for this run are funded."""
    made = {account: seed for account, seed in settings.keys.items() if account in settings.made}
    paid = fund_parties(script, made, funds, node, settings.network_id, settings.endurance)
    return replace(settings, network_id=asyncio.run(paid))


def _played(
    script: Script,
    settings: PlaySettings,
    nodes: list[str],
    target: Path,
    about: Header,
    masks: list[str],
    *,
    ca: Path | None,
    insecure: bool,
) -> Outcome:
    """Play the parties, and record what the live nodes do; what is masked in the script is masked, and more."""
    masks = [*masks_of(script), *masks]
    silence = max(settings.patience, settings.endurance) + GRACE
    waiting = partial(_say_awaited, script, settings)
    if script.over_stdio:
        return asyncio.run(play_and_record_stdio(script, settings, nodes, target, masks, silence, waiting))
    live = [split_path(node) for node in nodes]
    recording = RecordSettings(
        capture=target,
        upstreams=[Upstream(node, Address("127.0.0.1", 0)) for node, _path in live],
        profile=about.profile,
        meta=about.meta,
        overwrite=True,
        ca=ca,
        insecure=insecure,
        mask=tuple(masks),
    )
    return asyncio.run(play_and_record(script, settings, recording, silence, [path for _node, path in live], waiting))


def _renewed(recorded: Path, script: Script, target: Path, allowed: Rules, networks: list[str]) -> Script:
    """The script of the new capture, once that has what people put into the recorded one."""
    with Capture(recorded) as old, Capture(target, warn) as new:
        header = headed(old.header, new.header, old.header.profile)
        came = Whole.read(header, new, str(target), networks)
        events = renewed(Whole(old.header, [*old], script), came, allowed)
    write_capture(target, header, events)
    return read(header, events, str(target), networks)


def _named(network_id: str) -> list[str]:
    """The networks that a user names."""
    return [network_id] if network_id else []


def _say_awaited(script: Script, settings: PlaySettings, step: Step, passed: float) -> None:
    slow = step.profile.slow(step.label)
    most, option = (settings.endurance, "--timeout") if slow else (settings.patience, "--patience")
    note(f"waiting for {script.described(step)} ({passed:.0f} s; {option}: {most:g} s)")


def _tell_secrets(target: Path, profile: str) -> None:
    """Say what looks like a secret in the new capture, as `record` says it."""
    for line in looks_secret(target, profile):
        tell(line)


def _conclude(recorded: Path, target: Path, *, same: bool, update: bool, failed: str) -> None:
    if same:
        return
    if update and not failed:
        write_all([(recorded, [target.read_text(encoding="utf-8")])])
        print(f"updated: {recorded}")
    else:
        if update:
            print(f"not updated: {recorded}: {failed}")
        print(f"the new capture: {target}")


@dataclass
class _Folder:
    """The folder of the new capture, and whether to keep it."""

    path: Path
    keep: bool = False


@contextmanager
def _folder() -> Iterator[_Folder]:
    folder = _Folder(Path(tempfile.mkdtemp(prefix="recorder-verify-")))
    try:
        yield folder
    finally:
        if not folder.keep:
            shutil.rmtree(folder.path, ignore_errors=True)


def _checked(recorded: Path, output: Path | None, masks: list[str], *, update: bool) -> Header:
    """The capture's header, if the options fit together."""
    Masking(masks)  # raises an InputError if one is wrong
    if update and recorded.suffix == ".zst":
        raise InputError("--update writes plain captures; decompress it first", file=str(recorded))
    if output is not None and same_file(output, recorded):
        raise InputError("is the recorded capture; name another file, or replace it with --update", file=str(output))
    with Capture(recorded) as capture:
        return capture.header


def _check(script: Script, nodes: list[str], options: dict[str, Any]) -> None:
    """Check what is given for a capture's nodes.

    Args:
        script: what was recorded.
        nodes: a URL for each; for a server over standard input and output, its command.
        options: the values of options that are only for nodes on a network, by name.

    Raises:
        InputError: it does not fit the capture.
    """
    if script.over_stdio:
        if "://" in nodes[0]:
            raise InputError(
                "was recorded with `recorder stdio`: give -- and the command that starts the server", file=script.file
            )
        if given := [name for name, value in options.items() if value]:
            raise InputError(f"{', '.join(given)}: for nodes on a network, not for a server over standard input")
    elif (wanted := len(script.upstreams) or 1) != len(nodes):  # the capture of a document names none
        known = f": {', '.join(script.upstreams)}" if script.upstreams else ""
        order = "give a URL for each, in this order" if wanted > 1 else "give one URL"
        raise InputError(f"has {counted(wanted, 'node')}{known}; {order}", file=script.file)
    else:
        for node in nodes:
            split_path(node)


def _tell(found: Comparison, outcome: Outcome, script: Script, reported: Results, *, explain: bool) -> None:
    name = Path(script.file).name
    reported.write(junit(found, name))
    if not found.same or explain:
        for line in lines(found, explain=explain, most=MOST):
            tell(line)
        print()
    for known in outcome.notes if not found.same or explain else []:
        tell(f"note: {known}")
    for line in table(found, name):
        tell(line)

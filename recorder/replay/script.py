"""A capture as a script: its steps, what each waits for, and whose keys made its signatures.

Rule: pure, made once from a capture and shared by every run of it; nothing here changes while a run goes on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

import msgspec

from recorder.aliases.derived import Sources, sources
from recorder.aliases.texts import decoded, texts, unsigned
from recorder.model import PRINTED, AnyEvent, Closed, Direction, Frame, Header, Opened, Scenario
from recorder.profiles import Profile, profile_of
from recorder.profiles.aeternity import chain
from recorder.sessions import Requests, methods

Kind = Literal["open", "frame", "close"]
_ANY_URL = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
"""RFC 3986, appendix B."""

NODE = "node"


@dataclass(frozen=True)
class Step:
    """One thing that happens in a capture.

    Args:
        index: its place among the steps.
        line: its line in the capture.
        kind: what happens.
        session: in which recorded session.
        direction: of a frame; of an opening and a closing, the end that does it.
        event: as recorded.
        message: of a frame, its JSON value; None where it is none.
        carries: the transactions it carries, without signatures.
        after: the last steps of other sessions that carried what it carries.
        scenario: where it stands.
        trigger: of what the node does, the last thing before it that a party did; -1 where there was none.
        keeps_alive: whether it only keeps its session open, so that a run is the same without it.
        methods: those that a frame calls, pushes or answers.
    """

    index: int
    line: int
    kind: Kind
    session: int
    direction: Direction
    event: Opened | Frame | Closed
    message: Any = None
    carries: frozenset[bytes] = frozenset()
    after: tuple[int, ...] = ()
    scenario: str = ""
    trigger: int = -1
    keeps_alive: bool = False
    methods: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The step in a word or two: its method, or what it is."""
        return self.kind if self.kind != "frame" else name_of(self.message)

    @cached_property
    def sources(self) -> Sources:
        """What ids can follow from it."""
        return sources(self.message)


@dataclass(frozen=True)
class Script:
    """The steps of a capture.

    Args:
        file: the capture, for messages.
        profile: what its frames mean.
        steps: in the order of the timeline.
        parties: the printed name of each session's party.
        accounts: each party's recorded account, as far as URLs and signatures tell.
        signers: by signature (hex), the party, network id and domain it was made for.
        urls: each session's URL; empty where it was open before the capture began.
    """

    file: str
    profile: Profile
    steps: tuple[Step, ...]
    parties: dict[int, str]
    accounts: dict[str, str] = field(default_factory=dict)
    signers: dict[str, chain.Attribution] = field(default_factory=dict)
    urls: dict[int, str] = field(default_factory=dict)

    def sender(self, step: Step) -> str:
        """Who does it: the node, or a party by its printed name."""
        return NODE if step.direction == "from_node" else self.parties.get(step.session, "")


def read(header: Header, events: Iterable[AnyEvent], file: str = "capture", networks: Iterable[str] = ()) -> Script:
    """Make the script of a capture.

    Args:
        header: of the capture.
        events: of the capture.
        file: its name, for messages.
        networks: ids of networks, besides the known ones, that its signatures may have been made for.
    """
    profile = profile_of(header)
    reader = _Reader(profile)
    for line, event in _caused(events):
        reader.take(line, event)
    accounts, signers = _signers(reader, networks)
    return Script(
        file=file,
        profile=profile,
        steps=tuple(reader.steps),
        parties=reader.parties,
        accounts=accounts,
        signers=signers,
        urls=reader.urls,
    )


def _caused(events: Iterable[AnyEvent]) -> list[tuple[int, AnyEvent]]:
    """Events with their lines, each opening and closing before what the node did about it in other sessions.

    They are recorded when both ends have agreed to them, which another session's frames may overtake.
    """
    ordered: list[tuple[int, AnyEvent]] = []
    for line, event in enumerate(events, 2):  # the header is line 1
        at = len(ordered)
        if isinstance(event, Opened | Closed) and event.time:
            while at and _overtook(ordered[at - 1][1], event):
                at -= 1
        ordered.insert(at, (line, event))
    return ordered


def _overtook(other: AnyEvent, event: Opened | Closed) -> bool:
    return isinstance(other, Opened | Frame | Closed) and other.session != event.session and other.time > event.time


def parse(payload: bytes) -> Any:
    """The JSON value of a payload; None where it is none that Python can hold."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def name_of(message: Any) -> str:
    """The method of a message, or that it is a result or an error."""
    if not isinstance(message, dict):
        return "a batch" if isinstance(message, list) else "a frame that is no JSON-RPC"
    if isinstance(message.get("method"), str):
        return str(message["method"])
    return "an error" if message.get("error") is not None else "a result"


def label_of(message: Any, telling: Iterable[str]) -> str:
    """The name of a message, and what tells it from others of its method: `channels.info open`."""
    params = message.get("params") if isinstance(message, dict) else None
    data = params.get("data") if isinstance(params, dict) else None
    words = [data[field] for field in telling if isinstance(data.get(field), str)] if isinstance(data, dict) else []
    return " ".join([name_of(message), *words])


def url_parts(url: str) -> SplitResult:
    """The parts of a URL that a client sent or somebody wrote down, whatever stands in the place of its host."""
    try:
        return urlsplit(url)
    except ValueError:  # the host is none: brackets around what is no address, odd letters
        found = _ANY_URL.fullmatch(url)
        assert found is not None, "it matches everything"
        return SplitResult(*found.groups(""))


def query(url: str) -> dict[str, str]:
    """The parameters of a URL."""
    return {name: values[-1] for name, values in parse_qs(url_parts(url).query, keep_blank_values=True).items()}


class _Reader:
    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.steps: list[Step] = []
        self.parties: dict[int, str] = {}
        self.urls: dict[int, str] = {}
        self.texts: dict[str, int] = {}  # every encoded string, and the step it first came in
        self._carriers: dict[bytes, dict[int, int]] = {}  # the last step that carried it, in each session
        self._requests = Requests()
        self._scenario = ""
        self._trigger = -1

    def take(self, line: int, event: AnyEvent) -> None:
        if isinstance(event, Scenario):
            self._scenario = event.name
        elif isinstance(event, Frame) and event.opcode in PRINTED:
            self._frame(line, event)
        elif isinstance(event, Opened):
            self.parties[event.session] = event.party
            self.urls[event.session] = event.url
            self._note(texts(list(query(event.url).values())))
            self._add(Step(len(self.steps), line, "open", event.session, "to_node", event, scenario=self._scenario))
        elif isinstance(event, Closed) and event.by != "recorder":
            direction: Direction = "to_node" if event.by == "party" else "from_node"
            self._add(Step(len(self.steps), line, "close", event.session, direction, event, scenario=self._scenario))

    def _frame(self, line: int, event: Frame) -> None:
        message = parse(event.payload)
        found = texts(message)
        self._note(found)
        carries = frozenset(filter(None, (unsigned(text) for text in found if text.startswith("tx"))))
        index = len(self.steps)
        after: set[int] = set()
        for item in carries:
            seen = self._carriers.setdefault(item, {})
            after |= {step for session, step in seen.items() if session != event.session}
            seen[event.session] = index
        self._add(
            Step(
                index,
                line,
                "frame",
                event.session,
                event.direction,
                event,
                message,
                carries,
                tuple(sorted(after)),
                self._scenario,
                keeps_alive=self._profile.keeps_alive(message),
                methods=tuple(methods(event, self._requests)),
            )
        )

    def _add(self, step: Step) -> None:
        if step.direction == "from_node":
            step = replace(step, trigger=self._trigger)
        elif not step.keeps_alive:
            self._trigger = step.index
        self.steps.append(step)

    def _note(self, found: set[str]) -> None:
        for text in found:
            self.texts.setdefault(text, len(self.steps))


def _signers(reader: _Reader, networks: Iterable[str]) -> tuple[dict[str, str], dict[str, chain.Attribution]]:
    """Whose account is whose, and who made each signature."""
    accounts: dict[str, str] = {}
    for session, url in reader.urls.items():
        party = reader.parties[session]
        if (account := query(url).get(f"{party}_id", "")).startswith("ak_"):
            accounts.setdefault(party, account)
    candidates = {text for text in reader.texts if text.startswith("ak_") and decoded(text) is not None}
    for text in reader.texts:
        if text.startswith("tx_") and (read := decoded(text)) is not None:
            candidates |= texts(_plain(read.value))
    verifier = chain.Verifier(
        {account: account for account in candidates if account.startswith("ak_")},
        (*networks, *chain.LOCAL_NETWORK_IDS, *chain.NETWORK_IDS),
    )
    made: dict[str, chain.Attribution] = {}
    tried: set[str] = set()
    for text, index in reader.texts.items():
        if text.startswith("tx_") and (read := decoded(text)) is not None:
            for one in verifier.verify(read, tried):
                tried.add(one.signature)
                if one.key:
                    made[one.signature] = one
                    step = reader.steps[index] if index < len(reader.steps) else None
                    if step is not None and step.kind == "frame" and step.direction == "to_node":
                        accounts.setdefault(reader.parties.get(step.session, ""), one.key)
    names = {account: party for party, account in accounts.items()}
    return accounts, {signature: one._replace(signer=names.get(one.key, "")) for signature, one in made.items()}


def _plain(value: Any) -> Any:
    """A decoded value without its long opaque parts, to look for accounts in."""
    return {name: item for name, item in value.items() if name != "hex"} if isinstance(value, dict) else value


def raw_id(payload: bytes) -> msgspec.Raw | None:
    """The JSON-RPC id of a message as it is written; None where it has none."""
    try:
        found = msgspec.json.decode(payload, type=dict[str, msgspec.Raw]).get("id")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if found is None or bytes(found) == b"null" else found

"""What a profile is given and what it returns: accounts, bindings, and its part in a run or a comparison.

Rule: plain data, interfaces, and default parts that do nothing: a protocol overrides them. Their users know nothing of a
protocol but what is here and in `base`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from msgspec import Raw

from recorder.difference import Difference, Path
from recorder.model import AnyEvent

if TYPE_CHECKING:
    from recorder.profiles.annotation import Annotation

ID = "id"
"""The kind of a JSON-RPC id; it is bound to the id of the live request."""


class Said(NamedTuple):
    """A frame or an opening, as a profile sees it in a whole capture.

    Args:
        session: its session.
        party: the printed name of the session's party.
        to_node: whether the party sent it.
        message: the JSON value of a frame, None if it is not JSON; of an opening, the parameters of its URL.
        opens: whether it is an opening.
    """

    session: int
    party: str
    to_node: bool
    message: Any
    opens: bool = False


@dataclass(frozen=True)
class Account:
    """What a capture shows of an account.

    Args:
        party: the printed name of its party; empty if it only signs what parties pass on.
        sessions: the sessions that its party opened with it.
        signs: whether there is a signature by it.
        known: whether the node knew it: false if each session that named it was refused for an unknown account.
    """

    party: str = ""
    sessions: frozenset[int] = frozenset()
    signs: bool = False
    known: bool = True


@dataclass(frozen=True)
class Identities:
    """The accounts of a capture.

    Args:
        accounts: the recorded accounts of parties, and others that sign.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)

    def of_session(self, session: int) -> str:
        """The account that a session was opened with; empty if unknown."""
        return next((account for account, one in self.accounts.items() if session in one.sessions), "")


class Carriers(NamedTuple):
    """The quickest way to what messages carry.

    Args:
        find: the values in a payload that may carry something (hashable).
        carried: what such a value carries (hashable), of which only the same counts; None if nothing.
    """

    find: Callable[[bytes | Raw], Collection[Any]]
    carried: Callable[[Any], Any]


class Live(Protocol):
    """The bindings of one run: which live value stands for which recorded one."""

    @property
    def version(self) -> int:
        """How often something was bound: results that were made from these bindings are valid while it stays the same."""
        ...

    def get(self, kind: str, recorded: Any) -> Any:
        """The live value; None if nothing is bound to the recorded one yet."""
        ...

    def recorded(self, kind: str, live: Any) -> Any:
        """The recorded value that a live one is bound to; None if there is none."""
        ...

    def shift(self, kind: str) -> int:
        """How far the live numbers of a kind are from the recorded ones, by the last that was bound; 0 if none was."""
        ...

    def bind(self, kind: str, recorded: Any, live: Any) -> Any:
        """Bind the live value to the recorded one: None, or the value that is bound already, if it is another."""
        ...


class Comparing(Protocol):
    """A running comparison, as a profile sees it; `bindings.comparison.Comparator` is one."""

    differences: list[Difference]
    method: str
    """Of the message, or of the request that it answers."""

    @property
    def bindings(self) -> Live:
        """The bindings."""
        ...

    def value(self, recorded: Any, live: Any, path: Path) -> None:
        """Compare two values of any type."""
        ...

    def bind(
        self, kind: str, recorded: Any, live: Any, path: Path, written: Callable[[Any], Any] | None = None
    ) -> None:
        """Bind one value to the other; a difference if another value is bound already.

        `written` gives the form in which a value is written in this place, if that is another form.
        """
        ...

    def differ(self, path: Path, rule: str, recorded: Any, live: Any) -> None:
        """Note a difference."""
        ...

    def within(self, outside: int, kind: str) -> AbstractContextManager[None]:
        """Within the block, differences are inside an encoded text; this many steps of the path lead to it.

        `kind` is the type of the object that they are fields of.
        """
        ...


class Played(NamedTuple):
    """One run of a capture, as the protocol sees it.

    Args:
        identities: the accounts of the capture.
        bindings: the bindings; values that are made here are added.
        keys: the seeds to sign with, by the recorded account that each replaces.
        network_id: of the live network; empty for the recorded one.
        say: called with a line about a value that cannot be made.
    """

    identities: Identities
    bindings: Live
    keys: Mapping[str, bytes]
    network_id: str
    say: Callable[[str], None]


class Substitution:
    """A protocol's part in one run: replaces recorded values by live ones.

    The base replaces nothing; values that are sent back letter for letter are replaced without a protocol.

    Args:
        bindings: the bindings.

    Attributes:
        signs: whether it makes texts anew even where every value is bound to itself.
    """

    signs = False

    def __init__(self, bindings: Live) -> None:
        self.bindings = bindings

    def opened(self, recorded: Mapping[str, str], live: Mapping[str, str]) -> None:
        """A live session has opened, with these parameters in its URL, as the recorded one."""

    def matched(self, gist: Any) -> None:
        """A recorded message has passed in its live form, and its values are bound; `gist` is from `Profile.gist`."""

    def asking(self, recorded: Any, session: int) -> None:
        """A recorded message of a session's party is about to be sent."""

    def parameters(self, party: str) -> dict[str, str]:
        """The URL parameters for a session that was open before the capture began."""
        return {}

    def text(self, recorded: str) -> str:
        """The live form of an encoded text."""
        return recorded


class Ask(Protocol):
    """Sends requests to an HTTP API, of a node or a faucet."""

    @property
    def url(self) -> str:
        """Where it is, for messages."""
        ...

    async def __call__(self, method: str, path: str, value: Any = None) -> tuple[int, Any]:
        """The status of the answer, and its JSON value; None if it has none.

        Args:
            method: as in `GET`.
            path: below the API's own.
            value: the JSON value to post; None for no body.

        Raises:
            InputError: it did not answer.
        """
        ...


class Funding(Protocol):
    """Funds the accounts that were made for a run.

    Accounts are live ones, each with the recorded one that it replaces. Each method raises an `InputError` with the
    reason if an API refuses.
    """

    @property
    def networks(self) -> frozenset[str]:
        """The networks that the recorded transactions were signed for."""
        ...

    def api(self, node: str) -> str:
        """The URL of a node's HTTP API, by the URL that its sessions are opened at."""
        ...

    async def network_id(self, node: Ask) -> str:
        """The network of a node; an `InputError` if accounts must not be funded there."""
        ...

    async def pay(self, node: Ask, seed: bytes, accounts: Mapping[str, str], network_id: str) -> None:
        """Have the account of a 32-byte seed pay each of the accounts what its party needs."""
        ...

    async def draw(self, faucet: Ask, accounts: Iterable[str]) -> None:
        """Have a faucet fund each of the accounts."""
        ...

    async def lacking(self, node: Ask, accounts: Mapping[str, str]) -> list[str]:
        """The accounts that are not funded yet."""
        ...


class Comparison:
    """A protocol's part in the comparison of two captures; the base does nothing.

    Args:
        recorded: the accounts of the recorded one.
        live: the accounts of the other.
    """

    def __init__(self, recorded: Identities, live: Identities) -> None:
        self.recorded, self.live = recorded, live

    def further(self, recorded: Any, live: Any) -> Iterator[Difference]:
        """Differences of two messages that are not in their values, such as who has signed."""
        yield from ()

    def follows(self, recorded: Any, live: Any, differences: Sequence[Difference]) -> dict[Difference, str]:
        """Differences that only follow from bound values, each with the reason."""
        return {}

    def carried(self, recorded: Any, live: Any, difference: Difference) -> Any:
        """What carries a difference from frame to frame (hashable), so that it is reported once; None if nothing does."""
        return None

    def text_shape(self, text: str, shape: Callable[[Any, Path], Any], *, live: bool) -> Any:
        """The shape of an encoded text, without what differs from run to run; None for a plain text.

        `shape` gives the shapes of the values in it; `live` says which capture it is from.
        """


class Item(Protocol):
    """A decoded text."""

    @property
    def path(self) -> str:
        """Its path in the message."""
        ...

    @property
    def problem(self) -> Exception | None:
        """Why it cannot be decoded; None if it can."""
        ...

    @property
    def carries(self) -> bool:
        """Whether there is more to it than an id or plain bytes."""
        ...

    def for_people(self, *, full: bool) -> str:
        """Its fields as lines; with `full`, all bytes."""
        ...

    def for_programs(self) -> str:
        """The same as one line of JSON."""
        ...


class Decoder(Protocol):
    """Decodes texts outside of frames."""

    def item(self, text: str, path: str = "") -> Item:
        """Decode a text."""
        ...

    def values(self, value: Any) -> Sequence[Item]:
        """The encoded texts in any JSON value."""
        ...


class Annotator(Protocol):
    """Annotates the events of one capture."""

    @property
    def heeds_answers(self) -> bool:
        """Whether the annotator needs to know which requests a frame answers."""
        ...

    def see(self, event: AnyEvent, answered: Sequence[str] = ()) -> Annotation | None:
        """The annotation of an event; None if it is not traffic. Events must come in order.

        Args:
            event: of the timeline.
            answered: for each message of a frame, the method of the request that it answers, or empty.
        """
        ...

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Learn from reading a whole capture ahead."""
        ...

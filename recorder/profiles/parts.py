"""What a profile is given, and what it hands out: who is who, what stands for what, its part in a run or a comparison.

Rule: plain data, interfaces, and parts that do nothing: a protocol overrides what it does otherwise. Their users know no
more of a protocol than stands here and in `base`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from recorder.difference import Difference, Path
from recorder.model import AnyEvent

if TYPE_CHECKING:
    from recorder.profiles.annotation import Annotation

ID = "id"
"""The kind of a JSON-RPC id: it stands for the one that a live end asked with."""


class Said(NamedTuple):
    """A frame or an opening as a profile sees it when it looks at a whole capture.

    Args:
        session: in which it was said.
        party: the printed name of the session's party.
        to_node: by whom.
        message: the JSON value of a frame, None where it is none; of an opening, the parameters of its URL.
        opens: whether it is an opening.
    """

    session: int
    party: str
    to_node: bool
    message: Any
    opens: bool = False


@dataclass(frozen=True)
class Account:
    """What a capture tells of an account.

    Args:
        party: whose it is, by its printed name; empty where it only signs what parties pass on.
        sessions: those that its party opened with it.
        signs: whether there is a signature of it.
        known: whether the node knew it: not where each session that named it was refused because it knew no such one.
    """

    party: str = ""
    sessions: frozenset[int] = frozenset()
    signs: bool = False
    known: bool = True


@dataclass(frozen=True)
class Identities:
    """What a capture tells of who its parties are.

    Args:
        accounts: of parties, and others that sign, as they were recorded.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)

    def of_session(self, session: int) -> str:
        """The account that a session was opened with; empty where nothing tells it."""
        return next((account for account, one in self.accounts.items() if session in one.sessions), "")


class Live(Protocol):
    """What stands for what, in one run."""

    @property
    def version(self) -> int:
        """How often something was bound: what was made of these bindings stands as long as it does."""
        ...

    def get(self, kind: str, recorded: Any) -> Any:
        """The live value; None where nothing stands for the recorded one yet."""
        ...

    def recorded(self, kind: str, live: Any) -> Any:
        """The recorded value that a live one stands for; None where it stands for none."""
        ...

    def shift(self, kind: str) -> int:
        """How far the live numbers of a kind are from the recorded ones, by the last that was bound; 0 if none was."""
        ...

    def bind(self, kind: str, recorded: Any, live: Any) -> Any:
        """Let the live value stand for the recorded one: None, or what stands for it already, where that is another."""
        ...


class Comparing(Protocol):
    """A comparison under way, as far as a profile takes part in it; `bindings.comparison.Comparator` is one."""

    differences: list[Difference]

    @property
    def bindings(self) -> Live:
        """What stands for what."""
        ...

    def value(self, recorded: Any, live: Any, path: Path) -> None:
        """Compare two values, whatever they are."""
        ...

    def bind(
        self, kind: str, recorded: Any, live: Any, path: Path, written: Callable[[Any], Any] | None = None
    ) -> None:
        """Let one value stand for the other; a difference where another does already.

        `written` makes of a value what is written in this place, where that is another form of it.
        """
        ...

    def differ(self, path: Path, rule: str, recorded: Any, live: Any) -> None:
        """Note a difference."""
        ...

    def within(self, outside: int, kind: str) -> AbstractContextManager[None]:
        """While the block lasts, differences are inside an encoded text that this much of the path leads to.

        `kind` is the type of the object that they are fields of.
        """
        ...


class Played(NamedTuple):
    """One run of a capture, as the protocol's part in it sees it.

    Args:
        identities: who is who in the capture.
        bindings: what stands for what; it learns what is made here.
        keys: the seeds to sign with, by the recorded account that each takes the place of.
        network_id: of the live network; empty for the recorded one.
        say: told what cannot be made.
    """

    identities: Identities
    bindings: Live
    keys: Mapping[str, bytes]
    network_id: str
    say: Callable[[str], None]


class Substitution:
    """Puts live values in the place of recorded ones, for one run: a protocol's part in it.

    The base puts nothing; values that are sent back letter for letter are not a protocol's business.

    Args:
        bindings: what stands for what.
    """

    def __init__(self, bindings: Live) -> None:
        self.bindings = bindings

    def opened(self, recorded: Mapping[str, str], live: Mapping[str, str]) -> None:
        """A live session has opened, with these parameters in its URL, as the recorded one."""

    def matched(self, gist: Any) -> None:
        """A recorded message has passed in its live form, whose values are bound: its gist, as `Profile.gist` made it."""

    def asking(self, recorded: Any, session: int) -> None:
        """A recorded message of a session's party is about to be sent."""

    def parameters(self, party: str) -> dict[str, str]:
        """What a node must be told in the URL of a session that was open before the capture began."""
        del party
        return {}

    def text(self, recorded: str) -> str:
        """The live form of an encoded text."""
        return recorded


class Ask(Protocol):
    """Asks an HTTP API, a node's or a faucet's."""

    @property
    def url(self) -> str:
        """Where it is, for messages."""
        ...

    async def __call__(self, method: str, path: str, value: Any = None) -> tuple[int, Any]:
        """The status of its answer, and the JSON value in it; None where there is none.

        Args:
            method: as in `GET`.
            path: below the API's own.
            value: what is posted, as JSON; None for nothing.

        Raises:
            InputError: it did not answer.
        """
        ...


class Funding(Protocol):
    """Gets accounts that were made for a run what it takes from them.

    Accounts are live ones, each with the recorded one that it stands for. Each method raises an `InputError` where its
    API refuses, with the reason.
    """

    @property
    def networks(self) -> frozenset[str]:
        """What was recorded was signed for these."""
        ...

    def api(self, node: str) -> str:
        """The URL of a node's HTTP API, by the URL that its sessions are opened at."""
        ...

    async def network_id(self, node: Ask) -> str:
        """The network of a node, where accounts may be funded for a run."""
        ...

    async def pay(self, node: Ask, seed: bytes, accounts: Mapping[str, str], network_id: str) -> None:
        """Have the account of a 32-byte seed pay each of the accounts what its party needs."""
        ...

    async def draw(self, faucet: Ask, accounts: Iterable[str]) -> None:
        """Have a faucet pay each of the accounts what it likes."""
        ...

    async def lacking(self, node: Ask, accounts: Mapping[str, str]) -> list[str]:
        """Those of the accounts that have not got it yet."""
        ...


class Comparison:
    """A protocol's part in the comparison of two captures; the base has none.

    Args:
        recorded: who is who in the recorded one.
        live: who is who in the other.
    """

    def __init__(self, recorded: Identities, live: Identities) -> None:
        self.recorded, self.live = recorded, live

    def further(self, recorded: Any, live: Any) -> Iterator[Difference]:
        """Differences of two messages that are not in their values, such as who has signed."""
        del recorded, live
        yield from ()

    def follows(self, recorded: Any, live: Any, differences: Sequence[Difference]) -> dict[Difference, str]:
        """Differences that follow from others that were bound, each with why it is none."""
        del recorded, live, differences
        return {}

    def carried(self, recorded: Any, live: Any, difference: Difference) -> Any:
        """What carries a difference from frame to frame, hashable: it is reported once. None where nothing does."""
        del recorded, live, difference
        return None

    def text_shape(self, text: str, shape: Callable[[Any, Path], Any], *, live: bool) -> Any:
        """An encoded text without what differs from run to run, None for a plain one.

        `shape` makes that of the values in it; `live` says of which capture it is.
        """
        del text, shape, live


class Item(Protocol):
    """An encoded text that was read."""

    @property
    def path(self) -> str:
        """Where it stood."""
        ...

    @property
    def problem(self) -> Exception | None:
        """Why it cannot be read; None where it can."""
        ...

    @property
    def carries(self) -> bool:
        """Whether there is more to it than an id or plain bytes."""
        ...

    def for_people(self, *, full: bool) -> str:
        """It, field by field; with `full`, bytes whole."""
        ...

    def for_programs(self) -> str:
        """It as one line of JSON."""
        ...


class Decoder(Protocol):
    """Reads encoded texts that stand in no frame."""

    def item(self, text: str, path: str = "") -> Item:
        """A text."""
        ...

    def values(self, value: Any) -> Sequence[Item]:
        """The encoded texts in any JSON value."""
        ...


class Annotator(Protocol):
    """Says what the events of one capture mean."""

    @property
    def heeds_answers(self) -> bool:
        """Whether it matters what a frame answers; where it does not, nobody finds out."""
        ...

    def see(self, event: AnyEvent, answered: Sequence[str] = ()) -> Annotation | None:
        """What an event means; None for one that holds no traffic. Events must come in their order.

        Args:
            event: of the timeline.
            answered: of each message of a frame, the method of the request that it answers, or empty; for those who ask.
        """
        ...

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Learn from a first look at a whole capture."""
        ...

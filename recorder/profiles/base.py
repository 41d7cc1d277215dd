"""The seam: everything that the rest of the recorder may know of a protocol.

Rule: a method's default is what plain JSON-RPC 2.0 says, costs nothing and assumes nothing; a protocol is a subclass
that overrides what it does otherwise. Whatever joins several frames is asked for by those who have them: a profile
remembers nothing between two calls, and what it must remember for one capture or one run it hands out as an object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from recorder.difference import Difference, Path
from recorder.errors import DecodeError
from recorder.model import AnyEvent, Frame, Opened
from recorder.profiles.sentences import PLAIN

if TYPE_CHECKING:
    import re

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
class Identities:
    """What a capture tells of who its parties are.

    Args:
        accounts: the recorded account of each party, by its printed name.
    """

    accounts: Mapping[str, str] = field(default_factory=dict)


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

    def bind(self, kind: str, recorded: Any, live: Any, path: Path) -> None:
        """Let one value stand for the other; a difference where another does already."""
        ...

    def differ(self, path: Path, rule: str, recorded: Any, live: Any) -> None:
        """Note a difference."""
        ...

    def within(self, outside: int, kind: str) -> AbstractContextManager[None]:
        """While the block lasts, differences are inside an encoded text that this much of the path leads to.

        `kind` is the type of the object that they are fields of.
        """
        ...


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

    def sending(self, recorded: Any, party: str) -> None:
        """A recorded message of a party (empty: of the node) is about to be sent."""

    def parameters(self, party: str) -> dict[str, str]:
        """What a node must be told in the URL of a session that was open before the capture began."""
        del party
        return {}

    def text(self, recorded: str) -> str:
        """The live form of an encoded text."""
        return recorded


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


class Profile:
    """The meaning of one protocol; this one is plain JSON-RPC.

    Attributes:
        name: as `--profile` and a capture's header write it.
        encoded: finds encoded texts in a payload's bytes, also inside longer strings; None where there are none.
        text_example: an encoded text as help shows one; empty where there are none.
        key_example: an encoded key to sign with, as help shows one; empty where there are none.
        telling: names of fields of `params.data` that tell frames of one method apart.
        counters: kinds of volatile numbers that begin anywhere, and then count one by one.
        one_to_one: kinds of which two recorded values may not have the same live one.
        by_content: kinds that are compared by what is in them, or by whose they are: bound for replay only.
        costs: names of fields whose numbers follow from a size, and so from values that differ from run to run.
        constants: names of members whose values are the protocol's own, however much they look like somebody's ids.
        lockstep: whether a push waits for what all parties did before it, and not only for the last of it.
        session_header: the HTTP header that names a session; empty where none does.
        words: what it says in words of its own, in live lines and sentences.
    """

    name = "generic"
    encoded: re.Pattern[bytes] | None = None
    text_example = ""
    key_example = ""
    telling: tuple[str, ...] = ()
    counters: frozenset[str] = frozenset()
    one_to_one: frozenset[str] = frozenset()
    by_content: frozenset[str] = frozenset()
    costs: frozenset[str] = frozenset()
    constants: frozenset[str] = frozenset()
    lockstep = False
    session_header = ""
    words = PLAIN

    # Sessions

    def claims(self, opened: Opened, messages: Sequence[Any]) -> bool:
        """Whether a session is of this protocol, by its URL, its handshake and its first messages (JSON values)."""
        del opened, messages
        return False

    def role(self, url: str) -> str:
        """The role that a session's URL gives to its party; empty where it names none."""
        del url
        return ""

    # Documents

    def info(self, frame: Frame) -> str:
        """The info line that follows a frame in the documents; empty for most frames."""
        del frame
        return ""

    def channel(self, frame: Frame) -> str:
        """The channel a frame speaks of; empty where it names none."""
        del frame
        return ""

    # What answers what

    def asks(self, message: Mapping[str, Any]) -> Iterable[str]:
        """By what a message may be answered besides its id: keys that `answers` gives for its answer."""
        del message
        return ()

    def answers(self, message: Mapping[str, Any]) -> Iterable[str]:
        """Of what a message is the answer besides its id, the surest first: keys that `asks` gives."""
        del message
        return ()

    def caused_by(self, message: Mapping[str, Any]) -> Iterable[str]:
        """What caused a push, where it says so: keys that `asks` gives."""
        del message
        return ()

    def carries(self, message: Any) -> frozenset[Any]:
        """What a message hands on that others hand on too, such as a transaction: whoever passes it on had it first."""
        del message
        return frozenset()

    def keeps_alive(self, message: Any) -> bool:
        """Whether a message only keeps its session open; how many of them there are depends on the clock."""
        del message
        return False

    def may_be_missing(self, label: str) -> bool:
        """Whether all is well where a frame is missing, or comes once more, by its label.

        True for what depends on the clock alone: what comes late comes after the end of a session.
        """
        del label
        return False

    def pong(self, channel: str) -> Any:
        """The node's answer to such a message of a party, in a channel (or none yet)."""
        del channel
        return None

    def refusal(self, message: Mapping[str, Any], error: dict[str, Any]) -> dict[str, Any] | None:
        """What a node answers to a call that it cannot serve; None to what needs no answer.

        By the specification (section 4.1) notifications are not answered.
        """
        if message.get("id") is None or not isinstance(message.get("method"), str):
            return None
        return {"jsonrpc": "2.0", "id": message["id"], "error": error}

    def stream(self, label: str) -> str | None:
        """The row of frames that a push comes in order with, by its label (its method and what is telling).

        Pushes that something outside of the session causes come in a row of their own. None for what comes at any time,
        and for what an end says as soon as that has come.
        """
        del label
        return ""

    # Values

    def volatile(self, method: str, path: Path, value: Any) -> str:
        """The kind under which a value is bound where it first appears, instead of compared; empty for most values.

        Args:
            method: of the message, or of the request that it answers.
            path: where it stands in the message; inside of an encoded text, through it.
            value: a text or a number.
        """
        del method, path, value
        return ""

    def fixed(self, method: str, path: Path, value: Any) -> bool:
        """Whether a value is compared even where a capture shows it handed out: what the protocol knows better.

        Args:
            method: of the message, or of the request that it answers.
            path: where it stands in the message.
            value: a text or a number that is not volatile.
        """
        del method, path, value
        return False

    def identities(self, said: Iterable[Said], networks: Iterable[str] = ()) -> Identities:
        """Who the parties of a capture are, as far as it proves it.

        Args:
            said: its frames and openings, in order.
            networks: ids of networks, besides the usual ones, that its signatures may have been made for.
        """
        del said, networks
        return Identities()

    def together(self, identities: Identities, recorded: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
        """The URL parameters that tell which live sessions belong together; none where they tell nothing.

        Args:
            identities: who is who in the capture.
            recorded: the parameters of each recorded session's URL.
        """
        del identities, recorded
        return ()

    def compare_text(self, comparing: Comparing, recorded: str, live: str, path: Path) -> bool:
        """Compare two texts by what they hold; False where they are plain texts."""
        del comparing, recorded, live, path
        return False

    def comparison(self, recorded: Identities, live: Identities) -> Comparison:
        """The protocol's part in the comparison of two captures."""
        return Comparison(recorded, live)

    def substitution(
        self,
        identities: Identities,
        bindings: Live,
        keys: Mapping[str, bytes],
        network_id: str,
        say: Callable[[str], None],
    ) -> Substitution:
        """The protocol's part in one run.

        Args:
            identities: who is who in the capture that is played.
            bindings: what stands for what; it learns what is made here.
            keys: the seeds of the parties that are played, by name.
            network_id: of the live network; empty for the recorded one.
            say: told what cannot be made.
        """
        del identities, keys, network_id, say
        return Substitution(bindings)

    def gist(self, message: Any) -> Any:
        """What of a recorded message must be known when it has passed: found once, used in every run."""
        del message

    # Keys

    def account_of(self, seed: bytes) -> str:
        """The account whose key a 32-byte seed is; empty where the protocol knows no accounts."""
        del seed
        return ""

    def seed_of(self, text: str) -> bytes:
        """The seed in an encoded key; empty where it is none."""
        del text
        return b""

    # Encoded texts

    def decode(self, text: str) -> Any:
        """What an encoded text says.

        Raises:
            DecodeError: the protocol's node would reject it.
        """
        raise DecodeError(f"{text!r} is no encoded text of this protocol")

    def decoder(self, keys: Mapping[str, str], network_ids: Iterable[str]) -> Decoder | None:
        """What reads encoded texts that stand in no frame; None where the protocol has none.

        Raises:
            InputError: a key is no account.
        """
        del keys, network_ids
        return None

    # Words

    def annotator(self, keys: Mapping[str, str], network_ids: Iterable[str], *, node: str = "node") -> Annotator:
        """What says the meaning of a capture's events, fed with them in their order.

        Args:
            keys: accounts by name, besides those that the traffic tells.
            network_ids: that transactions may be signed for, besides the usual ones.
            node: the printed name of the other end.

        Raises:
            InputError: a key is no account.
        """
        from recorder.profiles.annotation import Annotator as Plain  # noqa: PLC0415 - for those who ask

        del keys, network_ids
        return Plain(self.words, node=node)


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

    def see(self, event: AnyEvent, answered: Sequence[str] = ()) -> Annotation | None:
        """What an event means; None for one that holds no traffic. Events must come in their order.

        Args:
            event: of the timeline.
            answered: of each message of a frame, the method of the request that it answers, or empty.
        """
        ...

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Learn from a first look at a whole capture."""
        ...

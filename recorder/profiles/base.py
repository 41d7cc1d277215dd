"""The seam: everything that the rest of the recorder may know of a protocol.

Rule: a method's default is what plain JSON-RPC 2.0 says, costs nothing and assumes nothing; a protocol is a subclass
that overrides what it does otherwise. Whatever joins several frames is asked for by those who have them: a profile
remembers nothing between two calls, and what it must remember for one capture or one run it hands out as an object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recorder.difference import Path
from recorder.errors import DecodeError
from recorder.model import Frame, Opened
from recorder.profiles.parts import (
    Annotator,
    Comparing,
    Comparison,
    Decoder,
    Funding,
    Identities,
    Live,
    Played,
    Said,
    Substitution,
)
from recorder.profiles.sentences import PLAIN

if TYPE_CHECKING:
    import re


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
        greeting: the label of what a node says first in each session that it accepts; empty where there is no such thing.
        session_header: the HTTP header that names a session; empty where none does.
        own: names of headers, parameters and members, in small letters, that are no secrets though they are named so.
        secrets: what of its messages is a secret, as `--mask` writes it.
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
    greeting = ""
    session_header = ""
    own: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = ()
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

    def calls_off(self, message: Mapping[str, Any]) -> Any:
        """The id of the request that its sender no longer wants answered; None where it says no such thing."""
        del message

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

    def slow(self, label: str) -> bool:
        """Whether a push, by its label, waits for something outside of all sessions, which takes as long as it takes."""
        del label
        return False

    def ends(self, label: str) -> bool:
        """Whether a push of the node, by its label, says that its session is over: it answers nothing after it."""
        del label
        return False

    def asks_end(self, label: str) -> bool:
        """Whether a request, by its label, asks for the end of its session: nobody need ask where that is over."""
        del label
        return False

    def cause(self, awaited: str, came: Any, said: str) -> str:
        """What usually causes that a run goes another way; empty where nobody can tell.

        Args:
            awaited: the label of the frame that was recorded next; empty where none was.
            came: the JSON value of what the node said instead; None where it said nothing.
            said: the label of what a party had done last before it; empty where nobody had.
        """
        del awaited, came, said
        return ""

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

    def malformed(self, error: dict[str, Any]) -> dict[str, Any] | None:
        """What a node answers to what is no JSON, or no request; None where it is not known to answer.

        By the specification (section 5) nobody knows which id that would be.
        """
        return {"jsonrpc": "2.0", "id": None, "error": error}

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

    def substitution(self, played: Played) -> Substitution:
        """The protocol's part in one run."""
        return Substitution(played.bindings)

    def anonymous(self, said: Iterable[Said], played: Played, fresh: Callable[[], Live]) -> Substitution:
        """What puts encoded texts in the form in which they may be published.

        Args:
            said: the frames and openings of a capture, in order.
            played: who is who in it; its bindings learn what stands for what.
            fresh: makes bindings to try out.
        """
        del said, fresh
        return Substitution(played.bindings)

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

    def funding(self, identities: Identities, messages: Iterable[Any]) -> Funding | None:
        """What gets accounts made for a run what it takes from them; None where accounts hold nothing, or there are none.

        Args:
            identities: who is who in the capture that is played.
            messages: its messages, JSON values.
        """
        del identities, messages
        return None

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

"""The seam: everything that the rest of the recorder may know of a protocol.

Rule: the default of each method is plain JSON-RPC 2.0, costs nothing and assumes nothing; a protocol is a subclass that
overrides what differs. A profile keeps no state between two calls: state for one capture or one run is in an object that
it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recorder.difference import Path
from recorder.errors import DecodeError
from recorder.jsonrpc import Members, is_foreign, is_object, value_of
from recorder.model import Direction, Frame, Opened
from recorder.profiles.parts import (
    Annotator,
    Carriers,
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

CANCEL = "$/cancelRequest"


class Profile:
    """The meaning of one protocol; this one is plain JSON-RPC.

    Attributes:
        name: as `--profile` and a capture's header write it.
        encoded: finds encoded texts in a payload's bytes, also inside longer strings; None if there are none.
        text_example: an encoded text for help texts; empty if there are none.
        key_example: an encoded signing key for help texts; empty if there are none.
        telling: names of fields of `params.data` that distinguish frames of one method.
        counters: kinds of volatile numbers that begin anywhere, and then count one by one.
        one_to_one: kinds of which two recorded values may not have the same live value.
        by_content: kinds that are compared by content or by owner: bound for replay only.
        costs: names of fields whose numbers depend on a size, and so on values that differ from run to run.
        constants: names of members whose values belong to the protocol, even if they look like ids.
        free: names of members whose own members are not the protocol's, such as the arguments of a tool.
        lockstep: whether a push waits for everything that the parties did before it, not only for the last request.
        greeting: the label of the node's first message in each session that it accepts; empty if there is none.
        session_header: the HTTP header that names a session; empty if none does.
        opening: the method of the call that begins such a session, before it has a name; empty if none does.
        endpoint_event: the type of the event of a stream that names the endpoint where its client posts; the node
            answers in the stream. Empty if there is none.
        own: names of headers, parameters and members, in small letters, that are named like secrets but are not; also of
            members of one method, as `$/progress token`.
        secrets: the secrets in its messages, written as for `--mask`.
        words: its words for messages, in live lines and sentences.
        untimely: labels of frames of which `may_be_missing` says more.
        torn_down: labels of pushes that tell what ended together with something else: a party that leaves next may be gone
            before they come.
        polled: methods of calls by which a client looks, as often as its clock has it, how things are by now.
        polled_for_news: such calls that bring what has happened since the last: a look is one that brings nothing.
        batches_by_time: whether clients put into one batch what they happen to call at a time.
        farewells: methods of calls that end a session: which end closes it then, and how, depends on the faster one.
        in_one_row: whether all pushes have one order: it does not override `stream`.
        only_ids: whether nothing but ids tells what answers what: it does not override `asks`.
        only_errors: whether nothing but an error says that a call failed: it does not override `failed`.
        names_move: whether members may have other names in another run: it overrides `live_name`.
        overrides: the names of the functions that it overrides; the others need not be asked.
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
    free: frozenset[str] = frozenset()
    lockstep = False
    greeting = ""
    session_header = ""
    opening = ""
    endpoint_event = ""
    own: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = ()
    words = PLAIN
    untimely: frozenset[str] = frozenset()
    torn_down: frozenset[str] = frozenset()
    polled: frozenset[str] = frozenset()
    polled_for_news: frozenset[str] = frozenset()
    batches_by_time = False
    farewells: frozenset[str] = frozenset()
    in_one_row = True
    only_ids = True
    only_errors = True
    names_move = False
    overrides: frozenset[str] = frozenset()

    def __init_subclass__(cls) -> None:
        cls.in_one_row = cls.stream is Profile.stream
        cls.only_ids = cls.asks is Profile.asks
        cls.only_errors = cls.failed is Profile.failed
        cls.names_move = cls.live_name is not Profile.live_name
        cls.overrides = frozenset(
            name for name, own in vars(Profile).items() if callable(own) and getattr(cls, name) is not own
        )

    # Sessions

    def claims(self, opened: Opened, messages: Sequence[Any]) -> bool:
        """Whether a session is of this protocol, by its URL, its handshake and its first messages (JSON values)."""
        return False

    def role(self, url: str) -> str:
        """The role of the party in a session's URL; empty if it names none."""
        return ""

    # Documents

    def info(self, frame: Frame) -> str:
        """The info line that documents print after a frame; empty for most frames."""
        return ""

    def channel(self, frame: Frame) -> str:
        """The channel that a frame names; empty if it names none."""
        return ""

    # What answers what

    def asks(self, message: Members) -> Collection[Hashable]:
        """Keys that match a request to its answer, besides the id: `answers` gives the same key for the answer."""
        return ()

    def answers(self, message: Members) -> Collection[Hashable]:
        """Keys of the requests that a message may answer, besides its id, the surest first; `asks` gives the same keys."""
        return ()

    def failed(self, result: bytes) -> bool:
        """Whether a result, as JSON, says that its call failed; in plain JSON-RPC only an error does."""
        return False

    def thread(self, message: Any) -> str:
        """The name of the thread that a message is part of, if a session has several that do not depend on each other.

        The name is unique in a capture; it is empty for a message of the session as a whole.
        """
        return ""

    def caused_by(self, message: Members) -> Collection[Hashable]:
        """Keys of the request that caused a push, if the push shows it; `asks` gives the same keys."""
        return ()

    def sender(self, message: Mapping[str, Any]) -> Direction | None:
        """Which way a call or a notification goes, if the protocol tells; None if either end may send it."""
        return None

    def calls_off(self, message: Mapping[str, Any]) -> Any:
        """The id of the request that this message cancels; None if it cancels none.

        By the base protocol of language servers, which other protocols build on too.
        """
        params = message.get("params") if message.get("method") == CANCEL else None
        return params.get("id") if is_object(params) else None

    def carries(self, message: Any) -> frozenset[Any]:
        """What a message carries that other messages carry too, such as a transaction: an end must get it to pass it on."""
        return frozenset()

    def carriers(self) -> Carriers:
        """How to find what payloads carry; without decoding it, if the protocol can."""
        return Carriers(lambda payload: self.carries(value_of(payload)), lambda thing: thing)

    def carried_in(self, payload: bytes) -> frozenset[Any]:
        """What a payload carries, as `carriers` has it: to be held against what others carry by them alone."""
        find, carried = self.carriers()
        return frozenset(thing for one in find(payload) if (thing := carried(one)) is not None)

    def keeps_alive(self, message: Any) -> bool:
        """Whether a message only keeps its session open; the number of such messages depends on the clock."""
        return False

    def may_be_missing(self, label: str, message: Any, answered: Collection[str]) -> bool:
        """Whether an untimely frame may be missing, or come once more: it depends only on the clock.

        A late one comes after the end of the session.

        Args:
            label: one of `untimely`.
            message: the frame, as a JSON value.
            answered: the methods of the requests of its session that were answered before it.
        """
        return True

    def slow(self, label: str) -> bool:
        """Whether a push with this label waits for something outside of all sessions, for an unknown time."""
        return False

    def ends(self, label: str) -> bool:
        """Whether a push with this label ends the session: the node answers nothing after it."""
        return False

    def asks_end(self, label: str) -> bool:
        """Whether a request with this label asks to end its session: it is not needed in a session that has ended."""
        return False

    def cause(self, awaited: str, came: Any, said: str) -> str:
        """The usual cause why a run differs from the recorded one; empty if unknown.

        Args:
            awaited: the label of the frame that was recorded next; empty if there is none.
            came: the JSON value of the message that the node sent instead; None if it sent nothing.
            said: the label of the last action of a party before it; empty if there is none.
        """
        return ""

    def pong(self, channel: str) -> Any:
        """The node's answer to a message that keeps the session open, in a channel (empty before there is one)."""
        return None

    def refusal(self, message: Mapping[str, Any], error: dict[str, Any]) -> dict[str, Any] | None:
        """The node's answer to a request that it cannot serve; None for a message that needs no answer.

        By the specification (section 4.1) notifications are not answered.
        """
        calls = isinstance(message.get("method"), str) or is_foreign(message)
        if message.get("id") is None or not calls:
            return None
        return {"jsonrpc": "2.0", "id": message["id"], "error": error}

    def malformed(self, error: dict[str, Any]) -> dict[str, Any] | None:
        """The node's answer to a frame that is not JSON, or not a request; None if it is not known to answer.

        By the specification (section 5) its id is null.
        """
        return {"jsonrpc": "2.0", "id": None, "error": error}

    def stream(self, label: str, message: Any) -> str | None:
        """The name of the row of pushes in which a push with this label and JSON value has a fixed order.

        Pushes with a cause outside of the session have a row of their own. None for a push that may come at any time, and
        for a message that an end sends as soon as that has come.
        """
        return ""

    # Values

    def volatile(self, method: str, path: Path, value: Any) -> str:
        """The kind under which a value is bound when it first appears, instead of compared; empty for most values.

        Args:
            method: of the message, or of the request that it answers.
            path: of the value in the message; through the encoded text that it is in.
            value: a text or a number.
        """
        return ""

    def fixed(self, method: str, path: Path, value: Any) -> bool:
        """Whether a value is compared although the capture shows it as an id that one end hands out.

        Args:
            method: of the message, or of the request that it answers.
            path: of the value in the message.
            value: a text or a number that is not volatile.
        """
        return False

    def live_name(self, recorded: str, bindings: Live) -> str:
        """The name that a member with this recorded name has in the live run; another in few protocols."""
        return recorded

    def identities(self, said: Iterable[Said], networks: Iterable[str] = ()) -> Identities:
        """The accounts of a capture's parties, as far as the capture proves them.

        Args:
            said: its frames and openings, in order.
            networks: network ids, besides the usual ones, that its signatures may have been made for.
        """
        return Identities()

    def together(self, identities: Identities, recorded: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
        """The URL parameters that show which live sessions belong together; none if they do not show it.

        Args:
            identities: the accounts of the capture's parties.
            recorded: the parameters of each recorded session's URL.
        """
        return ()

    def compare_text(self, comparing: Comparing, recorded: str, live: str, path: Path) -> bool:
        """Compare two encoded texts by content; False if they are plain texts."""
        return False

    def comparison(self, recorded: Identities, live: Identities) -> Comparison:
        """The protocol's part in the comparison of two captures."""
        return Comparison(recorded, live)

    def substitution(self, played: Played) -> Substitution:
        """The protocol's part in one run."""
        return Substitution(played.bindings)

    def anonymous(self, said: Iterable[Said], played: Played, fresh: Callable[[], Live]) -> Substitution:
        """A function that anonymises encoded texts.

        Args:
            said: the frames and openings of a capture, in order.
            played: the capture's parties; its bindings learn the replacements.
            fresh: makes bindings for trials.
        """
        return Substitution(played.bindings)

    def gist(self, message: Any) -> Any:
        """What must be remembered of a recorded message once it has passed: found once, used in every run."""

    # Keys

    def account_of(self, seed: bytes) -> str:
        """The account of a 32-byte seed; empty if the protocol has no accounts."""
        return ""

    def seed_of(self, text: str) -> bytes:
        """The seed in an encoded key; empty for any other text."""
        return b""

    def funding(self, identities: Identities, messages: Iterable[Any]) -> Funding | None:
        """The protocol's way to fund accounts that are made for a run; None if accounts need no funds.

        Args:
            identities: the accounts of the capture that is played.
            messages: its messages, as JSON values.
        """
        return None

    # Encoded texts

    def decode(self, text: str) -> Any:
        """Decode an encoded text.

        Raises:
            DecodeError: the protocol's node would reject it.
        """
        raise DecodeError(f"{text!r} is not an encoded text of this protocol")

    def kind_of_text(self, text: str) -> str:
        """The kind of encoded text that a text is or begins like, such as `tx`; empty for a plain text."""
        return ""

    def misspelt(self, text: str) -> DecodeError | None:
        """What is wrong with a text that looks encoded: its checksum, its size; None if nothing is, or it is plain."""
        return None

    def unsigned(self, message: Any) -> Iterable[Path]:
        """The places in a party's message where the protocol wants a signature, and there is none."""
        return ()

    def decoder(self, keys: Mapping[str, str], network_ids: Iterable[str]) -> Decoder | None:
        """The decoder for encoded texts outside of frames; None if the protocol has no encoded texts.

        Raises:
            InputError: a key is not an account.
        """
        return None

    # Words

    def annotator(self, keys: Mapping[str, str], network_ids: Iterable[str], *, node: str = "node") -> Annotator:
        """The annotator for a capture's events; it takes them in their order.

        Args:
            keys: accounts by name, besides those in the traffic.
            network_ids: that transactions may be signed for, besides the usual ones.
            node: the printed name of the other end.

        Raises:
            InputError: a key is not an account.
        """
        from recorder.profiles.annotation import Annotator as Plain  # noqa: PLC0415 - for those who ask

        return Plain(self.words, node=node)

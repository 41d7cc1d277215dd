"""Parcels: lines of one session of a capture, as one message of a stream.

Rule: `Parcel.read(subject, headers, lines)` gives the parcel back from which they were taken. Lines are as they are in the
capture, byte for byte. Pure.

A subject is STREAM.RUN.SESSION.PROFILE.CHANNEL.KIND, so that a consumer can ask for one run, protocol or channel of
thousands. A session's profile and channel are what is known when the parcel is made: the first parcels have no channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args
from urllib.parse import quote, unquote

from recorder.errors import InputError

Kind = Literal["opened", "traffic", "closed", "ended"]
"""Whether a parcel has the opening of its session, its closing, or neither; `ended`: no lines, the capture ends here."""

NONE = "-"
"""The token of a subject for an empty name."""

GENERAL = 0
"""The number for lines of no session: the capture's header, scenarios, notes, refused handshakes."""

ID = "Nats-Msg-Id"
LINES, PLACE, TAKEN, SENT, PIECE, EMPTIED = (
    "Recorder-Lines",
    "Recorder-Place",
    "Recorder-Taken",
    "Recorder-Sent",
    "Recorder-Piece",
    "Recorder-Emptied",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Lines of one session of a capture.

    Args:
        run: the id of the capture's run.
        session: the number of the session, from 1; `GENERAL` for lines of no session.
        profile: the name of the session's protocol; empty if it is not known yet.
        channel: the channel of the session; empty if none is known.
        kind: see `Kind`.
        numbers: the numbers of the lines, ascending; the header is 1. If the kind is `ended`, how many lines there are.
        place: how many lines the session had before these, so that a gap is noticed.
        lines: the lines, each with its newline; of a piece, a part of one line.
        taken: the number of the line up to which the stream had the whole capture when this was sent.
        sent: when it was sent, by the sender's clock: UTC in nanoseconds since 1970.
        piece: the number of the piece, from 1, and how many there are: a long line is sent in pieces.
        emptied: how many messages the stream had had when it had none of this run. It makes another id: after a purge a
            server still knows the ids of what was removed, and would take the same parcels for duplicates.
    """

    run: str
    session: int
    profile: str = ""
    channel: str = ""
    kind: Kind = "traffic"
    numbers: Sequence[int]
    place: int
    lines: bytes = b""
    taken: int = 0
    sent: int = 0
    piece: tuple[int, int] = (1, 1)
    emptied: int = 0

    @property
    def id(self) -> str:
        """Its id, by which a server notices duplicates: the same for the same lines."""
        number, of = self.piece
        last = f"{self.numbers[0]}-{self.numbers[-1]}" if self.kind != "ended" else f"end {self.numbers[0]}"
        found = f"{token(self.run)} {last}" + (f" {number}/{of}" if of > 1 else "")
        return found + (f" after {self.emptied}" if self.emptied else "")

    def subject(self, stream: str) -> str:
        """The subject of its message in the stream of this name."""
        names = (self.run, str(self.session), self.profile, self.channel, self.kind)
        return ".".join([stream, *map(token, names)])

    @property
    def headers(self) -> dict[str, str]:
        """The headers of its message."""
        found = {
            ID: self.id,
            LINES: ranges(self.numbers),
            PLACE: str(self.place),
            TAKEN: str(self.taken),
            SENT: str(self.sent),
        }
        number, of = self.piece
        found |= {PIECE: f"{number}/{of}"} if of > 1 else {}
        return found | ({EMPTIED: str(self.emptied)} if self.emptied else {})

    @classmethod
    def read(cls, subject: str, headers: Mapping[str, str] | None, payload: bytes) -> Parcel:
        """The parcel of a message.

        Raises:
            InputError: the message is not a parcel.
        """
        try:
            run, session, profile, channel, kind = names_of(subject)
            told = headers or {}
            number, _slash, of = told.get(PIECE, "1/1").partition("/")
            return cls(
                run=run,
                session=int(session),
                profile=profile,
                channel=channel,
                kind=_kind(kind),
                numbers=numbers(told[LINES], max(len(payload), 1)),  # each line has its newline at least
                place=int(told[PLACE]),
                lines=payload,
                taken=int(told[TAKEN]),
                sent=int(told[SENT]),
                piece=(int(number), int(of)),
                emptied=int(told.get(EMPTIED, 0)),
            )
        except (KeyError, ValueError) as error:
            raise InputError(
                f"a message of subject {subject!r} is not of a recorder; give recorders a stream of their own"
            ) from error


def pattern(stream: str, *, run: str = "", session: str = "", channel: str = "", kind: str = "") -> str:
    """A subject with wildcards that matches the parcels of a run, session, channel or kind; an empty name matches any."""
    names = (run, session, "", channel, kind)
    return ".".join([stream, *(token(name) if name else "*" for name in names)])


def names_of(subject: str) -> list[str]:
    """The names in a subject: run, session, profile, channel, kind; more or fewer if it is not that of a parcel."""
    return [*map(named, subject.split(".")[1:])]


def token(name: str) -> str:
    """A name as a token of a subject; the inverse of `named`."""
    return quote(name, safe="").replace(".", "%2E") if name not in {"", NONE} else "%2D" if name else NONE


def named(text: str) -> str:
    """A token of a subject as a name."""
    return unquote(text) if text != NONE else ""


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as text: `5-9,12`."""
    found: list[str] = []
    first = last = numbers[0]
    for number in [*numbers[1:], -1]:
        if number == last + 1:
            last = number
            continue
        found.append(f"{first}-{last}" if first != last else f"{first}")
        first = last = number
    return ",".join(found)


def numbers(text: str, most: int) -> list[int]:
    """The inverse of `ranges`.

    Args:
        text: the ranges.
        most: how many numbers there may be, so that no message takes more memory by what it claims.

    Raises:
        ValueError: the text is malformed, or has more numbers.
    """
    found: list[int] = []
    for part in text.split(","):
        first, _dash, last = part.partition("-")
        some = range(int(first), int(last or first) + 1)
        if some.stop - some.start > most - len(found):
            raise ValueError(text)
        found += some
    if not found or any(after <= before for before, after in pairwise(found)):
        raise ValueError(text)
    return found


def _kind(text: str) -> Kind:
    kinds: tuple[Kind, ...] = get_args(Kind)
    for kind in kinds:
        if text == kind:
            return kind
    raise ValueError(text)

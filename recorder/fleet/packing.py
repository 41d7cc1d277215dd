"""Packs lines of a capture into parcels, each with lines of one session.

Rule: the same lines, given in the same slices, make the same parcels. Pure; memory grows only with the number of sessions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from recorder import capture
from recorder.errors import InputError
from recorder.fleet.parcels import GENERAL, Kind, Parcel, token
from recorder.jsonrpc import outlines
from recorder.model import Closed, Frame, Opened
from recorder.profiles import FIRST, GENERIC, Profile
from recorder.timeline.followed import Followed

MOST = 1 << 19
"""Most bytes of lines in a parcel: half of what a server accepts as one message by default."""

LONGEST = 256
"""Most characters of a name in a subject: a server accepts subjects of some thousand."""

CHANNEL_WITHIN = 1_000
"""Frames after which a session that has named no channel counts as one without."""


@dataclass(slots=True)
class _Session:
    """What is known of a session, and its lines that are not in a parcel yet."""

    profile: Profile = GENERIC
    channel: str = ""
    settled: bool = False  # whether its profile and its channel will not change any more
    frames: int = 0
    place: int = 0
    size: int = 0
    numbers: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)


class Packing:
    """Makes parcels of a capture's lines.

    Args:
        header_line: line 1 of the capture.
        file: its name, for errors.
        most: bytes of lines in a parcel.

    Raises:
        InputError: it is not a capture.
    """

    def __init__(self, header_line: bytes, file: str, most: int = MOST) -> None:
        self._reader = capture.Reader(header_line, file)
        self.header = self._reader.header
        if len(token(self.header.run)) > LONGEST:
            raise InputError("the name of its run is too long for a stream", file=file, line=1)
        self._most = most
        self._followed = Followed(self.header.profile)
        self._sessions: dict[int, _Session] = {}
        self._number = 1
        self._general = _Session(settled=True)
        self._put(self._general, header_line)

    @property
    def number(self) -> int:
        """The number of the last line that was packed; the header is 1."""
        return self._number

    def add(self, lines: list[bytes]) -> Iterator[Parcel]:
        """Pack further lines; the parcels must all be taken.

        Args:
            lines: whole lines, each with its newline.

        Raises:
            InputError: a line is malformed; the parcels of the lines before it have been given.
        """
        sessions = self._sessions
        touched: dict[int, None] = {}
        malformed: InputError | None = None
        yield from self._parcels(GENERAL, self._general)  # the header goes first
        for line in lines:
            self._number += 1
            found = capture.frame_head(line)
            known = sessions.get(number := int(found[2])) if found is not None else None
            if known is not None and known.settled:
                self._put(known, line)
                touched[number] = None
                if known.size >= self._most:
                    yield from self._parcels(number, known)
                continue
            try:
                yield from self._look(line, touched)
            except InputError as error:
                malformed = error
                self._number -= 1
                break
        yield from self._parcels(GENERAL, self._general)
        for number in touched:
            if (session := sessions.get(number)) is not None:
                yield from self._parcels(number, session)
        if malformed is not None:
            raise malformed

    def ended(self) -> Parcel:
        """The parcel that says that the capture ends here."""
        return Parcel(
            run=self.header.run, session=GENERAL, kind="ended", numbers=[self._number], place=self._general.place
        )

    def _look(self, line: bytes, touched: dict[int, None]) -> Iterator[Parcel]:
        """Pack a line that may change what is known of its session, or that belongs to no session."""
        event = self._reader.event(line, self._number)
        if not isinstance(event, Opened | Frame | Closed):
            self._put(self._general, line)
            return
        number = event.session
        session = self._sessions.setdefault(number, _Session())
        if isinstance(event, Frame):
            self._learn(session, event)
            self._put(session, line)
            touched[number] = None
            return
        self._followed.see(event)
        if isinstance(event, Opened):
            session.profile = self._followed.profile(number)
        yield from self._parcels(number, session)
        self._put(session, line)
        yield from self._parcels(number, session, "opened" if isinstance(event, Opened) else "closed")

    def _learn(self, session: _Session, frame: Frame) -> None:
        session.frames += 1
        if session.profile is GENERIC and session.frames <= FIRST:
            session.profile = self._followed.profile(frame.session, outlines(frame.payload))
        if not session.channel and len(token(named := session.profile.channel(frame))) <= LONGEST:
            session.channel = named
        names_channels = "channel" in session.profile.overrides
        decided = session.profile is not GENERIC or session.frames > FIRST
        session.settled = bool(session.channel) or (
            decided and (not names_channels or session.frames >= CHANNEL_WITHIN)
        )

    def _put(self, session: _Session, line: bytes) -> None:
        session.numbers.append(self._number)
        session.lines.append(line)
        session.size += len(line)

    def _parcels(self, number: int, session: _Session, kind: Kind = "traffic") -> Iterator[Parcel]:
        """Pack the lines that a session has: as one parcel, or a long line as pieces."""
        if not session.lines:
            return
        numbers, lines = session.numbers, session.lines
        session.numbers, session.lines, session.size = [], [], 0
        for first, last, text in _divided(lines, self._most):
            count = -(-len(text) // self._most)
            size = -(-len(text) // count)  # as many pieces are the same pieces, whatever the server accepts
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            for at, piece in enumerate(pieces, 1):
                yield Parcel(
                    run=self.header.run,
                    session=number,
                    profile=session.profile.name,
                    channel=session.channel,
                    kind=kind,
                    numbers=numbers[first:last],
                    place=session.place + first,
                    lines=piece,
                    piece=(at, len(pieces)),
                )
        session.place += len(lines)


def _divided(lines: list[bytes], most: int) -> Iterator[tuple[int, int, bytes]]:
    """Slices of the lines that fit into one parcel, and each long line alone: both indexes, and the bytes."""
    first = size = 0
    for at, line in enumerate(lines):
        if size and size + len(line) > most:
            yield first, at, b"".join(lines[first:at])
            first, size = at, 0
        size += len(line)
    yield first, len(lines), b"".join(lines[first:])

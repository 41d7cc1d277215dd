"""Reads a published transcript back into events: the inverse of the `transcript` and `timestamped` templates.

Rule: pure, and strict: a line outside of the sections of a transcript is an error, never skipped. Payloads become
compact JSON (lexemes and key order kept), so that rendering gives the document's bytes again. A document is read twice,
section by section: only later frames of a party show which session a closing ended.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from recorder import capture
from recorder.errors import InputError
from recorder.interchange.files import TextFile
from recorder.interchange.formats import Source
from recorder.model import UNRECORDED, AnyEvent, Closed, Direction, Frame, Note, Opened, Refused
from recorder.profiles import channel_of, role_of
from recorder.settings import parse_moment
from recorder.timeline.greetings import Greetings
from recorder.timeline.script import NODE
from recorder.transcript.aliases import Unaliased

_MOMENT = r"\((?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?\)"
HEADING = re.compile(
    r"#{1,6} (?:(?P<party>\S.*?) )?"
    r"(?P<what>opens a WebSocket connection|closes WebSocket connection|---> \S+|<--- \S+|info|is refused: \d{3}[^()]*?)"
    rf"(?: {_MOMENT})?\s*"
)
FIRST_HEADING = re.compile(rf"#{{1,6}} (?P<party>\S+?)(?P<what>:| init| --->| <---) {_MOMENT}\s*")
"""As documents had them until 2018: always with a time, for its words alone are those of other documents too."""

FIRST_WORDS = {":": "info", " init": "opens a WebSocket connection", " --->": f"---> {NODE}", " <---": f"<--- {NODE}"}
"""What they say, in today's words."""

REFUSED, NOBODY = "is refused: ", "a party"
"""How the template `timestamped` says that a node refuses, and whom, where nobody knows."""

WEBSOCKETS = ("ws://", "wss://")

FENCE = re.compile(r"(`{3,})(\w*)\s*")
READS = "import reads what the templates `transcript` and `timestamped` write"
SUFFIXES = frozenset({".md", ".markdown"})
DIGITS = 9  # of a fraction, to the nanosecond
MILLISECOND = 1_000_000  # what the first documents counted, without leading zeros: 2 of them are `.2`


def recognises(source: Source) -> bool:
    """Whether a file is named as a document, or has a heading of a transcript near its beginning."""
    lines = source.head.decode(errors="replace").splitlines()
    return source.path.suffix in SUFFIXES or any(map(is_heading, lines))


def read(source: Source) -> Iterator[AnyEvent]:
    """The events of a transcript; errors as of `numbered`."""
    lines, partial = TextFile(source.path), source.partial
    found = numbered(lines, source.profile, file=source.name, partial=partial, warn=source.warn)
    events = (source.masking.event(event) for _line, event in found)
    return events if source.partial else _looked_at(events, source)


def _looked_at(events: Iterator[AnyEvent], source: Source) -> Iterator[AnyEvent]:
    greetings = Greetings(source.profile)
    for event in events:
        greetings.see(event)
        yield event
    if late := greetings.late:
        source.warn(f"{source.name}: {late}, unlike the others; if their logs begin late, import it with --partial")


class _Section(NamedTuple):
    line: int
    party: str
    what: str
    time: int
    body: list[str]


def is_heading(line: str) -> bool:
    """Whether a line, without its end, is a heading of a transcript."""
    return (HEADING.fullmatch(line) or FIRST_HEADING.fullmatch(line)) is not None


def numbered(
    lines: Iterable[str],
    profile: str,
    *,
    file: str = "transcript",
    partial: bool = False,
    warn: Callable[[str], None] = lambda _text: None,
) -> Iterator[tuple[int, AnyEvent]]:
    """The events of a transcript, each with the line of its heading; values stand in the place of the names in its legend.

    Args:
        lines: the document's lines, newlines included; gone through twice, an iterator's are held for that.
        profile: the name of the profile, or `auto`.
        file: the name that errors carry.
        partial: whether the log of each session may begin late.
        warn: called with one line about a block that rendering will write differently.

    Raises:
        InputError: a line that belongs to no section, or a section that is not whole.
    """
    if iter(lines) is lines:
        lines = list(lines)
    lines = Unaliased(lines, file)
    sessions = _Sessions(profile, _sections(lines, file), partial=partial)
    for place, section in enumerate(_sections(lines, file)):
        what, party, time = section.what, section.party, section.time
        line = section.line
        if what == "info":
            yield line, Note(time=time, party=party, text="\n".join(_quoted(section, file)))
        elif what.startswith("closes"):
            _check_closing(section, file, warn)
            yield from ((line, event) for event in sessions.close(party, time, place))
        elif what.startswith(REFUSED):
            yield from ((line, event) for event in _refused(section, file, sessions))
        elif what.startswith("opens"):
            yield line, sessions.open(party, time, _fenced(section, file)[0])
        else:
            direction: Direction = "to_node" if what.startswith("-") else "from_node"
            if not what.endswith(f" {NODE}"):
                warn(f"{file}:{section.line}: rendering will write `{NODE}` for the other end")
            number, opened = sessions.current(party, time, _channel(profile, section))
            yield from ((line, event) for event in opened)
            yield line, _frame(section, file, warn, number, direction)


class _Sessions:
    """Which session of a party is open at this place of the document.

    A party whose frames come before it opens a session was already connected: its session has no URL. Of several open
    sessions, frames belong to that of the channel they speak of, else to the last; one that is spoken of no more closes.
    """

    def __init__(self, profile: str, sections: Iterable[_Section], *, partial: bool) -> None:
        self._profile, self._partial, self._count = profile, partial, 0
        self._open: dict[str, list[int]] = {}
        self._channel_of: dict[int, str] = {}
        self._last = {(one.party, _channel(profile, one)): place for place, one in enumerate(sections)}

    def open(self, party: str, time: int, url: str) -> Opened:
        self._count += 1
        self._open.setdefault(party, []).append(self._count)
        role = role_of(self._profile, url)
        return Opened(time=time, session=self._count, party=party, role=role, url=url, partial=self._partial)

    def current(self, party: str, time: int, channel: str) -> tuple[int, list[Opened]]:
        opened = [] if self._open.get(party) else [self.open(party, time, "")]
        number = self._of(party, channel) or self._of(party, "") if channel else 0
        number = number or self._open[party][-1]
        if channel:
            self._channel_of.setdefault(number, channel)
        return number, opened

    def close(self, party: str, time: int, place: int) -> Iterator[AnyEvent]:
        number, opened = self.current(party, time, "")
        yield from opened
        known = ((one, self._channel_of.get(one, "")) for one in reversed(self._open[party]))
        number = next((one for one, channel in known if channel and self._last[party, channel] < place), number)
        self._open[party].remove(number)
        yield Closed(time=time, session=number, code=UNRECORDED, by="")

    def _of(self, party: str, channel: str) -> int:
        """The session of a channel (or of none yet) that the party opened last; 0 where it has none."""
        return next((one for one in reversed(self._open[party]) if self._channel_of.get(one, "") == channel), 0)


def _channel(profile: str, section: _Section) -> str:
    """The channel that a frame speaks of."""
    if not section.what.startswith(("-", "<")):
        return ""
    return channel_of(profile, Frame(session=0, direction="to_node", text="\n".join(section.body)))


def _sections(lines: Iterable[str], file: str) -> Iterator[_Section]:
    section: _Section | None = None
    closing = ""
    for number, line in enumerate(lines, 1):
        text = line.removesuffix("\n")
        fence = None if closing else FENCE.fullmatch(text)
        begun = None if closing else _begun(text, file, number)
        if begun is not None:
            if section is not None:
                yield section
            section = begun
        elif section is not None:
            section.body.append(text)
            closing = fence[1] if fence else "" if text.rstrip() == closing else closing
        elif text.strip():
            raise InputError(
                f"belongs to no section; a transcript begins with a heading like `#### initiator ---> node`; {READS}",
                file=file,
                line=number,
            )
    if closing and section is not None:
        raise InputError("the code block of this section is not closed", file=file, line=section.line)
    if section is not None:
        yield section


def _begun(text: str, file: str, line: int) -> _Section | None:
    """The section that a line begins; None where it is no heading."""
    if heading := HEADING.fullmatch(text):
        fraction = int((heading["fraction"] or "0")[:DIGITS].ljust(DIGITS, "0"))
        return _Section(line, heading["party"] or "", heading["what"], _time(heading, file, line) + fraction, [])
    if heading := FIRST_HEADING.fullmatch(text):
        fraction = int((heading["fraction"] or "0")[:DIGITS]) * MILLISECOND
        return _Section(line, heading["party"], FIRST_WORDS[heading["what"]], _time(heading, file, line) + fraction, [])
    return None


def _time(heading: re.Match[str], file: str, line: int) -> int:
    """The time of a heading to the second; 0 where it has none."""
    if not heading["time"]:
        return 0
    if (found := parse_moment(heading["time"])) is None:
        raise InputError(f"not a valid time: {heading['time']}", file=file, line=line)
    return found


def _fenced(section: _Section, file: str) -> tuple[str, str]:
    """The content of a section's only code block, and its language."""
    body = section.body
    fence = FENCE.fullmatch(body[0]) if body else None
    end = next((at for at, line in enumerate(body) if at and fence and line.rstrip() == fence[1]), 0)
    beside = next((at for at, line in enumerate(body) if at > end and line.strip()), -1) if end else -1
    if fence is None or not end or beside > 0:
        line = section.line + 1 + beside
        raise InputError(f"this section needs one code block and nothing else; {READS}", file=file, line=line)
    return "\n".join(body[1:end]), fence[2]


def _refused(section: _Section, file: str, sessions: _Sessions) -> Iterator[AnyEvent]:
    """The handshake, or the answer to a call, in which a node refuses."""
    body, _language = _fenced(section, file)
    status, party = int(section.what.removeprefix(REFUSED)[:3]), section.party
    if body.startswith(WEBSOCKETS):
        yield Refused(time=section.time, status=status, url=body, party="" if party == NOBODY else party)
        return
    number, opened = sessions.current(party, section.time, "")
    yield from opened
    payload = msgspec.json.format(body.encode(), indent=-1) if capture.is_json(body.encode()) else body.encode()
    yield capture.frame(payload, time=section.time, session=number, direction="from_node", status=status)


def _check_closing(section: _Section, file: str, warn: Callable[[str], None]) -> None:
    """Nothing may stand under the end of a session but an empty code block, as in documents of 2019 and 2020."""
    body = [line.rstrip() for line in section.body if line.strip()]
    if not body:
        return
    fence = FENCE.fullmatch(body[0])
    if fence is None or body[1:] != [fence[1]]:
        raise InputError(
            "the end of a session has no text; write it under a heading `#### PARTY info`, each line behind `> `",
            file=file,
            line=section.line,
        )
    warn(f"{file}:{section.line}: rendering will write no code block under the end of a session")


def _quoted(section: _Section, file: str) -> Iterator[str]:
    lines = [line for line in section.body if line.strip()]
    if not lines:
        raise InputError("this section needs a line that begins with `> `", file=file, line=section.line)
    for line in lines:
        if not line.startswith(">"):
            raise InputError("an info section holds lines that begin with `> `", file=file, line=section.line)
        yield line[1:].removeprefix(" ")


def _frame(section: _Section, file: str, warn: Callable[[str], None], session: int, direction: Direction) -> Frame:
    text, language = _fenced(section, file)
    if language == "base64":
        try:
            binary = b64decode(text, validate=True)
        except ValueError as error:
            raise InputError(f"this block is not base64: {error}", file=file, line=section.line) from error
        return Frame(time=section.time, session=session, direction=direction, opcode="binary", binary=binary)
    payload = text.encode()
    if capture.is_json(payload):
        compact = msgspec.json.format(payload, indent=-1)
        if not language or capture.pretty(compact) != text:
            warn(
                f"{file}:{section.line}: this block is not in the documents' form; rendering will write it in that form"
            )
        payload = compact
    elif language:
        warn(f"{file}:{section.line}: this block is not JSON; rendering will show it as text")
    return capture.frame(payload, time=section.time, session=session, direction=direction)

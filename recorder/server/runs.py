"""The runs of a script in a mock node: where a live session and an HTTP request belong, and how all runs went.

Rule: knows no sockets. HTTP has no sessions: a request belongs to the session that its header names, else to the open
session that expects it, first to the last one of its connection; one that nobody speaks to yet, and that expects just
this, comes before one that expects something like it. In a loop, only the outcome of a finished run is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator
from typing import NamedTuple

from recorder.event_stream import StreamForm
from recorder.model import Frame, Refused
from recorder.replay import Outcome, Player, PlaySettings
from recorder.replay.matching import FULL_FITNESS, NO_FITNESS, Fitness
from recorder.replay.plan import Plan
from recorder.server.beginnings import Beginning, Beginnings
from recorder.server.run import Run, Tell
from recorder.server.streams import Stream, Streams
from recorder.timeline import Script, urls
from recorder.timeline.listening import in_order

USED, UNKNOWN = "no recorded one is left for it", "none like it was recorded"

PATHS = 3
"""Most recorded paths that are named to who asked for another."""


class PlayedSession(NamedTuple):
    """A recorded session in a run of its script."""

    run: Run
    session: int

    def knows(self, body: bytes) -> bool:
        """Whether a frame with a message of just this content is expected now; costs less than `fitness`."""
        return self.run.player.hearing.knows(self.session, body)

    def expects(self, body: bytes) -> bool:
        """Whether a frame like this is expected now."""
        return self.fitness(body) > NO_FITNESS

    def fitness(self, body: bytes) -> Fitness:
        """How well a frame would be expected now."""
        return self.run.player.hearing.fitness(self.session, body)


class Runs:
    """All runs, in the order in which they began.

    Args:
        script: what was recorded.
        settings: how to play it.
        loop: begin the script again for further parties.
        tell: called with what happens, as the events of a capture.
        changed: called when a run may be over.
    """

    def __init__(
        self, script: Script, settings: PlaySettings, *, loop: bool, tell: Tell | None, changed: Callable[[], None]
    ) -> None:
        script = script.unbatched
        self._script, self._settings, self._loop, self._tell, self._changed = script, settings, loop, tell, changed
        self._plan = Plan(script, settings, loops=loop)
        self._runs: dict[Run, tuple[str, ...]] = {}  # with what tells who takes part
        self.begun = 0
        self._past = Outcome()  # of runs that are over and gone
        recorded = [urls.query(url) for url in script.urls.values()]
        self.streams = Streams()
        self._endpoints: dict[str, PlayedSession] = {}
        self._numbered = {
            step.session for step in script.steps if isinstance(step.event, Frame) and step.event.event_id
        }
        self._beginnings = Beginnings(self._plan)
        self._telling = [name for one in script.protocols for name in one.together(script.identities_of(one), recorded)]

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def take(self, url: str, first: bytes = b"", among: Container[int] | None = None) -> PlayedSession | None:
        """The run and the recorded session that a live session is.

        Args:
            url: its own.
            first: the frame that it begins with.
            among: the recorded sessions that it may be; by default any.
        """
        key = self._key(url)
        for run in self._usable(key):
            if session := run.player.wants(url, first, among):
                self._runs[run] = self._runs[run] or key
                return PlayedSession(run, session)
        return None

    def refuses(self, url: str) -> Refused | None:
        """The recorded refusal that a handshake with this URL gets; None where it may begin a session."""
        key = self._key(url)
        for run in self._usable(key) if self._script.refused else ():
            if (found := run.refuses(url)) is not None:
                self._runs[run] = self._runs[run] or key
                return found
            if run.player.wants(url):
                break
        return None

    def _usable(self, key: tuple[str, ...]) -> Iterator[Run]:
        """The runs that may have a session for who has this key; at last the next, where it may begin."""
        for run, known in self._runs.items():
            if not self._loop or (not run.player.broken and known in {(), key}):
                yield run
        if not self._runs or (self._loop and all(run.player.started for run in self._runs)):
            yield self._begin(key)

    def beginning(self, url: str) -> Beginning | None:
        """What any client with this URL is told, where only what it says tells which of several sessions is its own.

        None where its session is known. Where a fault may change what it is told, its first words have to tell.
        """
        if self._settings.faults:
            return None if self._beginnings.greets(url) else self._beginnings.at(url, most=0)
        return self._beginnings.at(url)

    def greets(self, url: str) -> bool:
        """Whether any client with this URL is told something before it speaks."""
        return self._beginnings.greets(url)

    def stream(self, played: PlayedSession, form: StreamForm) -> Stream:
        """A stream that answers a request in this form."""
        stream = self.streams.new(numbered=played.session in self._numbered, form=form)
        played.run.answering.append(stream)
        return stream

    def posted_to(self, target: str) -> PlayedSession | None:
        """The session whose client was told to post there; None where nobody was."""
        return self._endpoints.get(target)

    def refusal(self, url: str) -> str:
        """Why no recorded session is left for one with this URL; of another path, which paths were recorded."""
        if Player(self._script, self._settings).wants(url):
            return USED
        alike = (one for one in self._script.urls.values() if urls.carrier(one) == urls.carrier(url))
        paths = [*dict.fromkeys(map(urls.path, alike))]
        if not paths or urls.path(url) in paths:
            return UNKNOWN
        return f"{UNKNOWN}; there is {', '.join(paths[:PATHS])}{', …' if len(paths) > PATHS else ''}"

    def forget(self) -> bool:
        """Forget looped runs in which nothing more can happen, but for what made one fail; whether there was one."""
        if not self._loop:
            return False
        over = [run for run in self._runs if not run.wires and (run.over.is_set() or run.player.broken)]
        for run in over:
            if run.error is None:
                _add(self._past, run.player.end())
                del self._runs[run]
        if over:
            self._endpoints = {target: one for target, one in self._endpoints.items() if one.run in self._runs}
        return bool(over)

    def outcome(self, refused: list[str]) -> Outcome:
        """How all runs went, so far, and who found no place in any."""
        total = Outcome(list(self._past.unused), refused + self._past.unexpected, list(self._past.notes))
        for run in self._runs:
            if run.player.started or self.begun == len(self._runs) == 1:
                _add(total, run.player.end())
        if not self.begun:
            _add(total, Player(self._script, self._settings).end())
        return total

    def _key(self, url: str) -> tuple[str, ...]:
        """The parameters of a URL that tell which parties belong together; none where they tell nothing."""
        parameters = urls.query(url)
        return tuple(filter(None, map(parameters.get, self._telling)))

    def _begin(self, key: tuple[str, ...]) -> Run:
        first = self.begun * (max(self._script.parties, default=0) + 1)
        self.begun += 1
        run = Run(Player(self._script, self._settings, self._plan), tell=self._tell, first=first, ended=self._changed)
        for recorded in in_order(self._script.streams):
            session = recorded.head.session
            stream = self.streams.new(numbered=session in self._numbered)
            run.streams[session, recorded.head.stream] = stream
            if endpoint := recorded.endpoint:
                there = urls.request_target(urls.joined(self._script.urls.get(session, ""), endpoint))
                live = untaken(there, self._endpoints, "&again=" if "?" in there else "?again=")
                stream.instead[endpoint.encode()] = live.encode()
                self._endpoints[live] = PlayedSession(run, session)
        self._runs[run] = key
        return run


class HttpRouter:
    """Finds the session that an HTTP request belongs to, among those that clients speak to now."""

    def __init__(self) -> None:
        self._by_path: dict[str, list[PlayedSession]] = {}
        self._by_client: dict[tuple[str, int], PlayedSession] = {}  # the one that a connection spoke to last
        self._by_name: dict[str, PlayedSession] = {}  # by the value that the session's header has been given
        self._given: dict[tuple[PlayedSession, str], str] = {}  # that value, by the recorded one

    def find(
        self,
        client: tuple[str, int],
        path: str,
        body: bytes,
        take: Callable[[], PlayedSession | None],
        name: str = "",
    ) -> PlayedSession | None:
        """Where a request belongs; None where no session is there for it.

        Args:
            client: its address.
            path: what it asks for.
            body: what it says.
            take: gives a session that nobody speaks to yet, if there is one.
            name: the value of the header that tells sessions apart.
        """
        if name in self._by_name:
            return self._by_name[name]
        before, here = self._by_client.get(client), self._by_path.get(path, [])
        if before is not None and before.knows(body) and before in here:
            return before
        sessions = [one for one in here if not one.run.over.is_set()]
        sessions.sort(key=lambda one: one != before)
        found = next((one for one in sessions if one.knows(body)), None) or self._best(path, sessions, body, take())
        if found is not None:
            self._by_client[client] = found
        return found or next(iter(sessions or here), None)

    def _best(
        self, path: str, sessions: list[PlayedSession], body: bytes, fresh: PlayedSession | None
    ) -> PlayedSession | None:
        """The session that a request fits best; one that nobody speaks to yet begins, if that is it."""
        found, fit = (None, NO_FITNESS) if fresh is not None and fresh.knows(body) else _fittest(sessions, body)
        if fresh is None or (sessions and fresh.fitness(body) <= fit):
            return found
        self._by_path[path] = [*sessions, fresh]
        fresh.run.opened(fresh.session, path)
        return fresh

    def named(self, name: str) -> PlayedSession | None:
        """The session that its header calls so."""
        return self._by_name.get(name)

    def listens(self, client: tuple[str, int], path: str, name: str) -> PlayedSession | None:
        """The session that a client means which says nothing; None where there is none.

        Args:
            client: its address.
            path: what it asks for.
            name: the value of the header that tells sessions apart.
        """
        if name in self._by_name:
            return self._by_name[name]
        sessions = self._by_path.get(path, [])
        return self._by_client.get(client) or next((one for one in sessions if not one.run.over.is_set()), None)

    def begins(self, path: str, played: PlayedSession) -> None:
        """A client speaks to a session from now on, though it has asked nothing yet."""
        self._by_path.setdefault(path, []).append(played)

    def name(self, played: PlayedSession, name: str) -> str:
        """The live name of a session of this recorded name; requests that have it belong there from here on."""
        live = self._given.get((played, name))
        if live is None:
            live = self._given[played, name] = untaken(name, self._by_name, "-")
            self._by_name[live] = played
        return live

    def left(self, client: tuple[str, int]) -> None:
        """Forget a connection that has ended."""
        self._by_client.pop(client, None)

    def keep(self, runs: Container[Run]) -> None:
        """Forget all other runs."""
        self._by_client = {client: one for client, one in self._by_client.items() if one.run in runs}
        self._by_name = {name: one for name, one in self._by_name.items() if one.run in runs}
        self._given = {key: live for key, live in self._given.items() if key[0].run in runs}
        kept = {path: [one for one in sessions if one.run in runs] for path, sessions in self._by_path.items()}
        self._by_path = {path: sessions for path, sessions in kept.items() if sessions}


def untaken(name: str, taken: Container[str], mark: str) -> str:
    """A name, with a mark and a number if it is taken: a script that is looped names its sessions anew."""
    numbered = (f"{name}{mark}{number}" for number in itertools.count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _fittest(sessions: list[PlayedSession], body: bytes) -> tuple[PlayedSession | None, Fitness]:
    """The first that expects exactly this, else the one that expects what is nearest to it, and how well it fits."""
    found, best = None, NO_FITNESS
    for one in sessions:
        fitness = one.fitness(body)
        if fitness > best:
            found, best = one, fitness
        if best == FULL_FITNESS:
            break
    return found, best


def _add(total: Outcome, outcome: Outcome) -> None:
    total.unused += outcome.unused
    total.unexpected += outcome.unexpected
    total.notes += outcome.notes
    total.unclosed += outcome.unclosed

"""Where a request over HTTP belongs: which recorded session, in which run, it speaks to.

Rule: HTTP has no sessions, so a request belongs to the open one that expects it; a client that keeps its connection
comes first where it spoke before. Nothing is kept of runs that are over.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from recorder.server.run import Run
from recorder.server.runs import Place


class HttpPlaces:
    """The sessions that clients speak to now."""

    def __init__(self) -> None:
        self._by_path: dict[str, list[Place]] = {}
        self._by_client: dict[tuple[str, int], Place] = {}  # the one that a connection spoke to last

    async def find(
        self, client: tuple[str, int], path: str, body: bytes, take: Callable[[], Place | None]
    ) -> Place | None:
        """Where a request belongs; None where no session is there for it.

        Args:
            client: its address.
            path: what it asks for.
            body: what it says.
            take: gives a session that nobody speaks to yet, if there is one.
        """
        places = [one for one in self._by_path.get(path, ()) if not one.run.over.is_set()]
        places.sort(key=lambda one: one != self._by_client.get(client))
        found = next((one for one in places if _fits(one, body)), None)
        fresh = take() if found is None else None
        if fresh is not None and (not places or _fits(fresh, body)):
            self._by_path[path] = [*places, fresh]  # before anything is waited for: others look meanwhile
            await fresh.run.opened(fresh.session, path)
            found = fresh
        if found is not None:
            self._by_client[client] = found
        return found or next(iter(places), None)

    def keep(self, runs: Container[Run]) -> None:
        """Forget all other runs."""
        self._by_client = {client: one for client, one in self._by_client.items() if one.run in runs}
        kept = {path: [one for one in places if one.run in runs] for path, places in self._by_path.items()}
        self._by_path = {path: places for path, places in kept.items() if places}


def _fits(place: Place, body: bytes) -> bool:
    return place.run.player.fits(place.session, body)

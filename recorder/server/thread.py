"""A mock node for callers without an event loop, or with one that may be busy or closed.

Rule: the node runs in a thread with its own loop; everything that touches it is done there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from recorder.replay import Outcome, PlaySettings
from recorder.server.node import MockNode
from recorder.timeline import Script

PATIENCE = 30.0  # seconds until a loop that does not answer is given up

T = TypeVar("T")


class NodeThread:
    """A mock node in a thread of its own, listening while its `with` block lasts.

    Args:
        script: what was recorded.
        settings: how to play it; its ends hold `node`.
        loop: begin the script again for further parties, for ever.
        beyond: a node to pass those sessions on to that the script has no room for.
    """

    def __init__(self, script: Script, settings: PlaySettings, *, loop: bool = False, beyond: str = "") -> None:
        self._make = partial(MockNode, script, settings, loop=loop, beyond=beyond)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mock node", daemon=True)
        self._node: MockNode

    def __enter__(self) -> Self:
        self._thread.start()
        self._node = self._make()
        try:
            self._do(self._node.__aenter__)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._do(lambda: self._node.__aexit__(None, None, None))
        finally:
            self._end()

    @property
    def urls(self) -> list[str]:
        """Where it listens."""
        return self._node.urls

    def settle(self, silence: float) -> bool:
        """Wait until nothing more can happen, or nothing has for so many seconds; whether no client is there."""

        async def settled() -> bool:
            await self._node.over(silence, grace=silence)
            return not self._node.open

        return self._do(settled)

    def outcome(self) -> Outcome:
        """How it went, so far."""

        async def asked() -> Outcome:
            return self._node.outcome()

        return self._do(asked)

    def _do(self, work: Callable[[], Awaitable[T]]) -> T:
        async def worked() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(worked(), self._loop).result(PATIENCE)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

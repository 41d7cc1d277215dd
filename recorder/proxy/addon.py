"""The mitmproxy addon: turns hooks into events, with the relay or from the hooks alone.

Rule: like mitmproxy's own addons: options declared in `load`, checked in `configure`, one method for each hook. Events
are made in `session`, bytes are forwarded in `relay`; this only maps hooks to them.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader
from mitmproxy.connection import Client

from recorder.close_codes import GOING_AWAY, INTERNAL_ERROR
from recorder.errors import CaptureWriteError, InputError
from recorder.flow_messages import url_of
from recorder.journal.session import Journal
from recorder.masking import Masking
from recorder.model import LEFT, SECOND
from recorder.proxy import control, upgrade
from recorder.proxy.hooked import Hooked
from recorder.proxy.http_sessions import HttpSessions
from recorder.proxy.options import check, declare, new_capture
from recorder.proxy.relay import Relay
from recorder.proxy.takeover import GRACE, Tap, Unsupported
from recorder.sinks import Sink
from recorder.sinks.capture_file import CaptureFile
from recorder.suspects import looks_secret
from recorder.timeline.urls import over_websocket

UNRECORDED = "the capture cannot be written"
OUTCOMES = {False: "all sessions are closed, nothing passes unrecorded", True: "the traffic goes on unrecorded"}

FLUSH_EVERY = 1.0  # seconds, with capture_sync=timer
STEP = 0.005  # seconds between two looks whether all sessions have ended

logger = logging.getLogger(__name__)


class Recorder:
    """Records every WebSocket and JSON-RPC exchange that goes through mitmproxy.

    Args:
        sinks: where events go besides the capture.
        failed: called when the capture cannot be written any more; by default mitmproxy ends with exit code 1, unless
            the traffic is to go on.
        upstreams: the URLs of the nodes, for the capture's header; by default those of mitmproxy's modes.
    """

    def __init__(
        self,
        sinks: Sequence[Sink] = (),
        failed: Callable[[CaptureWriteError], None] | None = None,
        upstreams: Sequence[str] = (),
    ) -> None:
        self._sinks, self._failed, self._upstreams = sinks, failed, upstreams
        self._file: CaptureFile | None = None
        self._journal: Journal | None = None
        self.http: HttpSessions | None = None
        self._passed = 0  # unrecorded, in captures that were closed
        self._relays: set[Relay] = set()
        self._hooked: dict[str, Hooked] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops = False
        self._refused: list[Client] = []  # who is to read yet that the capture cannot be written
        self._warned = False

    def load(self, loader: Loader) -> None:
        """Declare the options; bring the view along where somebody may look at flows."""
        if self._failed is None:  # a mitmproxy of the user's own, not the one inside `recorder record`
            from recorder.proxy.contentview import register  # noqa: PLC0415

            register()
        try:
            declare(loader)
        except exceptions.OptionsError as error:  # mitmproxy would drop it, and go on with nothing recorded
            logger.error("an option of the recorder: %s", error)  # noqa: TRY400 - a line; it ends a mitmproxy that starts
            raise

    def configure(self, updated: set[str]) -> None:
        """Check what is set; open the capture, in place of another if no session is in that any more."""
        check()
        if "capture" not in updated:
            return
        if self._sessions():
            raise exceptions.OptionsError("capture: sessions are open; set it when they have ended")
        if not ctx.options.capture:
            self.close()
            return
        try:
            masking = Masking(ctx.options.capture_mask, ctx.options.capture_profile, off=ctx.options.capture_mask_none)
            file, header = new_capture(self._upstreams)
        except InputError as error:
            raise exceptions.OptionsError(str(error)) from None  # mitmproxy prints a traceback of it
        self.close()
        self._file = file
        self._journal = Journal(
            [file, *self._sinks],
            header.profile,
            failed=self._write_failed,
            lenient=ctx.options.capture_on_write_error == "continue",
            masking=masking,
        )
        alone = ctx.options.recorder_path == "relay"
        self.http = HttpSessions(self._journal, header.profile, alone=alone)

    def running(self) -> None:
        """Begin the capture, and flush it regularly."""
        self.begin()
        if ctx.options.capture_sync == "timer":
            self._spawn(self._flush())

    def begin(self) -> None:
        """Write the capture's header; after this the recording has started.

        Raises:
            CaptureWriteError: it cannot be written, for example because the disk is full.
        """
        if self._file is not None:
            self._file.begin()

    def request(self, flow: http.HTTPFlow) -> None:
        """Answer requests to the recorder itself; record JSON-RPC on its way to the node."""
        if self._journal is None or self.http is None or flow.response is not None:
            return
        if control.is_control(flow):
            flow.response = control.answer(flow, self._journal)
        elif not upgrade.is_upgrade(flow):
            try:
                self.http.request(flow)
            except CaptureWriteError as error:
                self._refuse(flow, error)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let a stream of events through as it comes, and record it as it does."""
        if self.http is not None:
            self.http.responseheaders(flow)

    def response(self, flow: http.HTTPFlow) -> None:
        """Record the node's answer to JSON-RPC or a handshake; see that an upgrade is one to mitmproxy too."""
        if self.http is not None and self._journal is not None:
            upgrade.recognise(flow)
            try:
                if (answer := upgrade.refusal(flow)) is not None:
                    url = over_websocket(url_of(flow.request))
                    self._journal.refused(url, answer.status_code, answer.headers.items(multi=True))
                self.http.response(flow)
            except CaptureWriteError as error:
                self._refuse(flow, error)

    def error(self, flow: http.HTTPFlow) -> None:
        """Record what a client is told instead, where its node gives no answer, or half of one: mitmproxy's own 502.

        A client that has left is told nothing; that is recorded too, and so is a stream of events that breaks off.
        """
        if self.http is None or self._journal is None or flow.error is None or flow.websocket is not None:
            return
        with suppress(CaptureWriteError):  # said already, and nothing is held back by it
            if not flow.client_conn.connected:
                if not self._stops:
                    self.http.failed(flow, LEFT)
            elif upgrade.is_upgrade(flow):
                self._journal.refused(over_websocket(url_of(flow.request)), HTTPStatus.BAD_GATEWAY, [])
            else:
                self.http.failed(flow, HTTPStatus.BAD_GATEWAY, flow.error.msg)

    def websocket_start(self, flow: http.HTTPFlow) -> None:
        """Begin a session, with the relay if that is wanted and possible."""
        assert flow.response is not None
        if self._journal is None:
            return
        url = over_websocket(url_of(flow.request))
        session, tap = self._journal.session(url), self._tap(flow)
        try:
            session.open(
                flow.request.headers.items(multi=True),
                flow.response.headers.get("sec-websocket-protocol", ""),
                asked=round(flow.request.timestamp_start * SECOND),
                answer=flow.response.headers.items(multi=True),
            )
        except CaptureWriteError as error:
            self._hooked[flow.id] = Hooked(flow, session, tap, ctx.options.capture_keep_messages)
            self._hooked[flow.id].stop(INTERNAL_ERROR, str(error.cause.strerror))
            return
        if tap is not None and ctx.options.recorder_path == "relay":
            extensions = flow.response.headers.get("sec-websocket-extensions", "")
            self._relays.add(Relay(tap, session, extensions, self._relays.discard))
        else:
            self._hooked[flow.id] = Hooked(flow, session, tap, ctx.options.capture_keep_messages)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Record a message before mitmproxy forwards it."""
        if flow.id in self._hooked:
            self._hooked[flow.id].message()

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        """Record how a session ended; under load mitmproxy may never say."""
        hooked = self._hooked.pop(flow.id, None)
        if hooked is not None:
            with suppress(CaptureWriteError):  # said already, and nothing is held back by it
                hooked.ended()

    async def stop(self, code: int = GOING_AWAY, reason: str = "the recorder stops") -> None:
        """End the sessions, wait a moment for their ends to agree, and leave no client to mitmproxy."""
        self._stops = True
        for session in self._sessions():
            session.retire(code, reason)
        await settled(lambda: not self._sessions() and not any(end.connected for end in self._refused), 2 * GRACE)
        served = ctx.master.addons.get("proxyserver").connections
        for handler in list(served.values()):
            await handler.on_timeout()  # mitmproxy's own way to be done with a client
        await settled(lambda: not served, GRACE)  # the loop's end would cancel them, aloud

    def done(self) -> None:
        """Record that open sessions end here; the file stays open, because hooks may still come."""
        for session in self._sessions():
            session.stop(GOING_AWAY, "mitmproxy stops")
        for task in self._tasks:
            task.cancel()
        if self._file is None or self._journal is None:
            return
        try:
            self._file.flush()
        except CaptureWriteError as error:
            self._journal.fail(error)
        if self._failed is None and not ctx.options.capture_mask_none:  # else who runs this mitmproxy says it
            for line in looks_secret(self._file.path, self._journal.profile):
                logger.warning(line)

    def close(self) -> None:
        """Close the file; only when no hook will come any more."""
        if self._file is not None:
            self._file.close()
            self._passed = self.unrecorded
            self._file = self._journal = self.http = None

    @property
    def unrecorded(self) -> int:
        """How many HTTP requests have passed that are not JSON-RPC."""
        return self._passed + (self.http.unrecorded if self.http is not None else 0)

    def _sessions(self) -> list[Relay | Hooked]:
        return [*self._relays, *self._hooked.values()]

    def _tap(self, flow: http.HTTPFlow) -> Tap | None:
        try:
            tap = Tap(flow)
            tap.keep_alive()
        except Unsupported as reason:
            if ctx.options.recorder_path == "relay" and not self._warned:
                self._warned = True
                logger.warning("recording by hooks, not by the relay: %s", reason)
            return None
        return tap

    def _refuse(self, flow: http.HTTPFlow, error: CaptureWriteError) -> None:
        flow.response = http.Response.make(500, str(error), {"Connection": "close"})
        self._refused.append(flow.client_conn)

    def _write_failed(self, error: CaptureWriteError) -> None:
        assert self._journal is not None
        logger.error("%s; %s", error, OUTCOMES[self._journal.lenient])
        if self._failed is not None:
            self._failed(error)
        elif not self._journal.lenient:
            self._spawn(self._shut_down())

    async def _shut_down(self) -> None:
        await asyncio.sleep(0)  # mitmproxy starts tasks eagerly: first the hook that failed is to do its part
        await self.stop(INTERNAL_ERROR, UNRECORDED)
        # not `shutdown`, after which mitmproxy ends with 0; this way too it says good-bye to every addon
        asyncio.get_running_loop().call_soon(sys.exit, 1)

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            if self._file is not None and self._journal is not None:
                try:
                    await asyncio.to_thread(self._file.flush)
                except CaptureWriteError as error:
                    self._journal.fail(error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def settled(done: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition holds, but no longer than this."""
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:  # noqa: ASYNC110 - what ends is mitmproxy's, and sets no event
        await asyncio.sleep(STEP)

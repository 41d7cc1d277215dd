"""The mitmproxy addon: turns hooks into events, by the relay or from the hooks alone.

Rule: an addon as mitmproxy's own are: options declared in `load`, checked in `configure`, one method a hook. What an
event is stands in `session`, how bytes travel in `relay`; here is only which hook means what.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

import mitmproxy.version  # noqa: TID251 - this package is its door
from mitmproxy import ctx, exceptions, http  # noqa: TID251
from mitmproxy.addonmanager import Loader  # noqa: TID251

import recorder
from recorder import capture
from recorder.errors import CaptureWriteError, InputError
from recorder.model import Direction, Header
from recorder.profiles import PROFILES
from recorder.proxy import control, wire
from recorder.proxy.http_sessions import HttpSessions
from recorder.proxy.relay import GOING_AWAY, GRACE, INTERNAL_ERROR, Relay
from recorder.proxy.session import ABNORMAL, Journal, Session
from recorder.proxy.takeover import Tap, Unsupported
from recorder.settings import OnWriteError, Path_, Sync
from recorder.sinks import Sink
from recorder.sinks.capture_file import CaptureFile

KEPT_MESSAGES = 100
"""Messages a flow keeps for mitmproxy's own views; it would keep them all, and never give the memory back."""

FLUSH_EVERY = 1.0  # seconds, with capture_sync=timer

logger = logging.getLogger(__name__)


class Recorder:
    """Records every WebSocket and JSON-RPC exchange that goes through mitmproxy.

    Args:
        sinks: where events go besides the capture.
        failed: told when the capture cannot be written any more; by default mitmproxy is shut down.
    """

    def __init__(self, sinks: Sequence[Sink] = (), failed: Callable[[CaptureWriteError], None] | None = None) -> None:
        self._sinks, self._failed = sinks, failed
        self._file: CaptureFile | None = None
        self._journal: Journal | None = None
        self.http: HttpSessions | None = None
        self._relays: set[Relay] = set()
        self._all_done = asyncio.Event()
        self._hooked: dict[str, Session] = {}
        self._flusher: asyncio.Task[None] | None = None

    def load(self, loader: Loader) -> None:
        """Declare the options; bring the view along where somebody may look at flows."""
        if self._failed is None:  # a mitmproxy of the user's own, not the one inside `recorder record`
            from recorder.proxy.contentview import register  # noqa: PLC0415

            register()
        add = loader.add_option
        add("capture", str, "", "Record to this file; empty records nothing.")
        add("capture_overwrite", bool, False, "Replace the capture if it exists.")
        add("capture_profile", str, "aeternity", "What the protocol's frames mean.", choices=[*PROFILES])
        add("capture_sync", str, "timer", "When the disk itself has the capture.", choices=get_args(Sync))
        add(
            "capture_on_write_error",
            str,
            "close",
            "What to do with traffic that cannot be recorded.",
            choices=get_args(OnWriteError),
        )
        add("capture_meta", Sequence[str], [], "key=value pairs for the capture's header.")
        add(
            "recorder_path",
            str,
            "hooks",
            "How frames are taken: other addons and mitmweb see them with hooks only.",
            choices=get_args(Path_),
        )

    def configure(self, updated: set[str]) -> None:
        """Open the capture."""
        if "capture" not in updated or not ctx.options.capture:
            return
        header = Header(
            format=capture.FORMAT,
            run=uuid.uuid4().hex,
            recorder=recorder.__version__,
            mitmproxy=mitmproxy.version.VERSION,
            started=time.time_ns(),
            profile=ctx.options.capture_profile,
            upstreams=[mode.removeprefix("reverse:").partition("@")[0] for mode in ctx.options.mode],
            meta=dict(item.partition("=")[::2] for item in ctx.options.capture_meta),
        )
        try:
            file = CaptureFile(
                Path(ctx.options.capture).expanduser(),
                header,
                overwrite=ctx.options.capture_overwrite,
                sync=ctx.options.capture_sync == "frame",
            )
        except (InputError, CaptureWriteError) as error:
            raise exceptions.OptionsError(str(error)) from error
        if self._file is not None:
            self._file.close()
        self._file = file
        self._journal = Journal(
            [file, *self._sinks],
            PROFILES[header.profile],
            failed=self._write_failed,
            lenient=ctx.options.capture_on_write_error == "continue",
        )
        self.http = HttpSessions(self._journal)

    def running(self) -> None:
        """Start to flush now and then."""
        if ctx.options.capture_sync == "timer" and self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())

    def request(self, flow: http.HTTPFlow) -> None:
        """Answer what is for the recorder; record JSON-RPC on its way to the node."""
        if self._journal is None or self.http is None or flow.response is not None:
            return
        if control.is_control(flow):
            flow.response = control.answer(flow, self._journal)
        elif not _is_upgrade(flow):
            try:
                self.http.request(flow)
            except CaptureWriteError as error:
                flow.response = http.Response.make(500, str(error))

    def response(self, flow: http.HTTPFlow) -> None:
        """Record the node's answer to JSON-RPC."""
        if self.http is not None:
            try:
                self.http.response(flow)
            except CaptureWriteError as error:
                flow.response = http.Response.make(500, str(error))

    def websocket_start(self, flow: http.HTTPFlow) -> None:
        """Begin a session, by the relay where that is wanted and possible."""
        assert flow.response is not None
        if self._journal is None:
            return
        try:
            session = self._journal.open(
                "ws" + flow.request.url.removeprefix("http"),
                flow.request.headers.items(multi=True),
                flow.response.headers.get("sec-websocket-protocol", ""),
            )
        except CaptureWriteError as error:
            self._close_hooked(flow, str(error))
            return
        try:
            tap = Tap(flow)
            tap.keep_alive()
            if ctx.options.recorder_path == "relay":
                extensions = flow.response.headers.get("sec-websocket-extensions", "")
                self._relays.add(Relay(tap, session, extensions, self._relay_done))
                return
        except Unsupported as reason:
            if ctx.options.recorder_path == "relay":
                logger.warning("recording %s by hooks, not by the relay: %s", session.party, reason)
        self._hooked[flow.id] = session

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Record a message before mitmproxy forwards it."""
        session = self._hooked.get(flow.id)
        if session is None or flow.websocket is None:
            return
        message = flow.websocket.messages[-1]
        del flow.websocket.messages[:-KEPT_MESSAGES]
        if message.dropped:
            return
        try:
            session.take(
                _direction(from_client=message.from_client),
                [wire.Message("text" if message.is_text else "binary", message.content)],
            )
        except CaptureWriteError as error:
            message.drop()
            self._close_hooked(flow, str(error))

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        """Record how a session ended; under load mitmproxy may never say."""
        session = self._hooked.pop(flow.id, None)
        if session is None or flow.websocket is None:
            return
        code = flow.websocket.close_code or ABNORMAL
        direction = _direction(from_client=bool(flow.websocket.closed_by_client))
        try:
            if code == ABNORMAL:
                session.ended(direction, "eof")
            else:
                session.stopped(code, flow.websocket.close_reason or "", "party" if direction == "to_node" else "node")
        except CaptureWriteError as error:
            logger.error("%s", error)  # noqa: TRY400 - a full disk has no traceback worth showing

    async def stop(self, code: int = GOING_AWAY, reason: str = "the recorder stops") -> None:
        """End the relayed sessions, and wait a moment for their ends to agree."""
        for relay in list(self._relays):
            relay.stop(code, reason)
        if self._relays:
            self._all_done.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_done.wait(), 2 * GRACE)

    def done(self) -> None:
        """Say that open sessions end here; the file stays open, for hooks may still come."""
        for session in self._hooked.values():
            try:
                session.stopped(GOING_AWAY, "mitmproxy stops")
            except CaptureWriteError:
                break
        if self._flusher is not None:
            self._flusher.cancel()
        if self._file is not None:
            self._file.flush()

    def _relay_done(self, relay: Relay) -> None:
        self._relays.discard(relay)
        if not self._relays:
            self._all_done.set()

    def _close_hooked(self, flow: http.HTTPFlow, reason: str) -> None:
        try:
            Tap(flow).refuse(INTERNAL_ERROR, reason)
        except Unsupported:
            flow.kill()

    def _write_failed(self, error: CaptureWriteError) -> None:
        logger.error("%s; sessions are closed, nothing passes unrecorded", error)
        if self._failed is not None:
            self._failed(error)
        else:
            ctx.master.shutdown()

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            if self._file is not None:
                await asyncio.to_thread(self._file.flush)


def _direction(*, from_client: bool) -> Direction:
    return "to_node" if from_client else "from_node"


def _is_upgrade(flow: http.HTTPFlow) -> bool:
    return bool(flow.request.headers.get("upgrade", "").lower() == "websocket")

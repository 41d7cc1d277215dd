"""Runs mitmproxy inside this process, with the addons that recording needs and no others.

Rule: mitmproxy's own machinery (servers, TLS, HTTP) is used as it is; this chooses the parts, and starts and stops them.
Exit codes: 0 ended as asked, 1 the capture could not be written; an InputError for a usage or setup error.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec, module_from_spec
from typing import Any
from urllib.parse import urlsplit

from mitmproxy import exceptions, http, options
from mitmproxy.connection import Client
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.tls import TlsData

from recorder.close_codes import INTERNAL_ERROR
from recorder.errors import CaptureWriteError, InputError, reason_of
from recorder.event_stream import streams
from recorder.flow_messages import url_of
from recorder.proxy import control, http1
from recorder.proxy.addon import UNRECORDED, Recorder
from recorder.settings import Address, RecordSettings, Upstream, split_path
from recorder.sinks import Sink
from recorder.tls import check_identity, trust


@contextmanager
def _alone(package: str) -> Iterator[None]:
    """Modules of a package are imported without what the package itself imports.

    mitmproxy's package of addons imports all of them, and with them a web server, an LDAP client and more: a third of
    the time in which a recorder starts, and 15 MB.
    """
    spec = find_spec(package)
    if package in sys.modules or spec is None:
        yield
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[package]


with _alone("mitmproxy.addons"):
    from mitmproxy.addons import core, next_layer, proxyserver, tlsconfig
    from mitmproxy.master import Master

Say = Callable[[str], None]
EXPLAINED = ("Server TLS handshake failed", "Client TLS handshake failed")
"""Warnings of mitmproxy that `_Trouble` reports better."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _apart(upstreams: list[Upstream]) -> list[Upstream]:
    """The same, each with an address of its own: mitmproxy takes port 0 of a host but once."""
    made: list[Upstream] = []
    with ExitStack() as held:  # until all are chosen: no port is chosen twice
        for upstream in upstreams:
            listen = upstream.listen
            if not listen.port and listen in (other.listen for other in made):
                family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
                free = held.enter_context(socket.create_server((listen.host, 0), family=family))
                listen = replace(listen, port=free.getsockname()[1])
            made.append(replace(upstream, listen=listen))
    return made


class Host:
    """A running recorder.

    Args:
        settings: what to record, and where to.
        sinks: where events go besides the capture.
        say: prints a line about trouble that is not the end of the recording.
    """

    def __init__(self, settings: RecordSettings, sinks: list[Sink], say: Say) -> None:
        self._settings = replace(settings, upstreams=_apart(settings.upstreams))
        self._say = say
        self._failed = False
        http1.install()
        self._stop = asyncio.Event()
        self.recorder = Recorder(sinks, self._fail, [split_path(one.url)[0] for one in settings.upstreams])
        self._master = Master(options.Options())
        self._servers = proxyserver.Proxyserver()
        self._trouble = _Trouble(say)
        self._master.addons.add(
            core.Core(),
            self._servers,
            next_layer.NextLayer(),
            tlsconfig.TlsConfig(),
            _Targets(self._settings),
            self.recorder,
            _Others(self.recorder),
            self._trouble,
        )
        self._configure()
        self._log = _Log()

    def _configure(self) -> None:
        settings = self._settings
        wanted: dict[str, Any] = {
            "mode": [upstream.mode for upstream in settings.upstreams],
            "connection_strategy": "lazy",  # a probe of the port is no session, and the node may start later
            "ssl_insecure": settings.insecure,
            "ssl_verify_upstream_trusted_ca": str(settings.ca) if settings.ca else None,
            "certs": [f"*={settings.cert}"] if settings.cert else [],
            "keep_host_header": settings.keep_host,
            "capture_profile": settings.profile,
            "capture_keep_messages": 1,  # nothing else looks, and a flow would keep them for ever
            "capture_overwrite": settings.overwrite,
            "capture_sync": settings.sync,
            "capture_on_write_error": settings.on_write_error,
            "capture_mask": [*settings.mask],
            "capture_mask_none": settings.mask_none,
            "capture_meta": [f"{key}={value}" for key, value in settings.meta.items()],
            "recorder_path": settings.path,
        }
        if settings.ca:
            trust(settings.ca)  # or say why not: mitmproxy would at the first connection
        if settings.cert:
            check_identity(settings.cert)
        try:
            self._master.options.update(**wanted)
            self._master.options.update(capture=str(settings.capture))
        except exceptions.OptionsError as error:
            raise InputError(str(error)) from error

    async def run(self, started: Callable[[], None]) -> int:
        """Record until a signal, or until the capture cannot be written.

        Args:
            started: called when every upstream's address is listened on.

        Returns:
            The exit code: 0, or 1 when the capture could not be written.

        Raises:
            InputError: an address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._stop.set)
        logging.getLogger().addHandler(self._log)
        try:
            await self._servers.servers.update(self._modes())
            self._check_servers()
            self._log.say = self._say
            self.recorder.begin()
            await self._master.running()
            started()
            await self._stop.wait()
        except CaptureWriteError as error:
            raise InputError(str(error)) from error
        finally:
            await self._end()
            logging.getLogger().removeHandler(self._log)
            for number in SIGNALS:
                loop.remove_signal_handler(number)
        return int(self._failed)

    @property
    def addresses(self) -> list[Address]:
        """Where it listens, in the order of the upstreams, each with the port that it got."""
        pairs = zip(self._settings.upstreams, self._servers.servers, strict=True)
        return [Address(upstream.listen.host, server.listen_addrs[0][1]) for upstream, server in pairs]

    async def unreached(self) -> str:
        """Why a node cannot be reached, as soon as one cannot."""
        await self._trouble.met.wait()
        return self._trouble.unreached

    async def stopped(self) -> None:
        """Return as soon as the recording is to end."""
        await self._stop.wait()

    def _modes(self) -> list[ReverseMode]:
        """How mitmproxy is to serve: over TCP alone.

        In front of TLS it would take QUIC too, which carries no WebSocket, and whose server outlives its own end: now
        and then it crashes the interpreter on its way out.
        """
        modes = [ReverseMode.parse(upstream.mode) for upstream in self._settings.upstreams]
        for mode in modes:
            mode.transport_protocol = "tcp"
        return modes

    async def _end(self) -> None:
        await self._servers.servers.update([])
        if self._failed and self._settings.on_write_error == "close":
            await self.recorder.stop(INTERNAL_ERROR, UNRECORDED)
        else:
            await self.recorder.stop()
        await self._master.done()
        self.recorder.close()

    def stop(self) -> None:
        """End the recording, as a signal does."""
        self._stop.set()

    def _check_servers(self) -> None:
        for upstream, server in zip(self._settings.upstreams, self._servers.servers, strict=True):
            if server.last_exception is not None:
                error = server.last_exception.__cause__ or server.last_exception
                reason = reason_of(error) if isinstance(error, OSError) else str(error)
                raise InputError(
                    f"cannot listen on {upstream.listen}: {reason}; choose another with --listen HOST:PORT"
                )

    def _fail(self, _error: CaptureWriteError) -> None:
        self._failed = True
        if self._settings.on_write_error == "close":
            self._stop.set()


class _Targets:
    """Puts the path of a node's URL before what parties ask for, and brackets around an IPv6 address in its `Host`."""

    def __init__(self, settings: RecordSettings) -> None:
        self._upstreams = {one.mode: one for one in settings.upstreams}
        self._keep_host = settings.keep_host

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        upstream = self._upstreams.get(flow.client_conn.proxy_mode.full_spec)
        if upstream is None or control.is_control(flow):
            return
        flow.request.path = upstream.path_for(flow.request.path)
        if not self._keep_host and ":" in flow.request.host:  # mitmproxy makes the header without them
            flow.request.host_header = urlsplit(url_of(flow.request)).netloc


class _Others:
    """Streams what is not recorded: an event stream never ends, and a download may not fit into memory."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        recorded = self._recorder.http is not None and self._recorder.http.concerns(flow)
        if flow.response is not None and not recorded:
            flow.response.stream = True


class _Trouble:
    """Reports in one line why a session could not be opened."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.unreached = ""
        self.met = asyncio.Event()
        self._explained: set[str] = set()  # clients whose next error is the echo of one that was said

    def server_connect_error(self, data: ServerConnectionHookData) -> None:
        address = Address(*(data.server.address or ("?", 0))[:2])
        self._explain(data.client, f"cannot reach the node at {address}: {data.server.error}; is it running?")

    def tls_failed_server(self, data: TlsData) -> None:
        reason = f"TLS with the node failed: {data.conn.error}; give its authority with --ca FILE, or trust it with --insecure"
        self._explain(data.context.client, reason)

    def tls_failed_client(self, data: TlsData) -> None:
        self._say(f"TLS with a party failed: {data.conn.error}; give a certificate that it trusts with --cert FILE")

    def client_disconnected(self, client: Client) -> None:
        self._explained.discard(client.id)

    def error(self, flow: http.HTTPFlow) -> None:
        if flow.client_conn.id in self._explained:
            self._explained.remove(flow.client_conn.id)
        elif flow.error is not None and not _is_stream(flow.response):  # nobody hears a stream of events to its end
            why = flow.error.msg if flow.client_conn.connected else "its client has left"
            self._say(f"{url_of(flow.request).partition('?')[0]}: {why}")

    def _explain(self, client: Client, reason: str) -> None:
        self._explained.add(client.id)
        self.unreached = self.unreached or reason
        self.met.set()
        self._say(reason)


def _is_stream(response: http.Response | None) -> bool:
    return response is not None and streams(response.headers.get("content-type", ""))


class _Log(logging.Handler):
    """mitmproxy's warnings, a line each; none before `say` is set, while errors are raised and need no log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.say: Say | None = None

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if self.say is not None and not record.getMessage().startswith(EXPLAINED):
            self.say(record.getMessage() + (f" ({error!r})" if error else ""))

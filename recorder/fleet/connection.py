"""A connection to the servers of a stream.

Rule: what goes wrong with a server, a login or a stream is reported in one line that says what to do. Logins come from the
environment, as for the `nats` command: NATS_CREDS, NATS_NKEY, NATS_USER, NATS_PASSWORD, NATS_CA, NATS_CERT, NATS_KEY,
NATS_TOKEN; or a user and a password, or a token, from the URL.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import APIError, NotFoundError, ServiceUnavailableError

from recorder.errors import InputError
from recorder.fleet.address import StreamAddress

CONNECT_TIMEOUT = 5
"""Seconds until an attempt to connect is given up."""

AGAIN = 0.5
"""Seconds between two attempts of a connection that was lost."""

PING = 5
"""Seconds between two pings of the server; after three without an answer the connection counts as lost."""

FOREVER = -1

MADE = "made by `recorder ship`"
"""The description of a stream that `opened` made."""

NOT_ENABLED = 10039
"""The server's error code for an account without JetStream; if no server at all has JetStream, there is no code."""

UNREACHED = (OSError, nats.errors.Error, TimeoutError)
"""The exceptions of a time in which the servers, or a quorum of them, cannot be reached."""

_NUMBER = re.compile(r"\[Errno (\d+)\]")

LOGIN = "put USER:PASSWORD@ into the URL, or set NATS_CREDS, NATS_NKEY or NATS_TOKEN"

Say = Callable[[str], None]


class _Callbacks:
    """What the client reports of its connection.

    Attributes:
        trouble: why servers could not be reached: the latest reasons, as many as there are servers.
        given_up: set when none of them can be reached.
        begun: whether one was reached; from then on the connection is lost, and comes back.
    """

    def __init__(self, client: Client, address: StreamAddress, say: Say, *, patient: bool) -> None:
        self._client, self._address, self._say, self._patient = client, address, say, patient
        self.trouble: deque[Exception] = deque(maxlen=len(address.servers))
        self.given_up = asyncio.Event()
        self.begun = self._forbidden = False

    async def failed(self, error: Exception) -> None:
        if "permissions violation" in str(error):
            if not self._forbidden:  # each message has a subject of its own, and no answer
                self._say(f"{self._address}: {why(error)}")
            self._forbidden = True
        if self.begun:
            return
        if self._patient and not self.trouble:
            self._say(f"{self._address}: {why(error)}; it is tried again until it works")
        self.trouble.append(error)
        if not self._patient and len(self.trouble) == self.trouble.maxlen:
            self.given_up.set()

    async def lost(self) -> None:
        if not self._client.is_closed:
            self._say(f"the connection to {self._address} is lost")

    async def back(self) -> None:
        self._say(f"the connection to {self._address} is back")


@asynccontextmanager
async def connected(
    address: StreamAddress, *, say: Say = lambda _text: None, patient: bool = False
) -> AsyncIterator[Client]:
    """A connection, which is made again whenever it is lost.

    Args:
        address: the address of the stream.
        say: called with one line when the connection is lost, and when it is back; and when it is waited for.
        patient: whether to wait for a server that cannot be reached at the beginning.

    Raises:
        InputError: no server can be reached, or none takes the login.
    """
    client = Client()
    callbacks = _Callbacks(client, address, say, patient=patient)
    connecting = asyncio.ensure_future(
        client.connect(
            [_bare(server) for server in address.servers],
            name="recorder",
            error_cb=callbacks.failed,
            disconnected_cb=callbacks.lost,
            reconnected_cb=callbacks.back,
            connect_timeout=CONNECT_TIMEOUT,
            ping_interval=PING,
            reconnect_time_wait=AGAIN,  # type: ignore[arg-type]  # annotated as int, and slept for
            max_reconnect_attempts=FOREVER,
            **_login(os.environ) | _told(address),
        )
    )
    waiting = asyncio.ensure_future(callbacks.given_up.wait())
    try:
        await asyncio.wait({connecting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            raise InputError(why(callbacks.trouble[-1]), file=str(address))
        try:
            connecting.result()
        except (*UNREACHED, ValueError) as error:
            raise InputError(why(error), file=str(address)) from error
        callbacks.begun = True
        yield client
    finally:
        ending = asyncio.ensure_future(_end(client, connecting, waiting))
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending  # nobody else would close the rest of a client that is half closed
            raise


async def _end(client: Client, *tasks: asyncio.Future[Any]) -> None:
    """Close a connection, after all that may still make one."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with suppress(*UNREACHED):
        await client.close()


async def opened(client: Client, address: StreamAddress, *, make: bool = False) -> JetStreamContext:
    """The stream, if it exists and takes the subjects of parcels.

    Args:
        client: the connection.
        address: the address of the stream.
        make: whether to create the stream if it does not exist: on disk, with the server's limits.

    Raises:
        InputError: it does not exist or cannot be created, the server has no JetStream, or it takes other subjects.
        OSError, nats.errors.Error: the servers cannot be reached now (`UNREACHED`).
    """
    stream = client.jetstream(timeout=CONNECT_TIMEOUT)
    subjects = f"{address.stream}.>"
    try:
        try:
            found = await stream.stream_info(address.stream)
        except NotFoundError:
            if not make:
                raise InputError(
                    "there is no such stream; `recorder ship` makes one, and so does "
                    f"`nats stream add {address.stream} --subjects '{subjects}'`",
                    file=str(address),
                ) from None
            found = await stream.add_stream(StreamConfig(name=address.stream, subjects=[subjects], description=MADE))
    except ServiceUnavailableError as error:
        if error.err_code not in {None, NOT_ENABLED}:
            raise
        raise InputError(
            "this server has no JetStream; start it with `nats-server --jetstream`", file=str(address)
        ) from error
    except APIError as error:
        raise InputError(f"the stream cannot be used: {error.description}", file=str(address)) from error
    if subjects not in (found.config.subjects or []):
        raise InputError(
            f"the stream takes other subjects; give it '{subjects}', or name another stream", file=str(address)
        )
    return stream


def why(error: Exception) -> str:
    """What is wrong, and what to do, in words."""
    text = str(getattr(error, "description", "") or error).removeprefix("nats: ").strip("'")
    if "authorization" in text.lower():
        return f"the login is refused; {LOGIN}"
    if isinstance(error, ConnectionResetError):  # what it said of a login may be lost with the connection
        return f"the server ends the connection; if it wants a login, {LOGIN}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}; set NATS_CA to the file of the server's authority"
    if isinstance(error, TimeoutError):
        return "no answer in time; is the server there?"
    if isinstance(error, OSError):
        found = _NUMBER.search(text)  # asyncio has words of its own, and joins what several addresses say
        return (
            f"cannot connect: {os.strerror(int(found[1])) if found else error.strerror or text}; is the server there?"
        )
    return text


def _bare(server: str) -> str:
    """A URL without its login."""
    scheme, _, rest = server.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _told(address: StreamAddress) -> dict[str, Any]:
    """The login in the URL, which the first server that has one gives for all, as options of the client."""
    for parts in map(urlsplit, address.servers):
        if parts.password is not None:
            return {"user": unquote(parts.username or ""), "password": unquote(parts.password)}
        if parts.username:
            return {"token": unquote(parts.username)}
    return {}


def _login(told: Mapping[str, str]) -> dict[str, Any]:
    """The login in the environment, as options of the client.

    Raises:
        InputError: a file cannot be read.
    """
    found: dict[str, Any] = {}
    for name, option in (("NATS_USER", "user"), ("NATS_PASSWORD", "password"), ("NATS_TOKEN", "token")):
        if value := told.get(name):
            found[option] = value
    for name, option in (("NATS_CREDS", "user_credentials"), ("NATS_NKEY", "nkeys_seed")):
        if value := told.get(name):
            found[option] = str(_file(name, value))
    if told.get("NATS_CA") or told.get("NATS_CERT"):
        try:
            found["tls"] = ssl.create_default_context(cafile=told.get("NATS_CA"))
            if certificate := told.get("NATS_CERT"):
                found["tls"].load_cert_chain(_file("NATS_CERT", certificate), told.get("NATS_KEY"))
        except (OSError, ssl.SSLError) as error:
            raise InputError(f"NATS_CA, NATS_CERT and NATS_KEY: {error}; name PEM files") from error
    return found


def _file(name: str, value: str) -> Path:
    path = Path(value).expanduser()
    if not path.is_file():
        raise InputError(f"{name}: no such file", file=value)
    return path

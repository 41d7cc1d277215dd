"""A client of an HTTP API for JSON, beside the traffic that is played.

Rule: a request is sent once, and answered within its time or not at all; the caller interprets the answer.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from recorder.errors import InputError
from recorder.jsonrpc import value_of
from recorder.server.http import HttpClient

HEADERS = (("content-type", "application/json"), ("accept", "application/json"))


class Api:
    """One API, to be closed; what the profiles know as `Ask`.

    Args:
        url: where it is, as `http://127.0.0.1:3013`; what is asked for stands below its path.
        timeout: seconds that an answer may take.
        tls: how an `https://` one's certificate is verified.
        hint: what to do where none answers, for the message.
    """

    def __init__(self, url: str, timeout: float, tls: ssl.SSLContext, hint: str) -> None:
        self.url = url.rstrip("/")
        self._timeout, self._hint = timeout, hint
        self._path = urlsplit(self.url).path
        self._client = HttpClient(self.url, tls)

    async def __call__(self, method: str, path: str, value: Any = None) -> tuple[int, Any]:
        """The status of an answer, and the JSON value in it; as `Ask` says."""
        body = b"" if value is None else json.dumps(value).encode()
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.request(method, self._path + path, HEADERS, body)
                return answer.status, value_of(await answer.body())
        except TimeoutError as error:
            raise InputError(f"no answer from {self.url}{path} within {self._timeout:g} s; {self._hint}") from error
        except InputError as error:
            raise InputError(f"{error.reason}; {self._hint}") from error

    def close(self) -> None:
        """End its connections."""
        self._client.close()

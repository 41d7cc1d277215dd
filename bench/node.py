"""The node of the benchmark: answers each frame with one of the same size, or sends a burst when it is asked to.

Rule: cheaper than anything that can stand in front of it. It reads frames' lengths and nothing else (an honest echo
would have to unmask), and its answers are made once a size.

    python bench/node.py        prints the port it listens on, and runs until its input ends
"""

from __future__ import annotations

import asyncio
import gc
import sys
from functools import cache
from urllib.parse import parse_qs, urlsplit

import traffic

answer = cache(traffic.answer)


class Node(asyncio.Protocol):
    """One WebSocket; `/burst?frames=N&size=M` answers the first frame with N frames of M bytes, and then closes."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self._data = b""
        self._open = False
        self._burst, self._size = 0, 0
        self._writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self._data:
            data = self._data + data
        if not self._open:
            data = self._handshake(data)
        self._data = self._frames(data) if self._open else data

    def _handshake(self, data: bytes) -> bytes:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            return data
        url = urlsplit(head.split(b" ", 2)[1].decode())
        if url.path == "/burst":
            query = parse_qs(url.query)
            self._burst, self._size = int(query["frames"][0]), int(query["size"][0])
        self.transport.write(traffic.upgraded(head))
        self._open = True
        return rest

    def _frames(self, data: bytes) -> bytes:
        """Answer the complete frames; what is left is the start of the next."""
        answers: list[bytes] = []
        at, end = 0, len(data)
        while at + 6 <= end:
            length, size = data[at + 1] & 0x7F, 6
            if length == 126:
                length, size = int.from_bytes(data[at + 2 : at + 4], "big"), 8
            elif length == 127:
                length, size = int.from_bytes(data[at + 2 : at + 10], "big"), 14
            if at + size + length > end:
                break
            if data[at] == traffic.CLOSE:
                self.transport.write(b"".join(answers) + traffic.close(masked=False))
                self.transport.close()
                return b""
            if self._burst:
                self._pump()
            else:
                answers.append(answer(length))
            at += size + length
        self.transport.write(b"".join(answers))
        return data[at:]

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._pump()

    def _pump(self) -> None:
        while self._burst and self._writable:
            self._burst -= 1
            self.transport.write(answer(self._size))


async def main() -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), over.set)
    server = await loop.create_server(Node, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.freeze()
    gc.disable()
    await over.wait()


if __name__ == "__main__":
    asyncio.run(main())

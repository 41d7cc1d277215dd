"""The servers and clients that are recorded: one row each.

Rule: a row says how to start a server that remembers nothing, how to know that it listens, and what its client runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from installing import HERE, npm_folder, program, python_folder


@dataclass(frozen=True)
class Pairing:
    """A server and a client of it.

    Attributes:
        server: the server's name, for tables.
        client: the name of the client's library, for tables.
        script: the client, in `clients/`.
        start: the server's command, given its port and an empty folder of its own.
        ready: what it prints when it listens; a group `path` is where clients find it.
        words: what the summary of its capture says in the words of its protocol.
    """

    server: str
    client: str
    script: str
    start: Callable[[int, Path], list[str]]
    ready: str
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As files and tests are called."""
        return self.script.partition(".")[0]

    def command(self, folder: Path, *arguments: str) -> list[str]:
        """What runs the client, with a folder where it may put something."""
        script = HERE / "clients" / self.script
        if self.script.endswith(".py"):
            return [python(), str(script), *arguments]
        return [program("node"), str(beside_modules(script, folder)), *arguments]


def beside_modules(script: Path, folder: Path) -> Path:
    """A copy of a script in a folder where Node finds the packages, which it looks for above the script itself."""
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(npm_folder() / "node_modules")
    return Path(shutil.copy(script, folder))


def python() -> str:
    """The Python that has the servers' and clients' packages."""
    return str(python_folder() / "bin" / "python")


def ganache(port: int, _folder: Path) -> list[str]:
    """A chain that begins at genesis with known accounts; its clock is the real one."""
    script = npm_folder() / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
    return [program("node"), str(script), "--wallet.deterministic", "--server.port", str(port)]


def everything(_port: int, _folder: Path) -> list[str]:
    """The MCP project's own example of everything that the protocol has; it takes its port from the environment."""
    package = npm_folder() / "node_modules" / "@modelcontextprotocol" / "server-everything"
    return [program("node"), str(package / "dist" / "index.js"), "streamableHttp"]


def everything_first(_port: int, _folder: Path) -> list[str]:
    """The same over the protocol's first HTTP transport."""
    return [*everything(_port, _folder)[:-1], "sse"]


def aria2(port: int, folder: Path) -> list[str]:
    """A downloader, with something to download."""
    program("aria2c")
    return [python(), str(HERE / "aria2_server.py"), str(port), str(folder)]


def chromium(port: int, folder: Path) -> list[str]:
    """A browser without a window and without a past."""
    alone = ["--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-background-networking"]
    alone += ["--disable-extensions", "--disable-component-extensions-with-background-pages", "--disable-sync"]
    return [program("chromium"), *alone, f"--remote-debugging-port={port}", f"--user-data-dir={folder}", "about:blank"]


def firefox(port: int, folder: Path) -> list[str]:
    """A browser without a window and without a past."""
    alone = ["--headless", "--no-remote", "--profile", str(folder)]
    return [program("firefox-esr"), *alone, f"--remote-debugging-port={port}", "about:blank"]


def language_server(port: int, _folder: Path) -> list[str]:
    """A language server of our own, made of pygls."""
    return [python(), str(HERE / "language_server.py"), str(port)]


def mcp_http_server(port: int, _folder: Path) -> list[str]:
    """A server of our own, made of the Python MCP SDK."""
    return [python(), str(HERE / "mcp_http_server.py"), str(port)]


def mcp_first_http_server(port: int, folder: Path) -> list[str]:
    """The same over the protocol's first HTTP transport."""
    return [*mcp_http_server(port, folder), "first"]


def a2a_server(port: int, _folder: Path) -> list[str]:
    """An agent of our own, made of the A2A SDK."""
    return [python(), str(HERE / "a2a_server.py"), str(port)]


def websockets_server(port: int, folder: Path) -> list[str]:
    """A server of our own, made of rpc-websockets."""
    return [program("node"), str(beside_modules(HERE / "websockets_server.mjs", folder)), str(port)]


ETHEREUM = (ganache, r"RPC Listening on", ("eth_call balanceOf", "eth_subscribe newHeads"))
MCP = (everything, r"listening on port", ("tools/call get-sum", "tools/call no-such-tool"))
MCP_FIRST = (everything_first, r"running on port", MCP[2])
ASKED = ("sampling/createMessage", "notifications/progress 3", "subscriptions/listen")
DEVTOOLS = (
    chromium,
    r"listening on ws://[^/\s]+(?P<path>/\S+)",
    ("Page.lifecycleEvent load", "Runtime.callFunctionOn: throws TypeError: on purpose"),
)

DRIVEN = ("Page.createIsolatedWorld", "Runtime.callFunctionOn: throws TypeError: on purpose")
BIDI = (
    firefox,
    r"WebDriver BiDi listening on ws://",
    ("log.entryAdded info a word", "script.callFunction: throws TypeError: on purpose"),
)

PAIRINGS = [
    Pairing("ganache", "ethers", "ganache_ethers.mjs", *ETHEREUM),
    Pairing("ganache", "viem", "ganache_viem.mjs", *ETHEREUM),
    Pairing("ganache", "viem, ethers", "ganache_polling.mjs", ganache, ETHEREUM[1], ("eth_getTransactionReceipt",)),
    Pairing("server-everything", "mcp (Python)", "everything_python.py", *MCP),
    Pairing("server-everything", "mcp (JavaScript)", "everything_javascript.mjs", *MCP),
    Pairing("mcp (Python)", "mcp (Python)", "asks_python.py", mcp_http_server, r"running on http", ASKED),
    Pairing("server-everything (SSE)", "mcp (JavaScript)", "everything_first_javascript.mjs", *MCP_FIRST),
    Pairing(
        "mcp (Python, SSE)",
        "mcp (Python)",
        "asks_first_python.py",
        mcp_first_http_server,
        r"running on http",
        ASKED[:2],
    ),
    Pairing("a2a", "a2a", "agent_a2a.py", a2a_server, r"running on http", ("calls SendStreamingMessage, message",)),
    Pairing("aria2", "aria2p", "aria2_aria2p.py", aria2, r"IPv4 RPC: listening"),
    Pairing("chromium", "puppeteer", "chromium_puppeteer.mjs", *DEVTOOLS),
    Pairing("chromium", "playwright", "chromium_playwright.mjs", *DEVTOOLS[:2], DRIVEN),
    Pairing("firefox", "puppeteer (BiDi)", "firefox_puppeteer.mjs", *BIDI),
    Pairing("pygls", "pygls", "pygls_pygls.py", language_server, r"starting"),
    Pairing("rpc-websockets", "rpc-websockets", "websockets_websockets.mjs", websockets_server, r"listening"),
]

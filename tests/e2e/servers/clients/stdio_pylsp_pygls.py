"""An editor made of pygls, which starts its language server. Prints what it was told.

Rule: messages stay as they are: lsprotocol cannot read what python-lsp-server says of notebooks.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from pygls.client import JsonRPCClient
from pygls.exceptions import JsonRpcException

FOLDER = Path(tempfile.mkdtemp()).resolve()  # another in each run
URI = (FOLDER / "größe.py").as_uri()
TEXT = 'import os\n\n\ndef größe(a):\n    """Say how large."""\n    return a\n\n\ngröße(1)\n'
DOCUMENT = {"uri": URI}
HERE = {"textDocument": DOCUMENT, "position": {"line": 8, "character": 2}}
CHANGE = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}, "text": ""}


async def main(command: str, *arguments: str) -> None:
    """Open a document, ask several things in flight together, ask for what there is not, and end."""
    client = JsonRPCClient()
    said: dict = {"diagnostics": []}
    diagnosed = asyncio.Event()

    @client.feature("textDocument/publishDiagnostics")
    def published(params) -> None:
        said["diagnostics"] += [one.message for one in params.diagnostics]
        diagnosed.set()

    def ask(method: str, params: dict | None = None):
        return client.protocol.send_request_async(method, params)

    await client.start_io(command, *arguments)
    root = {"processId": os.getpid(), "rootPath": str(FOLDER), "rootUri": FOLDER.as_uri()}
    info = {"name": "an editor", "version": "1.0"}
    begun = await ask("initialize", {**root, "clientInfo": info, "capabilities": {}, "workDoneToken": str(os.getpid())})
    said["server"] = begun.serverInfo.name
    client.protocol.notify("initialized", {})
    document = DOCUMENT | {"languageId": "python", "version": 1, "text": TEXT}
    client.protocol.notify("textDocument/didOpen", {"textDocument": document})
    await diagnosed.wait()
    symbols, hover, definition = await asyncio.gather(
        ask("textDocument/documentSymbol", {"textDocument": DOCUMENT}),
        ask("textDocument/hover", HERE),
        ask("textDocument/definition", HERE),
    )
    said["symbols"] = [one["name"] for one in symbols]
    said["hover"] = "Say how large" in str(hover.contents)
    said["definition"] = [one["range"]["start"]["line"] for one in definition]
    renamed = await ask("textDocument/rename", HERE | {"newName": "size"})
    said["renamed"] = len(renamed.documentChanges)
    diagnosed.clear()
    client.protocol.notify(
        "textDocument/didChange", {"textDocument": DOCUMENT | {"version": 2}, "contentChanges": [CHANGE]}
    )
    completed = await ask(
        "textDocument/completion", {"textDocument": DOCUMENT, "position": {"line": 7, "character": 3}}
    )
    await diagnosed.wait()
    said["completed"] = [one.label for one in completed.items]
    try:
        await ask("no/such/method", {})
    except JsonRpcException as error:
        said["refused"] = error.code
    await ask("shutdown")
    client.protocol.notify("exit")
    await client.stop()
    print(json.dumps(said))


asyncio.run(main(*sys.argv[1:]))

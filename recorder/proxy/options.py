"""What a user of mitmproxy may set of the recording.

Rule: a row in `OPTIONS` for each, with what mitmproxy shows of it; a value is checked before it does anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import mitmproxy.version
from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader

from recorder.model import Header
from recorder.profiles import AUTO, PROFILES
from recorder.settings import OnWriteError, Sync, Way, check_plain, parse_meta
from recorder.sinks.capture_file import CaptureFile, new_header
from recorder.timeline.urls import over_websocket

OPTIONS: tuple[tuple[str, Any, Any, str, Sequence[str] | None], ...] = (
    ("capture", str, "", "Record to this file; empty records nothing.", None),
    ("capture_overwrite", bool, False, "Replace the capture if it exists.", None),
    ("capture_profile", str, AUTO, "The protocol.", [AUTO, *PROFILES]),
    ("capture_sync", str, "timer", "When to force the capture to the disk itself.", get_args(Sync)),
    (
        "capture_on_write_error",
        str,
        "close",
        "What to do when the capture cannot be written.",
        get_args(OnWriteError),
    ),
    (
        "capture_keep_messages",
        int,
        0,
        "How many messages of a session to keep for other addons and views; 0: all.",
        None,
    ),
    ("capture_mask", Sequence[str], [], "Further secrets to mask.", None),
    ("capture_mask_none", bool, False, "Mask no secrets: for captures that stay on your machine.", None),
    ("capture_meta", Sequence[str], [], "key=value pairs for the capture's header.", None),
    (
        "recorder_path",
        str,
        "hooks",
        "How frames are read; with hooks, other addons and mitmweb see them too.",
        get_args(Way),
    ),
)


def declare(loader: Loader) -> None:
    """Have mitmproxy know the options, and take what was set of them already.

    Raises:
        OptionsError: that is wrong.
    """
    for name, kind, default, text, choices in OPTIONS:
        loader.add_option(name, kind, default, text, choices)
    loader.master.options.process_deferred()


def check() -> None:
    """Check the values, which mitmproxy leaves to us.

    Raises:
        OptionsError: one is none.
    """
    for name, _, _, _, choices in OPTIONS:
        if choices and (value := getattr(ctx.options, name)) not in choices:
            raise exceptions.OptionsError(f"{name}: there is no {value!r}; choose from {', '.join(choices)}")
    if ctx.options.capture_keep_messages < 0:
        raise exceptions.OptionsError("capture_keep_messages: write a number, or 0 for all")


def new_capture(upstreams: Sequence[str] = ()) -> tuple[CaptureFile, Header]:
    """The capture that the options ask for.

    Args:
        upstreams: the nodes as somebody has named them; else mitmproxy's modes tell, which know no WebSockets.

    Raises:
        InputError: it cannot be written as they say.
    """
    path = Path(ctx.options.capture).expanduser()
    check_plain(path)
    header = new_header(
        mitmproxy=mitmproxy.version.VERSION,
        started=time.time_ns(),
        profile=ctx.options.capture_profile,
        upstreams=list(upstreams) or [_upstream(mode) for mode in ctx.options.mode],
        meta=parse_meta(ctx.options.capture_meta, "capture_meta"),
    )
    overwrite, sync = ctx.options.capture_overwrite, ctx.options.capture_sync == "frame"
    option = "--overwrite" if upstreams else "capture_overwrite"
    return CaptureFile(path, header, overwrite=overwrite, sync=sync, option=option), header


def _upstream(mode: str) -> str:
    """The node of a mode specification (`reverse:http://127.0.0.1:3014@4014`), as its parties know it."""
    return over_websocket(mode.removeprefix("reverse:").partition("@")[0])

"""Looks in a published capture for what must not stand there."""

import re

from recorder.capture import dump
from recorder.errors import DecodeError
from recorder.jsonrpc import json_text
from recorder.model import Opened
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.anonymous import STRANGER, seed_for
from recorder.profiles.aeternity.protocol import ENCODED_TEXT
from recorder.timeline import urls

KEY_SIZE = 32
CONTENTS = ("tx", "cb", "cv", "pi", "ss", "cs")


def keys_of(script):
    """The keys of a published capture's accounts, which follow from names."""
    names = {*script.parties.values(), STRANGER}
    seeds = {seed_for(name, number) for name in names for number in range(1, 40)}
    known = {chain.account_of(seed): seed for seed in seeds}
    return {account: known[account] for account in script.accounts}


def encoded(events):
    """Every encoded text in events, with its bytes."""
    found = {}
    for text in ENCODED_TEXT.findall("\n".join(dump(event).decode() for event in events)):
        try:
            found[text] = chain.decode_text(text)[1]
        except DecodeError:
            continue
    return found


def ids(events):
    """The keys, ids and hashes of events, those inside of transactions and of trees too, as bytes."""
    found = {data for text, data in encoded(events).items() if text[:2] not in CONTENTS}
    for text in encoded(events):
        if text[:2] in CONTENTS:
            try:
                inside = json_text(chain.decode(text).value)
            except DecodeError:
                continue
            found |= {chain.decode_text(one)[1] for one in ENCODED_TEXT.findall(inside) if _reads(one)}
    return {data for data in found if len(data) == KEY_SIZE}


def _reads(text):
    try:
        return bool(chain.decode_text(text))
    except DecodeError:
        return False


def hosts(events):
    """The hosts that sessions name."""
    opened = [event.url for event in events if isinstance(event, Opened)]
    named = {urls.parts(url).hostname or "" for url in opened} | {urls.query(url).get("host", "") for url in opened}
    return named - {""}


def leaks(before, after):
    """What of a capture's events stands in those of the published one: as text, as digits, inside of encoded texts."""
    text = "\n".join(dump(event).decode() for event in after)
    inside = b"|".join(encoded(after).values())
    found = [host for host in hosts(before) if re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", text)]
    found += [data.hex() for data in ids(before) if data in inside or data.hex() in text]
    return found

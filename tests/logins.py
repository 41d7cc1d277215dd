"""Logins of NATS for tests: keys, and an operator with an account and a user, whose tokens servers verify alone."""

from __future__ import annotations

import base64
import json
import os
import time

import nkeys

PREFIXES = {
    "operator": nkeys.PREFIX_BYTE_OPERATOR,
    "account": nkeys.PREFIX_BYTE_ACCOUNT,
    "user": nkeys.PREFIX_BYTE_USER,
}
NO_STREAMS = {
    **dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1),
    "wildcards": True,
}
NO_LIMITS = NO_STREAMS | dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)


def key(kind):
    """A new key; of a user, account or operator."""
    return nkeys.from_seed(nkeys.encode_seed(os.urandom(32), PREFIXES[kind]))


def public(one):
    """Its public half, as text."""
    return one.public_key.decode()


def _text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _token(subject, issuer, kind, **claims):
    head = _text(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode())
    said = {
        "jti": "1",
        "iat": int(time.time()),
        "iss": public(issuer),
        "sub": public(subject),
        "name": kind,
        "nats": {"type": kind, "version": 2} | claims,
    }
    signed = f"{head}.{_text(json.dumps(said).encode())}"
    return f"{signed}.{_text(issuer.sign(signed.encode()))}"


def operated():
    """A server's options, under an operator, and what is in the file of credentials of a user."""
    operator, account, system, user = key("operator"), key("account"), key("account"), key("user")
    tokens = {
        public(account): _token(account, operator, "account", limits=NO_LIMITS),
        public(system): _token(system, operator, "account", limits=NO_STREAMS),
    }
    rights = {"pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1}
    options = (
        f"operator: {_token(operator, operator, 'operator')}\nsystem_account: {public(system)}\nresolver: MEMORY\n"
        f"resolver_preload: {{ {', '.join(f'{name}: {token}' for name, token in tokens.items())} }}\n"
    )
    credentials = (
        f"-----BEGIN NATS USER JWT-----\n{_token(user, account, 'user', **rights)}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )
    return options, credentials

"""What one decision costs by itself: with a key policy of ten statements and a principal policy."""

import os
from datetime import UTC, datetime
from timeit import repeat

from bench_parts.rows import Row
from bench_parts.token_loops import bare_rate
from bench_parts.unary import CONTEXT

from strongroom.server.authorization import Asked, Authorizer
from strongroom.server.config import load_settings
from strongroom.server.core.callers import Caller
from strongroom.server.core.condition_fields import RequestKeys
from strongroom.server.core.grant_tokens import IssuedGrantTokens
from strongroom.server.deployment import open_store
from strongroom.server.keyring import KeyCache, KeyGrants, KeySnapshot, PrincipalPolicies
from strongroom.server.operations.encryption import ENCRYPT
from strongroom.server.recording import realm_of
from strongroom.v1 import encryption_pb2 as messages
from tests.support.deployments import Deployment

BUDGET = 0.30
"""Of an encryption by python-pkcs11 alone with a handle at hand: it takes 33 µs, a decision at most 10."""
_CALLS, _TIMES = 100, 200


def measure(deployment: Deployment, key_id: str, principal: str) -> Row:
    """The time of a decision about Encrypt with nothing looked up before, at best: no other work in it."""
    settings = load_settings(deployment.config)
    store = open_store(settings)
    try:
        principals, grants = PrincipalPolicies(store.principals), KeyGrants(store.grants)
        keys = KeyCache(store, store.feed(), realm_of(settings), principals, grants)
        authorizer = Authorizer(principals, grants, IssuedGrantTokens(store.secret("grant tokens")))
        key = keys.get(key_id)
        assert key is not None
        caller = Caller(principal, key.account_id, "bench")
        request = messages.EncryptRequest(key_id=key_id, plaintext=os.urandom(64), encryption_context=CONTEXT)
        given = ENCRYPT.request_keys[""]

        def decide() -> None:
            authorizer.authorize_key(_asked(caller, key, request, given), "Encrypt", key)

        decide()
        cost_us = min(repeat(decide, number=_CALLS, repeat=_TIMES)) / _CALLS * 1e6
    finally:
        store.close()
    call_us = 1e6 / bare_rate(deployment, "encrypt", 1, 1.0)
    name = "a decision, ten statements (against a bare encryption)"
    return Row(name, cost_us, "µs", cost_us / call_us, BUDGET, is_ceiling=True)


def _asked(caller: Caller, key: KeySnapshot, request: messages.EncryptRequest, given: RequestKeys) -> Asked:
    return Asked(
        caller=caller,
        source="ipv4:127.0.0.1:4242",
        now=lambda: datetime.now(UTC),
        request=request,
        keys=given,
        known={},
        key=key,
        named_by=request.key_id,
    )

"""Policies of the store, compiled; those with one text, as the default policy, are one object."""

from collections.abc import Callable
from functools import lru_cache

import structlog

from strongroom.server.core.errors import KmsError
from strongroom.server.core.policies import NO_POLICY, Policy, parse_key_policy, parse_principal_policy

_MAX_REMEMBERED = 1024

_log = structlog.get_logger("strongroom.policies")


@lru_cache(_MAX_REMEMBERED)
def compiled_key_policy(text: str) -> Policy:
    """The policy of a key."""
    return _compiled(parse_key_policy, text)


@lru_cache(_MAX_REMEMBERED)
def compiled_principal_policy(text: str) -> Policy:
    """A policy of a principal."""
    return _compiled(parse_principal_policy, text)


def _compiled(parse: Callable[[str], Policy], text: str) -> Policy:
    """One that can't be read allows nothing, and denies everything: what it denied nobody knows."""
    try:
        return parse(text)
    except KmsError as error:
        _log.error("a policy of the store can't be read; it denies everything", reason=error.message)
        return NO_POLICY

"""Policies of the store, compiled, and remembered by their texts: many keys have the same.

A compiled policy takes up to forty times the room of its text, so what is remembered is bounded by that.
"""

from collections.abc import Callable
from threading import Lock

import structlog

from strongroom.server.core.errors import KmsError
from strongroom.server.core.policies import NO_POLICY, Policy, parse_key_policy, parse_principal_policy

MOST_CHARACTERS = 1024 * 1024

_log = structlog.get_logger("strongroom.policies")


class CompiledPolicies:
    """Compiles policies, and remembers those that were asked for lately; thread-safe.

    Args:
        parse: compiles a text.
        most: how many characters the texts have that are remembered, at least; it may be twice as many.
    """

    def __init__(self, parse: Callable[[str], Policy], most: int = MOST_CHARACTERS) -> None:
        self._parse = parse
        self._most = most
        self._lock = Lock()
        self._characters = 0
        self._recent: dict[str, Policy] = {}
        self._older: dict[str, Policy] = {}

    def __call__(self, text: str) -> Policy:
        """The policy of a text. One that can't be read denies everything: what it denied nobody knows."""
        known = self._recent.get(text)
        if known is not None:
            return known
        known = self._older.get(text)
        return self._remembered(text, self._compiled(text) if known is None else known)

    def _remembered(self, text: str, policy: Policy) -> Policy:
        with self._lock:
            if text not in self._recent:
                self._recent[text] = policy
                self._characters += len(text)
            if self._characters > self._most:
                self._older, self._recent, self._characters = self._recent, {}, 0
        return policy

    def _compiled(self, text: str) -> Policy:
        try:
            return self._parse(text)
        except KmsError as error:
            _log.error("a policy of the store can't be read; it denies everything", reason=error.message)
            return NO_POLICY


compiled_key_policy = CompiledPolicies(parse_key_policy)
"""Gives the policy of a key by its text."""

compiled_principal_policy = CompiledPolicies(parse_principal_policy)
"""Gives a policy of a principal by its text."""

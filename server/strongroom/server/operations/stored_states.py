"""What the store says when a key changed between the check and the transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from strongroom.server.core import key_states, names
from strongroom.server.core.errors import KmsError, NotFound
from strongroom.server.keyring import KeySnapshot
from strongroom.server.store import DELETING, NoSuchKey, NotInState

EDITABLE_STORED = frozenset(names.KEY_STATES[state] for state in key_states.EDITABLE)
"""The stored states in which description, tags and aliases may change."""

GRANTABLE_STORED = frozenset(names.KEY_STATES[state] for state in key_states.GRANTABLE)
"""The stored states in which a grant may be made."""

ANY_STORED = frozenset(names.KEY_STATES.values())
"""The stored states in which the policy may change: all but the last moments of a deletion."""


@contextmanager
def as_stored(
    key: KeySnapshot, refusal: Callable[[int, str], KmsError] = key_states.refusal
) -> Iterator[None]:
    """Words the store's refusals: the key changed between the check and the transaction."""
    try:
        yield
    except NotInState as error:
        if error.state == DELETING:
            raise key_states.being_deleted(key.arn) from None
        raise refusal(names.number_of(names.KEY_STATES, error.state), key.arn) from None
    except NoSuchKey:
        raise NotFound(f"Key '{key.arn}' does not exist", metadata={"keyId": key.arn}) from None

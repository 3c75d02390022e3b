"""Which states allow what, and how each refuses.

Source: AWS KMS developer guide, "Key states of AWS KMS keys".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.server.core import names
from strongroom.server.core.errors import KeyDisabled, KeyStateInvalid, KmsError
from strongroom.v1 import resources_pb2 as v1

ENABLED = v1.KEY_STATE_ENABLED
DISABLED = v1.KEY_STATE_DISABLED

ANY = frozenset(names.KEY_STATES)
"""Operations on metadata that work in every state."""

USABLE = frozenset({v1.KEY_STATE_ENABLED, v1.KEY_STATE_UPDATING})
"""Cryptographic operations."""

EDITABLE = ANY - {v1.KEY_STATE_PENDING_DELETION, v1.KEY_STATE_PENDING_REPLICA_DELETION}
"""Changes of description and tags."""

GRANTABLE = USABLE | {v1.KEY_STATE_UNAVAILABLE}
"""CreateGrant."""

SCHEDULABLE = ANY - {
    v1.KEY_STATE_PENDING_DELETION,
    v1.KEY_STATE_PENDING_REPLICA_DELETION,
    v1.KEY_STATE_UPDATING,
}
"""ScheduleKeyDeletion."""

CANCELLABLE = frozenset({v1.KEY_STATE_PENDING_DELETION, v1.KEY_STATE_PENDING_REPLICA_DELETION})
"""CancelKeyDeletion."""

ROTATABLE = frozenset(
    {v1.KEY_STATE_ENABLED, v1.KEY_STATE_UNAVAILABLE, v1.KEY_STATE_UPDATING, v1.KEY_STATE_PENDING_IMPORT}
)
"""EnableKeyRotation and DisableKeyRotation; a key that is pending import is refused for its origin."""

ROTATABLE_NOW = frozenset({v1.KEY_STATE_ENABLED})
"""RotateKeyOnDemand."""

SWITCHABLE = frozenset({v1.KEY_STATE_ENABLED, v1.KEY_STATE_DISABLED, v1.KEY_STATE_UNAVAILABLE})
"""EnableKey and DisableKey."""

IMPORTABLE = SWITCHABLE | {v1.KEY_STATE_PENDING_IMPORT}
"""GetParametersForImport and ImportKeyMaterial, which bring an unavailable key its lost material back."""

DELETABLE_MATERIAL = IMPORTABLE | CANCELLABLE
"""DeleteImportedKeyMaterial."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    error: type[KmsError]
    phrase: str


_REFUSALS: Mapping[int, _Refusal] = {
    v1.KEY_STATE_CREATING: _Refusal(KeyStateInvalid, "is creating."),
    v1.KEY_STATE_ENABLED: _Refusal(KeyStateInvalid, "is enabled."),
    v1.KEY_STATE_DISABLED: _Refusal(KeyDisabled, "is disabled."),
    v1.KEY_STATE_PENDING_IMPORT: _Refusal(KeyStateInvalid, "is pending import."),
    v1.KEY_STATE_PENDING_DELETION: _Refusal(KeyStateInvalid, "is pending deletion."),
    v1.KEY_STATE_PENDING_REPLICA_DELETION: _Refusal(KeyStateInvalid, "is pending replica deletion."),
    v1.KEY_STATE_UNAVAILABLE: _Refusal(KeyStateInvalid, "is unavailable."),
    v1.KEY_STATE_UPDATING: _Refusal(KeyStateInvalid, "is updating."),
}


def refusal(state: int, arn: str) -> KmsError:
    """The error of an operation that this state doesn't allow."""
    row = _REFUSALS[state]
    return row.error(f"{arn} {row.phrase}", metadata={"keyId": arn, "keyState": names.KEY_STATES[state]})


def not_pending_deletion(state: int, arn: str) -> KmsError:
    """The error of CancelKeyDeletion in every other state."""
    return KeyStateInvalid(
        f"{arn} is not pending deletion.", metadata={"keyId": arn, "keyState": names.KEY_STATES[state]}
    )


def being_deleted(arn: str) -> KmsError:
    """The error of any change of a key whose materials are being destroyed."""
    return KeyStateInvalid(f"{arn} is being deleted.", metadata={"keyId": arn, "keyState": "PendingDeletion"})

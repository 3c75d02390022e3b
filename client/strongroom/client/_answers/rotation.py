"""The answers about rotation."""

from strongroom.client import names
from strongroom.client._answers.times import time_if_given, time_of
from strongroom.client.results import RotationEntry, RotationPage, RotationStatus
from strongroom.v1 import rotation_pb2 as messages


def rotation_status(message: messages.GetKeyRotationStatusResponse) -> RotationStatus:
    """Whether and when a key rotates."""
    is_enabled = message.key_rotation_enabled
    return RotationStatus(
        key_id=message.key_id,
        key_rotation_enabled=is_enabled,
        rotation_period_in_days=message.rotation_period_in_days if is_enabled else None,
        next_rotation_date=time_of(message.next_rotation_date) if is_enabled else None,
    )


def rotation_page(message: messages.ListKeyRotationsResponse) -> RotationPage:
    """A page of materials."""
    return RotationPage(tuple(map(_entry, message.rotations)), message.next_marker)


def _entry(message: messages.RotationsListEntry) -> RotationEntry:
    is_rotated = message.HasField("rotation_date")
    return RotationEntry(
        key_material_id=message.key_material_id,
        key_material_state=names.KEY_MATERIAL_STATES.name(message.key_material_state),
        rotation_date=time_of(message.rotation_date) if is_rotated else None,
        rotation_type=names.ROTATION_TYPES.name(message.rotation_type) if is_rotated else None,
        import_state=names.IMPORT_STATES.name_if_given(message.import_state),
        key_material_description=message.key_material_description or None,
        expiration_model=names.EXPIRATION_MODELS.name_if_given(message.expiration_model),
        valid_to=time_if_given(message, "valid_to"),
    )

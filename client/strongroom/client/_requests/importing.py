"""The requests about imported key material."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from strongroom.client import names
from strongroom.v1 import importing_pb2 as messages
from strongroom.v1 import resources_pb2 as v1


def get_parameters_for_import(
    key_id: str, wrapping_algorithm: str, wrapping_key_spec: str
) -> messages.GetParametersForImportRequest:
    """The request of GetParametersForImport; ValueError for names that don't exist."""
    return messages.GetParametersForImportRequest(
        key_id=key_id,
        wrapping_algorithm=names.WRAPPING_ALGORITHMS.number(wrapping_algorithm),
        wrapping_key_spec=names.WRAPPING_KEY_SPECS.number(wrapping_key_spec),
    )


def import_key_material(
    key_id: str,
    import_token: bytes,
    encrypted_key_material: bytes,
    *,
    valid_to: datetime | None,
    import_type: str | None,
    key_material_description: str,
    key_material_id: str,
) -> messages.ImportKeyMaterialRequest:
    """The request of ImportKeyMaterial; ValueError for a time without a zone."""
    model = v1.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE
    request = messages.ImportKeyMaterialRequest(
        key_id=key_id,
        import_token=import_token,
        encrypted_key_material=encrypted_key_material,
        import_type=names.IMPORT_TYPES.number_if_given(import_type),
        key_material_description=key_material_description,
        key_material_id=key_material_id,
    )
    if valid_to is not None:
        if valid_to.tzinfo is None:
            raise ValueError("valid_to needs a time zone.")
        model = v1.EXPIRATION_MODEL_KEY_MATERIAL_EXPIRES
        moment = Timestamp()
        moment.FromDatetime(valid_to)
        request.valid_to.CopyFrom(moment)
    request.expiration_model = model
    return request

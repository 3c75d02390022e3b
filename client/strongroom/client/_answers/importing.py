"""The answers about imported key material."""

from strongroom.client._answers.times import time_of
from strongroom.client.results import ImportParameters, KeyMaterial
from strongroom.v1 import importing_pb2 as messages


def import_parameters(message: messages.GetParametersForImportResponse) -> ImportParameters:
    """What material is wrapped under."""
    return ImportParameters(
        message.key_id, message.import_token, message.public_key, time_of(message.parameters_valid_to)
    )


def key_material(
    message: messages.ImportKeyMaterialResponse | messages.DeleteImportedKeyMaterialResponse,
) -> KeyMaterial:
    """What was imported or deleted."""
    return KeyMaterial(message.key_id, message.key_material_id)

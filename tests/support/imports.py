"""Importing key material, as its owner would."""

from typing import Any

from strongroom.client import Client, ImportParameters
from tests.support.wrapping import wrap

OAEP = "RSAES_OAEP_SHA_256"
TWO_STEPS = "RSA_AES_KEY_WRAP_SHA_256"


def external(client: Client, key_spec: str = "SYMMETRIC_DEFAULT", key_usage: str | None = None) -> str:
    """A key without material."""
    return client.create_key(key_spec=key_spec, key_usage=key_usage, origin="EXTERNAL").key_id


def parameters(client: Client, key_id: str, algorithm: str = OAEP) -> ImportParameters:
    """What material for a key is wrapped under."""
    return client.get_parameters_for_import(
        key_id, wrapping_algorithm=algorithm, wrapping_key_spec="RSA_2048"
    )


def bring(client: Client, key_id: str, material: bytes, algorithm: str = OAEP, **more: Any) -> str:
    """Imports material; gives its id."""
    found = parameters(client, key_id, algorithm)
    wrapped = wrap(found.public_key, algorithm, material)
    return client.import_key_material(key_id, found.import_token, wrapped, **more).key_material_id


def key_state(client: Client, key_id: str) -> str:
    """The state that callers see."""
    return client.describe_key(key_id).key_state

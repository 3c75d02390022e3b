"""GetParametersForImport, ImportKeyMaterial and DeleteImportedKeyMaterial."""

from dataclasses import replace
from datetime import datetime, timedelta

from strongroom.hsm import KeyKind, KeyPurpose, WrappingAlgorithm
from strongroom.server.core import import_rules, key_states, names
from strongroom.server.core.errors import ValidationFailed
from strongroom.server.core.fields import Blob, Instant, Request, Text
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations import key_checks
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, KeyUse, Lane, Operation
from strongroom.server.operations.import_wording import worded
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.material_importing import Destination
from strongroom.server.operations.parts import Parts
from strongroom.server.store import ImportParameters, NewImport, WrongMaterial
from strongroom.v1 import importing_pb2 as messages
from strongroom.v1 import resources_pb2 as v1

MOST_DAYS = 365
"""How far ahead imported material may expire."""

_SERVICE = "strongroom.v1.KeyService"
_SYMMETRIC = v1.KEY_SPEC_SYMMETRIC_DEFAULT
_EXPIRES = v1.EXPIRATION_MODEL_KEY_MATERIAL_EXPIRES
_DOES_NOT_EXPIRE = v1.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE
_VALID_TO = Instant("valid_to")
_MATERIAL_ID = Text("key_material_id", 0, 64, "[a-f0-9]{64}")
_ASKABLE = key_states.IMPORTABLE
_TAKING = _ASKABLE | {v1.KEY_STATE_UPDATING}
_KWP_BYTES = 8  # what AES key wrap with padding adds, and a multiple of which it gives (RFC 5649 §4.1)


def _get_parameters(parts: Parts, call: Call) -> messages.GetParametersForImportResponse:
    request, key = call.request, call.targets[0].key
    import_rules.check_wrapping(key.spec, request.wrapping_algorithm, request.wrapping_key_spec)
    algorithm = WrappingAlgorithm(names.WRAPPING_ALGORITHMS[request.wrapping_algorithm])
    wrapping_kind = KeyKind(names.WRAPPING_KEY_SPECS[request.wrapping_key_spec])
    with worded(key):
        made = parts.importer.parameters(_destination(key, _ASKABLE), algorithm, wrapping_kind)
    response = messages.GetParametersForImportResponse(
        key_id=key.arn, import_token=made.token, public_key=made.public_key
    )
    response.parameters_valid_to.FromDatetime(made.valid_to)
    return response


def _import_key_material(parts: Parts, call: Call) -> messages.ImportKeyMaterialResponse:
    request, key = call.request, call.targets[0].key
    now = parts.clock()
    expires_at = _expiry(request, now)
    parameters = parts.importer.opened(request.import_token, key.key_id, now)
    _check_length(request.encrypted_key_material, parameters)
    new = NewImport(
        pair_id=parameters.material_id,
        import_type=names.IMPORT_TYPES.get(request.import_type),
        rotates=key.spec == _SYMMETRIC,
        expires_at=expires_at,
        description=request.key_material_description,
    )
    to = _destination(key, _TAKING)
    with worded(key):
        name = parts.importer.name_of(to, parameters, request.encrypted_key_material)
        if request.key_material_id not in {"", name}:
            raise WrongMaterial("It isn't the material that keyMaterialId names.")
        parts.importer.bring(to, parameters, request.encrypted_key_material, name, new)
    return messages.ImportKeyMaterialResponse(
        key_id=key.arn, key_material_id=name if key.spec == _SYMMETRIC else ""
    )


def _delete_imported_key_material(parts: Parts, call: Call) -> messages.DeleteImportedKeyMaterialResponse:
    key = call.targets[0].key
    name = call.request.key_material_id or _current_name(key)
    with worded(key):
        parts.importer.delete(key.key_id, name or None)
    return messages.DeleteImportedKeyMaterialResponse(
        key_id=key.arn, key_material_id=name if key.spec == _SYMMETRIC else ""
    )


def _current_name(key: KeySnapshot) -> str:
    return key.current_material.kms_material_id if key.current_material else ""


def _destination(key: KeySnapshot, states: frozenset[int]) -> Destination:
    kind, purpose = KeyKind(names.KEY_SPECS[key.spec]), KeyPurpose(names.KEY_USAGES[key.usage])
    stored = frozenset(names.KEY_STATES[state] for state in states)
    return Destination(key.key_id, kind, purpose, stored)


def _expiry(request: Request, now: datetime) -> datetime | None:
    """When the material is to be deleted.

    Raises:
        ValidationFailed: that is over, or too far ahead.
    """
    at = _VALID_TO.value(request)
    if at is None:
        return None
    if at <= now:
        raise ValidationFailed("The validTo date must be in the future.")
    if at > now + timedelta(days=MOST_DAYS):
        raise ValidationFailed(f"The validTo date must be at most {MOST_DAYS} days ahead.")
    return at


def _check_length(data: bytes, parameters: ImportParameters) -> None:
    """Returns if wrapped material can be so long.

    Raises:
        ValidationFailed: its algorithm never gives so many bytes.
    """
    modulus = int(parameters.wrapping_key_spec.removeprefix("RSA_")) // 8
    rest = len(data) - modulus
    if WrappingAlgorithm(parameters.wrapping_algorithm).has_two_steps:
        fits = rest >= 2 * _KWP_BYTES and rest % _KWP_BYTES == 0
    else:
        fits = rest == 0
    if not fits:
        raise ValidationFailed(
            f"encryptedKeyMaterial has {len(data)} bytes: never what {parameters.wrapping_algorithm} gives "
            f"with {parameters.wrapping_key_spec}, which the import token is for."
        )


def _check_expiration(request: Request) -> None:
    model = request.expiration_model or _EXPIRES
    if model == _EXPIRES and not request.HasField("valid_to"):
        raise ValidationFailed("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
    if model == _DOES_NOT_EXPIRE and request.HasField("valid_to"):
        raise ValidationFailed(
            "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"
        )
    if request.key_material_id and request.import_type == v1.IMPORT_TYPE_NEW_KEY_MATERIAL:
        raise ValidationFailed("KeyMaterialId can only be given with the ImportType EXISTING_KEY_MATERIAL.")


def _external(action: str, states: frozenset[int], *checks: key_checks.Check) -> KeyUse:
    """A key of origin EXTERNAL: of others even the state doesn't matter."""
    return replace(managed(action, states), first_checks=(key_checks.is_external,), checks=checks)


GET_PARAMETERS_FOR_IMPORT = Operation(
    name="GetParametersForImport",
    service=_SERVICE,
    request=messages.GetParametersForImportRequest,
    response=messages.GetParametersForImportResponse,
    fields=(
        fields.KEY_ID,
        fields.choice("wrapping_algorithm", "WrappingAlgorithm", required=True),
        fields.choice("wrapping_key_spec", "WrappingKeySpec", required=True),
    ),
    uses=(_external("GetParametersForImport", _ASKABLE),),
    is_read_only=False,
    lane=lambda _request: Lane.RSA_PAIRS,  # making one takes seconds, which creations don't wait for
    run=_get_parameters,
)

IMPORT_KEY_MATERIAL = Operation(
    name="ImportKeyMaterial",
    service=_SERVICE,
    request=messages.ImportKeyMaterialRequest,
    response=messages.ImportKeyMaterialResponse,
    fields=(
        fields.KEY_ID,
        Blob("import_token", 1, fields.MAX_BLOB_BYTES),
        Blob("encrypted_key_material", 1, fields.MAX_BLOB_BYTES),
        fields.choice("expiration_model", "ExpirationModel", _EXPIRES),
        _VALID_TO,
        fields.choice("import_type", "ImportType"),
        Text("key_material_description", 0, 256, r"[a-zA-Z0-9:/_\s.-]+"),
        _MATERIAL_ID,
    ),
    rules=(_check_expiration,),
    uses=(
        _external(
            "ImportKeyMaterial",
            _TAKING,
            key_checks.symmetric_only("import_type", "key_material_description", "key_material_id"),
        ),
    ),
    is_read_only=False,
    lane=lambda _request: Lane.KEYS,
    run=_import_key_material,
    response_elements=lambda response: {"keyMaterialId": response.key_material_id},
)

DELETE_IMPORTED_KEY_MATERIAL = Operation(
    name="DeleteImportedKeyMaterial",
    service=_SERVICE,
    request=messages.DeleteImportedKeyMaterialRequest,
    response=messages.DeleteImportedKeyMaterialResponse,
    fields=(fields.KEY_ID, _MATERIAL_ID),
    uses=(
        _external(
            "DeleteImportedKeyMaterial",
            key_states.DELETABLE_MATERIAL,
            key_checks.symmetric_only("key_material_id"),
        ),
    ),
    is_read_only=False,
    run=_delete_imported_key_material,
    response_elements=lambda response: {"keyMaterialId": response.key_material_id},
)

OPERATIONS = (GET_PARAMETERS_FOR_IMPORT, IMPORT_KEY_MATERIAL, DELETE_IMPORTED_KEY_MATERIAL)

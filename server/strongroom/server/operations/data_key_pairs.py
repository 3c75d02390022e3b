"""GenerateDataKeyPair and GenerateDataKeyPairWithoutPlaintext."""

from strongroom.hsm import DATA_KEY_PAIRS, KeyKind, KeyPair
from strongroom.server.core import names
from strongroom.server.core.errors import UnsupportedOperation
from strongroom.server.core.fields import Request
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Lane, Operation, Target
from strongroom.server.operations.key_uses import sealing
from strongroom.server.operations.material_use import Steps
from strongroom.server.operations.parts import Parts
from strongroom.v1 import key_pairs_pb2 as messages
from strongroom.v1 import resources_pb2 as v1

_SERVICE = "strongroom.v1.CryptoService"
_RSA_SPECS = frozenset(
    {v1.DATA_KEY_PAIR_SPEC_RSA_2048, v1.DATA_KEY_PAIR_SPEC_RSA_3072, v1.DATA_KEY_PAIR_SPEC_RSA_4096}
)


def _generate_data_key_pair(parts: Parts, call: Call) -> Steps[messages.GenerateDataKeyPairResponse]:
    request, key = call.request, call.targets[0].key
    pair, blob = yield from _new_pair(parts, call)
    return messages.GenerateDataKeyPairResponse(
        private_key_ciphertext_blob=blob,
        private_key_plaintext=pair.private_key,
        public_key=pair.public_key,
        key_id=key.arn,
        key_pair_spec=request.key_pair_spec,
        key_material_id=key.current.kms_material_id,
    )


def _generate_data_key_pair_without_plaintext(
    parts: Parts, call: Call
) -> Steps[messages.GenerateDataKeyPairWithoutPlaintextResponse]:
    request, key = call.request, call.targets[0].key
    pair, blob = yield from _new_pair(parts, call)
    return messages.GenerateDataKeyPairWithoutPlaintextResponse(
        private_key_ciphertext_blob=blob,
        public_key=pair.public_key,
        key_id=key.arn,
        key_pair_spec=request.key_pair_spec,
        key_material_id=key.current.kms_material_id,
    )


def _new_pair(parts: Parts, call: Call) -> Steps[tuple[KeyPair, bytes]]:
    request = call.request
    pair = parts.token.generate_data_key_pair(_kind(request))
    blob = yield from parts.cipher.seal(call.targets[0].key, pair.private_key, request.encryption_context)
    return pair, blob


def _can_be_made(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """The token makes such pairs, and lets their private keys be read."""
    missing = parts.token.capabilities.missing(DATA_KEY_PAIRS[_kind(request)])
    if missing:
        name = names.DATA_KEY_PAIR_SPECS[request.key_pair_spec]
        raise UnsupportedOperation(
            f"This deployment can't make data key pairs of {name}: {missing}.", metadata={"keyPairSpec": name}
        )


def _kind(request: Request) -> KeyKind:
    return KeyKind(names.DATA_KEY_PAIR_SPECS[request.key_pair_spec])


def _lane(request: Request) -> Lane:
    is_slow = request.key_pair_spec in _RSA_SPECS and not request.dry_run
    return Lane.RSA_PAIRS if is_slow else Lane.COMMON


_FIELDS = (
    fields.KEY_ID,
    fields.choice("key_pair_spec", "DataKeyPairSpec", required=True),
    fields.ENCRYPTION_CONTEXT,
    fields.GRANT_TOKENS,
    fields.DRY_RUN,
)

GENERATE_DATA_KEY_PAIR = Operation(
    name="GenerateDataKeyPair",
    service=_SERVICE,
    request=messages.GenerateDataKeyPairRequest,
    response=messages.GenerateDataKeyPairResponse,
    fields=(fields.RECIPIENT, *_FIELDS),
    uses=(sealing("GenerateDataKeyPair", _can_be_made),),
    conditions=fields.SYMMETRIC_ONLY,
    lane=_lane,
    is_usage=True,
    run=_generate_data_key_pair,
)

GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT = Operation(
    name="GenerateDataKeyPairWithoutPlaintext",
    service=_SERVICE,
    request=messages.GenerateDataKeyPairWithoutPlaintextRequest,
    response=messages.GenerateDataKeyPairWithoutPlaintextResponse,
    fields=_FIELDS,
    uses=(sealing("GenerateDataKeyPairWithoutPlaintext", _can_be_made),),
    conditions=fields.SYMMETRIC_ONLY,
    lane=_lane,
    is_usage=True,
    run=_generate_data_key_pair_without_plaintext,
)

OPERATIONS = (GENERATE_DATA_KEY_PAIR, GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT)

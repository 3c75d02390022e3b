"""GenerateMac and VerifyMac."""

from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import using
from strongroom.server.operations.material_use import Steps
from strongroom.server.operations.parts import Parts
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import signing_pb2 as messages

_SERVICE = "strongroom.v1.CryptoService"
_AUTHENTICATES = v1.KEY_USAGE_GENERATE_VERIFY_MAC
_ALGORITHM = ("mac_algorithm", "MacAlgorithm")


def _generate_mac(parts: Parts, call: Call) -> Steps[messages.GenerateMacResponse]:
    request, key = call.request, call.targets[0].key
    mac = yield from parts.macs.generate(key, request.message)
    return messages.GenerateMacResponse(mac=mac, key_id=key.arn, mac_algorithm=request.mac_algorithm)


def _verify_mac(parts: Parts, call: Call) -> Steps[messages.VerifyMacResponse]:
    request, key = call.request, call.targets[0].key
    yield from parts.macs.verify(key, request.message, request.mac)
    return messages.VerifyMacResponse(mac_valid=True, key_id=key.arn, mac_algorithm=request.mac_algorithm)


_FIELDS = (
    fields.KEY_ID,
    fields.MESSAGE,
    fields.choice(*_ALGORITHM, required=True),
    fields.GRANT_TOKENS,
    fields.DRY_RUN,
)

GENERATE_MAC = Operation(
    name="GenerateMac",
    service=_SERVICE,
    request=messages.GenerateMacRequest,
    response=messages.GenerateMacResponse,
    fields=_FIELDS,
    uses=(using("GenerateMac", _AUTHENTICATES, algorithm=_ALGORITHM, is_private=True),),
    may_run_inline=True,
    is_usage=True,
    run=_generate_mac,
)

VERIFY_MAC = Operation(
    name="VerifyMac",
    service=_SERVICE,
    request=messages.VerifyMacRequest,
    response=messages.VerifyMacResponse,
    fields=(*_FIELDS, fields.MAC),
    uses=(using("VerifyMac", _AUTHENTICATES, algorithm=_ALGORITHM, is_private=True),),
    may_run_inline=True,
    is_usage=True,
    run=_verify_mac,
)

OPERATIONS = (GENERATE_MAC, VERIFY_MAC)

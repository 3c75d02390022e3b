"""DescribeToken: what the token can do, so that nobody finds it out in use."""

from collections.abc import Iterator

from strongroom.hsm import DATA_KEY_PAIRS, NEEDED, Finding, KeyKind
from strongroom.server.core import names
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.parts import Parts
from strongroom.v1 import key_service_pb2 as messages
from strongroom.v1 import resources_pb2 as v1


def _describe_token(parts: Parts, call: Call) -> messages.DescribeTokenResponse:  # noqa: ARG001
    description = parts.token.description
    return messages.DescribeTokenResponse(
        label=description.label,
        serial=description.serial,
        manufacturer=description.manufacturer,
        model=description.model,
        capabilities=_capabilities(parts),
        key_specs=_key_specs(parts),
        data_key_pairs=_data_key_pairs(parts),
    )


def _capabilities(parts: Parts) -> Iterator[messages.TokenCapability]:
    for row in parts.token.capabilities.rows:
        yield messages.TokenCapability(
            name=row.capability.value,
            mechanism=row.mechanism,
            is_supported=row.finding is Finding.SUPPORTED,
            finding=row.finding.value,
            detail=row.detail,
        )


def _key_specs(parts: Parts) -> Iterator[messages.KeySpecSupport]:
    for kind, purpose in NEEDED:
        missing = parts.token.capabilities.missing_for(kind, purpose)
        yield messages.KeySpecSupport(
            key_spec=v1.KeySpec.Value(f"KEY_SPEC_{kind.value}"),
            key_usage=v1.KeyUsage.Value(f"KEY_USAGE_{purpose.value}"),
            is_supported=not missing,
            missing=missing,
        )


def _data_key_pairs(parts: Parts) -> Iterator[messages.DataKeyPairSupport]:
    ahead = parts.token.pairs_ahead()
    for number, name in names.DATA_KEY_PAIR_SPECS.items():
        kind = KeyKind(name)
        missing = parts.token.capabilities.missing(DATA_KEY_PAIRS[kind])
        support = messages.DataKeyPairSupport(is_supported=not missing, missing=missing)
        support.key_pair_spec = v1.DataKeyPairSpec.ValueType(number)
        figures = ahead.get(kind)
        if figures is not None:
            support.pooled, support.pool_size = figures.ready, figures.size
            support.pool_hits, support.pool_misses = figures.hits, figures.misses
        yield support


DESCRIBE_TOKEN = Operation(
    name="DescribeToken",
    service="strongroom.v1.KeyService",
    request=messages.DescribeTokenRequest,
    response=messages.DescribeTokenResponse,
    fields=(),
    action="DescribeToken",
    may_run_inline=True,
    run=_describe_token,
)

OPERATIONS = (DESCRIBE_TOKEN,)

"""Every operation is charged to a family."""

import pytest

from strongroom.server.core.quota_families import DEFAULT_RATES, OF_KEY_SPEC, OF_PAIR_SPEC, Family
from strongroom.server.operations import CHARGES, OPERATIONS
from strongroom.v1 import resources_pb2 as v1

MANAGEMENT = {
    Family.READS: "DescribeKey GetKeyRotationStatus GetKeyLastUsage DescribeToken GetPublicKey GetKeyPolicy "
    "GetPrincipalPolicy ExplainAccess",
    Family.LISTS: "ListKeys ListKeyRotations ListAliases ListResourceTags ListKeyPolicies ListPrincipals "
    "ListGrants ListRetirableGrants",
    Family.CHANGES: "EnableKey DisableKey UpdateKeyDescription ScheduleKeyDeletion CancelKeyDeletion "
    "EnableKeyRotation DisableKeyRotation DeleteImportedKeyMaterial CreateAlias UpdateAlias DeleteAlias "
    "TagResource UntagResource PutKeyPolicy PutPrincipalPolicy DeletePrincipalPolicy CreateGrant RetireGrant "
    "RevokeGrant",
    Family.KEY_CREATION: "CreateKey RotateKeyOnDemand ImportKeyMaterial",
    Family.IMPORT_PARAMETERS: "GetParametersForImport",
    Family.SYMMETRIC: "GenerateRandom",
}


def test_every_operation_has_a_family() -> None:
    assert set(CHARGES) == {operation.name for operation in OPERATIONS}


@pytest.mark.parametrize("family", MANAGEMENT)
def test_operations_without_a_use_of_a_key_have_one_family(family: Family) -> None:
    for name in MANAGEMENT[family].split():
        assert CHARGES[name].families(None, ()) == (family,)
        assert CHARGES[name].otherwise == family


def test_all_others_use_keys() -> None:
    named = {name for names in MANAGEMENT.values() for name in names.split()}
    items = [operation.item or operation for operation in OPERATIONS if operation.name not in named]
    assert [operation.name for operation in items if not operation.is_usage] == []


def test_every_spec_and_every_family_has_its_place() -> None:
    assert set(OF_KEY_SPEC) == set(v1.KeySpec.values()) - {0}
    assert set(OF_PAIR_SPEC) == set(v1.DataKeyPairSpec.values()) - {0}
    assert set(DEFAULT_RATES) == set(Family)

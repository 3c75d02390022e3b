"""What grants allow, and what may be passed on by them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.grants import Constraints, Grant, grantable
from strongroom.v1 import resources_pb2 as v1

ROLE = "arn:aws:iam::111122223333:role/worker"
OTHER = "arn:aws:iam::111122223333:role/other"
NAMES = frozenset({ROLE, f"{ROLE}/session"})
A, AB = {"a": "1"}, {"a": "1", "b": "2"}

_texts = st.sampled_from(["a", "b", "A", ""])
_contexts = st.dictionaries(_texts, _texts, max_size=3)
_constraints = st.builds(Constraints, st.none() | _contexts, st.none() | _contexts)


def _grant(*operations: str, constraints: Constraints | None = None) -> Grant:
    return Grant("0" * 64, ROLE, frozenset(operations), constraints or Constraints())


def test_a_grant_is_for_its_grantee_and_its_operations() -> None:
    grant = _grant("Decrypt", "DescribeKey")
    assert grant.allows(NAMES, "Decrypt", {})
    assert not grant.allows(frozenset({OTHER}), "Decrypt", {})
    assert not grant.allows(NAMES, "Encrypt", {})
    assert not grant.allows(NAMES, "decrypt", {})


@pytest.mark.parametrize(
    ("constraints", "context", "holds"),
    [
        (Constraints(), AB, True),
        (Constraints(equals=A), A, True),
        (Constraints(equals=A), AB, False),
        (Constraints(equals=A), {}, False),
        (Constraints(equals={}), {}, True),
        (Constraints(equals={}), A, False),
        (Constraints(subset=A), AB, True),
        (Constraints(subset=AB), A, False),
        (Constraints(subset=A), {"A": "1"}, False),
        (Constraints(equals=AB, subset=A), AB, True),
        (Constraints(equals=AB, subset={"c": "3"}), AB, False),
    ],
)
def test_constraints_are_about_the_encryption_context(
    constraints: Constraints, context: dict[str, str], *, holds: bool
) -> None:
    grant = _grant("Decrypt", "DescribeKey", constraints=constraints)
    assert grant.allows(NAMES, "Decrypt", context) is holds
    assert grant.allows(NAMES, "DescribeKey", {})


@given(_constraints, _constraints, _contexts)
def test_what_is_passed_on_never_widens(
    child: Constraints, parent: Constraints, context: dict[str, str]
) -> None:
    if child.are_within(parent) and child.hold(context):
        assert parent.hold(context)


@given(_constraints)
def test_the_same_constraints_may_be_passed_on(constraints: Constraints) -> None:
    assert constraints.are_within(constraints)


def test_only_what_a_grant_has_is_passed_on_and_only_by_create_grant() -> None:
    grant = _grant("CreateGrant", "Decrypt", constraints=Constraints(subset=A))
    assert grant.may_pass_on(["Decrypt"], Constraints(subset=AB))
    assert grant.may_pass_on(["CreateGrant", "Decrypt"], Constraints(equals=AB))
    assert not grant.may_pass_on(["Encrypt"], Constraints(subset=A))
    assert not grant.may_pass_on(["Decrypt"], Constraints())
    assert not _grant("Decrypt").may_pass_on(["Decrypt"], Constraints())


def test_a_key_grants_what_it_can_do() -> None:
    symmetric = grantable(v1.KEY_SPEC_SYMMETRIC_DEFAULT, v1.KEY_USAGE_ENCRYPT_DECRYPT)
    assert symmetric >= {"GenerateDataKeyPair", "ReEncryptTo", "CreateGrant", "RetireGrant", "DescribeKey"}
    assert "GetPublicKey" not in symmetric
    rsa = grantable(v1.KEY_SPEC_RSA_2048, v1.KEY_USAGE_ENCRYPT_DECRYPT)
    assert "GetPublicKey" in rsa
    assert "GenerateDataKey" not in rsa
    for usage in v1.KeyUsage.values()[1:]:
        assert "DescribeKey" in grantable(v1.KEY_SPEC_ECC_NIST_P256, usage)

"""What grants allow, and what may be passed on by them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.grants import Constraints, Grant, Terms, grantable
from strongroom.v1 import resources_pb2 as v1

ROLE = "arn:aws:iam::111122223333:role/worker"
OTHER = "arn:aws:iam::111122223333:role/other"
NAMES = frozenset({ROLE, f"{ROLE}/session"})
A, AB = {"a": "1"}, {"a": "1", "b": "2"}

_texts = st.sampled_from(["a", "b", "A", ""])
_contexts = st.dictionaries(_texts, _texts, max_size=3)
OPERATIONS = ["CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "RetireGrant"]
_constraints = st.builds(Constraints, st.none() | _contexts, st.none() | _contexts)

_terms_of_any = st.builds(Terms, st.frozensets(st.sampled_from(OPERATIONS)), _constraints)


def _terms(*operations: str, constraints: Constraints | None = None) -> Terms:
    return Terms(frozenset(operations), constraints or Constraints())


def test_a_grant_is_for_its_operations() -> None:
    terms = _terms("Decrypt", "DescribeKey")
    assert terms.allow("Decrypt", {})
    assert not terms.allow("Encrypt", {})
    assert not terms.allow("decrypt", {})


@pytest.mark.parametrize(
    ("names", "operations", "is_allowed"),
    [
        (NAMES, ["RetireGrant"], True),
        (NAMES, ["Decrypt"], False),
        ({OTHER}, ["Decrypt"], True),
        ({f"{OTHER}s"}, ["RetireGrant"], False),
        (set(), ["RetireGrant"], False),
    ],
)
def test_who_retires_a_grant(names: set[str], operations: list[str], *, is_allowed: bool) -> None:
    grant = Grant("0" * 64, ROLE, OTHER, "111122223333", _terms(*operations))
    assert grant.is_retired_by(names) is is_allowed
    without = Grant("0" * 64, ROLE, "", "111122223333", _terms(*operations))
    assert without.is_retired_by(names) is (is_allowed and ROLE in names)


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
    terms = _terms("Decrypt", "DescribeKey", constraints=constraints)
    assert terms.allow("Decrypt", context) is holds
    assert terms.allow("DescribeKey", {})


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
    terms = _terms("CreateGrant", "Decrypt", constraints=Constraints(subset=A))
    assert terms.may_be_passed_on_as(_terms("Decrypt", constraints=Constraints(subset=AB)))
    assert terms.may_be_passed_on_as(_terms("CreateGrant", "Decrypt", constraints=Constraints(equals=AB)))
    assert not terms.may_be_passed_on_as(_terms("Encrypt", constraints=Constraints(subset=A)))
    assert not terms.may_be_passed_on_as(_terms("Decrypt"))
    assert not _terms("Decrypt").may_be_passed_on_as(_terms("Decrypt"))


@given(_terms_of_any, _terms_of_any, st.sampled_from(OPERATIONS), _contexts)
def test_a_grant_made_by_a_grant_never_widens(
    child: Terms, parent: Terms, action: str, context: dict[str, str]
) -> None:
    if parent.may_be_passed_on_as(child) and child.allow(action, context):
        assert parent.allow(action, context)


def test_a_key_grants_what_it_can_do() -> None:
    symmetric = grantable(v1.KEY_SPEC_SYMMETRIC_DEFAULT, v1.KEY_USAGE_ENCRYPT_DECRYPT)
    assert symmetric >= {"GenerateDataKeyPair", "ReEncryptTo", "CreateGrant", "RetireGrant", "DescribeKey"}
    assert "GetPublicKey" not in symmetric
    rsa = grantable(v1.KEY_SPEC_RSA_2048, v1.KEY_USAGE_ENCRYPT_DECRYPT)
    assert "GetPublicKey" in rsa
    assert "GenerateDataKey" not in rsa
    for usage in v1.KeyUsage.values()[1:]:
        assert "DescribeKey" in grantable(v1.KEY_SPEC_ECC_NIST_P256, usage)

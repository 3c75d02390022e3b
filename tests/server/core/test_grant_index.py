"""Grants are found by an index as they were found by going through all."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.grant_index import GrantIndex
from strongroom.server.core.grants import CREATE_GRANT, Constraints, Terms

ACTIONS = ["CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "RetireGrant"]

_texts = st.sampled_from(["a", "b", "c"])
_contexts = st.dictionaries(_texts, _texts, max_size=3)
_constraints = st.builds(Constraints, st.none() | _contexts, st.none() | _contexts)
_terms = st.builds(Terms, st.frozensets(st.sampled_from(ACTIONS)), _constraints)
_ids = st.integers(0, 30).map("{:02}".format)
_grants = st.dictionaries(_ids, _terms, max_size=20)


def _index(grants: Mapping[str, Terms]) -> GrantIndex:
    index = GrantIndex()
    for grant_id, terms in grants.items():
        index.add(grant_id, terms)
    return index


def _last_allowing(grants: Mapping[str, Terms], action: str, context: Mapping[str, str]) -> str:
    return max((one for one, terms in grants.items() if terms.allow(action, context)), default="")


def _last_passing_on(grants: Mapping[str, Terms], new: Terms) -> str:
    return max((one for one, terms in grants.items() if terms.may_be_passed_on_as(new)), default="")


@given(_grants, st.lists(_ids), _grants, _contexts, _terms)
def test_an_index_finds_what_going_through_all_finds(
    first: dict[str, Terms], gone: list[str], later: dict[str, Terms], context: dict[str, str], new: Terms
) -> None:
    index = _index(first)
    for grant_id in gone:
        index.discard(grant_id)
    grants = {grant_id: terms for grant_id, terms in first.items() if grant_id not in gone}
    for grant_id in later.keys() - grants.keys():
        grants[grant_id] = later[grant_id]
        index.add(grant_id, later[grant_id])
    assert set(index.ids) == grants.keys()
    for action in ACTIONS:
        assert index.is_about(action) is any(action in terms.operations for terms in grants.values())
    for action in set(ACTIONS) - {CREATE_GRANT}:
        assert index.allowing(action, context) == _last_allowing(grants, action, context)
    assert index.passing_on(new) == _last_passing_on(grants, new)


@given(_grants)
def test_nothing_is_left_of_what_is_gone(grants: dict[str, Terms]) -> None:
    index = _index(grants)
    for grant_id in grants:
        index.discard(grant_id)
    assert not index.ids
    assert not any(map(index.is_about, ACTIONS))
    assert not index._at
    assert not index._alike
    assert not index._unconstrained


def test_the_same_terms_are_looked_at_once() -> None:
    grants = {
        f"{number:03}": Terms(frozenset({"Encrypt"}), Constraints({"a": "b"}, None)) for number in range(100)
    }
    index = _index(grants)
    assert sum(map(len, index._at.values())) == 1
    assert index.allowing("Encrypt", {"a": "b"}) == "099"


def test_a_pair_that_all_have_leads_to_few() -> None:
    grants = {
        f"{number:03}": Terms(frozenset({"Encrypt"}), Constraints(None, {"tenant": "a", "user": str(number)}))
        for number in range(100)
    }
    assert max(map(len, _index(grants)._at.values())) == 1

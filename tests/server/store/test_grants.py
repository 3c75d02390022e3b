"""Grants in the store."""

import dataclasses
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from strongroom.server.store import (
    GrantDifference,
    GrantRecord,
    GrantTerms,
    NoSuchGrant,
    NoSuchKey,
    Store,
    TooManyGrants,
)
from tests.server.store.samples import ACCOUNT, create, key_id
from tests.support.databases import change, make_older, rows

ALLOWED = frozenset({"Enabled"})
GRANTEE = "arn:aws:iam::111122223333:role/somebody"


def _grant(number: int, name: str = "", *, of: int = 1, grantee: str = GRANTEE) -> GrantRecord:
    return GrantRecord(
        grant_id=f"{number:064x}",
        key_id=key_id(of),
        account_id=ACCOUNT,
        name=name,
        grantee=grantee,
        retiring_principal="",
        issuing_account=ACCOUNT,
        operations=("Decrypt", "Encrypt"),
        equals={"ä": "=\n"},
        subset={},
        created_by=GRANTEE,
        created_at=datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
    )


def _add(store: Store, grant: GrantRecord, most: int = 10) -> str:
    return store.grants.add(grant, allowed_in=ALLOWED, most=most)


def test_a_grant_comes_back_as_it_was(store: Store) -> None:
    create(store, 1)
    grant = _grant(1)
    _add(store, grant)
    assert store.grants.find(grant.grant_id) == grant
    assert store.grants.page_of_key(key_id(1), grant_id="", grantee=GRANTEE, limit=1, after=None).grants == (
        grant,
    )


def _terms(*given: GrantRecord) -> tuple[GrantTerms, ...]:
    return tuple(
        GrantTerms(one.grant_id, one.grantee, one.operations, one.equals, one.subset) for one in given
    )


def test_what_differs_from_what_is_known_is_told(store: Store) -> None:
    create(store, 1)
    first, second, third = _grant(1), _grant(2), _grant(3, grantee="x")
    for grant in (third, second, first):
        _add(store, grant)
    difference = store.grants.difference
    assert difference(key_id(1), {GRANTEE, "x"}, set()) == GrantDifference(
        frozenset(), _terms(first, second, third)
    )
    assert difference(key_id(1), {GRANTEE}, {first.grant_id}) == (frozenset(), _terms(second))
    assert difference(key_id(1), {GRANTEE}, {first.grant_id, second.grant_id, "gone"}) == ({"gone"}, ())
    assert difference(key_id(1), {"y"}, {first.grant_id}) == ({first.grant_id}, ())
    assert difference(key_id(2), {GRANTEE}, set()) == (frozenset(), ())


def test_more_grants_are_new_than_a_query_can_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strongroom.server.store.grants._MOST_IDS", 1)
    create(store, 1)
    made = [_grant(number) for number in range(4)]
    for grant in made:
        _add(store, grant)
    assert store.grants.difference(key_id(1), {GRANTEE}, {made[0].grant_id}).new == _terms(*made[1:])


def test_grants_with_one_name_and_the_same_terms_are_one(store: Store) -> None:
    create(store, 1)
    create(store, 2)
    first = _add(store, _grant(1, "n"))
    assert _add(store, _grant(2, "n")) == first
    assert _add(store, _grant(3, "n", grantee="x")) != first
    assert _add(store, _grant(4, "n", of=2)) != first
    assert _add(store, _grant(5)) != _add(store, _grant(6))


@pytest.mark.parametrize(
    "other",
    [
        {"name": "m"},
        {"grantee": "x"},
        {"retiring_principal": GRANTEE},
        {"issuing_account": "999988887777"},
        {"operations": ("Decrypt",)},
        {"equals": {"ä": "="}},
        {"equals": {}},
        {"equals": {}, "subset": {"ä": "=\n"}},
        {"subset": {"ä": "=\n"}},
    ],
)
def test_grants_of_which_anything_differs_are_two(store: Store, other: dict[str, Any]) -> None:
    create(store, 1)
    first = _add(store, _grant(1, "n"))
    second = _add(store, dataclasses.replace(_grant(2, "n"), **other))
    assert second != first
    assert _add(store, dataclasses.replace(_grant(3, "n"), **other)) == second


def test_grants_that_an_older_strongroom_made_are_known_by_their_names(store: Store, path: Path) -> None:
    create(store, 1)
    store.close()
    make_older(path, "0012")
    named, nameless = _grant(1, "n"), _grant(2)
    for grant in (named, nameless):
        row = {**dataclasses.asdict(grant), "created_at": 0, "operations": " ".join(grant.operations)}
        row["constraints"] = json.dumps({"equals": row.pop("equals"), "subset": row.pop("subset")})
        del row["account_id"]
        places = ", ".join("?" * len(row))
        change(path, f"INSERT INTO grants ({', '.join(row)}) VALUES ({places})", *row.values())  # noqa: S608 # ours
    with closing(Store.open(f"sqlite:///{path}", upgrade=True)) as upgraded:
        assert _add(upgraded, _grant(3, "n")) == named.grant_id
        assert _add(upgraded, _grant(4)) == _grant(4).grant_id
    assert rows(path, "SELECT grant_id FROM grants WHERE fingerprint IS NOT NULL") == [(named.grant_id,)]


def test_a_key_has_no_more_grants_than_it_may(store: Store) -> None:
    create(store, 1)
    _add(store, _grant(1, "n"), most=1)
    with pytest.raises(TooManyGrants):
        _add(store, _grant(2), most=1)
    _add(store, _grant(3, "n"), most=1)


def test_grants_are_of_keys_that_are_there(store: Store) -> None:
    with pytest.raises(NoSuchKey):
        _add(store, _grant(1))
    create(store, 1)
    _add(store, _grant(1))
    with pytest.raises(NoSuchGrant):
        store.grants.remove(key_id(2), _grant(1).grant_id)
    store.grants.remove(key_id(1), _grant(1).grant_id)
    assert store.grants.find(_grant(1).grant_id) is None


def test_every_change_tells_the_feed(store: Store) -> None:
    create(store, 1)
    feed = store.feed()
    _add(store, _grant(1, "n"))
    assert feed.take().key_ids == {key_id(1)}
    _add(store, _grant(2, "n"))
    assert not feed.take().key_ids
    store.grants.remove(key_id(1), _grant(1).grant_id)
    assert feed.take().key_ids == {key_id(1)}
    feed.close()

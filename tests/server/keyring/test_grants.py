"""The grants of callers are remembered: what is known isn't read again, and what has changed is seen."""

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strongroom.server.core.callers import names_of
from strongroom.server.core.policies import Granted
from strongroom.server.keyring import KeyGrants
from strongroom.server.store import GrantDifference, GrantRecord, GrantStore, Store
from tests.server.store.conftest import DEPLOYMENT
from tests.server.store.samples import ACCOUNT, create, key_id

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SOMEBODY, OTHER = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("somebody", "other"))
NOTHING = Granted("", "")


class _Watched(GrantStore):
    """The store's grants, with what was read of them."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.grants._engine, store.grants._clock)
        self.read: list[int] = []

    def difference(self, key_id: str, grantees: Collection[str], known: AbstractSet[str]) -> GrantDifference:
        found = super().difference(key_id, grantees, known)
        self.read.append(len(found.new))
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[_Watched]:
    url = f"sqlite:///{tmp_path}/store.db"
    Store.create(url, DEPLOYMENT)
    with closing(Store.open(url)) as store:
        for number in range(1, 5):
            create(store, number)
        yield _Watched(store)


@pytest.fixture
def grants(store: _Watched) -> KeyGrants:
    return KeyGrants(store)


def _add(store: GrantStore, number: int, grantee: str, *, of: int = 1, operation: str = "Encrypt") -> str:
    grant = GrantRecord(
        grant_id=f"{number:064x}",
        key_id=key_id(of),
        account_id=ACCOUNT,
        name="",
        grantee=grantee,
        retiring_principal="",
        issuing_account=ACCOUNT,
        operations=(operation,),
        equals={},
        subset={},
        created_by=SOMEBODY,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    return store.add(grant, allowed_in=frozenset({"Enabled"}), most=1000)


def _to(grants: KeyGrants, caller: str, *, of: int = 1, action: str = "Encrypt") -> Granted:
    return grants.to(key_id(of), names_of(caller)).for_action(action).allowing(action, {})


def test_grants_to_a_principal_and_to_its_account_are_told_apart(store: _Watched, grants: KeyGrants) -> None:
    mine, of_account = _add(store, 1, SOMEBODY), _add(store, 2, ROOT)
    assert _to(grants, SOMEBODY) == Granted(mine, of_account)
    assert _to(grants, OTHER) == Granted("", of_account)
    assert _to(grants, ROOT) == Granted(of_account, "")
    assert _to(grants, "arn:aws:iam::999988887777:role/somebody") == NOTHING
    assert _to(grants, SOMEBODY, of=2) == NOTHING
    assert _to(grants, SOMEBODY, action="Decrypt") == NOTHING


def test_a_session_has_the_grants_of_its_role(store: _Watched, grants: KeyGrants) -> None:
    of_role = _add(store, 1, SOMEBODY)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/somebody/session"
    assert _to(grants, session) == Granted(of_role, "")
    of_session = _add(store, 2, session)
    grants.forget([key_id(1)])
    assert _to(grants, session) == Granted(of_session, "")
    assert _to(grants, SOMEBODY) == Granted(of_role, "")


def test_after_a_change_only_what_is_new_is_read(store: _Watched, grants: KeyGrants) -> None:
    for number in range(5):
        _add(store, number, SOMEBODY)
    _to(grants, SOMEBODY)
    new = _add(store, 5, SOMEBODY)
    store.remove(key_id(1), f"{0:064x}")
    grants.forget([key_id(1)])
    assert _to(grants, SOMEBODY) == Granted(new, "")
    _to(grants, SOMEBODY)
    store.remove(key_id(1), new)
    grants.forget_all()
    assert _to(grants, SOMEBODY) == Granted(f"{4:064x}", "")
    assert store.read == [5, 1, 0]


def test_what_an_account_has_is_read_once_for_all_its_principals(store: _Watched, grants: KeyGrants) -> None:
    of_account = [_add(store, number, ROOT) for number in range(5)]
    for caller in (SOMEBODY, OTHER):
        assert _to(grants, caller) == Granted("", of_account[-1])
    assert store.read == [5, 0]
    assert grants.size == len(of_account) + len([ROOT, SOMEBODY, OTHER])


def test_that_there_are_none_is_remembered_until_there_are(store: _Watched, grants: KeyGrants) -> None:
    assert _to(grants, SOMEBODY) == NOTHING
    new = _add(store, 1, SOMEBODY, operation="Decrypt")
    assert _to(grants, SOMEBODY, action="Decrypt") == NOTHING
    grants.forget([key_id(2)])
    assert _to(grants, SOMEBODY, action="Decrypt") == NOTHING
    grants.forget([key_id(1)])
    assert _to(grants, SOMEBODY, action="Decrypt") == Granted(new, "")
    store.remove(key_id(1), new)
    grants.forget([key_id(1)])
    assert _to(grants, SOMEBODY, action="Decrypt") == NOTHING


def test_a_change_during_a_reading_is_seen_by_the_next(
    store: _Watched, grants: KeyGrants, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = store.difference

    def changing(key_id: str, grantees: Collection[str], known: AbstractSet[str]) -> GrantDifference:
        found = read(key_id, grantees, known)
        if not known:
            _add(store, 2, SOMEBODY)
            grants.forget([key_id])
        return found

    _add(store, 1, SOMEBODY)
    monkeypatch.setattr(store, "difference", changing)
    assert _to(grants, SOMEBODY) == Granted(f"{1:064x}", "")
    assert _to(grants, SOMEBODY) == Granted(f"{2:064x}", "")


def test_no_more_is_remembered_than_there_is_room_for(store: _Watched) -> None:
    grants = KeyGrants(store, most=14)
    for of in (1, 2, 3, 4):
        for number in range(5):
            _add(store, of * 10 + number, SOMEBODY, of=of)
    for of in (1, 2, 3, 4, 1, 4):
        assert _to(grants, SOMEBODY, of=of) == Granted(f"{of * 10 + 4:064x}", "")
        assert grants.size <= 14
    assert store.read == [5, 5, 5, 5, 5]


def test_callers_without_grants_are_not_remembered_without_end(store: _Watched) -> None:
    grants = KeyGrants(store, most=10)
    for number in range(30):
        assert _to(grants, f"arn:aws:iam::{ACCOUNT}:role/{number}", of=number % 4 + 1) == NOTHING
        assert grants.size <= 10

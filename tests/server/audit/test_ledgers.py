"""What the database remembers of the chains."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from strongroom.server.audit import Head
from strongroom.server.store import Deployment, Store
from strongroom.server.trail import StoreLedger


class _Clock:
    now = datetime(2026, 11, 28, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def store(tmp_path: Path, clock: _Clock) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    Store.create(url, Deployment("dev", "111122223333", "eu-local-1"))
    store = Store.open(url, clock=clock)
    yield store
    store.close()


def test_a_chain_is_named_to_the_others_however_old_it_is(store: Store, clock: _Clock) -> None:
    ledger = StoreLedger(store.audit_chains)
    old, new = Head("command", 1, "0" * 16, 3, "a" * 64), Head("worker-0", 2, "1" * 16, 5, "b" * 64)
    ledger.save(old)
    clock.now += timedelta(days=400)
    ledger.save(new)
    assert ledger.others("worker-0") == (old,)
    assert ledger.others("housekeeper") == (old, new)


def test_a_chain_that_was_never_written_is_told_from_what_can_not_be_told(
    store: Store, tmp_path: Path
) -> None:
    ledger = StoreLedger(store.audit_chains)
    assert ledger.find("worker-0") == Head("worker-0", 0, "")
    (tmp_path / "store.db").write_bytes(b"no database" * 100)
    store.close()
    assert ledger.find("worker-0") is None

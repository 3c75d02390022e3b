"""Walking through the keys of an account."""

from strongroom.server.store import Store
from tests.server.store.samples import ACCOUNT, create, key_id


def test_a_walk_by_pages_gives_every_key_once(store: Store) -> None:
    for number in (5, 1, 7, 3, 2, 6, 4):
        create(store, number)
    walked: list[str] = []
    after = None
    while True:
        page = store.list_key_ids(ACCOUNT, limit=3, after=after)
        walked += page.key_ids
        if not page.truncated:
            break
        after = page.key_ids[-1]
    assert walked == [key_id(number) for number in range(1, 8)]


def test_a_page_that_ends_with_the_last_key_is_not_truncated(store: Store) -> None:
    create(store, 1)
    create(store, 2)
    assert not store.list_key_ids(ACCOUNT, limit=2, after=None).truncated
    assert store.list_key_ids(ACCOUNT, limit=1, after=None).truncated


def test_other_accounts_keys_are_not_listed(store: Store) -> None:
    create(store, 1, "999988887777")
    create(store, 2)
    assert store.list_key_ids(ACCOUNT, limit=10, after=None).key_ids == (key_id(2),)
    assert store.count_keys(ACCOUNT) == 1

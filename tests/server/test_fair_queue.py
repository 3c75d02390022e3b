"""Accounts take turns in a queue."""

from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.fair_queue import FairQueue

PUTS = st.lists(st.sampled_from("abcd"), max_size=40)


def taken(puts: list[str]) -> list[tuple[str, int]]:
    queue: FairQueue[tuple[str, int]] = FairQueue()
    for number, account in enumerate(puts):
        queue.put(account, (account, number))
    found = []
    while queue:
        found.append(queue.take())
    return found


@given(PUTS)
def test_every_item_is_given_once_and_each_accounts_in_order(puts: list[str]) -> None:
    found = taken(puts)
    assert sorted(number for _, number in found) == list(range(len(puts)))
    for account in "abcd":
        assert [n for a, n in found if a == account] == [n for n, a in enumerate(puts) if a == account]


@given(PUTS)
def test_no_account_has_two_turns_while_another_waits_for_one(puts: list[str]) -> None:
    order = [account for account, _ in taken(puts)]
    for start, account in enumerate(order):
        if account in order[start + 1 :]:
            between = order[start + 1 : order.index(account, start + 1)]
            assert set(order[start + 1 :]) - {account} <= set(between)


@given(PUTS, st.sampled_from("abcd"))
def test_how_many_come_before_is_known(puts: list[str], account: str) -> None:
    queue: FairQueue[str] = FairQueue()
    for one in puts:
        queue.put(one, one)
    ahead = queue.ahead_of(account)
    queue.put(account, "last")
    found = []
    while queue:
        found.append(queue.take())
    assert found.index("last") <= ahead


def test_all_that_wait_are_seen() -> None:
    queue: FairQueue[int] = FairQueue()
    assert not queue
    for number in range(4):
        queue.put("ab"[number % 2], number)
    assert sorted(queue) == [0, 1, 2, 3]

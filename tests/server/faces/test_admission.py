"""How many requests may be under way, and whose."""

import pytest

from strongroom.server.core.errors import Throttled
from strongroom.server.faces.grpc.admission import Admission, Entry, Room
from strongroom.server.quotas import Refusals, Why

ROOM = Room(requests=100, size=1000, percent=50)


class Requests:
    """Requests that stay under way."""

    def __init__(self, room: Room = ROOM) -> None:
        self.refusals = Refusals()
        self.admission = Admission(room, self.refusals)

    def come(self, account_id: str, size: int = 1) -> Entry | None:
        """One more; None if it is refused."""
        entry = self.admission.enter(size)
        try:
            self.admission.admit(entry, account_id)
        except Throttled:
            self.admission.leave(entry)
            return None
        return entry

    def admitted(self, account_id: str, count: int, size: int = 1) -> list[Entry]:
        """Those of so many that aren't refused."""
        return [entry for _ in range(count) if (entry := self.come(account_id, size)) is not None]


def test_an_account_that_is_alone_leaves_room_for_another() -> None:
    requests = Requests()
    assert len(requests.admitted("a", 150)) == 90
    assert len(requests.admitted("b", 10)) == 10


def test_an_account_has_at_most_its_part_while_others_are_there() -> None:
    requests = Requests()
    other = requests.admitted("b", 1)
    assert len(requests.admitted("a", 150)) == 50
    requests.admission.leave(other[0])
    assert len(requests.admitted("a", 150)) == 40


def test_two_that_have_their_parts_leave_room_for_a_third() -> None:
    requests = Requests()
    assert [len(requests.admitted(account, 45)) for account in ("a", "b")] == [45, 45]
    assert len(requests.admitted("c", 5)) == 5
    assert requests.admitted("a", 5) == []


def test_there_are_never_more_than_there_is_room_for() -> None:
    requests = Requests()
    for number in range(10):
        requests.admitted(f"account {number}", 30)
    assert requests.admission._all.requests == 100


def test_bytes_are_shared_alike() -> None:
    requests = Requests()
    assert requests.come("b") is not None
    assert len(requests.admitted("a", 20, size=100)) == 5
    assert requests.come("b", 300) is not None
    assert requests.come("c", 300) is None


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_however_little_room_there_is_one_request_has_it(most: int) -> None:
    requests = Requests(Room(most, 10**9, 1))
    assert requests.come("a") is not None


def test_what_has_ended_makes_room() -> None:
    requests = Requests()
    for entry in requests.admitted("a", 90):
        requests.admission.leave(entry)
    assert len(requests.admitted("a", 150)) == 90
    assert set(requests.admission._accounts) == {"a"}


def test_who_is_refused_is_counted() -> None:
    requests = Requests(Room(2, 1000, 50))
    requests.admitted("a", 1)
    requests.admitted("b", 3)
    assert {refused.account_id: refused.why for refused in requests.refusals.counts()} == {"b": Why.FULL}


def test_who_was_never_identified_is_forgotten() -> None:
    admission = Admission(ROOM, Refusals())
    admission.leave(admission.enter(10))
    assert (admission._all.requests, admission._all.size) == (0, 0)

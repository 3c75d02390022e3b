"""Which rate holds for whom."""

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.server.core.quota_families import Family


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of all accounts.

    Args:
        of_all: requests a second, by family, every one of them.
        of_accounts: what is otherwise for some accounts.
        burst_s: for how many seconds of a rate a bucket that is full has room.
    """

    of_all: Mapping[Family, float]
    of_accounts: Mapping[str, Mapping[Family, float]]
    burst_s: float

    def rate(self, account_id: str, family: Family) -> float:
        """Requests a second that an account may make of a family."""
        return self.of_accounts.get(account_id, {}).get(family, self.of_all[family])

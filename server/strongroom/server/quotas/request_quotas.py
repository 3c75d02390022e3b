"""The request quotas: an account's requests of a family are so many a second."""

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from strongroom.server.core.errors import Throttled
from strongroom.server.core.quota_families import Family
from strongroom.server.quotas.bucket_file import BucketFile, bucket_name
from strongroom.server.quotas.leases import LeasedBucket
from strongroom.server.quotas.rates import Rates
from strongroom.server.quotas.refusals import Refusals, Why


class RequestQuotas(Protocol):
    """What requests are charged to."""

    def charge(self, account_id: str, families: Iterable[Family]) -> None:
        """Charges an account for a request.

        Raises:
            Throttled: it made too many of a family.
        """


class Unlimited:
    """Charges nobody."""

    def charge(self, account_id: str, families: Iterable[Family]) -> None:
        """Does nothing."""


class RateQuotas:
    """Charges buckets that all workers share; thread-safe.

    Args:
        rates: of all accounts.
        file: the shared buckets.
        refusals: counts who is refused.
        clock: gives seconds, the same in all processes.
    """

    def __init__(
        self,
        rates: Rates,
        file: BucketFile,
        refusals: Refusals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates = rates
        self._file = file
        self._refusals = refusals
        self._clock = clock
        self._buckets: dict[tuple[str, Family], LeasedBucket] = {}

    def charge(self, account_id: str, families: Iterable[Family]) -> None:
        """Takes a permit of each family, or none.

        Raises:
            Throttled: there is none; the error says of which family, and when there is one.
        """
        taken: tuple[LeasedBucket, ...] = ()
        for family in families:
            bucket = self._buckets.get((account_id, family)) or self._add(account_id, family)
            wait_s = bucket.take()
            if wait_s > 0:
                _give_back(taken)
                self._refusals.note(Why.RATE, account_id, family)
                raise self._throttled(account_id, family, wait_s)
            taken += (bucket,)

    def _add(self, account_id: str, family: Family) -> LeasedBucket:
        name, rate = bucket_name(account_id, family), self._rates.rate(account_id, family)
        bucket = LeasedBucket(self._file, name, rate, self._rates.burst_s, self._clock)
        return self._buckets.setdefault((account_id, family), bucket)

    def _throttled(self, account_id: str, family: Family, wait_s: float) -> Throttled:
        return Throttled(
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
            retry_after_s=wait_s,
            metadata={"quota": family, "limit": f"{self._rates.rate(account_id, family):g}"},
        )


def _give_back(taken: Iterable[LeasedBucket]) -> None:
    for bucket in taken:
        bucket.give_back()

"""Builds what keeps an account from taking everything: rates, room, threads and patience."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.server.config import Settings
from strongroom.server.core.quota_families import DEFAULT_RATES
from strongroom.server.faces.grpc.admission import Admission, Room
from strongroom.server.faces.grpc.patience import Patience
from strongroom.server.fair_threads import FairThreads
from strongroom.server.operations import Lane
from strongroom.server.quotas import BucketFile, RateQuotas, Rates, Refusals, RequestQuotas, Unlimited

_SLOW_THREADS = 2
_MOST_BYTES = 256 * 1024 * 1024  # of the requests under way in a worker


@dataclass(frozen=True, slots=True)
class Fairness:
    """These parts of one worker.

    Args:
        quotas: what requests are charged to.
        admission: counts requests under way.
        threads: run what may block, by lane.
        patience: says what would wait too long.
        refusals: counts who is refused.
    """

    quotas: RequestQuotas
    admission: Admission
    threads: Mapping[Lane, FairThreads]
    patience: Patience
    refusals: Refusals


def build_fairness(settings: Settings, directory: Path) -> Fairness:
    """Builds them.

    Args:
        settings: the configuration.
        directory: the deployment's runtime directory, where its workers share their rates.

    Raises:
        OSError: the file of the rates can't be opened.
    """
    server, refusals = settings.server, Refusals()
    room = Room(server.max_concurrent_requests, _MOST_BYTES, server.max_account_percent)
    return Fairness(
        quotas=_quotas(settings, directory, refusals),
        admission=Admission(room, refusals),
        threads={
            lane: FairThreads(server.threads if lane is Lane.COMMON else _SLOW_THREADS, lane.name.lower())
            for lane in Lane
        },
        patience=Patience(server.max_queue_s, refusals),
        refusals=refusals,
    )


def _quotas(settings: Settings, directory: Path, refusals: Refusals) -> RequestQuotas:
    quotas = settings.quotas
    if not quotas.enabled:
        return Unlimited()
    of_accounts = {entry.account_id: entry.rates for entry in quotas.accounts}
    rates = Rates({**DEFAULT_RATES, **quotas.rates}, of_accounts, quotas.burst_s)
    return RateQuotas(rates, BucketFile(directory / "quotas"), refusals)

"""The options that say how many requests an account may make."""

from collections import Counter
from typing import Annotated

from pydantic import AfterValidator, Field

from strongroom.server.config.fields import ACCOUNT_ID, Duration, Section, Switch
from strongroom.server.core.quota_families import Family

_Rate = Annotated[float, Field(strict=True, ge=0.01, le=1_000_000)]
_Rates = dict[Family, _Rate]


class AccountQuotaSettings(Section):
    """Other rates for an account."""

    account_id: Annotated[str, Field(pattern=ACCOUNT_ID, examples=["111122223333"])]
    """The account, 12 digits."""
    rates: Annotated[_Rates, Field(examples=[{"symmetric": 500}])]
    """Requests a second, by family; for the families not named here what holds for all accounts."""


def _unambiguous(entries: tuple[AccountQuotaSettings, ...]) -> tuple[AccountQuotaSettings, ...]:
    repeated = [name for name, times in Counter(one.account_id for one in entries).items() if times > 1]
    if repeated:
        raise ValueError(f"must not give {', '.join(repeated)} more than once")
    return entries


class QuotaSettings(Section):
    """How many requests a second the principals of an account may make together, on this machine."""

    enabled: Switch = True
    """Whether there are such limits."""
    rates: _Rates = Field(default_factory=dict)
    """Requests a second, by family, where it isn't to be the default: docs/quotas.md has the table."""
    burst_s: Annotated[Duration, Field(ge=0.05, le=60)] = 2.0
    """Seconds of its rate that an account may use at once after it was quiet; at least one request."""
    accounts: Annotated[tuple[AccountQuotaSettings, ...], AfterValidator(_unambiguous)] = ()
    """Other rates for some accounts."""

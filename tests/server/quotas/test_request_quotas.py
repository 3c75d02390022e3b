"""Requests are charged to accounts and families."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strongroom.server.core.errors import Throttled
from strongroom.server.core.quota_families import DEFAULT_RATES, Family
from strongroom.server.quotas import BucketFile, RateQuotas, Rates, Refusals, Unlimited, Why

ONE, OTHER = "111122223333", "444455556666"


def quotas(directory: Path, refusals: Refusals, **of_one: float) -> RateQuotas:
    """With a clock that stands still: full buckets have two seconds of their rate."""
    rates = Rates(DEFAULT_RATES, {ONE: {Family(family): rate for family, rate in of_one.items()}}, 2.0)
    return RateQuotas(rates, BucketFile(directory / "quotas", lambda: 100.0), refusals, lambda: 100.0)


def answered(charged: RateQuotas, account_id: str, *families: Family) -> int:
    """How many requests there are until one is throttled."""
    for count in range(100_000):
        try:
            charged.charge(account_id, families)
        except Throttled:
            return count
    raise AssertionError("nothing was refused")


def test_accounts_have_the_rates_of_all_unless_they_have_their_own(tmp_path: Path) -> None:
    charged = quotas(tmp_path, Refusals(), key_creation=7)
    assert answered(charged, ONE, Family.KEY_CREATION) == 14
    assert answered(charged, OTHER, Family.KEY_CREATION) == 2 * DEFAULT_RATES[Family.KEY_CREATION]
    assert answered(charged, ONE, Family.IMPORT_PARAMETERS) == 2 * DEFAULT_RATES[Family.IMPORT_PARAMETERS]


def test_what_is_charged_to_two_families_needs_both(tmp_path: Path) -> None:
    charged = quotas(tmp_path, Refusals(), rsa=3, ecc=5)
    assert answered(charged, ONE, Family.ECC, Family.RSA) == 6


def test_what_one_family_gave_is_given_back_when_another_refuses(tmp_path: Path) -> None:
    charged = quotas(tmp_path, Refusals(), symmetric=5, rsa=1)
    assert answered(charged, ONE, Family.SYMMETRIC, Family.RSA) == 2
    for _ in range(20):
        with pytest.raises(Throttled):
            charged.charge(ONE, (Family.SYMMETRIC, Family.RSA))
    another_worker = quotas(tmp_path, Refusals(), symmetric=5, rsa=1)
    assert answered(another_worker, ONE, Family.SYMMETRIC) == 8


def test_it_is_given_back_too_where_a_worker_keeps_the_rate_alone(tmp_path: Path) -> None:
    rates = Rates(DEFAULT_RATES, {ONE: {Family.SYMMETRIC: 5, Family.RSA: 1}}, 2.0)
    file = BucketFile(tmp_path / "quotas", lambda: 100.0)
    file.close()
    charged = RateQuotas(rates, file, Refusals(), lambda: 100.0)
    assert answered(charged, ONE, Family.SYMMETRIC, Family.RSA) == 2
    assert answered(charged, ONE, Family.SYMMETRIC) == 8


def test_a_refusal_says_what_when_and_is_counted(tmp_path: Path) -> None:
    refusals = Refusals()
    charged = quotas(tmp_path, refusals, rsa=0.5)
    charged.charge(ONE, [Family.RSA])
    for _ in range(2):
        with pytest.raises(Throttled) as caught:
            charged.charge(ONE, [Family.RSA])
    assert dict(caught.value.metadata) == {"quota": "rsa", "limit": "0.5"}
    assert caught.value.retry_after_s == pytest.approx(2)
    assert refusals.counts() == {(Why.RATE, ONE, "rsa"): 2}


def test_threads_together_keep_within_a_rate(tmp_path: Path) -> None:
    charged = quotas(tmp_path, Refusals(), symmetric=1000)

    def requests(_number: int) -> Counter[bool]:
        found: Counter[bool] = Counter()
        for _ in range(1000):
            try:
                charged.charge(ONE, [Family.SYMMETRIC])
            except Throttled:
                found[False] += 1
            else:
                found[True] += 1
        return found

    with ThreadPoolExecutor(8) as pool:
        total = sum(pool.map(requests, range(8)), Counter[bool]())
    assert total[True] == 1900  # a tenth of a second's may be used late
    assert total[False] == 6100


def test_where_nothing_is_limited_nobody_is_refused() -> None:
    for _ in range(10):
        Unlimited().charge(ONE, [Family.IMPORT_PARAMETERS])

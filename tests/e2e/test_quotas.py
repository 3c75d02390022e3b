"""Accounts make so many requests a second of each family, and no account has another's."""

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, QuotaFailure, RetryInfo
from google.rpc.status_pb2 import Status

from strongroom.client import Client, errors
from strongroom.client.items import GenerateDataKeyItem
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as messages
from tests.support.deployments import Deployment, Service

DEPTH = 10
"""Requests that a full bucket of these accounts gives at once; another comes every five seconds."""
_RATE, _BURST_S = 0.2, DEPTH / 0.2
_ACCOUNTS = {f"tenant{n}.example": f"{n}" * 12 for n in range(1, 9)}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    deployment.replace_config("[quotas.rates]", f"[quotas]\nburst_s = {_BURST_S}\n\n[quotas.rates]")
    for domain, account in _ACCOUNTS.items():
        deployment.add_config(
            f'[[authentication.trust_domains]]\nname = "{domain}"\naccount_id = "{account}"\n\n'
            f'[[quotas.accounts]]\naccount_id = "{account}"\n'
            f"rates = {{ symmetric = {_RATE}, rsa = {_RATE}, reads = {_RATE} }}\n"
        )
    return deployment


@pytest.fixture
def tenants(service: Service) -> Iterator[Callable[[int], Client]]:
    """Administrators of accounts with buckets of their own, by number."""
    made: list[Client] = []

    def tenant(number: int) -> Client:
        made.append(Client(service.deployment.appoint(f"spiffe://tenant{number}.example/admin")))
        return made[-1]

    yield tenant
    for client in made:
        client.close()


def answered_before_refused(request: Callable[[], object], also: type[Exception] = TypeError) -> int:
    """How many requests there were, failed ones with this error too, until one was throttled."""
    for count in range(3 * DEPTH):
        try:
            request()
        except errors.Throttled:
            return count
        except also:
            pass
    raise AssertionError("nothing was refused")


def test_beyond_a_rate_requests_are_refused_until_the_time_that_is_told(
    service: Service, tenants: Callable[[int], Client]
) -> None:
    tenant = tenants(1)
    assert answered_before_refused(lambda: tenant.generate_random(1)) >= DEPTH
    with pytest.raises(errors.Throttled) as caught:
        tenant.generate_random(1)
    assert caught.value.retry_after_s is not None
    assert 0 < caught.value.retry_after_s <= 1 / _RATE
    time.sleep(caught.value.retry_after_s)
    assert tenant.generate_random(1)
    records = {record.get("requestID"): record for record in service.deployment.audit_records()}
    assert records[caught.value.request_id]["errorCode"] == "ThrottlingException"


def test_one_accounts_requests_are_not_charged_to_another(
    tenants: Callable[[int], Client], client: Client
) -> None:
    one, other = tenants(2), tenants(3)
    answered_before_refused(lambda: one.generate_random(1))
    assert [len(each.generate_random(1)) for each in (other, client) for _ in range(DEPTH)] == [1] * 2 * DEPTH


def test_a_family_that_is_used_up_leaves_the_others(tenants: Callable[[int], Client]) -> None:
    tenant = tenants(4)
    key = tenant.create_key().key_id
    answered_before_refused(lambda: tenant.describe_key(key))
    assert tenant.encrypt(key, b"x").ciphertext_blob


def test_whoever_fails_is_charged_as_well(tenants: Callable[[int], Client]) -> None:
    """Denied, dry, invalid, not found: each is a request."""
    tenant = tenants(5)
    key = tenant.create_key().key_id
    each: list[Callable[[], object]] = [
        lambda: tenant.encrypt(key, b"x", dry_run=True),
        lambda: tenant.decrypt(b"no blob"),
        lambda: tenant.generate_random(0),
        lambda: tenant.encrypt("11111111-2222-3333-4444-555555555555", b"x"),
        lambda: tenant.encrypt("arn:aws:kms:eu-local-1:999999999999:key/x", b"x"),
    ]
    turns = cycle(each)

    def take_turn() -> object:
        return next(turns)()

    count = answered_before_refused(take_turn, also=errors.StrongroomError)
    assert DEPTH <= count < 2 * DEPTH
    for request in each:
        with pytest.raises(errors.Throttled):
            request()


def test_rates_do_not_tell_of_keys_that_one_may_not_use(
    tenants: Callable[[int], Client], client: Client
) -> None:
    tenant = tenants(8)
    own = tenant.create_key(key_spec="RSA_2048", key_usage="ENCRYPT_DECRYPT").key_id
    others = client.create_key(key_spec="RSA_2048", key_usage="ENCRYPT_DECRYPT").arn
    nobodys = others.rpartition("/")[0] + "/11111111-2222-3333-4444-555555555555"

    def encrypt(key: str) -> object:
        return tenant.encrypt(key, b"x", encryption_algorithm="RSAES_OAEP_SHA_256")

    answered_before_refused(lambda: encrypt(own))
    for key in (others, nobodys):
        with pytest.raises(errors.AccessDenied):
            encrypt(key)
    answered_before_refused(lambda: encrypt(nobodys), also=errors.AccessDenied)
    for key in (others, nobodys):
        with pytest.raises(errors.Throttled) as caught:
            encrypt(key)
        assert caught.value.metadata["quota"] == "symmetric"


def test_each_item_of_a_batch_is_charged(tenants: Callable[[int], Client]) -> None:
    tenant = tenants(6)
    key = tenant.create_key().key_id
    made: list[Any] = tenant.batch_generate_data_key([GenerateDataKeyItem(key)] * 5 * DEPTH)
    refused = [one for one in made if isinstance(one, errors.Throttled)]
    assert DEPTH <= len(made) - len(refused) < 2 * DEPTH
    assert all(one.retry_after_s for one in refused)


def test_two_keys_of_two_families_are_charged_to_both(tenants: Callable[[int], Client]) -> None:
    tenant = tenants(7)
    symmetric = tenant.create_key().key_id
    rsa = tenant.create_key(key_spec="RSA_2048", key_usage="ENCRYPT_DECRYPT").key_id
    blob = tenant.encrypt(symmetric, b"x").ciphertext_blob
    for _ in range(DEPTH // 2):
        tenant.encrypt(rsa, b"x", encryption_algorithm="RSAES_OAEP_SHA_256")

    def re_encrypt() -> object:
        return tenant.re_encrypt(blob, rsa, destination_encryption_algorithm="RSAES_OAEP_SHA_256")

    assert answered_before_refused(re_encrypt) < DEPTH
    assert tenant.decrypt(blob).plaintext == b"x"  # the symmetric ones aren't used up


def test_the_status_names_the_quota(service: Service) -> None:
    endpoint = service.deployment.appoint("spiffe://tenant1.example/other")
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        stub: Any = crypto_grpc.CryptoServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            for _ in range(3 * DEPTH):
                stub.GenerateRandom(messages.GenerateRandomRequest(number_of_bytes=1))
    error: Any = caught.value
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    trailer = next(value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin")
    info, failure, retry = ErrorInfo(), QuotaFailure(), RetryInfo()
    for detail in Status.FromString(trailer).details:
        for message in (info, failure, retry):
            detail.Unpack(message)
    assert (info.reason, info.metadata["quota"], info.metadata["limit"]) == (
        "RATE_LIMIT_EXCEEDED",
        "symmetric",
        "0.2",
    )
    assert [violation.subject for violation in failure.violations] == ["symmetric"]
    assert retry.retry_delay.ToMilliseconds() > 0

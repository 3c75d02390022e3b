"""A tenant that asks for too much delays itself, and nobody else."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager

from strongroom.client import Client, errors
from tests.support.deployments import AMPLE_QUEUE_S, Deployment

OTHER = '[[authentication.trust_domains]]\nname = "other.example"\naccount_id = "999988887777"'
NONE_AHEAD = "[limits]\ndata_key_pairs_ahead = { RSA_2048 = 0, RSA_3072 = 0, RSA_4096 = 0 }"


@contextmanager
def two_tenants(deployment: Deployment) -> Iterator[tuple[Client, Client]]:
    deployment.add_config(OTHER)
    deployment.add_config(NONE_AHEAD)
    with (
        deployment.served(workers=1),
        deployment.client(timeout_s=250) as one,
        Client(deployment.appoint("spiffe://other.example/admin"), timeout_s=250) as other,
    ):
        yield one, other


def test_a_tenant_with_many_slow_requests_does_not_delay_another(own_deployment: Deployment) -> None:
    with two_tenants(own_deployment) as (greedy, modest), ThreadPoolExecutor(12) as pool:
        greedys, modests = greedy.create_key().key_id, modest.create_key().key_id
        many = [pool.submit(greedy.generate_data_key_pair, greedys, "RSA_4096") for _ in range(10)]
        wait(many, return_when=FIRST_COMPLETED)  # the threads are busy, and the others wait
        few = [pool.submit(modest.generate_data_key_pair, modests, "RSA_2048") for _ in range(2)]
        assert modest.create_key().key_id
        assert modest.encrypt(modests, b"x").ciphertext_blob
        assert all(one.result().private_key_plaintext for one in few)
        assert sum(one.done() for one in many) <= 7  # they had a turn for each of the others
        assert all(one.result().private_key_plaintext for one in many)


def test_what_would_wait_too_long_is_refused_at_once_and_recorded(own_deployment: Deployment) -> None:
    own_deployment.replace_config(f"max_queue_s = {AMPLE_QUEUE_S}", "max_queue_s = 0.001")
    with two_tenants(own_deployment) as (greedy, modest), ThreadPoolExecutor(12) as pool:
        key = greedy.create_key().key_id
        greedy.generate_data_key_pair(key, "RSA_4096")  # from now on it is known how long one takes
        many = [pool.submit(greedy.generate_data_key_pair, key, "RSA_4096") for _ in range(12)]
        failures = [failure for one in many if (failure := one.exception()) is not None]
        assert 0 < len(failures) <= 10  # there are two threads
        for failure in failures:
            assert isinstance(failure, errors.Throttled)
            assert failure.retry_after_s
        recorded = {record.get("requestID"): record for record in own_deployment.audit_records()}
        for failure in failures:
            assert isinstance(failure, errors.Throttled)
            assert recorded[failure.request_id]["errorCode"] == "ThrottlingException"
        assert modest.create_key().key_id

"""A request that is repeated with its id makes nothing twice (AIP-155)."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from strongroom.client import Client, errors
from strongroom.server.store import NewMaterial, RequestId
from tests.support.deployments import Service
from tests.support.housekeeping import Housekeeping


@pytest.fixture
def request_id() -> str:
    return str(uuid.uuid4())


def test_the_same_request_gets_the_same_key(client: Client, request_id: str) -> None:
    first = client.create_key(description="once", request_id=request_id)
    again = client.create_key(description="once", request_id=request_id)
    assert again == first
    assert client.create_key(description="once", request_id=request_id.upper()) == first
    client.disable_key(first.key_id)
    assert client.create_key(description="once", request_id=request_id).key_state == "Disabled"
    assert client.create_key(description="once").key_id != first.key_id


def test_an_id_is_good_for_one_request(client: Client, request_id: str) -> None:
    key = client.create_key(description="once", request_id=request_id)
    with pytest.raises(errors.ValidationError, match="another request"):
        client.create_key(description="other", request_id=request_id)
    with pytest.raises(errors.ValidationError, match="another request"):
        client.rotate_key_on_demand(key.key_id, request_id=request_id)


@pytest.mark.parametrize("text", ["x", "1234", "g" * 36, "12345678-1234-1234-1234-1234567890abc"])
def test_what_is_no_uuid_is_no_id(client: Client, text: str) -> None:
    with pytest.raises(errors.ValidationError, match="requestId"):
        client.create_key(request_id=text)


def test_requests_at_once_make_one_key(service: Service, request_id: str) -> None:
    def create() -> str:
        with service.deployment.client(timeout_s=30) as own:
            return own.create_key(description="race", request_id=request_id).key_id

    with ThreadPoolExecutor(8) as pool:
        found = [call.result() for call in [pool.submit(create) for _ in range(16)]]
    assert len(set(found)) == 1


def test_a_rotation_is_not_repeated(client: Client, request_id: str) -> None:
    key_id = client.create_key().key_id
    for _ in range(3):
        client.rotate_key_on_demand(key_id, request_id=request_id)
    assert len(client.list_key_rotations(key_id).rotations) == 1
    client.rotate_key_on_demand(key_id)
    assert len(client.list_key_rotations(key_id).rotations) == 2


def test_what_was_begun_and_undone_can_be_asked_for_again(
    client: Client, rounds: Housekeeping, request_id: str
) -> None:
    key_id = client.create_key().key_id
    caller = "arn:aws:iam::111122223333:role/someone"
    request = RequestId(caller, request_id, bytes(32))
    material = NewMaterial(uuid.uuid4().bytes, uuid.uuid4().hex * 2, "strongroom/dev/x", rounds.now, request)
    rounds.store.begin_rotate(key_id, material, "dead", "ON_DEMAND", most_on_demand=25)
    found = rounds.store.find_request(caller, request_id)
    assert found is not None
    assert (found.key_id, found.is_done) == (key_id, False)
    rounds.reconcile()
    assert rounds.store.find_request(caller, request_id) is None


def test_ids_are_forgotten_after_a_day(client: Client, rounds: Housekeeping, request_id: str) -> None:
    first = client.create_key(request_id=request_id)
    rounds.pass_by(hours=23)
    rounds.store.trim_requests(24 * 3600)
    assert client.create_key(request_id=request_id) == first
    rounds.pass_by(hours=2)
    rounds.store.trim_requests(24 * 3600)
    assert client.create_key(request_id=request_id).key_id != first.key_id

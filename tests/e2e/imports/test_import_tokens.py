"""Import tokens: good for one key, one import, one day."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from strongroom.client import Client, errors
from strongroom.server.core.errors import ImportTokenExpired
from tests.support.deployments import Deployment
from tests.support.housekeeping import Housekeeping
from tests.support.imports import OAEP, bring, external, key_state, parameters
from tests.support.wrapping import wrap


def test_a_token_is_good_for_one_import(client: Client, secret: bytes) -> None:
    key_id = external(client)
    found = parameters(client, key_id)
    wrapped = wrap(found.public_key, OAEP, secret)
    client.import_key_material(key_id, found.import_token, wrapped)
    with pytest.raises(errors.InvalidImportToken):
        client.import_key_material(key_id, found.import_token, wrapped)


def test_a_failed_import_does_not_use_the_token_up(client: Client, secret: bytes) -> None:
    key_id = external(client)
    found = parameters(client, key_id)
    with pytest.raises(errors.InvalidCiphertext):
        client.import_key_material(key_id, found.import_token, os.urandom(256))
    with pytest.raises(errors.IncorrectKeyMaterial, match="32 bytes"):
        short = wrap(found.public_key, OAEP, secret[:16])
        client.import_key_material(key_id, found.import_token, short)
    client.import_key_material(key_id, found.import_token, wrap(found.public_key, OAEP, secret))
    assert key_state(client, key_id) == "Enabled"


def test_earlier_tokens_stay_good_and_each_goes_with_its_own_public_key(
    client: Client, secret: bytes
) -> None:
    key_id = external(client)
    first, second = parameters(client, key_id), parameters(client, key_id)
    assert first.public_key != second.public_key
    with pytest.raises(errors.InvalidCiphertext):
        client.import_key_material(key_id, second.import_token, wrap(first.public_key, OAEP, secret))
    client.import_key_material(key_id, first.import_token, wrap(first.public_key, OAEP, secret))


def test_a_token_of_another_key_or_altered_is_refused(client: Client, secret: bytes) -> None:
    key_id, other = external(client), external(client)
    found = parameters(client, other)
    wrapped = wrap(found.public_key, OAEP, secret)
    token = found.import_token
    altered = [token[:-1] + bytes([token[-1] ^ 1]), token[:-1], token + b"\0", b"x", bytes(len(token))]
    for bad, to in [(token, key_id), *((bad, other) for bad in altered)]:
        with pytest.raises(errors.InvalidImportToken):
            client.import_key_material(to, bad, wrapped)
    assert key_state(client, other) == "PendingImport"


@pytest.mark.parametrize("length", [1, 255, 257, 6144])
def test_wrapped_material_of_impossible_length_is_refused(client: Client, length: int) -> None:
    key_id = external(client)
    found = parameters(client, key_id)
    with pytest.raises(errors.ValidationError, match=f"{length} bytes"):
        client.import_key_material(key_id, found.import_token, bytes(length))


def test_a_key_has_ten_tokens_at_most_and_another_takes_the_place_of_the_oldest(
    client: Client, rounds: Housekeeping, secret: bytes
) -> None:
    key_id = external(client)
    found = [parameters(client, key_id) for _ in range(12)]
    assert sum(key_id in one.label for one in rounds.token.objects()) == 10
    for gone in found[:2]:
        with pytest.raises(errors.InvalidImportToken):
            client.import_key_material(key_id, gone.import_token, wrap(gone.public_key, OAEP, secret))
    client.import_key_material(key_id, found[2].import_token, wrap(found[2].public_key, OAEP, secret))


def test_the_wrapping_pair_goes_with_its_token(client: Client, rounds: Housekeeping, secret: bytes) -> None:
    key_id = external(client)

    def pairs() -> int:
        return sum(key_id in found.label for found in rounds.token.objects())

    found = parameters(client, key_id)
    parameters(client, key_id)
    assert pairs() == 2
    client.import_key_material(key_id, found.import_token, wrap(found.public_key, OAEP, secret))
    assert pairs() == 2  # the key and the token that wasn't used
    rounds.pass_by(hours=23)
    rounds.expire()
    assert pairs() == 2
    rounds.pass_by(hours=2)
    rounds.expire()
    assert pairs() == 1


def test_a_token_ends_with_its_day(own_deployment: Deployment, secret: bytes) -> None:
    with own_deployment.served() as service, service.deployment.client() as client:
        rounds = Housekeeping(own_deployment)
        key_id = external(client)
        found = parameters(client, key_id)
        importer = rounds.importer()
        importer.opened(found.import_token, key_id, rounds.now + timedelta(hours=23))
        with pytest.raises(ImportTokenExpired):
            importer.opened(found.import_token, key_id, rounds.now + timedelta(hours=25))
        rounds.close()


def test_one_token_imports_once_whoever_is_first(client: Client, secret: bytes) -> None:
    key_id = external(client)
    bring(client, key_id, secret)
    found = parameters(client, key_id)
    wrapped = wrap(found.public_key, OAEP, secret)

    def do(_: int) -> bool:
        try:
            client.import_key_material(key_id, found.import_token, wrapped)
        except (errors.InvalidImportToken, errors.ServiceUnavailable):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(do, range(8))) == 1

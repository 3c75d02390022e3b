"""Batches and the operations of both clients on a running service."""

import pytest

from strongroom.client import (
    AsyncClient,
    Client,
    DataKey,
    Decrypted,
    DecryptItem,
    Encrypted,
    EncryptItem,
    GenerateDataKeyItem,
    GenerateMacItem,
    Mac,
    Signed,
    SignItem,
    Verified,
    VerifyItem,
    errors,
)
from tests.support.deployments import Service


def test_items_of_a_batch_succeed_and_fail_on_their_own(client: Client) -> None:
    first, second = client.create_key().key_id, client.create_key().key_id
    client.disable_key(second)
    sealed = client.batch_encrypt(
        [EncryptItem(first, b"a", {"n": "1"}), EncryptItem(second, b"b"), EncryptItem(first, b"c")]
    )
    assert [type(item) for item in sealed] == [Encrypted, errors.Disabled, Encrypted]
    blobs = [item.ciphertext_blob for item in sealed if isinstance(item, Encrypted)]
    opened = client.batch_decrypt(
        [DecryptItem(blobs[0], encryption_context={"n": "1"}), DecryptItem(blobs[0])]
    )
    assert isinstance(opened[0], Decrypted)
    assert opened[0].plaintext == b"a"
    assert isinstance(opened[1], errors.InvalidCiphertext)
    assert opened[1].reason == "INVALID_CIPHERTEXT"


def test_a_thousand_items_are_answered_in_order(client: Client) -> None:
    key = client.create_key().key_id
    sealed = client.batch_encrypt(EncryptItem(key, str(number).encode()) for number in range(1000))
    blobs = [item.ciphertext_blob for item in sealed if isinstance(item, Encrypted)]
    opened = client.batch_decrypt(map(DecryptItem, blobs))
    assert [item.plaintext for item in opened if isinstance(item, Decrypted)] == [
        str(number).encode() for number in range(1000)
    ]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_of_too_few_or_too_many_is_refused_as_a_whole(client: Client, count: int) -> None:
    with pytest.raises(errors.ValidationError):
        client.batch_encrypt([EncryptItem("k", b"x")] * count)


async def test_batches_of_signatures_macs_and_data_keys(service: Service) -> None:
    async with AsyncClient(service.deployment.endpoint()) as client:
        signer = (await client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY")).key_id
        mac_key = (await client.create_key(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")).key_id
        [signed] = await client.batch_sign([SignItem(signer, b"m", "ECDSA_SHA_256")])
        assert isinstance(signed, Signed)
        checks = [VerifyItem(signer, message, signed.signature, "ECDSA_SHA_256") for message in (b"m", b"n")]
        good, bad = await client.batch_verify(checks)
        assert (type(good), type(bad)) == (Verified, errors.InvalidSignature)
        [mac] = await client.batch_generate_mac([GenerateMacItem(mac_key, b"m", "HMAC_SHA_256")])
        assert isinstance(mac, Mac)
        assert (await client.verify_mac(mac_key, b"m", mac.mac, mac_algorithm="HMAC_SHA_256")).mac_valid
        key = (await client.create_key()).key_id
        [data_key] = await client.batch_generate_data_key([GenerateDataKeyItem(key, 17)])
        assert isinstance(data_key, DataKey)
        assert len(data_key.plaintext) == 17


def test_results_of_the_new_operations_do_not_show_secrets(client: Client) -> None:
    agreement = client.create_key(key_spec="ECC_NIST_P256", key_usage="KEY_AGREEMENT").key_id
    secret = client.derive_shared_secret(agreement, client.get_public_key(agreement).public_key)
    pair = client.generate_data_key_pair(client.create_key().key_id, "ECC_NIST_P256")
    assert repr(secret.shared_secret) not in repr(secret)
    assert repr(pair.private_key_plaintext) not in repr(pair)


def test_a_client_without_checksums_does_the_same(service: Service) -> None:
    with Client(service.deployment.endpoint(), verify_checksums=False) as client:
        key = client.create_key().key_id
        assert client.decrypt(client.encrypt(key, b"x").ciphertext_blob).plaintext == b"x"

import os
import stat
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from strongroom.client import Client, KeyMetadata, errors
from tests.support.deployments import Deployment
from tests.support.tokens import softhsm_module

CONTEXT = {"table": "orders", "tenant": "süß"}


@pytest.fixture
def key(client: Client) -> KeyMetadata:
    return client.create_key(description="test", tags={"team": "payments"})


def test_a_new_key_is_described_as_it_was_created(client: Client, key: KeyMetadata) -> None:
    assert client.describe_key(key.key_id) == key
    assert client.describe_key(key.arn) == key
    assert key.arn == f"arn:aws:kms:eu-local-1:111122223333:key/{key.key_id}"
    assert (key.enabled, key.key_state, key.description) == (True, "Enabled", "test")
    assert (key.key_spec, key.key_usage, key.origin) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS")
    assert key.encryption_algorithms == ("SYMMETRIC_DEFAULT",)
    assert len(key.current_key_material_id) == 64


@pytest.mark.parametrize("size", [1, 16, 4096])
def test_what_was_encrypted_is_decrypted(client: Client, key: KeyMetadata, size: int) -> None:
    plaintext = os.urandom(size)
    sealed = client.encrypt(key.key_id, plaintext, encryption_context=CONTEXT)
    assert len(sealed.ciphertext_blob) == size + 45
    opened = client.decrypt(sealed.ciphertext_blob, encryption_context=CONTEXT)
    assert opened.plaintext == plaintext
    assert opened.key_id == sealed.key_id == key.arn
    assert opened.key_material_id == key.current_key_material_id


def test_the_same_plaintext_gives_another_blob_each_time(client: Client, key: KeyMetadata) -> None:
    blobs = {client.encrypt(key.key_id, b"same").ciphertext_blob for _ in range(20)}
    assert len(blobs) == 20


def test_a_context_may_be_given_in_any_order(client: Client, key: KeyMetadata) -> None:
    blob = client.encrypt(key.key_id, b"x", encryption_context={"a": "1", "b": "2"}).ciphertext_blob
    assert client.decrypt(blob, encryption_context={"b": "2", "a": "1"}).plaintext == b"x"


def test_an_empty_context_is_the_same_as_none(client: Client, key: KeyMetadata) -> None:
    blob = client.encrypt(key.key_id, b"x", encryption_context={}).ciphertext_blob
    assert client.decrypt(blob).plaintext == b"x"


@pytest.mark.parametrize(
    "other",
    [{}, {"ab": "d"}, {"a": "bc"}, {"ab": "c", "x": ""}, {"AB": "c"}, {"abc": ""}, {"ab": "c "}],
    ids=str,
)
def test_no_other_context_decrypts(client: Client, key: KeyMetadata, other: dict[str, str]) -> None:
    blob = client.encrypt(key.key_id, b"x", encryption_context={"ab": "c"}).ciphertext_blob
    with pytest.raises(errors.InvalidCiphertext):
        client.decrypt(blob, encryption_context=other)


def test_decrypting_with_the_wrong_key_is_an_incorrect_key(client: Client, key: KeyMetadata) -> None:
    other = client.create_key()
    blob = client.encrypt(key.key_id, b"x").ciphertext_blob
    with pytest.raises(errors.IncorrectKey):
        client.decrypt(blob, key_id=other.key_id)
    assert client.decrypt(blob, key_id=key.arn).plaintext == b"x"


def test_re_encryption_changes_key_and_context(client: Client, key: KeyMetadata) -> None:
    other = client.create_key()
    blob = client.encrypt(key.key_id, b"x", encryption_context=CONTEXT).ciphertext_blob
    moved = client.re_encrypt(blob, other.key_id, source_encryption_context=CONTEXT)
    assert (moved.source_key_id, moved.key_id) == (key.arn, other.arn)
    assert moved.destination_key_material_id == other.current_key_material_id
    assert client.decrypt(moved.ciphertext_blob, key_id=other.key_id).plaintext == b"x"


@pytest.mark.parametrize(("asked", "length"), [(None, 32), (1, 1), (1024, 1024)])
def test_a_data_key_is_given_in_the_clear_and_encrypted(
    client: Client, key: KeyMetadata, asked: int | None, length: int
) -> None:
    made = client.generate_data_key(key.key_id, number_of_bytes=asked, encryption_context=CONTEXT)
    assert len(made.plaintext) == length
    assert client.decrypt(made.ciphertext_blob, encryption_context=CONTEXT).plaintext == made.plaintext


def test_a_data_key_without_plaintext_has_none(client: Client, key: KeyMetadata) -> None:
    made = client.generate_data_key_without_plaintext(key.key_id)
    assert made.plaintext == b""
    assert len(client.decrypt(made.ciphertext_blob).plaintext) == 32


def test_random_bytes_have_the_length_asked_for(client: Client) -> None:
    assert len(client.generate_random(1024)) == 1024
    assert client.generate_random(32) != client.generate_random(32)


def test_a_disabled_key_is_refused_and_an_enabled_one_works_again(client: Client, key: KeyMetadata) -> None:
    blob = client.encrypt(key.key_id, b"x").ciphertext_blob
    client.disable_key(key.key_id)
    client.disable_key(key.key_id)
    assert client.describe_key(key.key_id).key_state == "Disabled"
    for refused in (
        lambda: client.encrypt(key.key_id, b"x"),
        lambda: client.decrypt(blob),
        lambda: client.generate_data_key(key.key_id),
    ):
        with pytest.raises(errors.Disabled) as caught:
            refused()
        assert str(caught.value) == f"{key.arn} is disabled."
    client.enable_key(key.key_id)
    assert client.decrypt(blob).plaintext == b"x"


def test_a_description_is_replaced(client: Client, key: KeyMetadata) -> None:
    client.update_key_description(key.key_id, "new")
    assert client.describe_key(key.key_id).description == "new"
    client.update_key_description(key.key_id, "")
    assert client.describe_key(key.key_id).description == ""


def test_walking_the_list_gives_each_key_once(client: Client) -> None:
    made = {client.create_key().key_id for _ in range(3)}
    walked, marker = [], None
    while marker != "":
        page = client.list_keys(limit=1, marker=marker)
        walked += [entry.key_id for entry in page.keys]
        marker = page.next_marker
    assert len(walked) == len(set(walked))
    assert made <= set(walked)
    assert sorted(walked) == sorted(entry.key_id for entry in client.all_keys())


REFUSALS: list[tuple[str, Any, type[Exception], str]] = [
    ("malformed id", lambda c, k: c.encrypt("nope", b"x"), errors.NotFound, "Invalid keyId 'nope'"),
    ("no dashes", lambda c, k: c.encrypt(k.key_id.replace("-", ""), b"x"), errors.NotFound, "Invalid keyId"),
    ("absent", lambda c, k: c.encrypt(str(uuid.UUID(int=0)), b"x"), errors.NotFound, "does not exist"),
    ("other Region", lambda c, k: c.encrypt(k.arn.replace("eu-", "us-"), b"x"), errors.NotFound, "Invalid arn us-"),
    ("no ARN", lambda c, k: c.encrypt("arn:aws:kms", b"x"), errors.InvalidArn, "Not the ARN"),
    ("other account", lambda c, k: c.encrypt(k.arn.replace("1111", "9999"), b"x"), errors.AccessDenied, "User: "),
    ("no alias", lambda c, k: c.encrypt("alias/none", b"x"), errors.NotFound, "alias/none is not found."),
    ("alias not taken", lambda c, k: c.enable_key("alias/none"), errors.NotFound, "Invalid keyId 'alias/none'"),
    ("no key", lambda c, k: c.encrypt("", b"x"), errors.ValidationError, "Member must not be null"),
    ("no plaintext", lambda c, k: c.encrypt(k.key_id, b""), errors.ValidationError, "greater than or equal to 1"),
    ("too long", lambda c, k: c.encrypt(k.key_id, b"x" * 4097), errors.ValidationError, "equal to 4096"),
    ("no random", lambda c, k: c.generate_random(0), errors.ValidationError, "greater than or equal to 1"),
    ("too random", lambda c, k: c.generate_random(1025), errors.ValidationError, "less than or equal to 1024"),
    ("too much data key", lambda c, k: c.generate_data_key(k.key_id, number_of_bytes=1025), errors.ValidationError, ""),
    ("marker", lambda c, k: c.list_keys(marker="AAAA"), errors.InvalidMarker, ""),
    ("limit", lambda c, k: c.list_keys(limit=1001), errors.ValidationError, "less than or equal to 1000"),
    ("no usage", lambda c, k: c.create_key(key_spec="HMAC_256"), errors.ValidationError, "You must specify a KeyUsage"),
    (
        "bad usage",
        lambda c, k: c.create_key(key_spec="RSA_2048", key_usage="KEY_AGREEMENT"),
        errors.ValidationError,
        "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048",
    ),
    ("no such key yet", lambda c, k: c.create_key(key_spec="SM2", key_usage="SIGN_VERIFY"), errors.UnsupportedOperation, ""),
    ("reserved tag", lambda c, k: c.create_key(tags={"AWS:x": "y"}), errors.TagError, "Tags beginning with aws:"),
    ("51 tags", lambda c, k: c.create_key(tags={str(i): "" for i in range(51)}), errors.TagError, "Too many tags"),
    ("long tag", lambda c, k: c.create_key(tags={"k" * 129: ""}), errors.ValidationError, "tags.1.member.tagKey"),
    ("no policy", lambda c, k: c.create_key(policy="my policy"), errors.MalformedPolicy, ""),
    ("big policy", lambda c, k: c.create_key(policy='{"Statement":"' + "x" * 32768 + '"}'), errors.LimitExceeded, ""),
    ("big context", lambda c, k: c.encrypt(k.key_id, b"x", encryption_context={"k": "v" * 8192}), errors.ValidationError, ""),
    ("empty context key", lambda c, k: c.encrypt(k.key_id, b"x", encryption_context={"": "v"}), errors.ValidationError, ""),
    ("no blob", lambda c, k: c.decrypt(b""), errors.ValidationError, "ciphertextBlob"),
    ("huge blob", lambda c, k: c.decrypt(b"x" * 6145), errors.ValidationError, "6144"),
    ("garbage", lambda c, k: c.decrypt(b"xyz"), errors.InvalidCiphertext, "ciphertext was altered"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "text"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_bad_requests_get_the_error_that_fits(
    client: Client, key: KeyMetadata, call: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(errors.StrongroomError) as caught:
        call(client, key)
    assert type(caught.value) is error
    assert text in str(caught.value)


def test_a_dry_run_checks_everything_and_does_nothing(client: Client, key: KeyMetadata) -> None:
    blob = client.encrypt(key.key_id, b"x").ciphertext_blob
    for call in (
        lambda: client.encrypt(key.key_id, b"x", dry_run=True),
        lambda: client.decrypt(blob, dry_run=True),
        lambda: client.re_encrypt(blob, key.key_id, dry_run=True),
        lambda: client.generate_data_key(key.key_id, dry_run=True),
        lambda: client.generate_data_key_without_plaintext(key.key_id, dry_run=True),
    ):
        with pytest.raises(errors.DryRunOperation):
            call()
    with pytest.raises(errors.NotFound):
        client.encrypt("nope", b"x", dry_run=True)


def test_an_independent_tool_sees_the_key_as_never_extractable(
    deployment: Deployment, client: Client, key: KeyMetadata
) -> None:
    tool = [
        "pkcs11-tool",
        "--module",
        softhsm_module(),
        "--token-label",
        "dev",
        "--login",
        "--pin",
        "env:PIN",
    ]
    environment = {**os.environ, "SOFTHSM2_CONF": str(deployment.softhsm_conf), "PIN": deployment.pin}
    label = f"strongroom/dev/{key.key_id}"
    seen = subprocess.run(
        [*tool, "--list-objects", "--type", "secrkey"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    about = seen[seen.index(label) :].split("Secret Key Object")[0]
    assert "sensitive, always sensitive, never extractable, local" in about
    read = subprocess.run(
        [*tool, "--read-object", "--type", "secrkey", "--label", label],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert read.returncode != 0
    assert read.stdout == b""


def test_secrets_are_in_no_file_of_the_deployment(
    deployment: Deployment, client: Client, key: KeyMetadata
) -> None:
    secret = b"plaintext-" + os.urandom(8).hex().encode()
    blob = client.encrypt(key.key_id, secret, encryption_context={"shown": "in-the-clear"}).ciphertext_blob
    data_key = client.generate_data_key(key.key_id)
    with pytest.raises(errors.InvalidCiphertext):
        client.decrypt(blob)
    needles = [secret, blob[29:], data_key.plaintext, data_key.ciphertext_blob[29:], deployment.pin.encode()]
    needles += [needle.hex().encode() for needle in needles]
    for file in _written_files(deployment.directory):
        content = file.read_bytes()
        assert not any(needle in content for needle in needles), file
    assert any(
        record["eventName"] == "Encrypt" and "in-the-clear" in str(record["requestParameters"])
        for record in deployment.audit_records()
    )


def _written_files(directory: Path) -> list[Path]:
    secret_files = {"pin", "so-pin"}
    return [f for f in directory.rglob("*") if f.is_file() and f.name not in secret_files]


def test_every_file_of_the_deployment_is_its_owners_alone(deployment: Deployment, client: Client) -> None:
    client.generate_random(1)
    for file in [deployment.directory, *deployment.directory.rglob("*")]:
        if not file.name.startswith("serve-"):
            assert not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), file


def test_every_answered_request_leaves_a_record(
    deployment: Deployment, client: Client, key: KeyMetadata
) -> None:
    with pytest.raises(errors.NotFound) as caught:
        client.encrypt("nope", b"x", encryption_context={"a": "b"})
    record = next(r for r in deployment.audit_records() if r.get("requestID") == caught.value.request_id)
    assert record["eventName"] == "Encrypt"
    assert record["errorCode"] == "NotFoundException"
    assert record["userIdentity"]["arn"] == "arn:aws:iam::111122223333:role/client/admin"
    assert record["requestParameters"] == {
        "keyId": "nope",
        "encryptionContext": {"a": "b"},
        "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }
    created = next(r for r in deployment.audit_records() if key.key_id in str(r.get("responseElements")))
    assert (created["eventName"], created["readOnly"]) == ("CreateKey", False)

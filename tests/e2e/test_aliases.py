"""Aliases: names that use a key wherever AWS KMS takes them, and nowhere else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from strongroom.client import Client, errors
from strongroom.client.items import EncryptItem
from tests.support.deployments import Deployment, Service

Call = Callable[[Client, str], object]


@pytest.fixture
def key_id(client: Client) -> str:
    return client.create_key().key_id


@pytest.fixture
def alias(client: Client, key_id: str) -> str:
    name = f"alias/app/{key_id[:8]}"
    client.create_alias(name, key_id)
    return name


def _arn(alias: str) -> str:
    return f"arn:aws:kms:eu-local-1:111122223333:{alias}"


@pytest.mark.parametrize("form", [str, _arn], ids=["name", "arn"])
def test_a_key_is_used_by_its_alias(
    client: Client, key_id: str, alias: str, form: Callable[[str], str]
) -> None:
    key = client.describe_key(form(alias))
    assert key.key_id == key_id
    sealed = client.encrypt(form(alias), b"x")
    assert sealed.key_id == key.arn
    assert client.decrypt(sealed.ciphertext_blob, key_id=form(alias)).plaintext == b"x"
    assert client.generate_data_key(form(alias)).key_id == key.arn
    assert client.re_encrypt(sealed.ciphertext_blob, form(alias)).key_id == key.arn
    batch = client.batch_encrypt([EncryptItem(form(alias), b"x")] * 3)
    assert [item.key_id for item in batch if not isinstance(item, errors.StrongroomError)] == [key.arn] * 3


@pytest.mark.parametrize(
    "call",
    [
        lambda c, name: c.enable_key(name),
        lambda c, name: c.disable_key(name),
        lambda c, name: c.update_key_description(name, "x"),
        lambda c, name: c.tag_resource(name, {"a": "b"}),
        lambda c, name: c.untag_resource(name, ["a"]),
        lambda c, name: c.list_resource_tags(name),
        lambda c, name: c.list_aliases(key_id=name),
    ],
)
@pytest.mark.parametrize("form", [str, _arn], ids=["name", "arn"])
def test_management_takes_no_alias(
    client: Client, alias: str, form: Callable[[str], str], call: Call
) -> None:
    with pytest.raises(errors.NotFound, match="Invalid keyId"):
        call(client, form(alias))


def test_a_moved_alias_stands_for_the_other_key_at_once(client: Client, key_id: str, alias: str) -> None:
    other = client.create_key()
    client.encrypt(alias, b"x")
    client.update_alias(alias, other.key_id)
    assert {client.encrypt(alias, b"x").key_id for _ in range(20)} == {other.arn}
    client.update_alias(alias, other.arn)
    (entry,) = client.list_aliases(key_id=other.key_id).aliases
    assert (entry.alias_name, entry.arn, entry.target_key_id) == (alias, _arn(alias), other.key_id)
    assert entry.creation_date <= entry.last_updated_date
    assert client.list_aliases(key_id=key_id).aliases == ()


def test_a_deleted_alias_is_gone_and_its_name_free(client: Client, key_id: str, alias: str) -> None:
    client.encrypt(alias, b"x")
    client.delete_alias(alias)
    with pytest.raises(errors.NotFound, match=f"Alias {_arn(alias)} is not found"):
        client.encrypt(alias, b"x")
    with pytest.raises(errors.NotFound, match="is not found"):
        client.delete_alias(alias)
    assert client.describe_key(key_id).enabled
    other = client.create_key()
    client.create_alias(alias, other.arn)
    assert client.encrypt(alias, b"x").key_id == other.arn


def test_a_name_is_given_once(client: Client, key_id: str, alias: str) -> None:
    for target in (key_id, client.create_key().key_id):
        with pytest.raises(
            errors.AlreadyExists, match=f"An alias with the name {_arn(alias)} already exists"
        ):
            client.create_alias(alias, target)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(client.create_alias, f"{alias}/race", key_id) for _ in range(16)]
        failed = [type(call.exception()) for call in calls if call.exception()]
    assert failed == [errors.AlreadyExists] * 15


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("x", errors.ValidationError, 'Alias must start with the prefix "alias/"'),
        ("", errors.ValidationError, "Value null at 'aliasName'"),
        ("alias/", errors.InvalidAliasName, "no name"),
        ("alias/a:b", errors.ValidationError, "invalid characters"),
        ("alias/a b", errors.ValidationError, "regular expression pattern"),
        ("alias/süß", errors.ValidationError, "regular expression pattern"),
        ("alias/" + "a" * 251, errors.ValidationError, "length less than or equal to 256"),
        ("alias/aws/s3", errors.AccessDenied, "may not"),
    ],
)
def test_names_that_no_alias_may_have(
    client: Client, key_id: str, name: str, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        client.create_alias(name, key_id)
    with pytest.raises(error, match=text):
        client.update_alias(name, key_id)
    with pytest.raises(error, match=text):
        client.delete_alias(name)


def test_an_alias_stands_for_a_key_and_for_no_alias(client: Client, alias: str) -> None:
    for target in (alias, _arn(alias)):
        with pytest.raises(errors.ValidationError, match=r"Aliases must refer to keys\. Not aliases"):
            client.create_alias("alias/of-alias", target)
    with pytest.raises(errors.NotFound):
        client.create_alias("alias/of-nothing", "1234abcd-12ab-34cd-56ef-1234567890ab")


def test_an_alias_moves_only_to_a_key_of_the_same_type_and_usage(client: Client, alias: str) -> None:
    for spec, usage in (("RSA_2048", "ENCRYPT_DECRYPT"), ("HMAC_256", "GENERATE_VERIFY_MAC")):
        other = client.create_key(key_spec=spec, key_usage=usage)
        with pytest.raises(errors.ValidationError, match="same type and usage"):
            client.update_alias(alias, other.key_id)


def test_a_key_has_fifty_aliases_and_no_more(client: Client) -> None:
    key_id = client.create_key().key_id
    names = [f"alias/many/{key_id[:8]}/{number:02}" for number in range(50)]
    for name in names:
        client.create_alias(name, key_id)
    with pytest.raises(errors.LimitExceeded, match="50 aliases"):
        client.create_alias("alias/one-too-many", key_id)
    assert [entry.alias_name for entry in client.all_aliases(key_id=key_id)] == names


def test_how_many_aliases_a_key_has_can_be_configured(own_deployment: Deployment) -> None:
    own_deployment.add_config("[limits]\naliases_per_key = 1")
    with own_deployment.served(), own_deployment.client() as client:
        key_id = client.create_key().key_id
        client.create_alias("alias/one", key_id)
        with pytest.raises(errors.LimitExceeded, match="1 aliases") as caught:
            client.create_alias("alias/two", key_id)
        assert caught.value.metadata["limit"] == "1"


def test_a_list_is_walked_while_it_changes(client: Client) -> None:
    key_id = client.create_key().key_id
    names = [f"alias/walk/{key_id[:8]}/{number}" for number in range(9)]
    for name in names[::2]:
        client.create_alias(name, key_id)
    seen, marker = [], None
    while marker != "":
        page = client.list_aliases(key_id=key_id, limit=1, marker=marker)
        seen += [entry.alias_name for entry in page.aliases]
        marker = page.next_marker
        if len(seen) == 2:
            client.create_alias(names[1], key_id)  # behind us
            client.create_alias(names[7], key_id)  # before us
            client.delete_alias(names[2])  # where we are
    assert seen == [names[0], names[2], names[4], names[6], names[7], names[8]]


def test_a_marker_is_good_for_its_own_list_only(client: Client, key_id: str) -> None:
    for number in range(2):
        client.create_alias(f"alias/marker/{key_id[:8]}/{number}", key_id)
    marker = client.list_aliases(key_id=key_id, limit=1).next_marker
    other = client.create_key().key_id
    altered = ("A" if marker[0] != "A" else "B") + marker[1:]
    for call in (
        lambda: client.list_aliases(marker=marker),
        lambda: client.list_aliases(key_id=other, marker=marker),
        lambda: client.list_keys(marker=marker),
        lambda: client.list_aliases(key_id=key_id, marker=altered),
    ):
        with pytest.raises(errors.InvalidMarker):
            call()


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_limits_out_of_range_are_refused(client: Client, limit: int) -> None:
    with pytest.raises(errors.ValidationError, match="'limit'"):
        client.list_aliases(limit=limit)


def test_the_record_names_alias_and_key(client: Client, service: Service, key_id: str, alias: str) -> None:
    records: list[Any] = service.deployment.audit_records()
    created = [r for r in records if r["eventName"] == "CreateAlias"]
    mine = [r for r in created if r["requestParameters"].get("aliasName") == alias]
    assert [resource["type"] for resource in mine[-1]["resources"]] == ["AWS::KMS::Alias", "AWS::KMS::Key"]
    assert mine[-1]["resources"][0]["ARN"] == _arn(alias)
    assert not mine[-1]["readOnly"]
    used = client.encrypt(alias, b"x")
    again: list[Any] = service.deployment.audit_records()
    (encrypted,) = [
        r for r in again if r["eventName"] == "Encrypt" and r["requestParameters"]["keyId"] == alias
    ]
    assert [resource["ARN"] for resource in encrypted["resources"]] == [used.key_id]

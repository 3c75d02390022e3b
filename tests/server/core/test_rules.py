"""Identifiers, states, specs, tags, markers, names: the small rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core import key_specs, key_states, names, tags
from strongroom.server.core.arns import Realm, is_alias_name, is_key_id, parse_arn
from strongroom.server.core.errors import (
    InvalidArn,
    InvalidMarker,
    InvalidTag,
    KeyDisabled,
    KeyStateInvalid,
    ValidationFailed,
)
from strongroom.server.core.event_ids import EventIds
from strongroom.server.core.markers import Markers
from strongroom.v1 import resources_pb2 as v1

REALM = Realm("aws", "eu-local-1", "111122223333")
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize("text", [KEY_ID, "mrk-1234abcd12ab34cd56ef1234567890ab"])
def test_well_formed_key_ids_are_known(text: str) -> None:
    assert is_key_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY_ID.upper(),
        KEY_ID.replace("-", ""),
        f"{KEY_ID}\n",
        f"mrk-{KEY_ID}",
        "mrk-xyz",
        f" {KEY_ID}",
        "alias/x",
    ],
)
def test_nothing_else_is_a_key_id(text: str) -> None:
    assert not is_key_id(text)


def test_a_key_arn_is_taken_apart_into_what_it_was_made_of() -> None:
    arn = parse_arn(REALM.key_arn(KEY_ID))
    assert (arn.partition, arn.region, arn.account_id) == ("aws", "eu-local-1", "111122223333")
    assert (arn.kind, arn.name) == ("key", KEY_ID)


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:kms",
        "arn:aws:s3:::x",
        "arn:aws:kms:r:1:key/x",
        "arn:aws:kms:r:111122223333:grant/x",
        "arn:\n",
    ],
)
def test_what_is_no_arn_of_a_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidArn):
        parse_arn(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("alias/a/b_c-d", True), ("alias/", False), ("alias/a!", False), ("alias/a:b", False), ("x", False)],
)
def test_alias_names(text: str, expected: bool) -> None:  # noqa: FBT001
    assert is_alias_name(text) is expected


def test_every_state_has_a_refusal_that_names_key_and_state() -> None:
    arn = REALM.key_arn(KEY_ID)
    for state, name in names.KEY_STATES.items():
        refused = key_states.refusal(state, arn)
        assert isinstance(refused, KeyDisabled if name == "Disabled" else KeyStateInvalid)
        assert refused.message.startswith(f"{arn} is ")
        assert refused.metadata == {"keyId": arn, "keyState": name}


def test_states_are_spelt_as_aws_kms_spells_them() -> None:
    assert set(names.KEY_STATES.values()) == {
        "Creating", "Enabled", "Disabled", "PendingImport", "PendingDeletion",
        "PendingReplicaDeletion", "Unavailable", "Updating",
    }  # fmt: skip


def test_every_key_spec_has_rules() -> None:
    assert set(key_specs.RULES) == set(names.KEY_SPECS)


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        (v1.KEY_SPEC_RSA_2048, v1.KEY_USAGE_UNSPECIFIED),
        (v1.KEY_SPEC_RSA_2048, v1.KEY_USAGE_KEY_AGREEMENT),
        (v1.KEY_SPEC_SYMMETRIC_DEFAULT, v1.KEY_USAGE_SIGN_VERIFY),
        (v1.KEY_SPEC_ECC_SECG_P256K1, v1.KEY_USAGE_KEY_AGREEMENT),
        (v1.KEY_SPEC_HMAC_256, v1.KEY_USAGE_SIGN_VERIFY),
        (v1.KEY_SPEC_ML_KEM_768, v1.KEY_USAGE_ENCRYPT_DECRYPT),
    ],
)
def test_illegal_usages_are_refused(spec: "v1.KeySpec.ValueType", usage: "v1.KeyUsage.ValueType") -> None:
    with pytest.raises(ValidationFailed):
        key_specs.usage_for(spec, usage)


def test_only_symmetric_keys_have_a_default_usage() -> None:
    assert (
        key_specs.usage_for(v1.KEY_SPEC_SYMMETRIC_DEFAULT, v1.KEY_USAGE_UNSPECIFIED)
        == v1.KEY_USAGE_ENCRYPT_DECRYPT
    )


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["a", "a"], "Duplicate tag keys"),
        ([str(i) for i in range(51)], "Too many tags"),
        (["aws:x"], "Tags beginning with aws: are reserved"),
        (["AwS:x"], "Tags beginning with aws: are reserved"),
    ],
)
def test_tags_that_can_not_stand_are_refused(keys: list[str], text: str) -> None:
    with pytest.raises(InvalidTag, match=text):
        tags.check_tags(keys)


@given(st.text(min_size=1, max_size=50), st.text(max_size=20))
def test_a_marker_is_good_for_its_own_list_only(last: str, binding: str) -> None:
    markers = Markers(bytes(32))
    marker = markers.make(last, "ListKeys", binding)
    assert markers.read(marker, "ListKeys", binding) == last
    with pytest.raises(InvalidMarker):
        markers.read(marker, "ListAliases", binding)
    with pytest.raises(InvalidMarker):
        Markers(b"x" * 32).read(marker, "ListKeys", binding)


@given(st.text(max_size=100))
def test_made_up_markers_are_refused(text: str) -> None:
    with pytest.raises(InvalidMarker):
        Markers(bytes(32)).read(text, "ListKeys")


def test_event_ids_are_uuids_of_version_8_and_never_repeat() -> None:
    import uuid

    new_id = EventIds(bytes(range(10)))
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert {uuid.UUID(i).version for i in made} == {8}
    assert {uuid.UUID(i).variant for i in made} == {uuid.RFC_4122}
    assert EventIds(bytes(10))() not in made

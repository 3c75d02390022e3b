"""Tags of keys."""

import pytest

from strongroom.client import Client, errors


@pytest.fixture
def key_id(client: Client) -> str:
    return client.create_key(tags={"team": "web", "stage": "test"}).key_id


def _tags(client: Client, key_id: str) -> list[tuple[str, str]]:
    return list(client.list_resource_tags(key_id).tags.items())


def test_tags_are_listed_in_the_order_in_which_they_were_set(client: Client, key_id: str) -> None:
    assert _tags(client, key_id) == [("team", "web"), ("stage", "test")]
    client.tag_resource(key_id, {"a": "", "stage": "live"})
    assert _tags(client, key_id) == [("team", "web"), ("stage", "live"), ("a", "")]


def test_tags_are_removed_and_absent_ones_ignored(client: Client, key_id: str) -> None:
    client.untag_resource(key_id, ["team", "none"])
    assert _tags(client, key_id) == [("stage", "test")]
    client.untag_resource(key_id, ["team"])
    client.tag_resource(key_id, {"team": "again"})
    assert _tags(client, key_id) == [("stage", "test"), ("team", "again")]


def test_tag_keys_are_case_sensitive(client: Client, key_id: str) -> None:
    client.tag_resource(key_id, {"Team": "other"})
    assert dict(_tags(client, key_id))["team"] == "web"


def test_a_key_has_fifty_tags_and_no_more(client: Client) -> None:
    key_id = client.create_key(tags={str(number): "" for number in range(49)}).key_id
    with pytest.raises(errors.TagError, match="Too many tags"):
        client.tag_resource(key_id, {"x": "", "y": ""})
    assert len(_tags(client, key_id)) == 49
    client.tag_resource(key_id, {"x": "", "0": "new"})
    assert len(_tags(client, key_id)) == 50
    with pytest.raises(errors.TagError, match="Too many tags"):
        client.tag_resource(key_id, {"one more": ""})


@pytest.mark.parametrize(
    ("tags", "error", "text"),
    [
        ({"aws:x": ""}, errors.TagError, "reserved"),
        ({"AWS:x": ""}, errors.TagError, "reserved"),
        ({"k" * 129: ""}, errors.ValidationError, "tags.1.member.tagKey"),
        ({"": ""}, errors.ValidationError, "tags.1.member.tagKey"),
        ({"a": "", "b": "v" * 257}, errors.ValidationError, "tags.2.member.tagValue"),
    ],
)
def test_tags_that_are_refused(
    client: Client, key_id: str, tags: dict[str, str], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        client.tag_resource(key_id, tags)
    assert len(_tags(client, key_id)) == 2


def test_tag_names_that_are_refused(client: Client, key_id: str) -> None:
    with pytest.raises(errors.ValidationError, match=r"tagKeys.2.member"):
        client.untag_resource(key_id, ["team", "x" * 129])


def test_no_tags_of_no_key_is_not_found(client: Client, key_id: str) -> None:
    with pytest.raises(errors.NotFound):
        client.tag_resource("1234abcd-12ab-34cd-56ef-1234567890ab", {})
    client.tag_resource(key_id, {})


def test_tags_are_walked_page_by_page(client: Client, key_id: str) -> None:
    client.tag_resource(key_id, {"c": "3"})
    found: dict[str, str] = {}
    marker = None
    while marker != "":
        page = client.list_resource_tags(key_id, limit=1, marker=marker)
        assert len(page.tags) <= 1
        found.update(page.tags)
        marker = page.next_marker
    assert found == {"team": "web", "stage": "test", "c": "3"}
    marker = client.list_resource_tags(key_id, limit=1).next_marker
    with pytest.raises(errors.InvalidMarker):
        client.list_resource_tags(client.create_key().key_id, marker=marker)

"""How tags go together. Source: AWS KMS developer guide, "Tags in AWS KMS"; texts as recorded live."""

from collections.abc import Sequence

from strongroom.server.core.errors import InvalidTag

MAX_TAGS = 50


def check_tags(tag_keys: Sequence[str]) -> None:
    """Refuses tag keys of one request that are duplicate, reserved or too many.

    Raises:
        InvalidTag: says which of the three.
    """
    if len(tag_keys) > MAX_TAGS:
        raise InvalidTag("Too many tags")
    if len(set(tag_keys)) != len(tag_keys):
        raise InvalidTag("Duplicate tag keys")
    if any(key.lower().startswith("aws:") for key in tag_keys):
        raise InvalidTag("Tags beginning with aws: are reserved")

"""The answers about aliases and tags."""

from strongroom.client._answers.times import time_of
from strongroom.client.results import AliasEntry, AliasPage, TagPage
from strongroom.v1 import aliases_pb2, tags_pb2


def alias_page(message: aliases_pb2.ListAliasesResponse) -> AliasPage:
    """A page of aliases."""
    return AliasPage(tuple(map(_alias, message.aliases)), message.next_marker)


def tag_page(message: tags_pb2.ListResourceTagsResponse) -> TagPage:
    """A page of tags."""
    return TagPage({tag.tag_key: tag.tag_value for tag in message.tags}, message.next_marker)


def _alias(message: aliases_pb2.AliasListEntry) -> AliasEntry:
    return AliasEntry(
        alias_name=message.alias_name,
        arn=message.alias_arn,
        target_key_id=message.target_key_id,
        creation_date=time_of(message.creation_date),
        last_updated_date=time_of(message.last_updated_date),
    )

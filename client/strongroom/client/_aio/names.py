"""Aliases and tags of keys."""

from collections.abc import AsyncIterator, Iterable, Mapping

from strongroom.client._aio.calls import Calls
from strongroom.client._answers import names as answers
from strongroom.client.results import AliasEntry, AliasPage, TagPage
from strongroom.v1 import aliases_pb2, tags_pb2
from strongroom.v1 import resources_pb2 as v1


class NameCalls(Calls):
    """The operations of KeyService on aliases and tags."""

    async def create_alias(self, alias_name: str, target_key_id: str) -> None:
        """Gives a key, named by id or ARN, the name `alias/…`."""
        request = aliases_pb2.CreateAliasRequest(alias_name=alias_name, target_key_id=target_key_id)
        await self._call(self._keys.CreateAlias, request)

    async def update_alias(self, alias_name: str, target_key_id: str) -> None:
        """Moves an alias to another key of the same type and usage."""
        request = aliases_pb2.UpdateAliasRequest(alias_name=alias_name, target_key_id=target_key_id)
        await self._call(self._keys.UpdateAlias, request)

    async def delete_alias(self, alias_name: str) -> None:
        """Takes a name away; the key stays as it is."""
        await self._call(self._keys.DeleteAlias, aliases_pb2.DeleteAliasRequest(alias_name=alias_name))

    async def list_aliases(
        self, *, key_id: str | None = None, limit: int | None = None, marker: str | None = None
    ) -> AliasPage:
        """A page of the account's aliases, or of one key's; 50 unless `limit` says 1 to 100."""
        request = aliases_pb2.ListAliasesRequest(key_id=key_id or "", limit=limit, marker=marker)
        return answers.alias_page(await self._call(self._keys.ListAliases, request))

    async def all_aliases(self, *, key_id: str | None = None) -> AsyncIterator[AliasEntry]:
        """All aliases of the account, or of one key, page by page."""
        marker: str | None = None
        while marker != "":
            page = await self.list_aliases(key_id=key_id, limit=100, marker=marker)
            for entry in page.aliases:
                yield entry
            marker = page.next_marker

    async def tag_resource(self, key_id: str, tags: Mapping[str, str]) -> None:
        """Sets tags of a key; others stay. Tags are not secret."""
        pairs = [v1.Tag(tag_key=key, tag_value=value) for key, value in tags.items()]
        await self._call(self._keys.TagResource, tags_pb2.TagResourceRequest(key_id=key_id, tags=pairs))

    async def untag_resource(self, key_id: str, tag_keys: Iterable[str]) -> None:
        """Removes tags of a key; those that it hasn't got are ignored."""
        request = tags_pb2.UntagResourceRequest(key_id=key_id, tag_keys=tag_keys)
        await self._call(self._keys.UntagResource, request)

    async def list_resource_tags(
        self, key_id: str, *, limit: int | None = None, marker: str | None = None
    ) -> TagPage:
        """A page of a key's tags: all of them unless `limit` says 1 to 50."""
        request = tags_pb2.ListResourceTagsRequest(key_id=key_id, limit=limit, marker=marker)
        return answers.tag_page(await self._call(self._keys.ListResourceTags, request))

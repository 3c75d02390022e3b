"""Grants: permissions on a key that are given and taken back without a change of policies."""

from collections.abc import AsyncIterator, Iterable

from strongroom.client import names
from strongroom.client._aio.calls import Calls
from strongroom.client._answers import grants as answers
from strongroom.client.items import Context
from strongroom.client.results import GrantCreated, GrantEntry, GrantPage
from strongroom.v1 import policy_service_pb2 as messages
from strongroom.v1 import resources_pb2 as v1


class GrantCalls(Calls):
    """The operations of PolicyService on grants; they obey from the next request on, without their tokens."""

    async def create_grant(
        self,
        key_id: str,
        grantee_principal: str,
        operations: Iterable[str],
        *,
        retiring_principal: str | None = None,
        encryption_context_equals: Context | None = None,
        encryption_context_subset: Context | None = None,
        name: str | None = None,
        dry_run: bool = False,
    ) -> GrantCreated:
        """Lets a principal use a key.

        Args:
            key_id: id or ARN of the key.
            grantee_principal: ARN of a user, a role, a session or an account.
            operations: what it may do: `Decrypt`, `GenerateDataKey`, …
            retiring_principal: ARN of who else may retire the grant.
            encryption_context_equals: the context that requests must have, whole.
            encryption_context_subset: pairs that it must have, perhaps among others.
            name: a call repeated with the same name and the rest gives the same grant, not another.
            dry_run: True to only check; raises DryRunOperation if it would succeed.
        """
        request = messages.CreateGrantRequest(
            key_id=key_id,
            grantee_principal=grantee_principal,
            retiring_principal=retiring_principal or "",
            operations=map(names.GRANT_OPERATIONS.number, operations),
            constraints=v1.GrantConstraints(
                encryption_context_equals=encryption_context_equals,
                encryption_context_subset=encryption_context_subset,
            ),
            name=name or "",
            dry_run=dry_run,
        )
        return answers.grant_created(await self._call(self._policies.CreateGrant, request))

    async def list_grants(
        self,
        key_id: str,
        *,
        grant_id: str | None = None,
        grantee_principal: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
    ) -> GrantPage:
        """A page of the grants on a key, or of those to a grantee; 50 unless `limit` says 1 to 100."""
        request = messages.ListGrantsRequest(
            key_id=key_id,
            grant_id=grant_id or "",
            grantee_principal=grantee_principal or "",
            limit=limit,
            marker=marker,
        )
        return answers.grant_page(await self._call(self._policies.ListGrants, request))

    async def all_grants(
        self, key_id: str, *, grantee_principal: str | None = None
    ) -> AsyncIterator[GrantEntry]:
        """All of them, page by page."""
        marker: str | None = None
        while marker != "":
            page = await self.list_grants(
                key_id, grantee_principal=grantee_principal, limit=100, marker=marker
            )
            for entry in page.grants:
                yield entry
            marker = page.next_marker

    async def list_retirable_grants(
        self, retiring_principal: str, *, limit: int | None = None, marker: str | None = None
    ) -> GrantPage:
        """A page of the grants that a principal of the account retires; 50 unless `limit` says 1 to 100."""
        request = messages.ListRetirableGrantsRequest(
            retiring_principal=retiring_principal, limit=limit, marker=marker
        )
        return answers.grant_page(await self._call(self._policies.ListRetirableGrants, request))

    async def all_retirable_grants(self, retiring_principal: str) -> AsyncIterator[GrantEntry]:
        """All of them, page by page."""
        marker: str | None = None
        while marker != "":
            page = await self.list_retirable_grants(retiring_principal, limit=100, marker=marker)
            for entry in page.grants:
                yield entry
            marker = page.next_marker

    async def retire_grant(
        self,
        *,
        grant_token: str | None = None,
        key_id: str | None = None,
        grant_id: str | None = None,
        dry_run: bool = False,
    ) -> None:
        """Ends a grant that is no longer needed, named by its token, or by the key and its id."""
        request = messages.RetireGrantRequest(
            grant_token=grant_token or "", key_id=key_id or "", grant_id=grant_id or "", dry_run=dry_run
        )
        await self._call(self._policies.RetireGrant, request)

    async def revoke_grant(self, key_id: str, grant_id: str, *, dry_run: bool = False) -> None:
        """Ends a grant on a key."""
        request = messages.RevokeGrantRequest(key_id=key_id, grant_id=grant_id, dry_run=dry_run)
        await self._call(self._policies.RevokeGrant, request)

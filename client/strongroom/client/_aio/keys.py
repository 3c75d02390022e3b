"""Creating, describing and switching keys."""

from collections.abc import AsyncIterator, Mapping

from strongroom.client._aio.calls import Calls
from strongroom.client._answers import keys as answers
from strongroom.client._connections import SLOW_TIMEOUT_S
from strongroom.client._requests import keys as requests
from strongroom.client.results import KeyEntry, KeyLastUsage, KeyMetadata, KeyPage, ScheduledDeletion, Token
from strongroom.v1 import deletion_pb2, usage_pb2
from strongroom.v1 import key_service_pb2 as messages


class KeyCalls(Calls):
    """The operations of KeyService."""

    async def create_key(
        self,
        *,
        description: str = "",
        key_spec: str = "SYMMETRIC_DEFAULT",
        key_usage: str | None = None,
        origin: str = "AWS_KMS",
        policy: str | None = None,
        tags: Mapping[str, str] | None = None,
        bypass_policy_lockout_safety_check: bool = False,
        request_id: str | None = None,
    ) -> KeyMetadata:
        """Creates a key in the token, or one to import material into.

        Every call makes another key, unless it has the id of one before.

        Args:
            description: what the key is for; not secret.
            key_spec: the kind of key, one of `names.KEY_SPECS`.
            key_usage: what it may be used for, one of `names.KEY_USAGES`; may only be left out for
                SYMMETRIC_DEFAULT.
            origin: AWS_KMS for material that the token makes, EXTERNAL for material that is imported.
            policy: the key policy, JSON; the account has full control unless it is given.
            tags: tags of the key; not secret.
            bypass_policy_lockout_safety_check: True to allow a policy that the caller can't change again.
            request_id: a UUID by which the service knows the same request again for a day; made up unless it
                is given. Give one to try again, in another process even, after an answer was lost.
        """
        request = requests.create_key(
            description=description,
            key_spec=key_spec,
            key_usage=key_usage,
            origin=origin,
            policy=policy,
            tags=tags,
            bypass_policy_lockout_safety_check=bypass_policy_lockout_safety_check,
            request_id=request_id,
        )
        answer = await self._call(self._keys.CreateKey, request, at_least_s=SLOW_TIMEOUT_S)
        return answers.key_metadata(answer.key_metadata)

    async def describe_key(self, key_id: str) -> KeyMetadata:
        """What is known of a key, named by id, ARN, alias name or alias ARN."""
        answer = await self._call(self._keys.DescribeKey, messages.DescribeKeyRequest(key_id=key_id))
        return answers.key_metadata(answer.key_metadata)

    async def list_keys(self, *, limit: int | None = None, marker: str | None = None) -> KeyPage:
        """A page of the account's keys, 100 unless `limit` says 1 to 1000."""
        request = messages.ListKeysRequest(limit=limit, marker=marker)
        return answers.key_page(await self._call(self._keys.ListKeys, request))

    async def all_keys(self) -> AsyncIterator[KeyEntry]:
        """All keys of the account, page by page."""
        marker: str | None = None
        while marker != "":
            page = await self.list_keys(limit=1000, marker=marker)
            for entry in page.keys:
                yield entry
            marker = page.next_marker

    async def enable_key(self, key_id: str) -> None:
        """Makes a disabled key usable."""
        await self._call(self._keys.EnableKey, messages.EnableKeyRequest(key_id=key_id))

    async def disable_key(self, key_id: str) -> None:
        """Makes a key unusable until it is enabled."""
        await self._call(self._keys.DisableKey, messages.DisableKeyRequest(key_id=key_id))

    async def update_key_description(self, key_id: str, description: str) -> None:
        """Replaces a key's description."""
        request = messages.UpdateKeyDescriptionRequest(key_id=key_id, description=description)
        await self._call(self._keys.UpdateKeyDescription, request)

    async def describe_token(self) -> Token:
        """What the service's token is, what it can do, and which keys can therefore be created."""
        return answers.token(await self._call(self._keys.DescribeToken, messages.DescribeTokenRequest()))

    async def schedule_key_deletion(
        self, key_id: str, *, pending_window_in_days: int | None = None
    ) -> ScheduledDeletion:
        """Makes a key unusable, and has it deleted after 7 to 30 days, 30 unless they are given."""
        request = deletion_pb2.ScheduleKeyDeletionRequest(
            key_id=key_id, pending_window_in_days=pending_window_in_days
        )
        return answers.scheduled_deletion(await self._call(self._keys.ScheduleKeyDeletion, request))

    async def cancel_key_deletion(self, key_id: str) -> None:
        """Keeps a key that is pending deletion; it is disabled afterwards."""
        await self._call(self._keys.CancelKeyDeletion, deletion_pb2.CancelKeyDeletionRequest(key_id=key_id))

    async def get_key_last_usage(self, key_id: str) -> KeyLastUsage:
        """When and by what a key was last used; some seconds behind."""
        request = usage_pb2.GetKeyLastUsageRequest(key_id=key_id)
        return answers.key_last_usage(await self._call(self._keys.GetKeyLastUsage, request))

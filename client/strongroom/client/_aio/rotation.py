"""Rotation of symmetric encryption keys."""

from collections.abc import AsyncIterator

from strongroom.client._aio.calls import Calls
from strongroom.client._answers import rotation as answers
from strongroom.client._connections import SLOW_TIMEOUT_S
from strongroom.client._requests.keys import fresh_id
from strongroom.client.results import RotationEntry, RotationPage, RotationStatus
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import rotation_pb2 as messages


class RotationCalls(Calls):
    """The operations of KeyService on the material of keys."""

    async def enable_key_rotation(self, key_id: str, *, rotation_period_in_days: int | None = None) -> None:
        """Has a key rotate by itself, every 365 days from now on unless 90 to 2560 are given."""
        request = messages.EnableKeyRotationRequest(
            key_id=key_id, rotation_period_in_days=rotation_period_in_days
        )
        await self._call(self._keys.EnableKeyRotation, request)

    async def disable_key_rotation(self, key_id: str) -> None:
        """Ends that; the materials that there are stay."""
        await self._call(self._keys.DisableKeyRotation, messages.DisableKeyRotationRequest(key_id=key_id))

    async def get_key_rotation_status(self, key_id: str) -> RotationStatus:
        """Whether and when a key rotates by itself."""
        request = messages.GetKeyRotationStatusRequest(key_id=key_id)
        return answers.rotation_status(await self._call(self._keys.GetKeyRotationStatus, request))

    async def rotate_key_on_demand(self, key_id: str, *, request_id: str | None = None) -> None:
        """Gives a key new material now, at most 25 times; not again with the `request_id` of before."""
        request = messages.RotateKeyOnDemandRequest(key_id=key_id, request_id=request_id or fresh_id())
        await self._call(self._keys.RotateKeyOnDemand, request, at_least_s=SLOW_TIMEOUT_S)

    async def list_key_rotations(
        self,
        key_id: str,
        *,
        all_key_material: bool = False,
        limit: int | None = None,
        marker: str | None = None,
    ) -> RotationPage:
        """A page of the materials that rotations made, or of all; 100 unless `limit` says 1 to 1000."""
        included = (
            v1.INCLUDE_KEY_MATERIAL_ALL_KEY_MATERIAL
            if all_key_material
            else v1.INCLUDE_KEY_MATERIAL_ROTATIONS_ONLY
        )
        request = messages.ListKeyRotationsRequest(
            key_id=key_id, include_key_material=included, limit=limit, marker=marker
        )
        return answers.rotation_page(await self._call(self._keys.ListKeyRotations, request))

    async def all_key_rotations(
        self, key_id: str, *, all_key_material: bool = False
    ) -> AsyncIterator[RotationEntry]:
        """All of them, page by page."""
        marker: str | None = None
        while marker != "":
            page = await self.list_key_rotations(
                key_id, all_key_material=all_key_material, limit=1000, marker=marker
            )
            for entry in page.rotations:
                yield entry
            marker = page.next_marker

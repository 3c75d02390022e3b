"""The client for asyncio, from which scripts/gen-client makes the one for threads."""

from strongroom.client._aio.client import AsyncClient

__all__ = ["AsyncClient"]

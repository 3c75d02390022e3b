"""Places that accounts share fairly, for what runs on an event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from strongroom.server.fair_queue import FairQueue


class FairSlots:
    """A semaphore whose places go to the accounts in turn; for one event loop.

    Args:
        count: how many places there are.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue()

    @asynccontextmanager
    async def held(self, account_id: str) -> AsyncIterator[None]:
        """Waits for a place, and holds it."""
        await self._enter(account_id)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, account_id: str) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put(account_id, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._leave()  # the place came in the same moment
            raise

    def _leave(self) -> None:
        """Gives the place to whoever's turn it is; who is gone has cancelled his."""
        while self._waiting:
            turn = self._waiting.take()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

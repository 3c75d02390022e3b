"""Places on an event loop that accounts share fairly."""

import asyncio

from strongroom.server.faces.grpc.fair_slots import FairSlots


class Users:
    """Tasks that want a place."""

    def __init__(self, count: int) -> None:
        self.slots = FairSlots(count)
        self.order: list[str] = []
        self.go = asyncio.Event()

    async def use(self, account_id: str) -> None:
        async with self.slots.held(account_id):
            self.order.append(account_id)
            await self.go.wait()

    async def start(self, accounts: str) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.use(account)) for account in accounts]
        await asyncio.sleep(0)
        return tasks


async def test_places_go_to_accounts_in_turn() -> None:
    users = Users(2)
    tasks = await users.start("aaaaabb")
    assert users.order == ["a", "a"]
    users.go.set()
    await asyncio.gather(*tasks)
    assert users.order == list("aaababa")


async def test_who_is_gone_keeps_no_place() -> None:
    users = Users(1)
    first, gone, last = await users.start("abc")
    gone.cancel()
    users.go.set()
    await asyncio.gather(first, last)
    assert users.order == ["a", "c"]
    await asyncio.gather(*await users.start("d"))


async def test_who_goes_as_the_place_comes_passes_it_on() -> None:
    users = Users(1)
    first, gone, last = await users.start("abc")
    users.slots._leave()  # the place is the second one's now, and it hasn't noticed
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await asyncio.sleep(0)
    assert users.order == ["a", "c"]
    users.go.set()
    await asyncio.gather(first, last)

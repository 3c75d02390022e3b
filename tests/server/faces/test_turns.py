"""Requests that take their turns together."""

import asyncio
from collections.abc import Sequence

import pytest

from strongroom.server.faces.grpc.turns import Turns


async def test_what_arrives_together_is_handled_together_and_in_order() -> None:
    handled: list[list[int]] = []

    def handle(items: Sequence[int]) -> list[int | asyncio.Future[int]]:
        handled.append(list(items))
        return [-item for item in items]

    turns = Turns(handle)
    assert await asyncio.gather(*map(turns.take, (1, 2, 3))) == [-1, -2, -3]
    assert await turns.take(4) == -4
    assert handled == [[1, 2, 3], [4]]


async def test_an_answer_may_come_later() -> None:
    later: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    turns: Turns[str, str] = Turns(lambda items: [later if item == "slow" else item for item in items])
    slow = asyncio.create_task(turns.take("slow"))
    assert await turns.take("quick") == "quick"
    later.set_result("done")
    assert await slow == "done"


async def test_who_has_gone_is_not_handled() -> None:
    handled: list[str] = []

    def handle(items: Sequence[str]) -> list[str | asyncio.Future[str]]:
        handled.extend(items)
        return list(items)

    turns = Turns(handle)
    gone = asyncio.create_task(turns.take("gone"))
    stays = asyncio.create_task(turns.take("stays"))
    await asyncio.sleep(0)  # both wait for their turn
    gone.cancel()
    assert await stays == "stays"
    assert handled == ["stays"]


async def test_a_failure_leaves_nobody_waiting() -> None:
    def fail(items: Sequence[int]) -> list[int | asyncio.Future[int]]:
        raise RuntimeError(f"{len(items)} items")

    turns = Turns(fail)
    answers = await asyncio.gather(turns.take(1), turns.take(2), return_exceptions=True)
    assert all(isinstance(answer, RuntimeError) for answer in answers)
    with pytest.raises(RuntimeError):
        await turns.take(3)

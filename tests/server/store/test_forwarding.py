"""How far segments were forwarded is remembered, until they are forgotten."""

from strongroom.server.audit.forwarding import Position
from strongroom.server.store import Store
from strongroom.server.trail import StorePositions


def test_positions_are_remembered_and_forgotten(store: Store) -> None:
    positions = StorePositions(store.forwarding)
    first, second = Position("worker-0/39a3fc06bd9bcd03", 1, 10), Position("worker-0/0123456789abcdef", 2, 20)
    for one in (first, second, Position(first.name, 1, 30)):
        positions.save(one)
    assert set(positions.all()) == {Position(first.name, 1, 30), second}
    positions.forget({first.name, "worker-1/0123456789abcdef"})
    assert positions.all() == (second,)

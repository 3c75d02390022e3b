"""Queries on the ids of requests: what was made once isn't made again (AIP-155)."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from strongroom.server.store.errors import RequestRepeated
from strongroom.server.store.records import EarlierRequest, NewMaterial
from strongroom.server.store.tables import materials, requests


def find(connection: Connection, caller: str, request_id: str) -> EarlierRequest | None:
    """The request of a caller that bore this id."""
    query = (
        select(requests.c.fingerprint, materials.c.key_id, materials.c.state)
        .join_from(requests, materials)
        .where(requests.c.caller == caller, requests.c.request_id == request_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else EarlierRequest(row.fingerprint, row.key_id, row.state == "enabled")


def remember(connection: Connection, material: NewMaterial) -> None:
    """Writes down which request makes a material, if it has an id; the row goes with the material's.

    Raises:
        RequestRepeated: another has the id.
    """
    request = material.request
    if request is None:
        return
    if find(connection, request.caller, request.request_id) is not None:
        raise RequestRepeated
    connection.execute(
        insert(requests).values(
            caller=request.caller,
            request_id=request.request_id,
            fingerprint=request.fingerprint,
            material_id=material.material_id,
            at=material.created_at,
        )
    )


def trim(connection: Connection, before: datetime) -> int:
    """Forgets old ids; gives their number."""
    return int(connection.execute(delete(requests).where(requests.c.at < before)).rowcount)

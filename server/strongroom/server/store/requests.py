"""Queries on the ids of requests: what was made once isn't made again (AIP-155)."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from strongroom.server.store.errors import RequestRepeated
from strongroom.server.store.records import EarlierRequest, RequestId
from strongroom.server.store.tables import materials, requests


def find(connection: Connection, caller: str, request_id: str) -> EarlierRequest | None:
    """The request of a caller that bore this id."""
    query = (
        select(requests.c.fingerprint, requests.c.key_id, materials.c.state)
        .join_from(requests, materials, isouter=True)
        .where(requests.c.caller == caller, requests.c.request_id == request_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return EarlierRequest(row.fingerprint, row.key_id, is_done=row.state in {None, "enabled"})


def remember(
    connection: Connection, request: RequestId | None, key_id: str, material_id: bytes | None, at: datetime
) -> None:
    """Writes down which request, if it has an id, changes a key and makes a material for it, if it makes one.

    The row goes when either goes.

    Raises:
        RequestRepeated: another has the id.
    """
    if request is None:
        return
    if find(connection, request.caller, request.request_id) is not None:
        raise RequestRepeated
    connection.execute(
        insert(requests).values(
            caller=request.caller,
            request_id=request.request_id,
            fingerprint=request.fingerprint,
            key_id=key_id,
            material_id=material_id,
            at=at,
        )
    )


def trim(connection: Connection, before: datetime) -> int:
    """Forgets old ids; gives their number."""
    return int(connection.execute(delete(requests).where(requests.c.at < before)).rowcount)

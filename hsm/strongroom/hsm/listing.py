"""What is new on a token, without reading again what is known.

A token that is files goes through all its objects to find one, which takes as long as listing them all. So
where one is missed, all that others have made meanwhile are learnt at once: the next misses need no search.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pkcs11
from pkcs11 import Attribute, _pkcs11

from strongroom.hsm.connection import Connection
from strongroom.hsm.sessions import PooledSession

_log = logging.getLogger(__name__)

_BATCH = 1024


class _Handles(_pkcs11.SearchIter):  # type: ignore[name-defined,misc] # the stubs leave it out
    """A search that gives handles, where python-pkcs11 would read ten attributes of each object."""

    def _batch_iter(self, results: Any, count: int) -> list[int]:  # noqa: ANN401 # a buffer of the library
        return [int(results[index]) for index in range(count)]

    def object_of(self, handle: int) -> Any:  # noqa: ANN401 # a pkcs11 object
        """The object, with its attributes read."""
        return next(super()._batch_iter([handle], 1))


def new_objects(connection: Connection, session: PooledSession) -> Iterator[Any]:
    """The token objects whose handles the connection doesn't know yet; only under its lock."""
    connection.changes.catch_up()
    known = {candidate.handle for found in connection.candidates.values() for candidate in found}
    known.update(connection.handles.values(), connection.strangers)
    search = _Handles(session.raw, {Attribute.TOKEN: True}, _BATCH)
    for handle in _all(search):
        if handle in known:
            continue
        connection.strangers.add(handle)
        try:
            yield search.object_of(handle)
        except (pkcs11.PKCS11Error, ValueError) as error:
            _log.info("passed over an object that can't be read: %s", type(error).__name__)


def _all(search: _Handles) -> list[int]:
    try:
        search.__enter__()
        return [handle for batch in search for handle in batch]
    finally:
        with suppress(pkcs11.PKCS11Error):  # on a dead session it would fail again when it is collected
            search._finalize()  # noqa: SLF001

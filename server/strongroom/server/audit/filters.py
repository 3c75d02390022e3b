"""Which records of an audit trail somebody wants to see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from strongroom.server.audit.bounds import NAMING_KEYS
from strongroom.server.audit.names import ABOUT_ITSELF
from strongroom.server.audit.reading import Record, arns_of, made_key_of, members, time_of

_DENIED = "AccessDeniedException"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What records must be like; what is None or empty is left open.

    Args:
        key: id or ARN of a key, or name or ARN of an alias, as the record has it.
        principal: ARN of the caller; `*` stands for anything.
        account: of the caller.
        operations: names, in any case.
        since: no earlier, ISO 8601 in UTC.
        until: earlier, likewise.
        outcome: `ok`, `denied`, `failed`, or an error's name as AWS KMS has it.
        request_id: that its caller learnt.
        source: a part of the caller's address.
        about_itself: True for the records too that the trail has about itself.
    """

    key: str | None = None
    principal: str | None = None
    account: str | None = None
    operations: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    outcome: str | None = None
    request_id: str | None = None
    source: str | None = None
    about_itself: bool = False

    def fits(self, record: Record) -> bool:
        """True for a record that is wanted."""
        if not self.about_itself and str(record.get("eventName")) in ABOUT_ITSELF:
            return False
        asked = ((one.name, getattr(self, one.name)) for one in fields(self))
        return all(_TESTS[name](value, record) for name, value in asked if value and name in _TESTS)


def _is_about(key: str, record: Record) -> bool:
    if any(arn == key or arn.endswith((f":key/{key}", f":{key}")) for arn in arns_of(record)):
        return True
    details = members(record, "requestParameters") or members(record, "serviceEventDetails")
    made = made_key_of(record)
    return key in (*(details.get(name) for name in NAMING_KEYS), made.get("keyId"), made.get("arn"))


def _came_to(outcome: str, record: Record) -> bool:
    code = record.get("errorCode")
    known = {"ok": code is None, "failed": code is not None, "denied": code == _DENIED}
    return known.get(outcome.lower(), code == outcome)


def _caller(record: Record) -> Mapping[str, Any]:
    return members(record, "userIdentity")


_TESTS: Mapping[str, Callable[[Any, Record], bool]] = {
    "key": _is_about,
    "principal": lambda pattern, record: fnmatchcase(str(_caller(record).get("arn", "")), pattern),
    "account": lambda account, record: _caller(record).get("accountId") == account,
    "operations": lambda names, record: str(record.get("eventName")).lower() in {n.lower() for n in names},
    "since": lambda since, record: time_of(record) >= since,
    "until": lambda until, record: time_of(record) < until,
    "outcome": _came_to,
    "request_id": lambda request_id, record: record.get("requestID") == request_id,
    "source": lambda source, record: source in str(record.get("sourceIPAddress", "")),
}

"""The audit record of a request, in the shape of an AWS CloudTrail event.

Source: AWS CloudTrail user guide, "CloudTrail record contents". Never in it: plaintext, ciphertext, data
keys, grant tokens. The encryption context is in the clear, as callers are told.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from strongroom.server.audit.bounds import MOST_BYTES, MOST_REFUSED_BYTES, bounded, bounded_text
from strongroom.server.core.arns import Realm
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import KmsError

EVENT_VERSION = "1.11"
EVENT_SOURCE = "kms.amazonaws.com"

_MAX_REMEMBERED = 4096


class Answered(NamedTuple):
    """A request that is about to be answered.

    Args:
        request_id: the id that the caller learns.
        operation: AWS KMS's name of the operation.
        is_read_only: True unless it may change what the store holds.
        caller: who asked; None if nobody that we know.
        source: the peer's address.
        user_agent: what the client calls itself.
        parameters: the request's fields, secrets left out; None if it couldn't be read.
        is_authorised: False if it was refused before its caller was known to have the right to it.
        resources: ARNs of the keys that were found, and of aliases that the request is about.
        material_ids: names of the materials that were used.
        grant_id: of the grant that was retired, empty if none was.
        response: what of the response is recorded.
        error: what is answered instead of a response.
    """

    request_id: str
    operation: str
    is_read_only: bool
    caller: Caller | None
    source: str
    user_agent: str
    parameters: Mapping[str, object] | None
    is_authorised: bool
    resources: tuple[str, ...]
    material_ids: tuple[str, ...]
    grant_id: str
    response: Mapping[str, object] | None
    error: KmsError | None


class RecordMaker:
    """Makes audit records.

    Args:
        realm: account and Region of the deployment.
        clock: gives the time in UTC.
        new_event_id: gives a fresh UUID.
    """

    def __init__(self, realm: Realm, clock: Callable[[], datetime], new_event_id: Callable[[], str]) -> None:
        self._known_resources: dict[tuple[str, ...], tuple[Mapping[str, str], ...]] = {}
        self._envelope: Mapping[str, object] = {
            "eventVersion": EVENT_VERSION,
            "eventSource": EVENT_SOURCE,
            "eventCategory": "Management",
            "managementEvent": True,
            "awsRegion": realm.region,
            "recipientAccountId": realm.account_id,
        }
        self.clock = clock
        self._new_event_id = new_event_id

    def of_service(self, name: str, details: Mapping[str, object]) -> Mapping[str, object]:
        """The record of something that the service did by itself."""
        return {
            **self._envelope,
            "eventType": "AwsServiceEvent",
            "eventTime": self.clock(),
            "eventID": self._new_event_id(),
            "eventName": name,
            "readOnly": False,
            "serviceEventDetails": details,
        }

    def of_request(self, answered: Answered, now: datetime) -> Mapping[str, object]:
        """The record of a request that is answered at this time."""
        record: dict[str, object] = {
            **self._envelope,
            "eventType": "AwsApiCall",
            "eventTime": now,
            "eventID": self._new_event_id(),
            "requestID": answered.request_id,
            "eventName": answered.operation,
            "readOnly": answered.is_read_only,
            "sourceIPAddress": answered.source,
            "userAgent": bounded_text(answered.user_agent),
            "userIdentity": _identity(answered.caller),
            "requestParameters": _parameters(answered),
            "responseElements": answered.response,
            "resources": self._resources(answered.resources),
        }
        if answered.material_ids:
            record["additionalEventData"] = {"keyMaterialIds": answered.material_ids}
        if answered.grant_id:
            record["additionalEventData"] = {"grantId": answered.grant_id}
        if answered.error is not None:
            record["errorCode"] = answered.error.aws_name
            record["errorMessage"] = bounded_text(answered.error.message)
        return record

    def _resources(self, arns: tuple[str, ...]) -> tuple[Mapping[str, str], ...]:
        known = self._known_resources.get(arns)
        if known is None:
            known = tuple({"accountId": arn.split(":")[4], "type": _kind_of(arn), "ARN": arn} for arn in arns)
            if len(self._known_resources) >= _MAX_REMEMBERED:
                self._known_resources.clear()
            self._known_resources[arns] = known
        return known


def _parameters(answered: Answered) -> Mapping[str, object] | None:
    most = MOST_BYTES if answered.is_authorised else MOST_REFUSED_BYTES
    return None if answered.parameters is None else bounded(answered.parameters, most)


def _kind_of(arn: str) -> str:
    return "AWS::KMS::Alias" if ":alias/" in arn else "AWS::KMS::Key"


@lru_cache(maxsize=_MAX_REMEMBERED)
def _identity(caller: Caller | None) -> Mapping[str, str]:
    if caller is None:
        return {"type": "Unknown"}
    return {
        "type": "AssumedRole",
        "principalId": caller.credential,
        "arn": caller.arn,
        "accountId": caller.account_id,
    }

"""The condition keys that come from fields of requests."""

from datetime import UTC, datetime

import pytest

from strongroom.server.core.condition_fields import RequestKeys
from strongroom.server.core.fields import Instant
from strongroom.v1 import importing_pb2 as messages


@pytest.mark.parametrize(
    ("moment", "value"),
    [
        (datetime(2027, 1, 15, 8, tzinfo=UTC), "1800000000.000000"),
        (datetime(1970, 1, 1, microsecond=1, tzinfo=UTC), "0.000001"),
    ],
)
def test_a_moment_is_told_in_seconds_which_dates_and_numbers_are_compared_with(
    moment: datetime, value: str
) -> None:
    request = messages.ImportKeyMaterialRequest()
    keys = RequestKeys([Instant("valid_to")])
    assert keys.find("kms:validto", request, {}) is None
    request.valid_to.FromDatetime(moment)
    assert keys.find("kms:validto", request, {}) == (value,)

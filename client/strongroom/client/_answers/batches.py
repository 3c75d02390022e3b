"""The answers of batches: for each item its result or its error."""

from collections.abc import Callable
from typing import Any, TypeVar

from strongroom.client import _checksums
from strongroom.client._statuses import error_of_status
from strongroom.client.errors import InternalError, StrongroomError

_Result = TypeVar("_Result")


def outcomes(
    request: Any,  # noqa: ANN401 # any batch's request
    answer: Any,  # noqa: ANN401 # its answer
    result_of: Callable[[Any], _Result],
    *,
    has_checksums: bool,
) -> list[_Result | StrongroomError]:
    """The result or the error of each item, in order.

    Args:
        request: the items.
        answer: what the service says of them.
        result_of: makes the result of one item's answer.
        has_checksums: True if checksums were sent and are to be checked.

    Raises:
        InternalError: the service didn't answer each item.
    """
    if len(request.items) != len(answer.results):
        raise InternalError(f"{len(answer.results)} answers came to {len(request.items)} items.")
    return [
        _outcome(item, result, result_of, has_checksums=has_checksums)
        for item, result in zip(request.items, answer.results, strict=True)
    ]


def _outcome(
    item: Any,  # noqa: ANN401 # any item
    result: Any,  # noqa: ANN401 # its result
    result_of: Callable[[Any], _Result],
    *,
    has_checksums: bool,
) -> _Result | StrongroomError:
    if result.HasField("error"):
        return error_of_status(result.error)
    if not result.HasField("response"):
        return InternalError("The service said nothing of this item.")
    try:
        if has_checksums:
            _checksums.check_answer(item, result.response)
        return result_of(result.response)
    except StrongroomError as error:
        return error

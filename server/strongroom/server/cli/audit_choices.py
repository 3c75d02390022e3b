"""The names that records have of operations and errors: what isn't one finds nothing, so it is refused."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # heavy
    from strongroom.server.core.errors import KmsError

_OUTCOMES = ("ok", "denied", "failed")


class NameUnknown(Exception):
    """No record has this name."""


def operation_names(said: Sequence[str]) -> Sequence[str]:
    """Names of operations and service events; NameUnknown if one is none, in any case of letters."""
    if said:
        from strongroom.server.audit.names import ABOUT_ITSELF, SERVICE_EVENTS
        from strongroom.server.operations import OPERATIONS  # heavy

        known = {*(operation.name for operation in OPERATIONS), *SERVICE_EVENTS, *ABOUT_ITSELF}
        for one in said:
            _known("--operation", one, known)
    return said


def error_name(said: str | None) -> str | None:
    """An outcome, or the name of an error as records have it; NameUnknown if it is none."""
    if said is None:
        return None
    from strongroom.server.core.errors import KmsError

    return _known("--outcome", said, (*_OUTCOMES, *_error_names(KmsError)))


def _error_names(kind: "type[KmsError]") -> set[str]:
    """The names of an error's kinds, as AWS KMS has them."""
    own = {kind.aws_name} if hasattr(kind, "aws_name") else set()
    return own.union(*map(_error_names, kind.__subclasses__()))


def _known(option: str, said: str, known: Iterable[str]) -> str:
    names = {name.lower(): name for name in known}
    found = names.get(said.lower())
    if found is not None:
        return found
    near = [names[name] for name in get_close_matches(said.lower(), names, n=3)]
    text = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(names.values()))}."
    raise NameUnknown(f"{option} {said} is unknown: {text}")

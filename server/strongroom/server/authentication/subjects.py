"""Which principals an issuer's subjects are."""

import re
from collections.abc import Mapping

from strongroom.server.core.callers import is_principal

# ':' becomes '/', so '/' itself isn't among them: no two subjects are one principal.
_IN_TEMPLATE = re.compile(r"[A-Za-z0-9_+=,.@:-]{1,512}")


class SubjectMap:
    """Which principal a subject of one issuer is.

    Args:
        subjects: principal ARN by subject.
        prefix: what stands before all others, with / for each :. None where there are no others.
    """

    def __init__(self, subjects: Mapping[str, str], prefix: str | None) -> None:
        self._subjects = subjects
        self._prefix = prefix

    def principal(self, subject: str) -> str | None:
        """The ARN of a subject's principal, or None if it has none."""
        named = self._subjects.get(subject)
        if named is not None or self._prefix is None or not _IN_TEMPLATE.fullmatch(subject):
            return named
        made = self._prefix + subject.replace(":", "/")
        return made if is_principal(made) else None

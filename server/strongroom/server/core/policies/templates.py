"""Texts of a policy that may have variables and wildcards.

AWS IAM user guide, "IAM policy elements: Variables and tags": `${key}`, `${key, 'default'}`, and `${*}`,
`${?}` and `${$}` for the characters themselves; only in documents of version 2012-10-17.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from strongroom.server.core.policies.globs import with_wildcards
from strongroom.server.core.policies.requests import Lookup

_VARIABLE = re.compile(
    r"\$\{(?:(?P<character>[*?$])|(?P<key>[^,{}'\s][^,{}']*?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?)\}"
)


class _Variable(NamedTuple):
    key: str
    default: str | None

    def value(self, lookup: Lookup) -> str | None:
        """Its one value, or its default; None if it has neither."""
        values = lookup(self.key)
        return values[0] if values is not None and len(values) == 1 else self.default


class _Part(NamedTuple):
    """A stretch of text; in what is `literal` wildcards are characters like all others."""

    text: str
    literal: bool


class Template:
    """A text of a policy.

    Args:
        text: as it is in the document.
        has_variables: True in documents of version 2012-10-17.
    """

    def __init__(self, text: str, *, has_variables: bool) -> None:
        self._parts: list[_Part | _Variable] = []
        end = 0
        for found in _VARIABLE.finditer(text) if has_variables else ():
            self._parts.append(_Part(text[end : found.start()], literal=False))
            if found["character"]:
                self._parts.append(_Part(found["character"], literal=True))
            else:
                self._parts.append(_Variable(found["key"].lower(), found["default"]))
            end = found.end()
        self._parts.append(_Part(text[end:], literal=False))

    @property
    def is_fixed(self) -> bool:
        """True if it is the same for all requests."""
        return not any(isinstance(part, _Variable) for part in self._parts)

    def text(self, lookup: Lookup) -> str | None:
        """What it says for a request; None if a variable has no value, or several."""
        return self._joined(lookup, lambda part: part.text)

    def glob(self, lookup: Lookup) -> str | None:
        """Likewise, as a pattern; wildcards in a variable's value are no wildcards."""
        return self._joined(lookup, lambda part: part.text if part.literal else with_wildcards(part.text))

    def _joined(self, lookup: Lookup, render: Callable[[_Part], str]) -> str | None:
        texts = []
        for part in self._parts:
            if isinstance(part, _Variable):
                value = part.value(lookup)
                if value is None:
                    return None
                texts.append(render(_Part(value, literal=True)))
            else:
                texts.append(render(part))
        return "".join(texts)


def nothing(_key: str) -> None:
    """The lookup for templates that are fixed."""

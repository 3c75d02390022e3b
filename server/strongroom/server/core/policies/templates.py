"""Texts of a policy that may have variables and wildcards.

AWS IAM user guide, "IAM policy elements: Variables and tags": `${key}`, `${key, 'default'}`, and `${*}`,
`${?}` and `${$}` for the characters themselves; only in documents of version 2012-10-17.
"""

import fnmatch
import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from strongroom.server.core.policies.requests import Lookup

_VARIABLE = re.compile(
    r"\$\{(?:(?P<character>[*?$])|(?P<key>[^,{}'\s][^,{}']*?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?)\}"
)
_SPECIAL = str.maketrans({character: f"[{character}]" for character in "*?["})
_BRACKET = str.maketrans({"[": "[[]"})

Matches: TypeAlias = Callable[[str], bool]


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
        """Likewise, as a pattern of `fnmatch`; wildcards in a variable's value are no wildcards."""
        return self._joined(lookup, lambda part: part.text.translate(_SPECIAL if part.literal else _BRACKET))

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


def matcher(glob: str) -> Matches:
    """Tells whether a whole text fits a pattern with `*` and `?`; `fnmatch` never tries a `*` twice."""
    if glob == "*":
        return lambda _text: True
    if not any(character in glob for character in "*?["):
        return glob.__eq__
    if glob.endswith("*") and not any(character in glob[:-1] for character in "*?["):
        prefix = glob[:-1]
        return lambda text: text.startswith(prefix)
    fits = re.compile(fnmatch.translate(glob)).match
    return lambda text: fits(text) is not None


def arn_matcher(glob: str) -> Matches:
    """Likewise for ARNs: six parts that are compared one by one; `*` crosses no colon but in the last."""
    parts = [matcher(part) for part in glob.split(":", 5)]

    def matches(text: str) -> bool:
        found = text.split(":", 5)
        return len(found) == len(parts) and all(fits(one) for fits, one in zip(parts, found, strict=True))

    return matches


def nothing(_key: str) -> None:
    """The lookup for templates that are fixed."""

"""The fields of requests: what each must satisfy, and how the audit trail shows it.

A field is declared once and shared by the operations that have it. `check` gives the violations of one
request, worded as AWS KMS words them (they name the field in lowerCamelCase); `record` gives the value
for the audit record, with defaults filled in. Fields that may hold secrets are never recorded and
never quoted.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol, TypeAlias

from google.protobuf.descriptor import EnumDescriptor

from strongroom.server.core import names
from strongroom.server.core.errors import KmsError, Violation

Violations: TypeAlias = tuple[Violation, ...]
Request: TypeAlias = Any  # a protobuf message: its fields are reached by name

IN_ORDER: Violations = ()
"""What a field in order violates."""

_MAX_QUOTED_CHARACTERS = 128
_UNSATISFIED = "failed to satisfy constraint: Member must"


class Field(Protocol):
    """One field of a request message."""

    @property
    def name(self) -> str:
        """The field's name in the protobuf message."""

    @property
    def is_recorded(self) -> bool:
        """True if the audit record shows it."""

    def check(self, request: Request) -> Violations:
        """The violations of this request, in order; empty when the field is in order."""

    def record(self, request: Request) -> object:
        """The value for the audit record; None leaves it out."""


def camel_case(name: str) -> str:
    """`key_id` -> `keyId`, as AWS KMS spells the field in messages and records."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def violation(path: str, constraint: str, value: object = None) -> Violations:
    """One violation; without a value its text quotes none."""
    field = ".".join(camel_case(part) for part in path.split("."))
    quoted = f"Value at '{field}'" if value is None else f"Value '{_shortened(value)}' at '{field}'"
    return (Violation(path, f"{quoted} {_UNSATISFIED} {constraint}"),)


def _missing(name: str) -> Violations:
    text = f"Value null at '{camel_case(name)}' {_UNSATISFIED} not be null"
    return (Violation(name, text),)


def _shortened(value: object) -> str:
    text = str(value)
    return text if len(text) <= _MAX_QUOTED_CHARACTERS else f"{text[:_MAX_QUOTED_CHARACTERS]}…"


def length_violations(path: str, value: str, least: int, most: int) -> Violations:
    """Those of a text that must have `least` to `most` characters."""
    if len(value) > most:
        return violation(path, f"have length less than or equal to {most}", value)
    if len(value) < least:
        return violation(path, f"have length greater than or equal to {least}", value)
    return IN_ORDER


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `least` to `most` characters; where `least` is 0, an absent one is in order."""

    name: str
    least: int
    most: int
    pattern: str | None = None
    is_recorded: bool = True

    def check(self, request: Request) -> Violations:
        value: str = getattr(request, self.name)
        if not value:
            return _missing(self.name) if self.least else IN_ORDER
        if len(value) > self.most:
            return length_violations(self.name, value, self.least, self.most)
        if self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            return violation(self.name, f"satisfy regular expression pattern: {self.pattern}", value)
        return IN_ORDER

    def record(self, request: Request) -> object:
        return getattr(request, self.name) or None


@dataclass(frozen=True, slots=True)
class PresentText:
    """A string with presence: `required` wants it sent, though it may be empty where `least` is 0."""

    name: str
    least: int
    most: int
    pattern: str | None = None
    required: bool = False
    is_recorded: bool = True

    def check(self, request: Request) -> Violations:
        if not request.HasField(self.name):
            return _missing(self.name) if self.required else IN_ORDER
        value: str = getattr(request, self.name)
        found = length_violations(self.name, value, self.least, self.most)
        if not found and self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            return violation(self.name, f"satisfy regular expression pattern: {self.pattern}", value)
        return found

    def record(self, request: Request) -> object:
        return getattr(request, self.name) if request.HasField(self.name) else None


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes, which may be secret: neither quoted nor recorded; `hint` says what to do with more of them."""

    name: str
    least: int
    most: int
    hint: str = ""
    is_recorded: ClassVar[bool] = False

    def check(self, request: Request) -> Violations:
        length = len(getattr(request, self.name))
        if self.least <= length <= self.most:
            return IN_ORDER
        if length < self.least:
            return violation(self.name, f"have length greater than or equal to {self.least}")
        return violation(self.name, f"have length less than or equal to {self.most}{self.hint}")

    def record(self, request: Request) -> object:  # noqa: ARG002 # never shown
        return None


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer with presence, `least` to `most`."""

    name: str
    least: int
    most: int
    is_recorded: ClassVar[bool] = True

    def check(self, request: Request) -> Violations:
        if not request.HasField(self.name):
            return IN_ORDER
        value: int = getattr(request, self.name)
        if self.least <= value <= self.most:
            return IN_ORDER
        bound = f"less than or equal to {self.most}"
        if value < self.least:
            bound = f"greater than or equal to {self.least}"
        return violation(self.name, f"have value {bound}", value)

    def record(self, request: Request) -> object:
        return getattr(request, self.name) if request.HasField(self.name) else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of an enum; the unspecified one stands for `default`, or for nothing if that is 0."""

    name: str
    enum: EnumDescriptor
    default: int = 0
    required: bool = False
    is_recorded: ClassVar[bool] = True

    def check(self, request: Request) -> Violations:
        value: int = getattr(request, self.name)
        if not value:
            return _missing(self.name) if self.required else IN_ORDER
        if value in names.aws_names(self.enum):
            return IN_ORDER
        return _unknown_choice(self.name, value, self.enum)

    def record(self, request: Request) -> object:
        return names.aws_names(self.enum).get(getattr(request, self.name) or self.default)


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment, to the microsecond."""

    name: str
    is_recorded: ClassVar[bool] = True

    def check(self, request: Request) -> Violations:
        if not request.HasField(self.name) or self.value(request) is not None:
            return IN_ORDER
        return violation(self.name, "be a time between the years 1 and 9999")

    def record(self, request: Request) -> object:
        value = self.value(request)
        return None if value is None else value.isoformat()

    def value(self, request: Request) -> datetime | None:
        """The moment in UTC; None if there is none, or none that can be."""
        if not request.HasField(self.name):
            return None
        try:
            found: datetime = getattr(request, self.name).ToDatetime(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        return found


def _unknown_choice(path: str, value: int, enum: EnumDescriptor) -> Violations:
    allowed = ", ".join(names.aws_names(enum).values())
    return violation(path, f"satisfy enum value set: [{allowed}]", value)


@dataclass(frozen=True, slots=True)
class Choices:
    """Several values of an enum, each at most once; at least one if `is_required`."""

    name: str
    enum: EnumDescriptor
    is_required: bool = False
    is_recorded: ClassVar[bool] = True

    def check(self, request: Request) -> Violations:
        most = len(names.aws_names(self.enum))
        if self.is_required and not getattr(request, self.name):
            return violation(self.name, "have length greater than or equal to 1")
        if len(getattr(request, self.name)) > most:
            return violation(self.name, f"have length less than or equal to {most}")
        for index, value in enumerate(getattr(request, self.name), start=1):
            if value not in names.aws_names(self.enum):
                return _unknown_choice(f"{self.name}.{index}.member", value, self.enum)
        return IN_ORDER

    def record(self, request: Request) -> object:
        table = names.aws_names(self.enum)
        return [table.get(value) for value in getattr(request, self.name)] or None


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean; recorded with its default, false, only where `always` says so."""

    name: str
    always: bool = False
    is_recorded: ClassVar[bool] = True

    def check(self, request: Request) -> Violations:  # noqa: ARG002 # both values are in order
        return IN_ORDER

    def record(self, request: Request) -> object:
        value: bool = getattr(request, self.name)
        return value if value or self.always else None


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A field of AWS KMS's that isn't offered: present and not empty, it is refused, never ignored."""

    name: str
    error: type[KmsError]
    message: str
    is_recorded: ClassVar[bool] = False

    def check(self, request: Request) -> Violations:
        value = getattr(request, self.name)
        if value if isinstance(value, str) else request.HasField(self.name):
            raise self.error(self.message)
        return IN_ORDER

    def record(self, request: Request) -> object:  # noqa: ARG002 # a refused request needs no value
        return None

"""How an operation is declared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from google.protobuf.message import DecodeError, Message

from strongroom.server.authorization import Asked
from strongroom.server.core import key_states
from strongroom.server.core.blob import Blob
from strongroom.server.core.callers import Caller
from strongroom.server.core.checksums import Checksums, is_checksum
from strongroom.server.core.condition_fields import RequestKeys, Values
from strongroom.server.core.errors import KmsError, MalformedRequest, ValidationFailed
from strongroom.server.core.fields import Field, Flag, NotOffered, Request, camel_case
from strongroom.server.core.grants import Grant
from strongroom.server.core.wire import has_at_most
from strongroom.server.keyring import KeySnapshot, Material
from strongroom.server.operations.material_use import Steps
from strongroom.server.operations.parts import Parts

MAX_REQUEST_BYTES = 256 * 1024
"""Of a request that is no batch: more than the longest one needs."""
_FEW_BYTES = 16 * 1024
_MOST_FIELDS = 1000  # with 64 pairs of a context, or 50 tags, a request has a few hundred

Response: TypeAlias = Any  # a protobuf message: its fields are set by name


class Lane(Enum):
    """Whose threads a request takes: what may take seconds has its own, and delays its like only."""

    COMMON = auto()
    KEYS = auto()  # token objects are made one at a time
    RSA_PAIRS = auto()


class NamedAlias(NamedTuple):
    """An alias that a request is about."""

    arn: str
    account_id: str


class Target(NamedTuple):
    """A key that a request uses.

    Args:
        key: the key.
        material: the one that this operation uses, or None if the key can't have made the blob.
        blob: what to decrypt, if this use decrypts.
        alias: the key's alias that the request is about, if it is: it is authorised, too.
        grant: the key's grant that the request retires, if it does: it says who may.
    """

    key: KeySnapshot
    material: Material | None
    blob: Blob | None = None
    alias: NamedAlias | None = None
    grant: Grant | None = None


class Call(NamedTuple):
    """One authenticated request whose keys are found, authorised and checked.

    Args:
        caller: who calls.
        request: the request message.
        targets: the keys.
        asked: what its permission was asked for; of several keys, for the first.
    """

    caller: Caller
    request: Request
    targets: tuple[Target, ...]
    asked: Asked


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How an operation uses a key.

    Args:
        action: the permission that it needs, without `kms:`.
        find: finds the key that the request means.
        is_cached: tells whether `find` and the use itself need neither store nor search.
        states: the key states that allow it.
        checks: what the key must be besides, in order; each raises if it isn't.
        first_checks: those that come before its state.
        refusal: the error of a state that isn't among `states`, from the state and the key's ARN.
        named_by: the request's field that may name the key by an alias, for `kms:RequestAlias`.
        prefix: of the fields that are about this key, where the request is about two.
    """

    action: str
    find: Callable[[Parts, Caller, Request], Target]
    is_cached: Callable[[Parts, Request], bool]
    states: frozenset[int]
    checks: tuple[Callable[[Parts, Target, Request], None], ...] = ()
    refusal: Callable[[int, str], KmsError] = key_states.refusal
    first_checks: tuple[Callable[[Parts, Target, Request], None], ...] = ()
    named_by: str = ""
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation of the service.

    Args:
        name: AWS KMS's name.
        service: the full name of the gRPC service that has it.
        request: the request's message type.
        response: the response's message type.
        fields: the request's fields: how each is validated and recorded.
        run: does the work; returns the response, or the steps to it, or raises.
        uses: the keys that it uses, in the order of the audit record's resources.
        action: the permission of an operation that uses no existing key.
        actions_on_new_key: permissions on the key to be made that it needs besides, by the request.
        resource: what `action` is about, by the request: an ARN, or `*`.
        conditions: condition keys that the request has besides those of its fields, by name in lowercase.
        rules: further checks of the request alone, such as fields that exclude each other.
        is_read_only: True unless it changes what the store holds.
        may_run_inline: True if, with all keys cached, it takes microseconds and no database.
        is_usage: True if it counts as a use of its keys for GetKeyLastUsage.
        lane: tells whose threads a request takes.
        response_elements: what of the response the audit record shows.
    """

    name: str
    service: str
    request: type[Message]
    response: type[Message]
    fields: tuple[Field, ...]
    run: Callable[[Parts, Call], Message | Steps[Message]]
    uses: tuple[KeyUse, ...] = ()
    action: str = ""
    actions_on_new_key: Callable[[Request], tuple[str, ...]] = lambda _request: ()
    resource: Callable[[Request], str] = lambda _request: "*"
    conditions: Mapping[str, Callable[[Request], Values]] = field(default_factory=dict)
    rules: tuple[Callable[[Request], None], ...] = ()
    is_read_only: bool = True
    may_run_inline: bool = False
    is_usage: bool = False
    lane: Callable[[Request], Lane] = lambda _request: Lane.COMMON
    response_elements: Callable[[Response], Mapping[str, object]] | None = None
    has_dry_run: bool = field(init=False)
    has_grant_tokens: bool = field(init=False)

    def __post_init__(self) -> None:
        names = {declared.name for declared in self.fields}
        asked = {name for name in self.request.DESCRIPTOR.fields_by_name if not is_checksum(name)}
        assert names == asked, self.name  # noqa: S101 # at import
        object.__setattr__(self, "has_dry_run", "dry_run" in names)
        object.__setattr__(self, "has_grant_tokens", "grant_tokens" in names)

    @property
    def item(self) -> "Operation | None":
        """The operation of each item, if this is a batch."""
        return None

    @property
    def path(self) -> str:
        """The gRPC method path, `/package.Service/Method`."""
        return f"/{self.service}/{self.name}"

    @cached_property
    def checksums(self) -> Checksums:
        """The checksums of its messages."""
        return Checksums.between(self.request.DESCRIPTOR, self.response.DESCRIPTOR)

    @cached_property
    def request_keys(self) -> Mapping[str, RequestKeys]:
        """The condition keys that come from the request, by the prefix of the key that is asked about."""
        prefixes = {use.prefix for use in self.uses} or {""}
        return {prefix: RequestKeys(self.fields, prefix, self.conditions) for prefix in prefixes}

    @cached_property
    def _checks(self) -> tuple[Callable[[Request], tuple[Any, ...]], ...]:
        return tuple(declared.check for declared in self.fields if not isinstance(declared, Flag))

    @cached_property
    def _recorders(self) -> tuple[tuple[str, Callable[[Request], object]], ...]:
        return tuple((camel_case(f.name), f.record) for f in self.fields if f.is_recorded)

    def read(self, body: bytes) -> Request:
        """Parses a request, once it is known not to take long: whoever sends one stops all others meanwhile.

        Raises:
            MalformedRequest: it isn't one, or is larger than any can be.
        """
        if len(body) > _FEW_BYTES:
            self._check_size(body)
        try:
            return self.request.FromString(body)
        except DecodeError:
            raise MalformedRequest(f"The request isn't a {self.request.DESCRIPTOR.full_name}.") from None

    def _check_size(self, body: bytes) -> None:
        if len(body) > MAX_REQUEST_BYTES:
            raise MalformedRequest(f"A request of {self.name} has at most {MAX_REQUEST_BYTES} bytes.")
        if not has_at_most(body, _MOST_FIELDS, self.request.DESCRIPTOR):
            raise MalformedRequest(f"A request of {self.name} has at most {_MOST_FIELDS} fields and entries.")

    def validate(self, request: Request) -> None:
        """Checks the request alone.

        Raises:
            ValidationFailed: names every field that breaks its constraint.
            FeatureNotImplemented: the request asks for something that isn't offered.
            ChecksumMismatch: bytes were altered on their way.
        """
        self.checksums.check(request)
        violations = [found for check in self._checks for found in check(request)]
        if violations:
            raise ValidationFailed.of(tuple(violations))
        for rule in self.rules:
            rule(request)

    def request_parameters(self, request: Request) -> dict[str, object]:
        """The request's fields as the audit record shows them, defaults filled in, secrets left out."""
        return {name: value for name, record in self._recorders if (value := record(request)) is not None}

    def valid_parameters(self, request: Request) -> dict[str, object]:
        """Likewise, without the fields that break their constraints: they may be of any size."""
        return {
            camel_case(declared.name): value
            for declared in self.fields
            if declared.is_recorded
            and not isinstance(declared, NotOffered)
            and not declared.check(request)
            and (value := declared.record(request)) is not None
        }

    def runs_inline(self, parts: Parts, request: Request) -> bool:
        """True if this very request will touch neither database nor anything slow."""
        return self.may_run_inline and all(use.is_cached(parts, request) for use in self.uses)

"""Which fields of requests policies can ask about, and under what name.

AWS KMS developer guide, "AWS KMS condition keys". A field that was left out has its default, as it has for
the audit record, of which the values are taken.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Protocol, TypeAlias

from strongroom.server.core.fields import Field, Instant, Request
from strongroom.server.core.grant_fields import ConstraintsField, constraints_of
from strongroom.server.core.plural_fields import EncryptionContext, TagKeys, Tags

Values: TypeAlias = tuple[str, ...] | None
"""The values of a condition key; None if the request hasn't got it."""
_Pairs: TypeAlias = Iterable[tuple[str, str]]

_KEYS: Mapping[str, str] = {
    "bypass_policy_lockout_safety_check": "kms:bypasspolicylockoutsafetycheck",
    "encryption_algorithm": "kms:encryptionalgorithm",
    "expiration_model": "kms:expirationmodel",
    "key_agreement_algorithm": "kms:keyagreementalgorithm",
    "key_pair_spec": "kms:datakeypairspec",
    "mac_algorithm": "kms:macalgorithm",
    "message_type": "kms:messagetype",
    "pending_window_in_days": "kms:schedulekeydeletionpendingwindowindays",
    "policy_name": "kms:policyname",
    "rotation_period_in_days": "kms:rotationperiodindays",
    "signing_algorithm": "kms:signingalgorithm",
    "valid_to": "kms:validto",
    "wrapping_algorithm": "kms:wrappingalgorithm",
    "wrapping_key_spec": "kms:wrappingkeyspec",
}
_CONTEXT = "kms:encryptioncontext:"
_NO_CONTEXT: Mapping[str, str] = MappingProxyType({})
_DEFAULTS: Mapping[str, str] = {
    "pending_window_in_days": "30",
    "policy_name": "default",
    "rotation_period_in_days": "365",
}


Give: TypeAlias = Callable[[Request], Values]
"""What gives the values of one condition key."""


Known: TypeAlias = dict[str, Values]
"""What has been found out about condition keys, by their names in lowercase."""


class ConditionKeys(Protocol):
    """What gives condition keys of a request."""

    def find(self, name: str, request: Request, known: Known) -> Values:
        """The values of a condition key by its name in lowercase, or None.

        Keys that come from one field, as those of the encryption context do, are put into `known` together:
        policies ask for several.
        """

    def context(self, request: Request) -> Mapping[str, str]:
        """The encryption context, by which grants may be constrained."""


class GivenKeys:
    """Condition keys by their names, whatever the request."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def find(self, name: str, request: Request, known: Known) -> Values:  # noqa: ARG002 # as above
        """The values of a condition key by its name in lowercase, or None."""
        return values_ignoring_case(self._values.items(), name)

    def context(self, request: Request) -> Mapping[str, str]:  # noqa: ARG002 # it says nothing of its own
        """The pairs that are given as `kms:EncryptionContext:<name>`."""
        start = len(_CONTEXT)
        return {
            name[start:]: value for name, value in self._values.items() if name[:start].lower() == _CONTEXT
        }


class RequestKeys:
    """The condition keys that come from the fields of a request.

    Args:
        fields: of the request message.
        prefix: of the fields that are about one of two keys: `source_`.
        further: what gives other keys, by name in lowercase.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        prefix: str = "",
        further: Mapping[str, Give] = MappingProxyType({}),
    ) -> None:
        self._exact = dict(further)
        self._context: Callable[[Request], Mapping[str, str]] = lambda _request: _NO_CONTEXT
        self._families: list[tuple[str, Callable[[Request], _Pairs]]] = []
        for declared in fields:
            name = declared.name.removeprefix(prefix)
            if isinstance(declared, EncryptionContext):
                if name == "encryption_context":
                    self._add_context(attrgetter(declared.name))
            elif isinstance(declared, ConstraintsField):
                self._add_context(lambda request: constraints_of(request).pairs)
            elif isinstance(declared, Tags):
                self._add_tags(declared.name)
            elif isinstance(declared, TagKeys):
                self._exact["aws:tagkeys"] = _items_of(declared.name)
            elif isinstance(declared, Instant) and name in _KEYS:
                self._exact[_KEYS[name]] = _seconds_of(declared)
            elif name in _KEYS:
                self._exact[_KEYS[name]] = _recorded(declared, _DEFAULTS.get(name))

    def find(self, name: str, request: Request, known: Known) -> Values:
        """The values of a condition key by its name in lowercase, or None."""
        give = self._exact.get(name)
        if give is not None:
            return give(request)
        for prefix, pairs in self._families:
            if name.startswith(prefix):
                if prefix not in known:
                    known[prefix] = None  # read: this is no name of a key
                    _add_all(known, prefix, pairs(request))
                return known.get(name)
        return None

    def context(self, request: Request) -> Mapping[str, str]:
        """The encryption context of the key that is asked about; empty where there can be none."""
        return self._context(request)

    def _add_context(self, pairs: Callable[[Request], Mapping[str, str]]) -> None:
        self._context = pairs
        self._exact["kms:encryptioncontextkeys"] = lambda request: tuple(pairs(request)) or None
        self._families.append((_CONTEXT, lambda request: _items(pairs(request))))

    def _add_tags(self, field: str) -> None:
        self._exact["aws:tagkeys"] = lambda request: (
            tuple(tag.tag_key for tag in getattr(request, field)) or None
        )
        self._families.append(
            ("aws:requesttag/", lambda request: [(t.tag_key, t.tag_value) for t in getattr(request, field)])
        )


def values_ignoring_case(pairs: _Pairs, name: str) -> Values:
    """The values of the pairs whose first part is this name in lowercase."""
    return tuple(value for key, value in pairs if key.lower() == name) or None


def _items(pairs: Mapping[str, str]) -> _Pairs:
    return [(name, pairs[name]) for name in pairs]  # not items(): protobuf's maps inherit a slow one


def _add_all(known: Known, prefix: str, pairs: _Pairs) -> None:
    for name, value in pairs:
        key = prefix + name.lower()
        others = known.get(key)
        known[key] = (value,) if others is None else (*others, value)


def _items_of(field: str) -> Give:
    return lambda request: tuple(getattr(request, field)) or None


def _seconds_of(declared: Instant) -> Give:
    def values(request: Request) -> Values:
        moment = declared.value(request)
        return None if moment is None else (f"{moment.timestamp():.6f}",)

    return values


def _recorded(declared: Field, default: str | None) -> Give:
    def values(request: Request) -> Values:
        value = declared.record(request)
        if value is None:
            return None if default is None else (default,)
        return (str(value).lower() if isinstance(value, bool) else str(value),)

    return values

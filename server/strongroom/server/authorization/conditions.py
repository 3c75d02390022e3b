"""The condition keys of a request.

AWS KMS developer guide, "AWS KMS condition keys"; AWS IAM user guide, "AWS global condition context keys". A
request has only those that are here; a condition on another holds as it does for an absent key.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Self

from strongroom.server.core import names
from strongroom.server.core.arns import is_alias_name
from strongroom.server.core.callers import Caller, type_of, user_name_of
from strongroom.server.core.condition_fields import ConditionKeys, Known, Values, values_ignoring_case
from strongroom.server.core.grant_fields import terms_of
from strongroom.server.core.grants import Constraints, Grant, Terms
from strongroom.server.keyring import KeySnapshot

_SECONDS_OF_A_DAY = 86_400
_MAX_REMEMBERED = 1024
_UNKNOWN: Values = ("not looked up",)

_OF_LAST_USE = frozenset({"disablekey", "schedulekeydeletion", "explainaccess"})


def tells_last_use(action: str) -> bool:
    """True for the permissions that can ask for kms:TrailingDaysWithoutKeyUsage: it takes a query."""
    return action.lower() in _OF_LAST_USE


class Asked(NamedTuple):  # made for each key of each request, more quickly than a frozen dataclass
    """What a permission is asked for, and with what.

    Args:
        caller: who asks.
        source: the address that the request came from, `ipv4:127.0.0.1:4242`.
        now: gives the time in UTC.
        request: the request message.
        keys: the condition keys that it gives.
        known: the condition keys that have been looked up; empty at first.
        key: the key that it is about, if there is one.
        is_same_key: whether both keys of ReEncrypt are one; None if the request is about no two.
        grant: the grant that is to be retired, if one is.
        named_by: what the request calls the key, empty if nothing.
        last_used: gives when a key was last used, or since when no use of it is known; None where no
            policy can ask.
    """

    caller: Caller
    source: str
    now: Callable[[], datetime]
    request: Any
    keys: ConditionKeys
    known: Known
    key: KeySnapshot | None = None
    is_same_key: bool | None = None
    grant: Grant | None = None
    named_by: str = ""
    last_used: Callable[[KeySnapshot], datetime] | None = None

    def changed(self, **changes: Any) -> Self:  # noqa: ANN401 # as those of _replace
        """The same but for some fields; what has been looked up may no longer hold."""
        return self._replace(known={}, **changes)

    def lookup(self, name: str) -> Values:
        """The values of a condition key by its name in lowercase, or None."""
        values = self.known.get(name, _UNKNOWN)
        if values is _UNKNOWN:
            values = self.known[name] = self._find(name)
        return values

    def _find(self, name: str) -> Values:
        of_caller = _OF_CALLER.get(name)
        if of_caller is not None:
            return of_caller(self)
        values = self.keys.find(name, self.request, self.known)
        if values is not None:
            return values
        if name.startswith(_PRINCIPAL_TAG):
            return values_ignoring_case(self.caller.tags.items(), name[len(_PRINCIPAL_TAG) :])
        return None if self.key is None else _of_key(self, self.key, name)

    @property
    def context(self) -> Mapping[str, str]:
        """The encryption context that the request has for the key."""
        return self.keys.context(self.request)

    @property
    def new_terms(self) -> Terms:
        """Of CreateGrant: what the new grant is to allow."""
        return terms_of(self.request)


class Supposed(Asked):
    """What would be asked for: the condition keys that `keys` gives come before those of caller and time."""

    __slots__ = ()

    def _find(self, name: str) -> Values:
        values = self.keys.find(name, self.request, self.known)
        return super()._find(name) if values is None else values

    @property
    def new_terms(self) -> Terms:
        """What `kms:GrantOperations` and `kms:EncryptionContext:<name>` say."""
        operations = self.keys.find("kms:grantoperations", self.request, self.known)
        return Terms(frozenset(operations or ()), Constraints(equals=dict(self.context) or None))


def _of_key(asked: Asked, key: KeySnapshot, name: str) -> Values:
    give = _OF_KEY.get(name)
    if give is not None:
        return give(asked, key)
    if name.startswith(_RESOURCE_TAG):
        pairs = ((tag.key, tag.value) for tag in key.tags)
        return values_ignoring_case(pairs, name[len(_RESOURCE_TAG) :])
    return None


def _one(text: str | None) -> Values:
    return None if text is None else (text,)


def _truth(value: object) -> Values:
    return ("true",) if value else ("false",)


@lru_cache(_MAX_REMEMBERED)
def _address_of(source: str) -> Values:
    """`ipv4:10.0.0.1:4242` or `ipv6:[::1]:4242`, as gRPC tells the peer, percent-encoded."""
    kind, _, rest = source.partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return None
    address = rest.replace("%5B", "[").replace("%5D", "]").rpartition(":")[0].strip("[]")
    return _one(address.partition("%")[0])


def _request_alias(asked: Asked, key: KeySnapshot) -> Values:  # noqa: ARG001 # of the table's type
    name = asked.named_by.rpartition(":")[2]
    return (name,) if is_alias_name(name) else None


def _unused_days(asked: Asked, key: KeySnapshot) -> Values:
    if asked.last_used is None:
        return None
    seconds = (asked.now() - asked.last_used(key)).total_seconds()
    return (str(max(0, int(seconds // _SECONDS_OF_A_DAY))),)


def _constraint_types(asked: Asked, key: KeySnapshot) -> Values:  # noqa: ARG001 # of the table's type
    return (asked.grant and asked.grant.terms.constraints.kinds) or None


def _same_key(asked: Asked, key: KeySnapshot) -> Values:  # noqa: ARG001 # of the table's type
    return None if asked.is_same_key is None else _truth(asked.is_same_key)


_PRINCIPAL_TAG, _RESOURCE_TAG = "aws:principaltag/", "aws:resourcetag/"

_OF_CALLER: Mapping[str, Callable[[Asked], Values]] = {
    "aws:currenttime": lambda asked: (asked.now().isoformat(),),
    "aws:epochtime": lambda asked: (str(int(asked.now().timestamp())),),
    "aws:principalaccount": lambda asked: (asked.caller.account_id,),
    "aws:principalarn": lambda asked: (asked.caller.arn,),
    "aws:principaltype": lambda asked: (type_of(asked.caller.arn),),
    "aws:securetransport": lambda _asked: ("true",),
    "aws:sourceip": lambda asked: _address_of(asked.source),
    "aws:username": lambda asked: _one(user_name_of(asked.caller.arn)),
    "kms:calleraccount": lambda asked: (asked.caller.account_id,),
}

_OF_KEY: Mapping[str, Callable[[Asked, KeySnapshot], Values]] = {
    "kms:customermasterkeyspec": lambda _asked, key: (names.KEY_SPECS[key.spec],),
    "kms:customermasterkeyusage": lambda _asked, key: (names.KEY_USAGES[key.usage],),
    "kms:grantconstrainttype": _constraint_types,
    "kms:keyorigin": lambda _asked, key: (names.ORIGINS[key.origin],),
    "kms:keyspec": lambda _asked, key: (names.KEY_SPECS[key.spec],),
    "kms:keyusage": lambda _asked, key: (names.KEY_USAGES[key.usage],),
    "kms:multiregion": lambda _asked, key: _truth(key.is_multi_region),
    "kms:reencryptonsamekey": _same_key,
    "kms:requestalias": _request_alias,
    "kms:resourcealiases": lambda _asked, key: key.aliases or None,
    "kms:trailingdayswithoutkeyusage": _unused_days,
}

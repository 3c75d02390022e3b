"""The ways in which operations on grants find the key, and what they ask of it."""

from strongroom.server.core import grant_fields
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import AccessDenied, GrantNotFound, ValidationFailed
from strongroom.server.core.fields import Request
from strongroom.server.core.grants import grantable
from strongroom.server.keyring import grant_of
from strongroom.server.operations.declaration import KeyUse, Target
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.principal_accounts import require_partition
from strongroom.v1 import resources_pb2 as v1


def granting(action: str, states: frozenset[int]) -> KeyUse:
    """The key on which a grant is to be made."""
    use = managed(action, states, across_accounts=True)
    return KeyUse(
        action,
        use.find,
        use.is_cached,
        states,
        (_can_do_it,),
        first_checks=(_has_real_principals,),
        named_by=use.named_by,
    )


def revoking(action: str, states: frozenset[int]) -> KeyUse:
    """The key whose grant is to be revoked."""
    use = managed(action, states, across_accounts=True)
    return KeyUse(action, use.find, use.is_cached, states, (_has_grant,), named_by=use.named_by)


def retiring(action: str, states: frozenset[int]) -> KeyUse:
    """The key of the grant that a request names, and the grant, which says who may retire it."""

    def is_cached(parts: Parts, request: Request) -> bool:  # noqa: ARG001 # a KeyUse's function
        return False

    return KeyUse(action, _find, is_cached, states, named_by="key_id")


def _find(parts: Parts, caller: Caller, request: Request) -> Target:
    key_id, grant_id = _named(parts, caller, request)
    record = parts.store.grants.find(grant_id)
    key = parts.keys.get(record.key_id) if record is not None and record.key_id == key_id else None
    if record is None or key is None:
        raise _unknown(grant_id)
    return Target(key, None, grant=grant_of(record))


def _named(parts: Parts, caller: Caller, request: Request) -> tuple[str, str]:
    """The ids of the key and of the grant."""
    if request.grant_token:
        named = parts.grant_tokens.read(request.grant_token)
        return named.key_id, named.grant_id
    try:
        key = parts.resolver.resolve(request.key_id, caller, accepts_alias=False, across_accounts=True)
    except AccessDenied:  # whether another account has such a key isn't told
        raise _unknown(request.grant_id) from None
    return key.key_id, request.grant_id


def _unknown(grant_id: str) -> GrantNotFound:
    return GrantNotFound(f"Grant ID {grant_id} not found")


def _has_grant(parts: Parts, target: Target, request: Request) -> None:
    record = parts.store.grants.find(request.grant_id)
    if record is None or record.key_id != target.key.key_id:
        raise _unknown(request.grant_id)


def _has_real_principals(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """Its principals can be somebody here."""
    for arn in (request.grantee_principal, request.retiring_principal):
        if arn:
            require_partition(arn, parts.realm.partition)


def _can_do_it(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """The key can do what the grant is to allow, and under what it is to be constrained."""
    key, terms = target.key, grant_fields.terms_of(request)
    beyond = terms.operations - grantable(key.spec, key.usage)
    if beyond:
        raise ValidationFailed(f"{key.arn} can't do {', '.join(sorted(beyond))}: leave it out of the grant.")
    if terms.constraints.kinds and key.spec != v1.KEY_SPEC_SYMMETRIC_DEFAULT:
        raise ValidationFailed("Only grants on symmetric encryption keys can be constrained.")

"""CreateAlias, UpdateAlias, DeleteAlias and ListAliases."""

from strongroom.server.core import alias_names, names
from strongroom.server.core.errors import (
    AliasExists,
    DependencyUnavailable,
    KmsError,
    LimitExceeded,
    ValidationFailed,
)
from strongroom.server.core.fields import Request, Text
from strongroom.server.core.key_specs import RULES
from strongroom.server.core.key_states import EDITABLE
from strongroom.server.keyring import KeySnapshot, no_alias
from strongroom.server.operations import paging
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import named, naming
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.stored_states import EDITABLE_STORED, as_stored
from strongroom.server.store import Alias, NoSuchAlias, TooManyAliases
from strongroom.server.store import AliasExists as StoredAliasExists
from strongroom.v1 import aliases_pb2 as messages

_SERVICE = "strongroom.v1.KeyService"
_DEFAULT_LIMIT = 50
_MAX_LIMIT = 100
_RETRY_AFTER_S = 0.1


def _create_alias(parts: Parts, call: Call) -> messages.CreateAliasResponse:
    key, name = call.targets[0].key, call.request.alias_name
    with as_stored(key):
        try:
            parts.store.create_alias(
                call.caller.account_id, name, key.key_id, allowed_in=EDITABLE_STORED, most=parts.max_aliases
            )
        except StoredAliasExists:
            arn = parts.realm.alias_arn(name, call.caller.account_id)
            raise AliasExists(
                f"An alias with the name {arn} already exists", metadata={"alias": arn}
            ) from None
        except TooManyAliases:
            raise _too_many(parts, key) from None
    return messages.CreateAliasResponse()


def _update_alias(parts: Parts, call: Call) -> messages.UpdateAliasResponse:
    (old, new), name = (target.key for target in call.targets), call.request.alias_name
    _check_same_kind(old, new)
    seen = parts.store.find_alias(call.caller.account_id, name)
    if seen is None:
        raise no_alias(parts.realm.alias_arn(name, call.caller.account_id))
    if seen.key_id != old.key_id:
        raise _moved(parts, call)
    with as_stored(new):
        try:
            parts.store.move_alias(seen, new.key_id, allowed_in=EDITABLE_STORED, most=parts.max_aliases)
        except NoSuchAlias:
            raise _moved(parts, call) from None
        except TooManyAliases:
            raise _too_many(parts, new) from None
    return messages.UpdateAliasResponse()


def _delete_alias(parts: Parts, call: Call) -> messages.DeleteAliasResponse:
    name, key = call.request.alias_name, call.targets[0].key
    try:
        parts.store.delete_alias(call.caller.account_id, name, key.key_id)
    except NoSuchAlias:
        raise _moved(parts, call) from None
    return messages.DeleteAliasResponse()


def _list_aliases(parts: Parts, call: Call) -> messages.ListAliasesResponse:
    request, account_id = call.request, call.caller.account_id
    key_id = None
    if request.key_id:
        key_id = parts.resolver.resolve(request.key_id, call.caller, accepts_alias=False).key_id
    binding = ("ListAliases", account_id, key_id or "")
    page = parts.store.list_aliases(
        account_id,
        key_id,
        limit=paging.limit_of(request, _DEFAULT_LIMIT),
        after=paging.after_of(parts, request, *binding),
    )
    return messages.ListAliasesResponse(
        aliases=[_entry(parts, alias) for alias in page.aliases],
        **paging.end_of_page(parts, page.aliases[-1].alias_name if page.truncated else None, *binding),
    )


def _entry(parts: Parts, alias: Alias) -> messages.AliasListEntry:
    entry = messages.AliasListEntry(
        alias_name=alias.alias_name,
        alias_arn=parts.realm.alias_arn(alias.alias_name, alias.account_id),
        target_key_id=alias.key_id,
    )
    entry.creation_date.FromDatetime(alias.created_at)
    entry.last_updated_date.FromDatetime(alias.updated_at)
    return entry


def _check_same_kind(old: KeySnapshot, new: KeySnapshot) -> None:
    """Whoever uses the alias must be able to go on: same type and usage."""
    if _kind(old) != _kind(new):
        raise ValidationFailed(
            f"The alias stands for a {_words(old)} and can't be moved to a {_words(new)}: "
            "both keys must have the same type and usage."
        )


def _kind(key: KeySnapshot) -> tuple[bool, int]:
    return RULES[key.spec].is_asymmetric, key.usage


def _words(key: KeySnapshot) -> str:
    return f"key of KeySpec {names.KEY_SPECS[key.spec]} for {names.KEY_USAGES[key.usage]}"


def _moved(parts: Parts, call: Call) -> KmsError:
    """What is answered if the alias isn't the authorised key's any more: it is gone, or try again."""
    name, account_id = call.request.alias_name, call.caller.account_id
    if parts.store.find_alias(account_id, name) is None:
        return no_alias(parts.realm.alias_arn(name, account_id))
    return DependencyUnavailable(
        "The alias was moved by another request meanwhile.", retry_after_s=_RETRY_AFTER_S
    )


def _too_many(parts: Parts, key: KeySnapshot) -> LimitExceeded:
    return LimitExceeded(
        f"{key.arn} has {parts.max_aliases} aliases, the most that a key may have.",
        metadata={"quota": "aliases", "limit": str(parts.max_aliases)},
    )


def _check_name(request: Request) -> None:
    alias_names.check_alias_name(request.alias_name)


def _check_target(request: Request) -> None:
    name = request.target_key_id
    if name.startswith("alias/") or (name.startswith("arn:") and ":alias/" in name):
        raise ValidationFailed("Aliases must refer to keys. Not aliases")


_NAME = Text("alias_name", 1, alias_names.MAX_CHARACTERS, alias_names.PATTERN)
_TARGET = Text("target_key_id", 1, fields.MAX_KEY_ID_CHARACTERS)

CREATE_ALIAS = Operation(
    name="CreateAlias",
    service=_SERVICE,
    request=messages.CreateAliasRequest,
    response=messages.CreateAliasResponse,
    fields=(_NAME, _TARGET),
    rules=(_check_name, _check_target),
    uses=(naming("CreateAlias", EDITABLE),),
    is_read_only=False,
    run=_create_alias,
)

UPDATE_ALIAS = Operation(
    name="UpdateAlias",
    service=_SERVICE,
    request=messages.UpdateAliasRequest,
    response=messages.UpdateAliasResponse,
    fields=(_NAME, _TARGET),
    rules=(_check_name, _check_target),
    uses=(named("UpdateAlias"), naming("UpdateAlias", EDITABLE)),
    is_read_only=False,
    run=_update_alias,
)

DELETE_ALIAS = Operation(
    name="DeleteAlias",
    service=_SERVICE,
    request=messages.DeleteAliasRequest,
    response=messages.DeleteAliasResponse,
    fields=(_NAME,),
    rules=(_check_name,),
    uses=(named("DeleteAlias"),),
    is_read_only=False,
    run=_delete_alias,
)

LIST_ALIASES = Operation(
    name="ListAliases",
    service=_SERVICE,
    request=messages.ListAliasesRequest,
    response=messages.ListAliasesResponse,
    fields=(fields.optional_key_id("key_id"), paging.limit_field(_MAX_LIMIT), paging.MARKER),
    action="ListAliases",
    run=_list_aliases,
)

OPERATIONS = (CREATE_ALIAS, UPDATE_ALIAS, DELETE_ALIAS, LIST_ALIASES)

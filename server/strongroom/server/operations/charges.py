"""Which families of the request quotas an operation is charged to."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from strongroom.server.core.fields import Request
from strongroom.server.core.quota_families import OF_KEY_SPEC, OF_PAIR_SPEC, Family
from strongroom.server.operations.catalogue import OPERATIONS
from strongroom.server.operations.declaration import Operation, Target

_Targets = tuple[Target, ...]


class Charge(NamedTuple):
    """What a request is charged to.

    Args:
        otherwise: the family of a request that is invalid or denied, or whose keys aren't found.
        families: the families of one that is authorised.
    """

    otherwise: Family
    families: Callable[[Request, _Targets], tuple[Family, ...]]


_OF_SPEC: Mapping[int, tuple[Family, ...]] = {spec: (family,) for spec, family in OF_KEY_SPEC.items()}


def _of_keys(_request: Request, targets: _Targets) -> tuple[Family, ...]:
    """Those of the keys' specs; two keys of one family are one request of it."""
    if len(targets) == 1:
        return _OF_SPEC[targets[0].key.spec]
    return tuple(dict.fromkeys(OF_KEY_SPEC[target.key.spec] for target in targets))


def _of_pair(request: Request, _targets: _Targets) -> tuple[Family, ...]:
    return (OF_PAIR_SPEC[request.key_pair_spec],)


def _always(family: Family) -> Charge:
    families = (family,)
    return Charge(family, lambda _request, _targets: families)


_BY_NAME: Mapping[str, Charge] = {
    "Sign": Charge(Family.ECC, _of_keys),
    "Verify": Charge(Family.ECC, _of_keys),
    "DeriveSharedSecret": Charge(Family.ECC, _of_keys),
    "Encapsulate": Charge(Family.ML_KEM, _of_keys),
    "Decapsulate": Charge(Family.ML_KEM, _of_keys),
    "GenerateDataKeyPair": Charge(Family.SYMMETRIC, _of_pair),
    "GenerateDataKeyPairWithoutPlaintext": Charge(Family.SYMMETRIC, _of_pair),
    "GenerateRandom": _always(Family.SYMMETRIC),
    "CreateKey": _always(Family.KEY_CREATION),
    "RotateKeyOnDemand": _always(Family.KEY_CREATION),
    "ImportKeyMaterial": _always(Family.KEY_CREATION),
    "GetParametersForImport": _always(Family.IMPORT_PARAMETERS),
}
_USES = Charge(Family.SYMMETRIC, _of_keys)
_READS, _LISTS, _CHANGES = map(_always, (Family.READS, Family.LISTS, Family.CHANGES))


def _charge_of(operation: Operation) -> Charge:
    """By its name, or else by what is declared of it: nothing is free."""
    operation = operation.item or operation
    if operation.name in _BY_NAME:
        return _BY_NAME[operation.name]
    if operation.is_usage:
        return _USES
    if not operation.is_read_only:
        return _CHANGES
    return _LISTS if operation.name.startswith("List") else _READS


CHARGES: Mapping[str, Charge] = {operation.name: _charge_of(operation) for operation in OPERATIONS}
"""By the operation's name; a batch's items are charged, the batch itself only if it is refused as a whole."""

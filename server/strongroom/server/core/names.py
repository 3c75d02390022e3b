"""AWS KMS's names of the enum values that protobuf spells with a prefix."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from google.protobuf.descriptor import EnumDescriptor

from strongroom.v1 import resources_pb2

# The types of the enums' values: generated stubs have them, the generated modules don't.
KeySpecValue: TypeAlias = "resources_pb2.KeySpec.ValueType"
KeyUsageValue: TypeAlias = "resources_pb2.KeyUsage.ValueType"
KeyStateValue: TypeAlias = "resources_pb2.KeyState.ValueType"
OriginValue: TypeAlias = "resources_pb2.Origin.ValueType"
EncryptionAlgorithmValue: TypeAlias = "resources_pb2.EncryptionAlgorithm.ValueType"
SigningAlgorithmValue: TypeAlias = "resources_pb2.SigningAlgorithm.ValueType"
MacAlgorithmValue: TypeAlias = "resources_pb2.MacAlgorithm.ValueType"
KeyAgreementAlgorithmValue: TypeAlias = "resources_pb2.KeyAgreementAlgorithm.ValueType"
EncapsulationAlgorithmValue: TypeAlias = "resources_pb2.EncapsulationAlgorithm.ValueType"

_PASCAL_CASE = frozenset({"GrantOperation", "KeyState"})


def _aws_name(enum: EnumDescriptor, value_name: str) -> str:
    """`KEY_SPEC_RSA_2048` -> `RSA_2048`; `KEY_STATE_PENDING_IMPORT` -> `PendingImport`."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    name = value_name.removeprefix(prefix)
    if enum.name in _PASCAL_CASE:
        return "".join(word.capitalize() for word in name.split("_"))
    return name


def _table(enum: EnumDescriptor) -> Mapping[int, str]:
    return MappingProxyType(
        {value.number: _aws_name(enum, value.name) for value in enum.values if value.number}
    )


_TABLES: Mapping[str, Mapping[int, str]] = {
    name: _table(enum) for name, enum in resources_pb2.DESCRIPTOR.enum_types_by_name.items()
}


def aws_names(enum: EnumDescriptor) -> Mapping[int, str]:
    """The AWS names of an enum's values by number, without the unspecified one."""
    return _TABLES[enum.name]


KEY_SPECS = _TABLES["KeySpec"]
KEY_USAGES = _TABLES["KeyUsage"]
KEY_STATES = _TABLES["KeyState"]
ORIGINS = _TABLES["Origin"]
ENCRYPTION_ALGORITHMS = _TABLES["EncryptionAlgorithm"]
SIGNING_ALGORITHMS = _TABLES["SigningAlgorithm"]
WRAPPING_ALGORITHMS = _TABLES["WrappingAlgorithm"]
WRAPPING_KEY_SPECS = _TABLES["WrappingKeySpec"]
IMPORT_TYPES = _TABLES["ImportType"]
DATA_KEY_PAIR_SPECS = _TABLES["DataKeyPairSpec"]
GRANT_OPERATIONS = _TABLES["GrantOperation"]


STATE_NAMES: Mapping[str, str] = {
    value.name: KEY_STATES[value.number] for value in resources_pb2.KeyState.DESCRIPTOR.values if value.number
}
"""AWS KMS's names of key states by protobuf's names."""


def number_of(table: Mapping[int, str], name: str) -> int:
    """The number of the value that AWS KMS calls `name`; KeyError if there is none."""
    for number, candidate in table.items():
        if candidate == name:
            return number
    raise KeyError(name)

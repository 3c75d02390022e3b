"""The operations of AWS KMS: each declared once, as data, next to its function."""

from strongroom.server.operations.catalogue import OPERATIONS
from strongroom.server.operations.charges import CHARGES
from strongroom.server.operations.declaration import Call, KeyUse, Lane, NamedAlias, Operation, Target
from strongroom.server.operations.material_importing import MaterialImporter
from strongroom.server.operations.material_making import BegunRotation, MadeMaterial, MaterialMaker
from strongroom.server.operations.material_use import Steps
from strongroom.server.operations.parts import Parts

__all__ = [
    "CHARGES",
    "OPERATIONS",
    "BegunRotation",
    "Call",
    "KeyUse",
    "Lane",
    "MadeMaterial",
    "MaterialImporter",
    "MaterialMaker",
    "NamedAlias",
    "Operation",
    "Parts",
    "Steps",
    "Target",
]

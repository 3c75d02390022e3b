"""The steps at which a change of material can be interrupted, by name.

Between two of them a process may die, and what it leaves must be finished or undone by the others. Nothing
happens here; tests/e2e/test_crashes.py has a process die at each.
"""

STEPS = (
    # CreateKey: the intent is written; the object is on the token; the key exists, and nobody was answered.
    "creation.intended",
    "creation.made",
    "creation.completed",
    # RotateKeyOnDemand, likewise.
    "rotation.intended",
    "rotation.made",
    "rotation.completed",
    # A rotation that was due, which is recorded before it takes effect.
    "due_rotation.intended",
    "due_rotation.made",
    "due_rotation.announced",
    "due_rotation.completed",
    # GetParametersForImport: the intent is written; the wrapping pair is on the token; nobody was answered.
    "parameters.intended",
    "parameters.made",
    "parameters.completed",
    # ImportKeyMaterial, likewise; then the wrapping pair goes.
    "import.intended",
    "import.made",
    "import.completed",
    "pair.begun",
    "pair.destroyed",
    "pair.completed",
    # Imported material is deleted: nobody uses it any more; if it has expired, that is recorded; it is gone.
    "material_deletion.begun",
    "material_deletion.recorded",
    "material_deletion.destroyed",
    "material_deletion.completed",
    # Its owner gives up what was begun: it can't be completed any more; its object is gone; so is its row.
    "undo.begun",
    "undo.destroyed",
    "undo.completed",
    # Likewise for an owner who is dead, recorded before the row goes.
    "reconciliation.begun",
    "reconciliation.destroyed",
    "reconciliation.recorded",
    "reconciliation.completed",
    # A key is deleted: nobody uses it any more; each material's object and row are gone; recorded; gone.
    "deletion.begun",
    "deletion.destroyed",
    "deletion.removed",
    "deletion.recorded",
    "deletion.completed",
)


def reached(step: str) -> None:
    """Marks that a step of this name, one of STEPS, is done."""

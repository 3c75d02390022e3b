"""Labels of token objects: to whom a key belongs, said where no database can change it.

    strongroom/<deployment>/<key id>            a key of callers
    strongroom/<deployment>/system/<key id>     a key of the service itself

A key is found by id and label together, and its label can't be modified on the token. So a key of callers
never passes for one of the service, nor the other way round, whatever the database says.
"""

_ROOT, _SYSTEM = "strongroom", "system"
_KEY_PARTS, _SYSTEM_PARTS = 3, 4


def prefix_of(deployment: str) -> str:
    """What the labels of all objects of a deployment begin with."""
    return f"{_ROOT}/{deployment}/"


def label_of(deployment: str, key_id: str) -> str:
    """The label of a key of callers."""
    return f"{prefix_of(deployment)}{key_id}"


def system_label_of(deployment: str, key_id: str) -> str:
    """The label of a key of the service."""
    return f"{prefix_of(deployment)}{_SYSTEM}/{key_id}"


def prefix_in(label: str) -> str:
    """What the labels of all objects of this one's deployment begin with."""
    return "".join(f"{part}/" for part in label.split("/")[:2])


def is_callers(label: str) -> bool:
    """True of a key of callers; False of the service's, and of whatever else a database may say."""
    parts = label.split("/")
    return len(parts) == _KEY_PARTS and parts[0] == _ROOT and all(parts)


def is_system(label: str) -> bool:
    """True of a key of the service."""
    parts = label.split("/")
    return len(parts) == _SYSTEM_PARTS and (parts[0], parts[2]) == (_ROOT, _SYSTEM) and all(parts)

"""How much a cache helps."""

from dataclasses import dataclass


@dataclass(slots=True)
class CacheFigures:
    """What a cache has done; counted without a lock, so that threads may lose one now and then.

    Args:
        hits: how often what was wanted was there.
        misses: how often the store was asked.
    """

    hits: int = 0
    misses: int = 0

"""Random lives of keys: the rules by which hypothesis puts them together."""

from tests.support.lives.aliases import Aliases
from tests.support.lives.imports import Imports
from tests.support.lives.keys import Keys
from tests.support.lives.rotations import Rotations
from tests.support.lives.uses import Uses
from tests.support.lives.world import World

__all__ = ["Lives", "World"]


class Lives(Keys, Aliases, Uses, Imports, Rotations):
    """All rules."""

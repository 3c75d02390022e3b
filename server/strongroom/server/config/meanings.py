"""What options mean: the docstring below each attribute of a model.

Pydantic can read them when it makes the model, but parses the sources for it: a quarter of what importing the
configuration costs, in every process, for what the reference file alone shows.
"""

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


@cache
def meanings_of(model: type[BaseModel]) -> Mapping[str, str]:
    """The docstrings of a model's own attributes, by their names."""
    (definition,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 # the source of a class
    return {
        attribute.target.id: inspect.cleandoc(text.value.value)
        for attribute, text in pairwise(definition.body)
        if isinstance(attribute, ast.AnnAssign)
        and isinstance(attribute.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }

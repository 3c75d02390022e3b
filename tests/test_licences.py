"""Everything that the service is installed with may be used with it, as its licence says."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, distribution

import pytest
from packaging.requirements import Requirement

_ALLOWED = {
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
}
_CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
}
_OLD_TEXTS = {"3-Clause BSD License": "BSD-3-Clause"}


def _needed(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> Iterator[str]:
    """A distribution and all that it needs on this machine."""
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    yield name
    for needed in map(Requirement, distribution(name).requires or ()):
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield from _needed(needed.name, frozenset(needed.extras), seen)


def _licences(metadata: PackageMetadata) -> set[str]:
    """SPDX identifiers (PEP 639), or what older distributions say instead."""
    if "License-Expression" in metadata:
        return set(re.findall(r"[\w.-]+", metadata["License-Expression"])) - {"AND", "OR"}
    told = {_CLASSIFIERS[line] for line in metadata.get_all("Classifier", ()) if line in _CLASSIFIERS}
    text = metadata["License"] if "License" in metadata else ""  # noqa: SIM401 # it has no get
    return told or {_OLD_TEXTS.get(text, text)}


@pytest.mark.parametrize("name", sorted(set(_needed("strongroom", frozenset({"server"}), set()))))
def test_its_licence_is_one_of_those_that_are_taken(name: str) -> None:
    found = _licences(distribution(name).metadata)
    assert found
    assert found <= _ALLOWED

"""Where an option stands in a TOML file: tomllib doesn't tell."""

import re
from collections import Counter
from collections.abc import Iterator

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]\]?")
_OPTION = re.compile(r"\s*([\w-]+)\s*=")

Location = tuple[int | str, ...]


def line_of(text: str, path: Location) -> int:
    """The line of the option at a path such as `("server", "listen")`, or of its section; 0 if none."""
    known = dict(_locations(text))
    for length in range(len(path), 0, -1):
        if path[:length] in known:
            return known[path[:length]]
    return 0


def _locations(text: str) -> Iterator[tuple[Location, int]]:
    section: Location = ()
    tables: Counter[str] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            brackets, name = header.groups()
            section = tuple(name.split("."))
            if brackets == "[[":
                section += (tables[name],)
                tables[name] += 1
            yield section, number
            continue
        option = _OPTION.match(line)
        if option:
            yield (*section, option.group(1)), number

"""Where an option stands in a TOML file: tomllib doesn't tell.

Only for text that tomllib has accepted, so nothing is checked here. What is inside an inline table or an
array stands where its option begins.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Location = tuple[int | str, ...]
"""`("server", "listen")`; the tables of an array are numbered from 0."""

_TOKEN = re.compile(
    r"""
      (?P<text>  \"{3} (?: \\. | [^\\] )*? \"{3,5}  |  '{3} .*? '{3,5}
              |  \" (?: \\. | [^"\\\n] )* \"        |  ' [^'\n]* ' )
    | (?P<comment> \# [^\n]* )
    | (?P<newline> \n )
    | (?P<mark> [\[\]{}=.,] )
    | (?P<space> [ \t\r]+ )
    | (?P<bare> [^\s\[\]{}=.,"'\#]+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@dataclass(slots=True)
class _Sections:
    """The section that the reader is in, and how many tables each array has so far."""

    current: Location = ()
    lengths: dict[Location, int] = field(default_factory=dict)

    def enter(self, names: list[str], *, is_array: bool) -> None:
        location: Location = ()
        for name in names[:-1]:
            location = self._newest((*location, name))
        location = (*location, names[-1])
        if is_array:
            self.lengths[location] = self.lengths.get(location, 0) + 1
        self.current = self._newest(location) if is_array else location

    def _newest(self, location: Location) -> Location:
        """The newest table, if this is an array of them."""
        length = self.lengths.get(location)
        return location if length is None else (*location, length - 1)


def line_of(lines: Mapping[Location, int], path: Location) -> int:
    """The line of the option at a path, or of the nearest thing around it; 0 if there is none."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 0)


def locate(text: str) -> Mapping[Location, int]:
    """The line of every section and option, counted from 1."""
    lines: dict[Location, int] = {}
    sections = _Sections()
    for statement in _statements(text):
        names = _names(statement)
        if statement[0].text == "[":
            sections.enter(names, is_array=statement[1].text == "[")
            names = []
        place = (*sections.current, *names)
        for end in range(1, len(place) + 1):  # what is around it may have no line of its own
            lines.setdefault(place[:end], statement[0].line)
    return lines


def _statements(text: str) -> Iterator[list[_Token]]:
    """Headers and assignments, each as its tokens; line ends within brackets end nothing."""
    statement: list[_Token] = []
    depth = 0
    for token in _tokens(text):
        if token.kind == "mark":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if token.kind != "newline":
            statement.append(token)
        elif statement and depth == 0:
            yield statement
            statement = []
    if statement:
        yield statement


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind not in {"space", "comment"}:
            yield _Token(kind, match.group(), line)
        line += match.group().count("\n")


def _names(statement: list[_Token]) -> list[str]:
    """The dotted key of a header or an assignment."""
    names = []
    for token in statement:
        if token.text == "=":
            break
        if token.kind != "mark":
            names.append(_unquoted(token))
    return names


def _unquoted(token: _Token) -> str:
    return token.text if token.kind == "bare" else str(tomllib.loads(f"name = {token.text}")["name"])

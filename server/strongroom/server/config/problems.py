"""What is wrong with a configuration file."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the file.

    Args:
        key: the option, `server.listen`; empty for the file as a whole.
        line: where it stands, counted from 1; 0 if it stands nowhere.
        text: what is wrong and what to do.
    """

    key: str
    line: int
    text: str


class ConfigInvalid(Exception):
    """The configuration can't be used.

    Args:
        path: the file.
        problems: all that is wrong with it, in the order of its lines.
    """

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.key)))
        super().__init__("\n".join(map(self._line, self.problems)))

    def _line(self, problem: Problem) -> str:
        place = f"{self.path}:{problem.line}" if problem.line else str(self.path)
        return ": ".join(part for part in (place, problem.key, problem.text) if part)

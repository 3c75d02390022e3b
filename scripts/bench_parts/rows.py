"""What a measurement says, and the table of it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        name: what was measured.
        value: the figure.
        unit: its unit.
        ratio: against its unit of comparison in the same run, or None.
        budget: what the ratio must reach, or stay below, or None.
        is_ceiling: True if the ratio must stay below the budget.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    budget: float | None = None
    is_ceiling: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the budget holds; None without one."""
        if self.ratio is None or self.budget is None:
            return None
        return self.ratio <= self.budget if self.is_ceiling else self.ratio >= self.budget


def show(rows: list[Row], file: Path | None) -> None:
    """Prints the table; writes the rows as JSON if a file is given."""
    table = Table(title="Strongroom, measured in one run")
    for column in ("", "value", "unit", "ratio", "budget", "holds"):
        table.add_column(column, justify="left" if column in {"", "unit"} else "right")
    for row in rows:
        sign = "≤" if row.is_ceiling else "≥"
        table.add_row(
            row.name,
            f"{row.value:,.1f}" if row.value < 1000 else f"{row.value:,.0f}",  # noqa: PLR2004
            row.unit,
            "" if row.ratio is None else f"{row.ratio:.2f}",
            "" if row.budget is None else f"{sign} {row.budget:.2f}",
            {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[row.holds],
        )
    Console().print(table)
    if file is not None:
        documents = [{**asdict(row), "holds": row.holds} for row in rows]
        file.write_text(json.dumps(documents, indent=1) + "\n")

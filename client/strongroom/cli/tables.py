"""Tables: aligned for a terminal, whole lines with tabs for everything else."""

import sys
from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.table import Table

from strongroom.cli.session import console
from strongroom.cli.text import printable


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Shows rows; nothing is cut off."""
    if not console.is_terminal:
        for row in rows:
            sys.stdout.write("\t".join(map(printable, row)) + "\n")
        return
    table = Table(box=None)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(printable(text)) for text in row))
    console.print(table)

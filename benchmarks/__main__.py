"""`python -m benchmarks [--scale 0.1] [rendering building sending ledger]`: the table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import building, ledger, rendering, sending
from benchmarks.measure import Row

PARTS: dict[str, Callable[[float], Iterator[Row]]] = {
    "rendering": rendering.rows,
    "building": building.rows,
    "sending": sending.rows,
    "ledger": ledger.rows,
}


def main() -> None:
    """Measure, and print a row at a time."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full numbers, such as 0.1")
    arguments = parser.parse_args()
    console = Console(width=150)
    table = Table("what", "rate", "beside", "rate", "times", "peak MB", "", box=box.SIMPLE_HEAD)
    for part in arguments.parts or PARTS:
        for row in PARTS[part](arguments.scale):
            other = f"{row.other:,.0f} {row.unit}" if row.other else ""
            cells = [
                row.task,
                f"{row.rate:,.0f} {row.unit}",
                row.beside,
                other,
                f"{row.ratio:.2f}",
                f"{row.peak:.0f}",
            ]
            table.add_row(*cells, row.note)
            console.print("  ".join(filter(None, [*cells, row.note])), style="dim", highlight=False)
    console.print(table)


if __name__ == "__main__":
    main()

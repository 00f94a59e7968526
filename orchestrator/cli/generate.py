"""`wyckoff generate`: labelled cases to evaluate on."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.output import ProgressBar, messages_console, say
from wyckoff.market.files import read_bars
from wyckoff.schematics import FAMILIES, make_cases, shuffled_case, write_case

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars

#: Fewer bars have no order worth shuffling.
MIN_SHUFFLED_BARS: Final = 20

HELP: Final = """Write labelled cases: schematics of both sides, and series in which there is nothing to find.

Each case is NAME.csv with the bars and NAME.json with what is in them. The same seed gives the same files; other
files in the folder stay. With
--shuffle, the bars of a file become null series, too: blocks of 1 to 5 bars with their volumes, in another order.

Examples:

  wyckoff generate cases --seed 7 --count 6

  wyckoff generate cases --family spring1 --family null --count 20

  wyckoff generate cases --shuffle SPX.csv --count 40
"""


def generate(
    folder: Annotated[Path, typer.Argument(metavar="CASES_DIR", file_okay=False, help="Where to write.")],
    seed: Annotated[int, typer.Option(min=0, help="Other seeds give other cases.")] = 1,
    count: Annotated[int, typer.Option(min=1, max=9999, help="Cases of each family.")] = 6,
    family: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=f"Only these families. There are {', '.join(FAMILIES)}."),
    ] = None,
    shuffle: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Shuffle the bars of this file; may be repeated.")
    ] = None,
    timeframe: Annotated[str, typer.Option(help="Length of a bar in the files to shuffle.")] = "1d",
) -> None:
    unknown = [name for name in family or () if name not in FAMILIES]
    if unknown:
        raise typer.BadParameter(f"there is no family {', '.join(unknown)}; there are {', '.join(FAMILIES)}")
    families = tuple(dict.fromkeys(family)) if family else () if shuffle else FAMILIES
    sources = [_bars_to_shuffle(path, timeframe) for path in shuffle or ()]
    messages = messages_console()
    with ProgressBar(messages, "writing", count * (len(families) + len(sources))).shown() as bar:
        for case in make_cases(seed, count, families):
            bar.advance(write_case(folder, case).name)
        for bars in sources:
            for number in range(count):
                bar.advance(write_case(folder, shuffled_case(bars, seed, number)).name)
    say(messages, f"{count * (len(families) + len(sources))} cases written to {folder}")


def _bars_to_shuffle(path: Path, timeframe: str) -> Bars:
    bars = read_bars(path, timeframe)
    if len(bars) < MIN_SHUFFLED_BARS:
        raise typer.BadParameter(f"{path} has {len(bars)} bars; to shuffle, at least {MIN_SHUFFLED_BARS} are needed")
    return bars


generate.__doc__ = HELP

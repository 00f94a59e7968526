"""`wyckoff evaluate`: how well the analysis reads series whose structures are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.output import (
    EXIT_BAD_INPUT,
    EXIT_FAILURE,
    EXIT_OK,
    OutputFormat,
    ProgressBar,
    messages_console,
    results_console,
    say,
)
from orchestrator.cli.scales import parse_scales
from orchestrator.cli.tables import open_table

if TYPE_CHECKING:
    from orchestrator.evaluating import Outcome
    from wyckoff.evaluation import Evaluation

HELP: Final = """Measure the analysis on labelled cases.

CASES_DIR holds NAME.csv (or Parquet) with the bars of each case and NAME.json with what is in them; docs/evaluation.md
has the format. Said are precision, recall and F1 of every event type and family, the bars until an event is known,
how well ranges are met, false patterns where there is nothing to find, whether confidence means what it says, and
items that an analysis of fewer bars says differently, of which there must be none: any makes the exit code 1.
Nothing is stored; every case is analysed in this process or in processes of its own.

Examples:

  wyckoff generate cases --seed 7 --count 6

  wyckoff evaluate cases

  wyckoff evaluate cases --html evaluation.html --jobs 2

  wyckoff evaluate cases --scale intermediate

  wyckoff evaluate cases --json --prefixes 20 > evaluation.json
"""


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="CASES_DIR", help="Folder of labelled cases.")],
    output: Annotated[
        OutputFormat, typer.Option("--format", help="table to read, json for one object with every figure.")
    ] = OutputFormat.TABLE,
    json_output: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write a page with plots there, too.")
    ] = None,
    prefixes: Annotated[
        int, typer.Option(metavar="N", min=0, help="Earlier bars of every case to look for rewrites at; 0 for none.")
    ] = 4,
    scales: Annotated[
        frozenset[str] | None,
        typer.Option(
            "--scale",
            metavar="SCALE,...",
            parser=parse_scales,
            help="Count only what belongs to these scales; rewrites are counted of all.",
        ),
    ] = None,
    timeframe: Annotated[str, typer.Option(help="Length of a bar: 15m, 1h, 1d, 1w.")] = "1d",
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Processes that analyse cases.")] = 1,
) -> None:
    # imported here, because it brings every stage with it
    from orchestrator.evaluating import evaluate_cases
    from wyckoff.evaluation import as_json, find_cases, summarise

    messages = messages_console()
    cases = find_cases(folder)
    outcomes = []
    with ProgressBar(messages, "evaluating", len(cases)).shown() as bar:
        for outcome in evaluate_cases(cases, timeframe=timeframe, prefixes=prefixes, jobs=jobs):
            bar.advance(outcome.result.case.name)
            outcomes.append(outcome)
            if outcome.result.error:
                with bar.hidden():
                    say(messages, f"{outcome.result.case.name}: {outcome.result.error}")
    results = sorted((outcome.result for outcome in outcomes), key=lambda result: result.case.name)
    if scales is not None:
        results = [replace(result, findings=result.findings.of_scales(scales)) for result in results]
    evaluation = summarise(results)
    if json_output or output is OutputFormat.JSON:
        print(json.dumps(as_json(evaluation), indent=1))
    else:
        _print(evaluation)
    if html is not None:
        from wyckoff.evaluation.page import write_page

        say(messages, f"page written to {write_page(html, evaluation, folder.resolve().name)}")
    raise typer.Exit(_exit_code(evaluation, outcomes))


def _print(evaluation: Evaluation) -> None:
    from wyckoff.evaluation.text import blocks, headline

    console = results_console()
    for line in headline(evaluation):
        console.print(line)
    for block in blocks(evaluation):
        console.print(block.title)
        for item in block.tables:
            table = open_table(*item.headings)
            for row in item.rows:
                table.add_row(*row)
            console.print(table)


def _exit_code(evaluation: Evaluation, outcomes: list[Outcome]) -> int:
    if evaluation.rewrites:
        say(messages_console(), f"{len(evaluation.rewrites)} items were rewritten; there must be none")
        return EXIT_FAILURE
    if any(outcome.result.error and not outcome.bad_input for outcome in outcomes):
        return EXIT_FAILURE
    return EXIT_BAD_INPUT if any(outcome.bad_input for outcome in outcomes) else EXIT_OK


evaluate.__doc__ = HELP

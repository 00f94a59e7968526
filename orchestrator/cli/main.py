"""The `wyckoff` command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from orchestrator.cli.analyze import analyze
from orchestrator.cli.backtest import backtest
from orchestrator.cli.certs import certs
from orchestrator.cli.evaluate import evaluate
from orchestrator.cli.fetch import fetch
from orchestrator.cli.generate import generate
from orchestrator.cli.health import health
from orchestrator.cli.ingest import ingest
from orchestrator.cli.keys import keys
from orchestrator.cli.output import EXIT_BAD_INPUT, EXIT_FAILURE, messages_console, say
from orchestrator.cli.replay import replay
from orchestrator.cli.signals import signals
from orchestrator.cli.up import up
from wyckoff.rpc.errors import InvalidArgumentError, WyckoffError
from wyckoff.telemetry.logs import configure_logs

app = typer.Typer(
    name="wyckoff",
    help="Reads price and volume bars the way Richard Wyckoff taught: ranges, phases, events, and sized trade signals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (analyze, replay, backtest, evaluate, generate, up, fetch, ingest, signals, health):
    app.command()(_command)
app.add_typer(keys)
app.add_typer(certs)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"wyckoff {version('wyckoff')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Options of the command itself."""


# what a reader of the help needs is in the app's help
options.__doc__ = None


def main() -> None:
    """Run the command; the exit code is 0, 1 for a failure, 2 for bad input, 130 for Ctrl-C."""
    # standard output is for results; a command that succeeds has nothing to log
    configure_logs("wyckoff", level="error")
    try:
        app()
    except InvalidArgumentError as error:
        say(messages_console(), error.message)
        sys.exit(EXIT_BAD_INPUT)
    except WyckoffError as error:
        say(messages_console(), error.message)
        sys.exit(EXIT_FAILURE)
    except OSError as error:
        # a folder that cannot be written, a full disk
        say(messages_console(), str(error))
        sys.exit(EXIT_FAILURE)

"""The command as a whole."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from orchestrator.cli.main import app

COMMANDS = ("analyze", "replay", "backtest", "evaluate", "generate", "up", "fetch", "ingest", "signals", "health")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Examples" in result.stdout
    assert f"wyckoff {command}" in result.stdout


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"wyckoff {version('wyckoff')}\n"


def test_the_commands() -> None:
    result = CliRunner().invoke(app, ["--help"])
    for command in COMMANDS:
        assert f"\u2502 {command} " in result.stdout


@pytest.mark.parametrize("equity", ["lots", "0", "-5", "nan", "inf"])
def test_an_equity_must_be_money(equity: str) -> None:
    result = CliRunner().invoke(app, ["analyze", "AAPL.csv", "--equity", equity])
    assert result.exit_code == 2

"""`wyckoff keys`: who may use the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from orchestrator.cli.output import messages_console, results_console, say
from orchestrator.cli.services import DOORS
from orchestrator.cli.tables import open_table
from orchestrator.cli.up import default_data_dir
from wyckoff.access.keys import ApiKey, KeyFile, Scope

HELP: Final = """API keys of the gateway of `wyckoff up`: make, list and revoke them.

While there is no key, the gateway answers clients of this machine and nobody else. As soon as there is one, every
request needs a key, in the header X-API-Key. A gateway that runs sees a change at once.

Examples:

  wyckoff keys add charts

  wyckoff keys add feed --scope read --scope write

  wyckoff keys revoke feed
"""

keys = typer.Typer(name="keys", help=HELP, no_args_is_help=True, rich_markup_mode="markdown")

DataDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", file_okay=False, help="As for wyckoff up; ~/.local/share/wyckoff when not given."),
]
_TIME: Final = "%Y-%m-%d %H:%M"


@keys.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is: 1 to 64 letters, digits, spaces and . _ -")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; read when not given.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it; it cannot be shown again."""
    file = _file(data_dir)
    key, text = file.add(name, scope or [Scope.READ])
    # the key alone on standard output, to be piped; what people need to know beside it
    print(text)
    say(messages_console(), f"made the key {key.name!r} ({key.key_id}), which may {_scopes(key)}")
    say(messages_console(), f"keep it now: {file.path} has its digest only")


@keys.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """Print the keys: names, ids and scopes, never the keys themselves."""
    file = _file(data_dir)
    found = file.read()
    if not found:
        results_console().print(f"there are no keys in {file.path}", soft_wrap=True)
        return
    table = open_table("~id", "name", "may", "~created", "~revoked")
    for key in found:
        revoked = key.revoked.strftime(_TIME) if key.revoked else ""
        table.add_row(key.key_id, key.name, _scopes(key), key.created.strftime(_TIME), revoked)
    results_console().print(table)


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="NAME|ID", help="The key.")],
    data_dir: DataDir = None,
) -> None:
    """Refuse a key from now on."""
    revoked = _file(data_dir).revoke(key)
    say(messages_console(), f"the key {revoked.name!r} ({revoked.key_id}) is refused from now on")


def _file(data_dir: Path | None) -> KeyFile:
    return KeyFile((data_dir or default_data_dir()).absolute() / DOORS[0].name / "keys.json")


def _scopes(key: ApiKey) -> str:
    return ", ".join(sorted(key.scopes))

"""`wyckoff certs`: certificates for development."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.output import EXIT_FAILURE, messages_console, results_console, say
from orchestrator.cli.tables import open_table
from orchestrator.cli.up import default_data_dir, tls_dir
from wyckoff.rpc.edges import CLIENT, GATEWAY, OPERATOR, SERVERS
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError

if TYPE_CHECKING:
    from orchestrator.cli.development_tls import DevelopmentTls
    from wyckoff.rpc.tls.certificate import Certificate

HELP: Final = f"""A CA for development, and a certificate for every service from it.

In the folder are ca.crt, ca.key, and NAME.crt and NAME.key for each of {", ".join((*SERVERS, GATEWAY))}, for {CLIENT}
(the wyckoff command and other programs) and for {OPERATOR} (who may ask any server for its reflection and channelz).
They are what wyckoff up --tls makes by itself. For production take the certificates of your own authority.

Examples:

  wyckoff certs init --dir ./tls --name {{service}}.wyckoff.svc

  wyckoff certs issue pattern --dir ./tls --days 1

  wyckoff certs show --dir ./tls
"""

certs = typer.Typer(name="certs", help=HELP, no_args_is_help=True, rich_markup_mode="markdown")

Folder = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        metavar="DIR",
        file_okay=False,
        help="Where they are; the folder of wyckoff up --tls when not given.",
        show_default=False,
    ),
]
Days = Annotated[float, typer.Option(min=0.01, max=825, help="How long a certificate lasts.")]
HostNames = Annotated[
    list[str] | None,
    typer.Option(
        "--name",
        metavar="HOST",
        help="One more host name or address that services are called by; {service} stands for the name of each.",
    ),
]
_NAMES: Final = (*SERVERS, GATEWAY, CLIENT, OPERATOR)
_DEFAULT_DAYS: Final = 7.0
_MAX_HOST_CHARS: Final = 253
_HOST: Final = re.compile(r"[A-Za-z0-9.:*_-]+")
_TIME: Final = "%Y-%m-%d %H:%M"


@certs.command()
def init(
    folder: Folder = None,
    days: Days = _DEFAULT_DAYS,
    name: HostNames = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a CA that is there, and all of its.")] = False,
) -> None:
    """Make a CA and certificates for all."""
    made = _open(folder)
    made.make(days, names=_checked(name), force=force)
    say(messages_console(), f"made a CA and certificates that last {days:g} days in {made.folder}")


@certs.command()
def issue(
    names: Annotated[list[str], typer.Argument(metavar="SERVICE", help=f"{', '.join(SERVERS)} and so on.")],
    folder: Folder = None,
    days: Days = _DEFAULT_DAYS,
    name: HostNames = None,
) -> None:
    """Make new certificates from the CA that is there; processes that use the files take them up."""
    for service in names:
        if service not in _NAMES:
            raise InvalidArgumentError.of("SERVICE", f"nobody is called {service!r}; there are {', '.join(_NAMES)}")
    made = _open(folder)
    for service in names:
        made.issue(service, days, names=_checked(name))
    say(messages_console(), f"new certificates for {', '.join(names)} that last {days:g} days in {made.folder}")


@certs.command()
def show(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Certificates in PEM; all of the folder without.")
    ] = None,
    folder: Folder = None,
) -> None:
    """Print whose certificates they are and when they end; the exit code is 1 when one cannot be used now."""
    from wyckoff.rpc.tls.certificate import read_certificates

    chosen = files or sorted(_folder(folder).glob("*.crt"))
    if not chosen:
        raise FailedPreconditionError(f"there are no certificates in {_folder(folder)}; wyckoff certs init makes some")
    now = datetime.now(UTC)
    table = open_table("~file", "~identity", "names", "~serial", "issuer", "~ends (UTC)", ">days left", "")
    problems = set()
    for path in chosen:
        for certificate in read_certificates(path, "certificate")[1]:
            table.add_row(path.name, *_row(certificate, now))
            problems.add(certificate.problem(now))
    results_console().print(table)
    if any(problems):
        raise typer.Exit(EXIT_FAILURE)


def _row(certificate: Certificate, now: datetime) -> tuple[str, ...]:
    return (
        ", ".join(certificate.identities) or ("a CA" if certificate.is_authority else certificate.subject),
        ", ".join(certificate.names),
        # enough to tell one from the next
        f"{certificate.serial:x}"[:12],
        certificate.issuer.split(",")[0],
        certificate.not_after.strftime(_TIME),
        f"{certificate.days_left(now):.1f}",
        certificate.problem(now),
    )


def _checked(names: list[str] | None) -> list[str]:
    for name in names or ():
        host = name.replace("{service}", "x")
        if not host or len(host) > _MAX_HOST_CHARS or not _HOST.fullmatch(host):
            raise InvalidArgumentError.of("name", f"{name!r} is no host name; pattern.wyckoff.svc or 10.0.0.7 is")
    return names or []


def _folder(folder: Path | None) -> Path:
    return folder.absolute() if folder is not None else tls_dir(default_data_dir().absolute())


def _open(folder: Path | None) -> DevelopmentTls:
    # brings cryptography with it, which the other commands have no use for
    from orchestrator.cli.development_tls import DevelopmentTls

    return DevelopmentTls(_folder(folder))

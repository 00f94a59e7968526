"""A real PostgreSQL server in a temporary folder, on a unix socket only, as quick as one that may lose data can be."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Debian keeps the programs of each version apart, outside of the path.
_VERSIONS: Final = Path("/usr/lib/postgresql")
#: The server refuses to run as root; its package brings this user.
_SERVER_USER: Final = "postgres"
_OF_SERVER: Final = ("initdb", "pg_ctl")
#: Role with all rights, without a password.
ROLE: Final = "wyckoff"
START_TIMEOUT_S: Final = 30
#: For tests: what is committed outlives the server, but not the machine.
FAST: Final = ("fsync=off", "full_page_writes=off", "max_connections=200", "jit=off")


def _found_programs() -> Path | None:
    folders = sorted(_VERSIONS.glob("*/bin"), key=lambda folder: float(folder.parent.name))
    found = [folder for folder in folders if (folder / "initdb").exists()]
    if found:
        return found[-1]
    program = shutil.which("initdb")
    return Path(program).parent if program else None


#: Folder of the newest installed server's programs; None when there is none.
PROGRAMS: Final = _found_programs()


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server."""

    folder: Path
    options: tuple[str, ...]

    def url(self, database: str, *, role: str = ROLE) -> str:
        """URL of one of its databases."""
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def create(self, database: str, *, template: str = "template0") -> None:
        """A new database, as ``template`` is, to which nobody may be connected."""
        self.sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        """Remove the database, whoever is connected to it."""
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement as the role of the tests; the rows without headings."""
        arguments = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", ROLE)
        return _run("psql", *arguments, "-d", database, "-c", statement)

    def start(self) -> None:
        """Start it; returns once it takes connections."""
        chosen = (f"unix_socket_directories={self.folder}", "listen_addresses=", *self.options)
        given = " ".join(f"-c {option}" for option in chosen)
        log = str(self.folder / "log")
        _run("pg_ctl", "start", "-w", "-t", str(START_TIMEOUT_S), "-D", self._data, "-l", log, "-o", given, quiet=True)

    def stop(self) -> None:
        """Stop it as if its machine failed: connections break, nothing is waited for."""
        _run("pg_ctl", "stop", "-w", "-t", str(START_TIMEOUT_S), "-D", self._data, "-m", "immediate")

    @property
    def is_running(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")


@contextmanager
def postgres_server(options: Sequence[str] = FAST) -> Iterator[PostgresServer]:
    """A server of its own with settings like ``fsync=off``; it is gone with its data at the end."""
    # the path of a socket may have about a hundred characters, so that it is not in the folder of a test
    folder = Path(tempfile.mkdtemp(prefix="wyckoff-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _SERVER_USER, _SERVER_USER)
        arguments = ("--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", f"--username={ROLE}")
        _run("initdb", *arguments, "-D", str(folder / "data"))
        server = PostgresServer(folder, tuple(options))
        server.start()
        try:
            yield server
        finally:
            if server.is_running:
                server.stop()
    finally:
        shutil.rmtree(folder)


def _run(program: str, *arguments: str, quiet: bool = False) -> str:
    """Run one of the server's programs; with ``quiet`` what it starts keeps no pipe of ours open."""
    assert PROGRAMS is not None, "PostgreSQL's server is not installed"
    command = [str(PROGRAMS / program), *arguments]
    if os.geteuid() == 0 and program in _OF_SERVER:
        command = ["runuser", "-u", _SERVER_USER, "--", *command]
    output = subprocess.DEVNULL if quiet else subprocess.PIPE
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"{program} {' '.join(arguments)} ended with {done.returncode}: {done.stdout}")
    return (done.stdout or "").strip()

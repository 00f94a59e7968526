"""A real NATS server with JetStream, on a free port of loopback."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Debian puts it where an ordinary user's path does not lead.
PROGRAM: Final = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin:/usr/local/sbin")
STOP_TIMEOUT_S: Final = 10
_LISTENING: Final = re.compile(r"client connections on (127\.0\.0\.1:\d+)")


@contextmanager
def nats_server(folder: Path, port: int = -1) -> Iterator[str]:
    """Its URL, on a free port or a given one; what it stores is in ``folder``."""
    assert PROGRAM is not None
    folder.mkdir(exist_ok=True)
    command = [PROGRAM, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _url(process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _url(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    lines: list[str] = []
    address = None
    for line in process.stderr:
        lines.append(line)
        address = address or _LISTENING.search(line)
        if address and "Server is ready" in line:
            # what it logs later must not fill the pipe
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return f"nats://{address[1]}"
    raise AssertionError("nats-server ended:\n" + "".join(lines))

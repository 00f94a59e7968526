"""What is known of the locked packages: the audit by a vulnerability service of the test's own, and the list."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tools.audit import RUNTIME, Audit, audit, read_report
from tools.sbom import write_sbom

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCKED = dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", RUNTIME.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.fixture
def two_packages(tmp_path: Path) -> Path:
    blocks = re.split(r"\n(?=\S)", RUNTIME.read_text(encoding="utf-8"))
    path = tmp_path / "two.txt"
    path.write_text("\n".join(block for block in blocks if block.startswith(("numpy==", "typer=="))), encoding="utf-8")
    return path


@contextmanager
def service(vulnerable: str) -> Iterator[str]:
    """A service of the OSV interface that knows one vulnerability of one package; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            affected = {
                "package": {"ecosystem": "PyPI", "name": vulnerable},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
            }
            known = {"id": "PYSEC-2026-1", "summary": "bad", "details": "very bad", "affected": [affected]}
            body = json.dumps({"vulns": [known]} if asked["package"]["name"] == vulnerable else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def options(address: str, tmp_path: Path) -> list[str]:
    return ["--vulnerability-service", "osv", "--osv-url", address, "--cache-dir", str(tmp_path / "cache")]


def test_a_known_vulnerability_is_named_and_fails(two_packages: Path, tmp_path: Path) -> None:
    with service("typer") as address:
        found = audit(two_packages, options(address, tmp_path))
    assert found.exit_code == 1
    assert found.lines() == [
        f"typer {LOCKED['typer']}: PYSEC-2026-1, fixed in 99.0",
        "2 packages looked up, 1 known vulnerabilities",
    ]


def test_without_a_service_it_is_said_that_nothing_was_looked_up(two_packages: Path, tmp_path: Path) -> None:
    found = audit(two_packages, options("http://127.0.0.1:9/v1/query", tmp_path))
    assert found.exit_code == 0
    assert len(found.lines()) == 1
    assert found.lines()[0].startswith("the packages could not be audited: ")


def test_packages_that_the_service_does_not_know_are_not_taken_for_sound() -> None:
    packages = [{"name": f"p{at}", "skip_reason": "not found"} for at in range(7)]
    found = read_report(json.dumps({"dependencies": packages}), "No known vulnerabilities found")
    assert found == Audit((), 0, tuple(f"p{at}" for at in range(7)))
    assert found.lines() == [
        "7 packages could not be looked up: p0, p1, p2, p3, p4 and 2 more",
        "0 packages looked up, 0 known vulnerabilities",
    ]


def test_the_list_has_every_locked_package(tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"
    # make sbom checks it against its schema, which takes longer than all else here
    write_sbom(path, validate=False)
    content = json.loads(path.read_bytes())
    assert (content["bomFormat"], content["specVersion"]) == ("CycloneDX", "1.6")
    assert content["metadata"]["component"]["name"] == "wyckoff"
    assert {item["name"]: item["version"] for item in content["components"]} == LOCKED
    assert all(item["externalReferences"][0]["hashes"] for item in content["components"])

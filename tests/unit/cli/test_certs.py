"""`wyckoff certs` and the certificates of `wyckoff up --tls`."""

from __future__ import annotations

import asyncio
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from orchestrator.cli.certs import certs
from orchestrator.cli.development_tls import NAMES, DevelopmentTls
from tests.support.tls import utc_now
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError
from wyckoff.rpc.tls.certificate import Certificate, read_certificates, read_credentials

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


def run(*arguments: str | Path) -> Result:
    """The command; an error of ours is raised as it is."""
    result = CliRunner().invoke(certs, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def read(folder: Path, name: str) -> Certificate:
    return read_certificates(folder / f"{name}.crt", "certificate")[1][0]


def test_init_makes_what_everybody_needs_and_keys_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "tls"
    assert run("init", "--dir", folder, "--name", "{service}.wyckoff.svc", "--name", "10.0.0.7").exit_code == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {f"{n}.{end}" for n in (*NAMES, "ca") for end in ("crt", "key")}
    for name in NAMES:
        assert stat.S_IMODE((folder / f"{name}.key").stat().st_mode) == 0o600
        own = read_credentials(folder / f"{name}.crt", folder / f"{name}.key", folder / "ca.crt", utc_now()).own
        assert own.identities == (f"spiffe://wyckoff/{name}",)
        assert 6.9 < own.days_left(utc_now()) <= 7
    assert read(folder, "pattern").names == ("localhost", "pattern.wyckoff.svc", "127.0.0.1", "::1", "10.0.0.7")
    # who is not called needs no name
    assert read(folder, "client").names == read(folder, "gateway").names == ()
    assert read(folder, "ca").is_authority
    assert stat.S_IMODE((folder / "ca.key").stat().st_mode) == 0o600


def test_init_replaces_a_ca_only_when_told_to(tmp_path: Path) -> None:
    run("init", "--dir", tmp_path)
    before = read(tmp_path, "ca").serial
    with pytest.raises(FailedPreconditionError, match="has a CA already; --force replaces it"):
        run("init", "--dir", tmp_path)
    assert read(tmp_path, "ca").serial == before
    run("init", "--dir", tmp_path, "--force", "--days", "0.5")
    assert read(tmp_path, "ca").serial != before
    assert read(tmp_path, "risk").days_left(utc_now()) < 0.5


def test_issue_replaces_one_and_keeps_its_names(tmp_path: Path) -> None:
    run("init", "--dir", tmp_path, "--name", "{service}.wyckoff.svc")
    before = {name: read(tmp_path, name) for name in NAMES}
    assert run("issue", "pattern", "--dir", tmp_path, "--days", "1").exit_code == 0
    after = {name: read(tmp_path, name) for name in NAMES}
    assert [name for name in NAMES if after[name] != before[name]] == ["pattern"]
    assert after["pattern"].names == before["pattern"].names
    assert after["pattern"].days_left(utc_now()) <= 1


def test_issue_says_who_there_is_and_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"nobody is called 'paterns'; there are marketdata, .*, operator"):
        run("issue", "paterns", "--dir", tmp_path)
    with pytest.raises(FailedPreconditionError, match=r"ca\.crt cannot be read: No such file"):
        run("issue", "pattern", "--dir", tmp_path)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 254, "ä.example"])
def test_a_name_that_is_no_host_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="is no host name"):
        run("init", "--dir", tmp_path, "--name", name)
    assert list(tmp_path.iterdir()) == []


def test_show_says_what_a_certificate_is_and_fails_for_one_that_has_ended(tmp_path: Path) -> None:
    DevelopmentTls(tmp_path, lambda: utc_now() - timedelta(days=8)).make(days=30)
    shown = run("show", "--dir", tmp_path)
    assert shown.exit_code == 0
    assert "spiffe://wyckoff/pattern" in shown.output
    assert "PRIVATE" not in shown.output
    DevelopmentTls(tmp_path, lambda: utc_now() - timedelta(days=8)).issue("pattern", days=7)
    ended = run("show", tmp_path / "pattern.crt")
    assert ended.exit_code == 1
    assert "ended at" in ended.output
    with pytest.raises(FailedPreconditionError, match="there are no certificates in"):
        run("show", "--dir", tmp_path / "nowhere")


def test_a_start_renews_what_has_had_half_of_its_life_and_no_more(tmp_path: Path) -> None:
    days = 0.0
    tls = DevelopmentTls(tmp_path, lambda: utc_now() + timedelta(days=days))
    tls.refresh()
    first = {name: read(tmp_path, name).serial for name in (*NAMES, "ca")}
    days = 3.0
    tls.refresh()
    assert {name: read(tmp_path, name).serial for name in first} == first
    days = 4.0
    (tmp_path / "risk.key").unlink()
    assert set(tls.renew()) == set(NAMES)
    assert tls.renew() == []
    assert read(tmp_path, "ca").serial == first["ca"]
    # too near to the end of the CA for certificates of a week: a new one
    days = 360.0
    tls.refresh()
    assert read(tmp_path, "ca").serial != first["ca"]


async def test_certificates_are_kept_fresh_and_trouble_is_said(tmp_path: Path) -> None:
    days = 0.0
    tls = DevelopmentTls(tmp_path, lambda: utc_now() + timedelta(days=days))
    tls.refresh()
    first = read(tmp_path, "pattern").serial
    said: asyncio.Queue[str] = asyncio.Queue()
    keeping = asyncio.create_task(tls.keep_fresh(said.put_nowait, every_s=0.001))
    days = 4.0
    assert await said.get() == f"new certificates for {', '.join(NAMES)}"
    assert read(tmp_path, "pattern").serial != first
    (tmp_path / "ca.key").write_text("rubbish")
    (tmp_path / "risk.key").unlink()
    assert "certificates could not be renewed" in await said.get()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

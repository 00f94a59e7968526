"""Certificate files: what cannot be used is told by file, what changes is taken up, what breaks is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization

from tests.support.fakes import FakeClock
from tests.support.loglines import captured_info
from tests.support.tls import TlsFolder, new_authority, utc_now
from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.tls.files import CertificateFiles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> TlsFolder:
    made = TlsFolder(tmp_path)
    made.issue("pattern")
    return made


def opened(folder: TlsFolder, clock: FakeClock | None = None, **settings: Any) -> CertificateFiles:
    return CertificateFiles(folder.settings("pattern", **settings), clock_s=clock or FakeClock())


def events(logs: list[Any], name: str) -> list[Any]:
    return [line for line in logs if line["event"] == name]


def encrypted(key_pem: bytes) -> bytes:
    key = serialization.load_pem_private_key(key_pem, password=None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


def test_the_pair_and_what_it_says(folder: TlsFolder) -> None:
    own = opened(folder).current().own
    assert own.identities == ("spiffe://wyckoff/pattern",)
    assert own.names == ("localhost", "127.0.0.1", "::1")
    assert own.issuer == "CN=test CA,O=wyckoff development"
    assert 0.9 < own.days_left(utc_now()) <= 1


def test_the_key_is_not_shown(folder: TlsFolder) -> None:
    shown = repr(opened(folder).current())
    assert "PRIVATE" not in shown
    assert "serial" in shown


@pytest.mark.parametrize("name", ["pattern.crt", "pattern.key", "ca.crt"])
def test_a_file_that_is_missing_or_rubbish_is_named(folder: TlsFolder, name: str) -> None:
    path, settings = folder.folder / name, folder.settings("pattern")
    for content, told in ((b"", "in PEM"), (b"\x00\xffrubbish", "in PEM"), (b"-" * 2_000_000, "is longer than")):
        path.write_bytes(content)
        with pytest.raises(FailedPreconditionError, match=rf"file {path} (has no|{told})") as caught:
            CertificateFiles(settings)
        assert caught.value.reason == "TLS_FILE_UNUSABLE"
    path.unlink()
    path.mkdir()
    with pytest.raises(FailedPreconditionError, match=rf"file {path} cannot be read: Is a directory"):
        CertificateFiles(settings)
    path.rmdir()
    with pytest.raises(FailedPreconditionError, match=rf"file {path} cannot be read: No such file"):
        CertificateFiles(settings)


def test_a_certificate_in_place_of_the_key_is_told(folder: TlsFolder) -> None:
    key = folder.folder / "pattern.key"
    key.write_bytes((folder.folder / "pattern.crt").read_bytes())
    with pytest.raises(FailedPreconditionError, match=rf"the key file {key} has no private key in PEM"):
        opened(folder)


def test_a_key_of_another_certificate_is_told(folder: TlsFolder) -> None:
    folder.issue("risk")
    key = folder.folder / "pattern.key"
    key.write_bytes((folder.folder / "risk.key").read_bytes())
    with pytest.raises(FailedPreconditionError, match=rf"{key} does not belong to the certificate .*pattern\.crt"):
        opened(folder)


def test_an_encrypted_key_is_told(folder: TlsFolder) -> None:
    key = folder.folder / "pattern.key"
    key.write_bytes(encrypted(key.read_bytes()))
    with pytest.raises(FailedPreconditionError, match=rf"{key} is encrypted"):
        opened(folder)


def test_authorities_that_have_all_ended_are_told(folder: TlsFolder) -> None:
    future = utc_now() + timedelta(days=3)
    folder.issue("pattern", to_days=5)
    with pytest.raises(
        FailedPreconditionError, match=r"ca\.crt has no certificate that can be used: the first ended at"
    ):
        CertificateFiles(folder.settings("pattern"), now=lambda: future)


def test_a_key_that_all_may_read_is_warned_of(folder: TlsFolder) -> None:
    key = folder.folder / "pattern.key"
    with captured_info() as logs:
        opened(folder)
        assert events(logs, "key_readable_by_all") == []
        key.chmod(0o640)
        opened(folder)
        assert events(logs, "key_readable_by_all") == []
        key.chmod(0o644)
        opened(folder)
    (warning,) = events(logs, "key_readable_by_all")
    assert warning["log_level"] == "warning"
    assert warning["file"] == str(key)


def test_a_certificate_that_gives_no_identity_is_warned_of(folder: TlsFolder) -> None:
    folder.issue("pattern", identity="spiffe://elsewhere/pattern")
    with captured_info() as logs:
        opened(folder)
    assert len(events(logs, "certificate_without_identity")) == 1


def test_new_content_is_taken_up_after_the_interval(folder: TlsFolder) -> None:
    clock = FakeClock()
    files = opened(folder, clock, tls_check_interval_s=10)
    first = files.current()
    folder.issue("pattern")
    clock.now_s += 9
    assert files.current() is first
    clock.now_s += 1
    second = files.current()
    assert second.own.serial != first.own.serial
    assert files.current() is second


def test_links_that_are_turned_as_kubelet_does(tmp_path: Path) -> None:
    for name in ("old", "new", "mount"):
        (tmp_path / name).mkdir()
    old, new, mount = TlsFolder(tmp_path / "old"), TlsFolder(tmp_path / "new"), tmp_path / "mount"
    old.issue("pattern")
    new.issue("pattern")
    (mount / "..data").symlink_to(old.folder)
    for name in ("pattern.crt", "pattern.key", "ca.crt"):
        (mount / name).symlink_to(f"..data/{name}")
    clock = FakeClock()
    files = CertificateFiles(
        old.settings("pattern").model_copy(
            update={
                "tls_cert_file": mount / "pattern.crt",
                "tls_key_file": mount / "pattern.key",
                "tls_ca_file": mount / "ca.crt",
            }
        ),
        clock_s=clock,
    )
    first = files.current()
    (mount / "..next").symlink_to(new.folder)
    (mount / "..next").replace(mount / "..data")
    clock.now_s += 1
    assert files.current().own.serial != first.own.serial
    assert files.current().ca_pem == new.authority.cert_pem


def test_a_bad_change_is_reported_once_and_what_was_there_stays(folder: TlsFolder) -> None:
    clock = FakeClock()
    files = opened(folder, clock)
    first = files.current()
    (folder.folder / "pattern.crt").write_bytes(b"rubbish")
    with captured_info() as logs:
        for _ in range(5):
            clock.now_s += 1
            assert files.current() is first
    (line,) = events(logs, "certificate_reload_failed")
    assert "pattern.crt has no certificate in PEM" in line["error"]
    assert line["kept_serial"] == f"{first.own.serial:x}"
    assert files.failed_reloads == 1
    folder.issue("pattern")
    clock.now_s += 1
    assert files.current() is not first


def test_half_of_a_change_is_not_reported(folder: TlsFolder) -> None:
    clock = FakeClock()
    files = opened(folder, clock)
    first = files.current()
    key = folder.folder / "pattern.key"
    old_key = key.read_bytes()
    folder.issue("pattern")
    new_key = key.read_bytes()
    key.write_bytes(old_key)
    with captured_info() as logs:
        clock.now_s += 1
        assert files.current() is first
        key.write_bytes(new_key)
        clock.now_s += 1
        assert files.current() is not first
    assert [line["event"] for line in logs] == ["certificate_reloaded"]
    assert files.failed_reloads == 0


@pytest.mark.parametrize(("from_days", "to_days"), [(-3, -1), (1, 2)], ids=["ended", "not begun"])
def test_a_new_certificate_out_of_its_time_is_not_taken(folder: TlsFolder, from_days: float, to_days: float) -> None:
    clock = FakeClock()
    files = opened(folder, clock)
    first = files.current()
    folder.issue("pattern", from_days=from_days, to_days=to_days)
    clock.now_s += 1
    assert files.current() is first


def test_the_end_is_warned_of_in_time_and_not_too_often(folder: TlsFolder) -> None:
    clock = FakeClock()
    days = 0.0
    folder.issue("pattern", from_days=0, to_days=1)
    files = CertificateFiles(folder.settings("pattern"), now=lambda: utc_now() + timedelta(days=days), clock_s=clock)
    with captured_info() as logs:
        days = 0.7
        clock.now_s += 1
        files.current()
        assert events(logs, "certificate_ends_soon") == []
        days = 0.8
        for _ in range(10):
            clock.now_s += 1
            files.current()
        assert len(events(logs, "certificate_ends_soon")) == 1
        clock.now_s += 3600
        files.current()
        days = 1.1
        clock.now_s += 3600
        files.current()
    (ended,) = events(logs, "certificate_ended")
    assert ended["log_level"] == "error"
    first, _ = events(logs, "certificate_ends_soon")
    assert 4.5 < first["hours_left"] < 5


def test_another_bundle_of_authorities_alone_is_a_change(folder: TlsFolder) -> None:
    clock = FakeClock()
    files = opened(folder, clock)
    successor = new_authority("successor")
    folder.trust(folder.authority, successor)
    clock.now_s += 1
    assert files.current().ca_pem == folder.authority.cert_pem + successor.cert_pem

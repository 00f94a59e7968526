"""Certificate files that may change while they are used."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.tls.certificate import Credentials, read_credentials

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wyckoff.rpc.tls.settings import TlsSettings

_log = structlog.get_logger("wyckoff.tls")

_WARN_AGAIN_S: Final = 3600.0
_READABLE_BY_ALL: Final = 0o004

Stamp = tuple[tuple[int, int, int] | None, ...]


def utc_now() -> datetime:
    return datetime.now(UTC)


class CertificateFiles:
    """The newest usable content of the three files; safe to ask from any thread.

    Files are looked at when asked, at most once in the interval of the settings. What cannot be used is reported and
    the content before it stays in use: half of a change, seen between two writes, is not reported.
    """

    def __init__(
        self,
        settings: TlsSettings,
        *,
        now: Callable[[], datetime] = utc_now,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        if settings.tls_cert_file is None or settings.tls_key_file is None or settings.tls_ca_file is None:
            raise FailedPreconditionError("mutual TLS needs a certificate, its key and the CA")
        self._files: tuple[Path, Path, Path] = (settings.tls_cert_file, settings.tls_key_file, settings.tls_ca_file)
        self._settings = settings
        self._now = now
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._stamp = self._read_stamp()
        self._current = read_credentials(*self._files, now())
        self._checked_s = clock_s()
        self._suspect: tuple[Stamp, bool] | None = None
        self._warned_s: float | None = None
        #: Contents that could not be used since the start.
        self.failed_reloads = 0
        self._warn_of_key()
        self._warn_of_identity()
        self._warn_of_end()

    @property
    def cert_file(self) -> Path:
        return self._files[0]

    def current(self) -> Credentials:
        """What to use now. The same object as before means that nothing changed."""
        with self._lock:
            now_s = self._clock_s()
            if now_s - self._checked_s >= self._settings.tls_check_interval_s:
                self._checked_s = now_s
                self._look()
            return self._current

    def _look(self) -> None:
        stamp = self._read_stamp()
        if stamp != self._stamp:
            self._reload(stamp)
        self._warn_of_end()

    def _reload(self, stamp: Stamp) -> None:
        try:
            loaded = read_credentials(*self._files, self._now())
        except FailedPreconditionError as error:
            self._report(stamp, error.message)
            return
        # a change between the stamp and the reading is seen the next time
        self._stamp = stamp
        self._suspect = None
        self._warned_s = None
        self._current = loaded
        own = loaded.own
        _log.info(
            "certificate_reloaded",
            file=str(self._files[0]),
            serial=f"{own.serial:x}",
            identities=own.identities,
            not_after=own.not_after.isoformat(),
        )
        self._warn_of_key()
        self._warn_of_identity()

    def _report(self, stamp: Stamp, problem: str) -> None:
        """Once for each content, and only when it is still there at the next look."""
        if self._suspect is None or self._suspect[0] != stamp:
            self._suspect = (stamp, False)
        elif not self._suspect[1]:
            self._suspect = (stamp, True)
            self.failed_reloads += 1
            _log.error(
                "certificate_reload_failed",
                error=problem,
                kept_serial=f"{self._current.own.serial:x}",
                kept_until=self._current.own.not_after.isoformat(),
            )

    def _read_stamp(self) -> Stamp:
        return tuple(_stamp(path) for path in self._files)

    def _warn_of_key(self) -> None:
        key_file = self._files[1]
        try:
            mode = key_file.stat().st_mode
        except OSError:
            # replaced at this moment; the next look tells
            return
        if mode & _READABLE_BY_ALL:
            _log.warning("key_readable_by_all", file=str(key_file), advice=f"chmod 600 {key_file}")

    def _warn_of_identity(self) -> None:
        prefix = f"spiffe://{self._settings.tls_trust_domain}/"
        own = self._current.own
        if not any(identity.startswith(prefix) for identity in own.identities):
            _log.warning(
                "certificate_without_identity",
                file=str(self._files[0]),
                identities=own.identities,
                advice=f"others know this process by a URI name {prefix}NAME only",
            )

    def _warn_of_end(self) -> None:
        own = self._current.own
        left = own.not_after - self._now()
        lifetime = own.not_after - own.not_before
        if left >= lifetime * (self._settings.tls_expiry_warning_pct / 100):
            return
        now_s = self._clock_s()
        if self._warned_s is not None and now_s - self._warned_s < _WARN_AGAIN_S:
            return
        self._warned_s = now_s
        fields = {"file": str(self._files[0]), "not_after": own.not_after.isoformat()}
        if left > timedelta():
            _log.warning("certificate_ends_soon", hours_left=round(left.total_seconds() / 3600, 1), **fields)
        else:
            _log.error("certificate_ended", **fields)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        # gone or unreadable is a content too: one that cannot be used
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino

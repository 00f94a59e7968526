"""Certificates of a development CA in a folder: made, renewed, and handed to the services of `wyckoff up`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from wyckoff.rpc.edges import CLIENT, GATEWAY, OPERATOR, SERVERS
from wyckoff.rpc.errors import FailedPreconditionError, WyckoffError
from wyckoff.rpc.tls.authority import LOOPBACK_NAMES, Authority, write_pair
from wyckoff.rpc.tls.certificate import read_certificates
from wyckoff.rpc.tls.settings import tls_of_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wyckoff.rpc.tls.certificate import Certificate
    from wyckoff.rpc.tls.settings import TlsSettings

CA: Final = "ca"
#: Everybody who calls or is called.
NAMES: Final = (*SERVERS, GATEWAY, CLIENT, OPERATOR)
DEFAULT_DAYS: Final = 7.0
CA_DAYS: Final = 365.0
#: In the name of a host, for the name of the service.
PLACEHOLDER: Final = "{service}"
_RENEW_CHECK_S: Final = 3600.0
#: A certificate with less than this part of its life left is replaced.
_RENEW_PART: Final = 0.5


def utc_now() -> datetime:
    return datetime.now(UTC)


class DevelopmentTls:
    """The CA and the certificates of one folder."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = utc_now) -> None:
        self.folder = folder
        self._now = now

    def make(self, days: float, *, names: Sequence[str] = (), force: bool = False) -> None:
        """A new CA, and a certificate for everybody. Raises FailedPreconditionError where there is one, without force.

        ``names`` are hosts that the services are called by, besides those of loopback; {service} in them is replaced.
        """
        if not force and (self.folder / f"{CA}.key").exists():
            raise FailedPreconditionError(
                f"{self.folder} has a CA already; --force replaces it and all its certificates, "
                "wyckoff certs issue makes new certificates from it"
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = Authority.new("wyckoff development CA", self._now(), max(CA_DAYS, days))
        authority.write(self.folder)
        for name in NAMES:
            self._issue(authority, name, days, names)

    def issue(self, name: str, days: float, *, names: Sequence[str] = ()) -> None:
        """A certificate for ``name`` from the CA that is there, in place of the one before.

        Without ``names`` those of the one before hold.
        """
        self._issue(Authority.read(self.folder), name, days, names or self._extra_names(name))

    def refresh(self, days: float = DEFAULT_DAYS) -> None:
        """Before a start: make what is missing or comes to its end."""
        if not (self.folder / f"{CA}.key").exists() or self._left(CA) < timedelta(days=2 * days):
            self.make(days, force=True)
        else:
            self.renew(days)

    def renew(self, days: float = DEFAULT_DAYS) -> list[str]:
        """Renew what is missing or has had half of its life, from the same CA; returns whose certificates are new."""
        authority = Authority.read(self.folder)
        old = [name for name in NAMES if self._is_old(name)]
        for name in old:
            self._issue(authority, name, days, self._extra_names(name))
        return old

    async def keep_fresh(self, say: Callable[[str], None], *, every_s: float = _RENEW_CHECK_S) -> None:
        """Renew certificates in time, for as long as the services run. Until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            try:
                renewed = self.renew()
            except (WyckoffError, OSError) as error:
                say(f"certificates could not be renewed: {error}")
            else:
                if renewed:
                    say(f"new certificates for {', '.join(renewed)}")

    def settings(self, name: str) -> TlsSettings:
        """The settings of ``name``."""
        return tls_of_folder(self.folder, name)

    def environment(self, name: str) -> dict[str, str]:
        """The same as variables."""
        return {
            "WYCKOFF_TLS_CERT_FILE": str(self.folder / f"{name}.crt"),
            "WYCKOFF_TLS_KEY_FILE": str(self.folder / f"{name}.key"),
            "WYCKOFF_TLS_CA_FILE": str(self.folder / f"{CA}.crt"),
        }

    def _issue(self, authority: Authority, name: str, days: float, names: Sequence[str]) -> None:
        serves = name in SERVERS
        hosts = [*LOOPBACK_NAMES, *(host.replace(PLACEHOLDER, name) for host in names)]
        pair = authority.issue_for(name, self._now(), days, names=hosts, serves=serves)
        write_pair(self.folder, name, *pair)

    def _is_old(self, name: str) -> bool:
        if not (self.folder / f"{name}.crt").exists() or not (self.folder / f"{name}.key").exists():
            return True
        own = self._read(name)
        return self._left(name) < (own.not_after - own.not_before) * _RENEW_PART

    def _left(self, name: str) -> timedelta:
        return self._read(name).not_after - self._now()

    def _read(self, name: str) -> Certificate:
        return read_certificates(self.folder / f"{name}.crt", "certificate")[1][0]

    def _extra_names(self, name: str) -> list[str]:
        if not (self.folder / f"{name}.crt").exists():
            return []
        return [other for other in self._read(name).names if other not in LOOPBACK_NAMES]

"""A development CA in a folder, and TLS settings of each service made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from wyckoff.rpc.tls.authority import LOOPBACK_NAMES, Authority, write_pair
from wyckoff.rpc.tls.settings import TlsSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: The files are looked at for every connection and every call.
AT_ONCE_S = 1e-9


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_authority(name: str = "test CA") -> Authority:
    return Authority.new(name, utc_now(), days=2)


@dataclass
class TlsFolder:
    """A folder of certificates; :meth:`issue` makes or replaces one."""

    folder: Path
    authority: Authority = field(default_factory=new_authority)

    def __post_init__(self) -> None:
        self.trust(self.authority)

    def trust(self, *authorities: Authority) -> None:
        """Write the CA bundle, in place of the one before."""
        part = self.folder / "ca.crt.part"
        part.write_bytes(b"".join(authority.cert_pem for authority in authorities))
        part.replace(self.folder / "ca.crt")

    def issue(
        self,
        name: str,
        *,
        authority: Authority | None = None,
        from_days: float = -1,
        to_days: float = 1,
        identity: str = "",
        names: Sequence[str] = LOOPBACK_NAMES,
    ) -> None:
        """A certificate in the files of ``name``; days count from now."""
        now = utc_now()
        not_before, not_after = now + timedelta(days=from_days), now + timedelta(days=to_days)
        pair = (authority or self.authority).issue(identity or name, not_before, not_after, names=names)
        write_pair(self.folder, name, *pair)

    def settings(self, name: str, **others: Any) -> TlsSettings:
        """The settings with the files of ``name``, which are made unless they are there."""
        if not (self.folder / f"{name}.crt").exists():
            self.issue(name)
        return TlsSettings(
            tls_cert_file=self.folder / f"{name}.crt",
            tls_key_file=self.folder / f"{name}.key",
            tls_ca_file=self.folder / "ca.crt",
            **{"tls_check_interval_s": AT_ONCE_S, **others},
        )

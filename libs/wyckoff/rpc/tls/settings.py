"""Settings of transport security, from the environment."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the annotation
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from wyckoff.rpc.errors import FailedPreconditionError

PREFIX: Final = "WYCKOFF_"
_FILES: Final = ("tls_cert_file", "tls_key_file", "tls_ca_file")


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class TlsSettings(BaseSettings):
    """Read from variables with the prefix ``WYCKOFF_``. With the three files all is mutual TLS, without all is plain.

    One certificate serves both sides: a process shows it to those who call it and to those that it calls.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    tls_cert_file: Path | None = None
    """Certificate of this process in PEM, followed by intermediate ones, if any."""

    tls_key_file: Path | None = None
    """Its private key in PEM, not encrypted."""

    tls_ca_file: Path | None = None
    """Certificates of the authorities that others are checked against, in PEM; several while one replaces another."""

    tls_trust_domain: str = Field(default="wyckoff", pattern=r"^[a-z0-9._-]{1,255}$")
    """Identities are ``spiffe://<trust domain>/<name>``; others have none here."""

    tls_allowed_peers: Annotated[tuple[str, ...] | None, NoDecode, BeforeValidator(_split)] = None
    """Who may call this process in place of the list in the code: names, or whole URIs of other trust domains."""

    tls_server_names: dict[str, str] = Field(default_factory=dict)
    """Name to find in a server's certificate where it is not the host that is called, as JSON by target."""

    tls_check_interval_s: float = Field(default=1.0, gt=0, le=3600)
    """How often, at most, the files are looked at for a change, seconds."""

    tls_expiry_warning_pct: float = Field(default=25.0, gt=0, lt=100)
    """Warn once less than this part of the certificate's lifetime is left, per cent."""

    allow_plaintext: bool = False
    """Whether plain text may leave this machine: for networks that are protected by other means."""

    health_address: str = ""
    """HOST:PORT for ``grpc.health.v1`` alone in plain text, for probes that have no certificate."""

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        missing = [name for name in _FILES if getattr(self, name) is None]
        if missing and len(missing) < len(_FILES):
            names = " and ".join(f"{PREFIX}{name.upper()}" for name in missing)
            raise ValueError(f"{names} missing: mutual TLS needs a certificate, its key and the CA")
        return self

    # read by pydantic as a hash of the fields, which a dict has none of
    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @property
    def enabled(self) -> bool:
        """Whether servers and channels use TLS."""
        return self.tls_cert_file is not None


def tls_of_folder(folder: Path, name: str) -> TlsSettings:
    """The settings of the environment, with the files of ``name`` in a folder made by ``wyckoff certs``.

    Raises FailedPreconditionError when the rest cannot be understood.
    """
    files = {
        "tls_cert_file": folder / f"{name}.crt",
        "tls_key_file": folder / f"{name}.key",
        "tls_ca_file": folder / "ca.crt",
    }
    return _read(files)


def read_tls_settings() -> TlsSettings:
    """From the environment; raises FailedPreconditionError when it cannot be understood."""
    return _read({})


def _read(given: dict[str, Path]) -> TlsSettings:
    try:
        return TlsSettings(**given)  # type: ignore[arg-type]
    except SettingsError as error:
        raise FailedPreconditionError(f"the {PREFIX}TLS variables cannot be used: {error}") from error
    except ValidationError as error:
        problems = "; ".join(_problem(item["loc"], item["msg"]) for item in error.errors())
        raise FailedPreconditionError(f"the {PREFIX}TLS variables cannot be used: {problems}") from error


def _problem(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{PREFIX}{str(location[0]).upper()}: {text}" if location else text

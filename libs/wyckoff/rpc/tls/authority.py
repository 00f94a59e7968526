"""A certificate authority for development: makes certificates that last for days."""

from __future__ import annotations

import ipaddress
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.tls.certificate import identity_uri, read_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

#: So that a clock that is a little behind takes a new certificate.
_BACKDATED: Final = timedelta(minutes=5)
_PRIVATE: Final = 0o600
_PUBLIC: Final = 0o644

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")


class Authority:
    """Signs certificates."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def new(cls, name: str, now: datetime, days: float) -> Authority:
        """One that nobody else has signed, and that signs no other."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        usage = {**_NO_USAGE, "key_cert_sign": True, "crl_sign": True}
        certificate = (
            _begin(subject, subject, key, now - _BACKDATED, now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def read(cls, folder: Path) -> Authority:
        """The one of a folder; raises FailedPreconditionError when there is none."""
        cert_file, key_file = folder / "ca.crt", folder / "ca.key"
        certificate, content = read_file(cert_file, "CA"), read_file(key_file, "CA key")
        try:
            key = serialization.load_pem_private_key(content, password=None)
            loaded = x509.load_pem_x509_certificate(certificate)
        except (ValueError, TypeError) as error:
            raise FailedPreconditionError(f"{cert_file} and {key_file} are no authority: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != loaded.public_key():
            raise FailedPreconditionError(
                f"{key_file} does not belong to {cert_file}; make both with wyckoff certs init"
            )
        return cls(key, loaded)

    @property
    def cert_pem(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def write(self, folder: Path) -> None:
        """``ca.crt`` and ``ca.key``."""
        write_pair(folder, "ca", self.cert_pem, _key_pem(self._key))

    def issue(
        self,
        name: str,
        not_before: datetime,
        not_after: datetime,
        *,
        names: Sequence[str] = LOOPBACK_NAMES,
        trust_domain: str = "wyckoff",
        serves: bool = True,
    ) -> tuple[bytes, bytes]:
        """Certificate and key in PEM for the identity ``name``, which may be called by ``names``, if it serves."""
        key = ec.generate_private_key(ec.SECP256R1())
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if serves else [])]
        own: list[x509.GeneralName] = [x509.UniformResourceIdentifier(identity_uri(name, trust_domain))]
        own += [_general_name(other) for other in names] if serves else []
        certificate = (
            _begin(_name(name), self._certificate.subject, key, not_before, not_after)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**{**_NO_USAGE, "digital_signature": True}), critical=True)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(x509.SubjectAlternativeName(own), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM), _key_pem(key)

    def issue_for(
        self, name: str, now: datetime, days: float, *, names: Sequence[str], serves: bool
    ) -> tuple[bytes, bytes]:
        """As :meth:`issue`, from now on, and not beyond the end of the authority."""
        end = min(now + timedelta(days=days), self._certificate.not_valid_after_utc)
        return self.issue(name, now - _BACKDATED, end, names=names, serves=serves)


def write_pair(folder: Path, name: str, cert_pem: bytes, key_pem: bytes) -> None:
    """``NAME.crt`` and ``NAME.key``, the key for this user alone; each replaces what was there at once."""
    for path, content, mode in (
        (folder / f"{name}.key", key_pem, _PRIVATE),
        (folder / f"{name}.crt", cert_pem, _PUBLIC),
    ):
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.unlink(missing_ok=True)
        # never, not even for an instant, readable by others
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
        part.replace(path)


_NO_USAGE: Final = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "wyckoff development"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

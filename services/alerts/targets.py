"""Where alerts go, as the settings say it."""

from __future__ import annotations

import os
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

from services.alerts.signing import secret_bytes
from wyckoff.access.loopback import is_loopback_host

_FROM_ENVIRONMENT: Final = "env:"


def _resolved(value: object) -> object:
    """What stands in the environment, for a value such as ``env:DESK_SECRET``."""
    if not isinstance(value, str) or not value.startswith(_FROM_ENVIRONMENT):
        return value
    name = value.removeprefix(_FROM_ENVIRONMENT)
    found = os.environ.get(name)
    if not found:
        raise ValueError(f"names the variable {name}, which is not set in the environment")
    return found


Secret = Annotated[SecretStr, BeforeValidator(_resolved)]


class Target(BaseModel):
    """A webhook, or one or more channels of Apprise. What is secret may be ``env:NAME``, a variable's content."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    """How rules, logs and the status call it."""

    url: Secret | None = None
    """Address of a webhook: https, or http on loopback."""

    secrets: tuple[Secret, ...] = Field(default=(), max_length=4)
    """Keys of the webhook, ``whsec_`` and base64; while keys are changed there are two, the new one first."""

    apprise: Secret | None = None
    """An Apprise URL such as ``mailtos://user:password@example.org``."""

    allow_http: bool = False
    """Whether the webhook may be unencrypted although it is on another machine."""

    @field_validator("secrets")
    @classmethod
    def _are_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in value:
            secret_bytes(secret.get_secret_value())
        return value

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.url is None) == (self.apprise is None):
            raise ValueError("has both or neither of url (a webhook) and apprise; exactly one is right")
        if self.url is not None:
            check_webhook_url(self.url.get_secret_value(), allow_http=self.allow_http)
            if not self.secrets:
                raise ValueError("has no secrets; a webhook is signed with at least one")
        elif self.secrets:
            raise ValueError("has secrets; only a webhook is signed with them")
        return self

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The webhook's keys, newest first."""
        return tuple(secret_bytes(secret.get_secret_value()) for secret in self.secrets)


def check_webhook_url(url: str, *, allow_http: bool) -> None:
    """Raise ValueError for what is no address of a webhook; the text does not show the address."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("url is no URL; one like https://example.org/hooks/wyckoff is") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("url has to begin with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("url has a user or password in it; the signature shows who sends")
    if parts.scheme == "http" and not allow_http and not is_loopback_host(host):
        raise ValueError("url is unencrypted; https is needed, or allow_http = true to send in the open")

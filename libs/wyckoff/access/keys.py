"""API keys in one JSON file: only their SHA-256 is kept, which is enough for keys of 256 random bits."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wyckoff.rpc.errors import AlreadyExistsError, FailedPreconditionError, InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

#: What every key begins with, so that people and scanners of leaked secrets know one when they see it.
KEY_PREFIX: Final = "wyk_"
_KEY_BYTES: Final = 32
_FILE_MODE: Final = 0o600
_FOREIGN_WRITE: Final = 0o022
_MAX_KEYS: Final = 1_000


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    WRITE = "write"


class ApiKey(BaseModel):
    """A key as it is kept: all but the key itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    """Names the key in lists, logs and commands."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$")]
    """Whose it is."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Of the whole key, hexadecimal."""

    scopes: frozenset[Scope]
    """What it may do."""

    created: datetime
    """When it was made, UTC."""

    revoked: datetime | None = None
    """Since when it is refused, UTC."""


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[int, Field(ge=1, le=1)] = 1
    keys: tuple[ApiKey, ...] = ()


class KeyFile:
    """Reads and changes the file; a change is whole or not there, and one at a time over all processes."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = path
        self._clock = clock

    def read(self) -> tuple[ApiKey, ...]:
        """All keys, revoked ones too; none without a file. Raises FailedPreconditionError when it cannot be trusted."""
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                text = file.read()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise FailedPreconditionError(f"the key file {self.path} cannot be read: {error.strerror}") from error
        if mode & _FOREIGN_WRITE:
            raise FailedPreconditionError(f"others may write the key file {self.path}; chmod 600 makes it yours alone")
        try:
            return _Content.model_validate_json(text).keys
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise FailedPreconditionError(
                f"the key file {self.path} is damaged: {where}: {first['msg']}; put back a copy, or make new keys"
            ) from error

    def add(self, name: str, scopes: Collection[Scope]) -> tuple[ApiKey, str]:
        """A new key and its text, which is told here and nowhere else."""
        if not scopes:
            raise InvalidArgumentError.of("scope", "is missing; read or write is needed")
        text = KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
        try:
            key = ApiKey(
                key_id=secrets.token_hex(6),
                name=name,
                sha256=digest_of(text),
                scopes=frozenset(scopes),
                created=self._clock(),
            )
        except ValidationError as error:
            raise InvalidArgumentError.of(
                "name", f"{name!r} is no name; 1 to 64 letters, digits, spaces and . _ - are"
            ) from error
        with self._changing() as keys:
            if any(item.name == name and item.revoked is None for item in keys):
                raise AlreadyExistsError(f"there is a key named {name!r} already; revoke it, or take another name")
            if len(keys) >= _MAX_KEYS:
                raise FailedPreconditionError(f"{self.path} has {_MAX_KEYS} keys, as many as there may be")
            self._write([*keys, key])
        return key, text

    def revoke(self, name_or_id: str) -> ApiKey:
        """Refuse this key from now on; raises NotFoundError when no valid key has this name or id."""
        with self._changing() as keys:
            found = next((k for k in keys if k.revoked is None and name_or_id in {k.name, k.key_id}), None)
            if found is None:
                raise NotFoundError(f"there is no valid key {name_or_id!r}; wyckoff keys list names them")
            revoked = found.model_copy(update={"revoked": self._clock()})
            self._write([revoked if item is found else item for item in keys])
        return revoked

    @contextmanager
    def _changing(self) -> Iterator[tuple[ApiKey, ...]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.read()
        finally:
            os.close(lock)

    def _write(self, keys: Iterable[ApiKey]) -> None:
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_Content(keys=tuple(keys)).model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)


def digest_of(text: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_key(keys: Iterable[ApiKey], text: str) -> ApiKey | None:
    """The valid key with this text. Every one is compared, in a time that does not tell how much is right."""
    digest = digest_of(text)
    found = None
    for key in keys:
        if hmac.compare_digest(key.sha256, digest) and key.revoked is None:
            found = key
    return found

"""Who calls, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from wyckoff.access.keys import ApiKey, KeyFile, Scope, find_key
from wyckoff.access.loopback import is_loopback_host
from wyckoff.rpc.errors import FailedPreconditionError, PermissionDeniedError, UnauthenticatedError

if TYPE_CHECKING:
    from pathlib import Path

_log = structlog.get_logger("wyckoff.gateway")

_MAX_KEY_CHARS: Final = 128
_ALL: Final = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: the name and id of the key, or the address where there are no keys."""

    name: str
    key_id: str
    scopes: frozenset[Scope]

    def require(self, scope: Scope) -> None:
        """Raise PermissionDeniedError unless it may do this."""
        if scope not in self.scopes:
            raise PermissionDeniedError(
                f"the key {self.name!r} may not {scope}; it has the scope {', '.join(sorted(self.scopes))}",
                reason="SCOPE_MISSING",
                metadata={"scope": scope},
            )


class Access:
    """The keys in force. The file is read again when it changes; what cannot be read lets nobody in."""

    def __init__(self, keys_file: Path) -> None:
        self._file = KeyFile(keys_file)
        self._seen: tuple[int, int, int] | None = None
        self._keys = self._file.read()
        self._needed = bool(self._keys)
        self._seen = self._stamp()

    @property
    def keys_needed(self) -> bool:
        """Whether there are, or were since the start, keys: valid or revoked."""
        self._refresh()
        return self._needed

    def authenticate(self, key: str | None, scope: Scope | None, client_host: str) -> Principal:
        """Who calls with ``key`` from ``client_host``; ``scope`` None asks for nothing but a valid key.

        Raises UnauthenticatedError for a key that is missing or not valid, PermissionDeniedError for a scope that the
        key does not have, and for a client of another machine while there are no keys.
        """
        if not self.keys_needed:
            return _local(client_host)
        if not key:
            raise UnauthenticatedError("an API key is needed; send it as X-API-Key", reason="KEY_MISSING")
        found = find_key(self._keys, key) if len(key) <= _MAX_KEY_CHARS else None
        if found is None:
            raise UnauthenticatedError("the API key is not valid", reason="KEY_INVALID")
        principal = Principal(found.name, found.key_id, found.scopes)
        if scope is not None:
            principal.require(scope)
        return principal

    def is_valid(self, principal: Principal) -> bool:
        """Whether a principal of earlier may still be served: its key was not revoked, nor keys introduced."""
        if not self.keys_needed:
            return not principal.key_id
        return any(key.key_id == principal.key_id and key.revoked is None for key in self._keys)

    def _refresh(self) -> None:
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        self._keys = self._read()
        self._needed = self._needed or bool(self._keys)

    def _read(self) -> tuple[ApiKey, ...]:
        try:
            keys = self._file.read()
        except FailedPreconditionError as error:
            _log.error("keys_unreadable", error=error.message)
            self._needed = True
            return ()
        _log.info("keys_read", valid=sum(key.revoked is None for key in keys), all=len(keys))
        return keys

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.path.stat()
        except OSError:
            # whatever hides it is said when it is read
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


def _local(client_host: str) -> Principal:
    if not is_loopback_host(client_host):
        raise PermissionDeniedError(
            "without API keys only clients of the same machine are served; wyckoff keys add makes a key",
            reason="NOT_LOOPBACK",
        )
    return Principal(client_host, "", _ALL)
